"""Rolling origin: nothing later is known, scores as worked by hand, peers beside the model."""

from __future__ import annotations

import datetime as dt
import json
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual.backtest_scores import (
    LEVELS,
    MIDDLES,
    NINETEEN,
    ks_distance,
    pit_counts,
    point_scores,
    score_rows,
    spread_scores,
    transform,
)
from residual.errors import InputError
from residual.naive import naive_prices

ORIGINS = (dt.date(2022, 12, 1), dt.date(2023, 2, 23))


@pytest.fixture(scope="module")
def few(market: ModuleType) -> pl.DataFrame:
    sales = market.made_sales(700, seed=4)
    kinds = np.random.default_rng(8).integers(0, 2, len(sales))
    return sales.with_columns(
        pl.Series("seller_kind", np.array(["lender", "fleet"])[kinds]),
        pl.when(pl.int_range(pl.len()) % 3 == 0)
        .then(None)
        .otherwise("guide_value")
        .alias("guide_value"),
        pl.when(pl.int_range(pl.len()) % 50 == 0)
        .then(pl.col("make").str.to_uppercase())
        .otherwise("make")
        .alias("make"),
    )


@pytest.fixture(scope="module")
def tested(few: pl.DataFrame) -> residual.Backtest:
    return residual.backtest(few, start=ORIGINS[0], every=12)


