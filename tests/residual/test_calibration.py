"""What the model keeps of how later sales were foretold by earlier ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import residual
from residual.calibration import Calibration, share_error
from residual.index import MONTH, LevelForecast, market_before
from residual.level import level_path
from residual.student import standard_quantile


def _made(part: list[int], error: list[float], **labels: list[str | None]) -> Calibration:
    count = len(part)
    return Calibration(
        days=np.arange(count, dtype=np.int64) + 19_000,
        week=np.arange(count, dtype=np.int64) // 7 + 1,
        error=np.array(error),
        part=np.array(part, dtype=np.int64),
        log_price=np.log(np.arange(count) + 100.0),
        labels=labels,
        later=True,
        apart=True,
    )


def test_counts_errors_and_coverage_by_hand() -> None:
    # Prices at 1 / 1.25 and 1 / 0.8 of the forecast, one in each twentieth, twice over.
    part = [*range(20), *range(20)]
    error = [np.log(0.8)] * 30 + [np.log(1.25)] * 10
    row = _made(part, error).table().row(0, named=True)
    assert (row["dimension"], row["group"], row["sales"]) == ("all", "all", 40)
    assert row["first"] == dt.date(1970, 1, 1) + dt.timedelta(19_000)
    assert (row["last"] - row["first"]).days == 39
    assert row["median_error"] == pytest.approx(0.25)
    assert row["median_absolute_error"] == pytest.approx(0.25)
    assert (row["inside_50"], row["inside_80"], row["inside_90"]) == (0.5, 0.8, 0.9)
    assert row["parts"] == [2] * 20
    assert (row["price_low"], row["price_high"]) == pytest.approx((100.0, 139.0))


def test_small_groups_are_joined_and_named_in_order() -> None:
    grades: list[str | None] = ["3"] * 40 + ["2"] * 35 + ["1"] * 5 + [None] * 4
    table = _made([9] * 84, [0.0] * 84, grade=grades).table()
    rows = table.filter(pl.col("dimension") == "grade").select("group", "sales", "joined").rows()
    assert rows == [("2", 35, False), ("3", 40, False), ("other", 9, True)]
    quarters = table.filter(pl.col("dimension") == "price")
    assert quarters.is_empty()  # 21 sales in each: too few to be told apart


def test_groups_run_from_cheap_to_dear_and_from_near_to_far() -> None:
    table = _made([9] * 250, [0.0] * 250).table()
    rows = table.filter(pl.col("dimension") == "ahead").select("group", "sales").rows()
    # 28 sales in the first four weeks and in the next: joined.
    assert rows == [("9-13", 35), ("14-26", 91), ("27+", 68), ("other", 56)]
    quarters = table.filter(pl.col("dimension") == "price")
    assert quarters["group"].to_list() == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    assert quarters["price_low"].is_sorted()


def test_sales_of_a_week_err_together() -> None:
    week = np.repeat(np.arange(10), 20)
    mixed = np.tile([True, False], 100)
    together = np.repeat(np.tile([True, False], 5), 20)
    independent = np.sqrt(0.25 / 200)
    assert share_error(mixed, week) == pytest.approx(independent)
    assert share_error(together, week) == pytest.approx(np.sqrt(10 / 9 * 10 * 10.0**2) / 200)
    # A share of one has an error too.
    assert share_error(np.ones(50, dtype=np.bool_), np.arange(50)) == pytest.approx(
        np.sqrt(51 / 52 * 1 / 52 / 50)
    )


def test_a_group_written_other_is_told_apart_from_the_rest() -> None:
    body: list[str | None] = ["other"] * 40 + ["van"] * 35 + [None] * 9
    table = _made([9] * 84, [0.0] * 84, group=body).table()
    rows = table.filter(pl.col("dimension") == "group").select("group", "sales", "joined").rows()
    assert rows == [("other", 40, False), ("van", 35, False), ("other", 9, True)]


def test_luck_of_a_twentieth_counts_the_weeks() -> None:
    spread = [*range(20)] * 7  # every week of seven sales has its prices in seven twentieths
    heaped = [week % 20 for week in range(20) for _ in range(7)]
    errors = [
        _made(part, [0.0] * 140).table()["part_error"][0] for part in (spread, heaped)
    ]  # fmt: skip
    alone = np.sqrt(8 / 142 * 134 / 142 / 140)
    together = np.sqrt(20 / 19 * (19 * (7 / 20) ** 2 + (7 * 19 / 20) ** 2)) / 140
    assert errors == pytest.approx([alone, together])


@pytest.fixture(scope="module")
def table(model: residual.ResidualModel) -> pl.DataFrame:
    return model.calibration()


def test_later_sales_are_judged_once_each(
    table: pl.DataFrame, model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    row = table.row(0, named=True)
    assert row["later"]
    assert row["apart"]
    assert sum(row["parts"]) == row["sales"]
    assert 0.15 * sales.height < row["sales"] < 0.3 * sales.height
    assert row["last"] <= model.as_of
    for dimension in table["dimension"].unique().sort():
        part = table.filter(pl.col("dimension") == dimension)
        assert part["sales"].sum() == row["sales"]
        assert part["parts"].list.sum().to_list() == part["sales"].to_list()


def test_a_market_made_as_the_model_has_it_is_foretold_well(table: pl.DataFrame) -> None:
    row = table.row(0, named=True)
    assert abs(row["median_error"]) < 0.05
    for level in (50, 80, 90):
        # The level's own error moves all sales together: four standard errors and its share.
        allowed = 4.0 * row[f"inside_{level}_error"] + 0.04
        assert abs(row[f"inside_{level}"] - level / 100) < allowed


def test_too_few_sales_are_told_as_such(sales: pl.DataFrame) -> None:
    few = residual.fit(sales.head(100)).calibration().row(0, named=True)
    assert not few["later"]
    assert not few["apart"]
    assert few["sales"] == 100


def test_order_of_the_rows_does_not_matter(sales: pl.DataFrame, table: pl.DataFrame) -> None:
    assert residual.fit(sales.reverse()).calibration().equals(table)


def test_a_price_does_not_foretell_itself_by_its_guide(sales: pl.DataFrame) -> None:
    """What a guide is worth is told from the other weeks."""
    draw = np.random.default_rng(0)
    # too few for a boosted remainder, whose rounds are told from all weeks
    sales = sales.head(2400)
    poor = pl.Series(np.exp(0.25 * draw.standard_normal(sales.height)))
    sales = sales.with_columns(guide_value=pl.col("guide_value") * poor)
    before = residual.fit(sales).tested
    first = before.days.min()
    day = sales["offered_on"].cast(pl.Int32).to_numpy()
    mine = (day >= first) & ((day - first) // 7 % 2 == 1)
    # In every other week the guide is made to tell the price to the cent.
    told = sales.with_columns(price=pl.when(pl.Series(mine)).then("guide_value").otherwise("price"))
    after = residual.fit(told).tested
    own = (before.days - first) // 7 % 2 == 1
    moved = np.abs(after.log_price - before.log_price)
    # the level's error over a week is told from all weeks, and moves the medians a little
    assert moved[own].max() < 0.01
    assert np.median(moved[~own]) > 0.05


def test_errors_are_those_of_the_median(sales: pl.DataFrame) -> None:
    """A sale is above its median just where it fell into the upper ten twentieths."""
    for given in (sales, sales.drop("guide_value")):
        tested = residual.fit(given).tested
        assert ((tested.error > 0.0) == (tested.part >= 10)).all()


@pytest.mark.parametrize("rate", [-0.02, 0.02])
def test_the_market_is_foretold_as_before_the_later_sales(sales: pl.DataFrame, rate: float) -> None:
    """A market that moves as its index did is followed by the trial as by the plan."""
    sales = sales.drop("guide_value")
    start = sales["offered_on"].min()
    assert isinstance(start, dt.date)
    month = (pl.col("offered_on") - start).dt.total_days() / MONTH
    sales = sales.with_columns(price=pl.col("price") * (rate * month).exp())
    dates = [dt.date(2016 + k // 12, k % 12 + 1, 1) for k in range(90)]
    wobble = np.random.default_rng(3).normal(0.0, 0.003, len(dates))
    index = pl.DataFrame(
        {
            "series": "market",
            "date": dates,
            "released_on": [date + dt.timedelta(20) for date in dates],
            "value": 100.0 * np.exp(rate * np.arange(len(dates)) + wobble),
        }
    )
    with_index = residual.fit(sales, index)
    found = with_index.calibration().row(0, named=True)
    assert abs(found["median_error"]) < 0.02
    # Nothing released later is looked at: a crash after the cut does not change the record.
    cut = found["first"]
    crash = index.with_columns(
        value=pl.when(pl.col("released_on") >= cut).then(50.0).otherwise("value")
    )
    assert residual.fit(sales, crash).calibration().equals(with_index.calibration())
    # Without an index the market is taken to stand still.
    still = residual.fit(sales).calibration().row(0, named=True)
    assert abs(still["median_error"]) > abs(found["median_error"]) + 0.01


def test_a_series_that_begins_after_the_cut_foretells_nothing() -> None:
    dates = [dt.date(2020 + k // 12, k % 12 + 1, 1) for k in range(40)]
    index = pl.DataFrame({"series": "auctions", "date": dates, "value": 100.0})
    priors = residual.Priors(market_series="auctions")
    then = market_before(index, dt.date(2019, 12, 1), dates[-1], priors)
    assert not then.changes
    assert then.mean_change(np.array([then.as_of + 100])).tolist() == [0.0]


# --- the market level ---------------------------------------------------------------------------


def test_the_level_is_seen_and_fans_out(model: residual.ResidualModel) -> None:
    as_of = 20_000
    grid = as_of + MONTH * np.arange(25.0)
    market = LevelForecast(
        "made", as_of, grid, 0.01 * np.arange(25.0), 0.0004 * np.arange(25.0),
        np.zeros(25), np.eye(25), {"2024-08": 0.02, "2024-09": -0.01}, 0.005,
    )  # fmt: skip
    model = replace(model, market=market, initial_sd=0.03)
    table = level_path(model, ahead=6, back=12, group=None)
    past = table.filter(pl.col("kind") == "past")
    assert past["date"].to_list() == [dt.date(2024, 8, 1), dt.date(2024, 9, 1)]
    last = 100.0 * np.exp(-0.005)
    assert past["level"].to_list() == pytest.approx([last * np.exp(0.01), last])
    fan = table.filter(pl.col("kind") == "forecast")
    assert fan["date"][0] == dt.date(1970, 1, 1) + dt.timedelta(as_of)
    start, end = fan.row(0, named=True), fan.row(-1, named=True)
    assert start["level"] == pytest.approx(100.0 * np.exp(-0.5 * 0.03**2))
    assert start["q95"] / start["level"] == pytest.approx(
        np.exp(0.03 * standard_quantile(0.95, 0.2)), rel=1e-6
    )
    variance = 0.03**2 + 6 * 0.0004
    assert end["level"] == pytest.approx(100.0 * np.exp(0.06 - 0.5 * variance), rel=1e-3)
    assert end["q05"] < end["q25"] < end["level"] < end["q75"] < end["q95"]


def test_without_a_series_the_past_is_that_of_the_sales(
    model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    table = model.market_path(ahead=3)
    past = table.filter(pl.col("kind") == "past")
    months = sales["offered_on"].dt.truncate("1mo").n_unique()
    assert past.height == months - 1
    # the made-up market stands still
    assert (past["level"] - 100.0).abs().max() < 3.0
    assert table["date"].is_sorted()