def test_each_sale_after_the_start_is_foretold_once(
    tested: residual.Backtest, few: pl.DataFrame
) -> None:
    rows = tested.table()
    later = few.filter(pl.col("offered_on") > ORIGINS[0])
    assert sorted(rows["sale_id"]) == sorted(later["sale_id"])
    assert rows["origin"].unique().sort().to_list() == list(ORIGINS)
    ahead = (rows["date"] - rows["origin"]).dt.total_days()
    assert (ahead > 0).all()
    assert (ahead <= 84).all()
    assert rows["week"].to_list() == [(day - 1) // 7 + 1 for day in ahead]
    joined = rows.join(few, on="sale_id", suffix="_then")
    assert (joined["price"] == joined["price_then"]).all()
    assert (joined["date"] == joined["offered_on"]).all()


def test_it_foretells_what_a_fit_of_that_day_foretells(
    tested: residual.Backtest, few: pl.DataFrame
) -> None:
    model = residual.fit(few.filter(pl.col("offered_on") <= ORIGINS[0]), as_of=ORIGINS[0])
    rows = tested.table().filter(pl.col("origin") == ORIGINS[0])
    units = rows.select("sale_id").join(few, on="sale_id", how="left", maintain_order="left")
    told = model.predict(units.rename({"sale_id": "vehicle_id"}), "offered_on", (0.05, 0.5, 0.95))
    for name in ("mean", "sd", "q05", "q50", "q95"):
        assert rows[name].to_numpy() == pytest.approx(told[name].to_numpy(), rel=1e-6)
    assert tested.learnt[ORIGINS[0].isoformat()] == model.counts["sales used"]


def test_no_later_sale_enters(tested: residual.Backtest, few: pl.DataFrame) -> None:
    second = pl.col("offered_on") > ORIGINS[1]
    changed = few.with_columns(
        pl.when(second).then(pl.col("price") * 3.0).otherwise("price").alias("price"),
        pl.when(second).then(pl.lit("make9")).otherwise("make").alias("make"),
    )
    again = residual.backtest(changed, start=ORIGINS[0], every=12)
    first = pl.col("origin") == ORIGINS[0]
    columns = ["sale_id", "mean", "q05", "q50", "q95", "naive", "pit"]
    assert (
        again.table().filter(first).select(columns).equals(
            tested.table().filter(first).select(columns)
        )
    )  # fmt: skip
    assert not again.table().equals(tested.table())


def test_the_order_of_rows_changes_nothing(tested: residual.Backtest, few: pl.DataFrame) -> None:
    again = residual.backtest(few.reverse(), start=ORIGINS[0].isoformat(), every=12)
    assert again.table().equals(tested.table())
    assert again.record() == tested.record()


def test_scores_over_all_are_those_of_the_rows(tested: residual.Backtest) -> None:
    rows, every = tested.table(), tested.scores().filter(pl.col("dimension") == "all")
    model, naive, guide, beside = every.iter_rows(named=True)
    assert [row["forecaster"] for row in every.iter_rows(named=True)] == [
        "model", "naive", "guide", "model_beside_guide",
    ]  # fmt: skip
    assert model["mae"] == pytest.approx((rows["q50"] - rows["price"]).abs().mean())
    assert naive["mape"] == pytest.approx(100 * (rows["naive"] / rows["price"] - 1).abs().mean())
    guided = rows.filter(pl.col("guide_value").is_not_null())
    assert guide["forecasts"] == beside["forecasts"] == len(guided) < len(rows)
    assert guide["bias_ln"] == pytest.approx((guided["guide_value"] / guided["price"]).log().mean())
    inside = ((rows["price"] >= rows["q10"]) & (rows["price"] <= rows["q90"])).mean()
    assert model["coverage_80"] == pytest.approx(inside)
    assert model["coverage_50"] < model["coverage_80"] < model["coverage_90"]
    assert naive["crps"] is None
    assert model["mae"] < naive["mae"]


def test_segments_are_large_enough_and_add_up(tested: residual.Backtest) -> None:
    scores = tested.scores(fewest=1).filter(pl.col("forecaster") == "model")
    count = len(tested.table())
    dimensions = scores["dimension"].unique(maintain_order=True).to_list()
    assert dimensions == [
        "all", "group", "grade", "age", "make", "seller_kind", "guide", "price_band", "horizon",
    ]  # fmt: skip
    for _, part in scores.group_by("dimension"):
        assert part["forecasts"].sum() == count
    # spelled in two ways, but one make
    makes = scores.filter(pl.col("dimension") == "make")["group"].to_list()
    assert makes == sorted({make.lower() for make in makes})
    assert tested.scores(fewest=100)["forecasts"].filter(
        tested.scores(fewest=100)["forecaster"] == "model"
    ).min() >= 100  # fmt: skip


def test_the_record_is_json_without_holes(tested: residual.Backtest) -> None:
    record = tested.record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert sum(record["pit_counts"]) == record["forecasts"] == len(tested.table())
    assert 0.0 < record["pit_error"] < 0.1
    assert {row["origin"] for row in record["origins"]} == set(record["learnt"])
    for line in ("origins 2", "naive: mean absolute error", "inside the intervals"):
        assert line in tested.summary()


def test_windows_that_overlap_foretell_a_sale_twice(few: pl.DataFrame) -> None:
    told = []
    found = residual.backtest(
        few, start=ORIGINS[1], every=6, ahead=30,
        progress=lambda number, count, day: told.append((number, count, day)),
    )  # fmt: skip
    assert told[0] == (0, 2, ORIGINS[1])
    assert told[1][:2] == (1, 2)
    rows = found.table()
    assert rows["sale_id"].is_duplicated().any()
    assert rows["horizon"].unique().sort().to_list() == ["1-4", "5-8", "9-13"]


def test_a_window_without_sales_is_told(market: ModuleType) -> None:
    sales = market.made_sales(300, seed=2)
    gap = sales.filter(~pl.col("offered_on").is_between(dt.date(2022, 12, 2), dt.date(2023, 2, 1)))
    found = residual.backtest(gap, start="2022-12-01", every=8, ahead=8)
    assert found.notes == ("no sale in the 8 weeks after 2022-12-01",)
    assert found.table()["origin"].min() == dt.date(2023, 1, 26)


def test_an_index_value_released_later_is_not_read(few: pl.DataFrame) -> None:
    months = pl.date_range(dt.date(2018, 1, 1), dt.date(2023, 4, 1), "1mo", eager=True)
    level = 100.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, len(months))))
    released = pl.col("date") + pl.duration(days=45)
    index = pl.DataFrame({"series": "market", "date": months, "value": level})
    index = index.with_columns(released.alias("released_on"))
    later = pl.col("released_on") > ORIGINS[1]
    wrong = index.with_columns(pl.when(later).then(1e6).otherwise("value").alias("value"))
    one, two = (
        residual.backtest(few, table, start=ORIGINS[1], every=12) for table in (index, wrong)
    )
    assert one.table().equals(two.table())


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"start": "2020-01-01"}, InputError, "no sale closed by the first origin"),
        ({"start": "2030-01-01"}, InputError, "no sale closed after the first origin"),
        ({"start": "soon"}, InputError, "must be a date"),
        ({"start": "2023-01-01", "every": 0}, ValueError, "every must be at least one week"),
        ({"start": "2023-01-01", "ahead": 0}, ValueError, "ahead must be at least one week"),
    ],
)
def test_what_cannot_be_tested_is_told(
    asked: dict[str, object], error: type[Exception], words: str, few: pl.DataFrame
) -> None:
    with pytest.raises(error, match=words):
        residual.backtest(few, **asked)


# -- scores by hand ---------------------------------------------------------------------------


def test_levels_hold_both_grids() -> None:
    for grid in (NINETEEN, MIDDLES):
        at = np.searchsorted(LEVELS, grid - 1e-9)
        assert LEVELS[at] == pytest.approx(grid, abs=1e-12)
    assert len(LEVELS) == 119


def test_transform_by_hand() -> None:
    quantiles = np.broadcast_to(LEVELS, (4, len(LEVELS)))  # an even distribution on (0, 1)
    pit = transform(np.array([-1.0, 0.3, 0.507, 2.0]), quantiles)
    assert pit == pytest.approx([0.0025, 0.3, 0.507, 0.9975])
    assert pit_counts(pit) == [1, *[0] * 5, 1, *[0] * 3, 1, *[0] * 8, 1]


def test_ks_distance_by_hand() -> None:
    assert ks_distance(np.array([0.5])) == pytest.approx(0.5)
    assert ks_distance(np.array([0.1, 0.2, 0.3])) == pytest.approx(0.7)
    even = (np.arange(1000) + 0.5) / 1000
    assert ks_distance(even) == pytest.approx(0.0005)


def test_ks_distance_agrees_with_scipy() -> None:
    from scipy.stats import kstest

    sample = np.random.default_rng(2).beta(1.2, 0.9, 400)
    assert ks_distance(sample) == pytest.approx(kstest(sample, "uniform").statistic, abs=1e-12)


def test_point_scores_by_hand() -> None:
    scores = point_scores(np.array([100.0, 200.0]), np.array([110.0, 150.0]))
    assert scores["mae"] == pytest.approx(30.0)
    assert scores["mape"] == pytest.approx(17.5)
    assert scores["median_ape"] == pytest.approx(17.5)
    assert scores["bias_ln"] == pytest.approx((np.log(1.1) + np.log(0.75)) / 2)


def test_spread_scores_of_an_even_distribution() -> None:
    # price e^u with u even on (0, 1) and a forecast that says so
    draw = np.random.default_rng(6).random(4000)
    quantiles = np.broadcast_to(LEVELS, (len(draw), len(LEVELS)))
    pit = transform(draw, quantiles)
    scores = spread_scores(np.exp(draw), quantiles, pit, np.arange(len(draw)) // 40)
    # E max(p (u - p), (p - 1)(u - p)) = p (1 - p) / 2
    assert scores["pinball_ln"] == pytest.approx(np.mean(NINETEEN * (1 - NINETEEN)) / 2, rel=0.02)
    assert scores["coverage_90"] == pytest.approx(0.9, abs=0.015)
    assert scores["coverage_50"] == pytest.approx(0.5, abs=0.025)
    assert 0.003 < scores["coverage_90_error"] < 0.008
    assert scores["ks"] < 0.03


def test_scores_do_not_depend_on_the_currency(tested: residual.Backtest) -> None:
    rows, k = tested.table(), 7.3
    money = ["price", "q50", "naive", "guide_value"]
    scaled = rows.with_columns(pl.col(money) * k)
    one = score_rows(rows, tested.log_quantiles, "all", "all")
    two = score_rows(scaled, tested.log_quantiles + np.log(k), "all", "all")
    for before, after in zip(one, two, strict=True):
        for name, value in before.items():
            if isinstance(value, float):
                factor = k if name in ("mae", "pinball", "crps") else 1.0
                assert after[name] == pytest.approx(factor * value, rel=1e-9, abs=1e-12), name


def test_naive_prices_by_hand() -> None:
    past = pl.DataFrame(
        {
            "make": ["A", "a ", "A", "A", "A", "B", "B", "B", "C"],
            "model": ["x", "X", "x", "x", "y", "z", "z", "z", "w"],
            "model_year": [2010, 2010, 2010, 2011, 2010, 2010, 2011, 2012, 2010],
            "price": [1, 2, 9, 20, 100, 30, 40, 80, 5],
        }
    )
    rows = pl.DataFrame(
        {
            "make": ["a", "A", "A", "b", "c", "D", None],
            "model": ["x", "x", "y", "z", "w", "q", "x"],
            "model_year": [2010, 2011, 2010, 2012, 2010, 2010, 2010],
        }
    )
    # year; model of 1, 2, 9, 20; make of all As; model; then the median of all
    assert naive_prices(past, rows).tolist() == [2.0, 5.5, 9.0, 40.0, 20.0, 20.0, 20.0]
    registered = rows.drop("model_year").with_columns(first_registered=pl.date(2010, 5, 1))
    assert naive_prices(past, registered)[0] == 2.0
