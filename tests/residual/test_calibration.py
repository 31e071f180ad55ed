"""What the model keeps of how later sales were foretold by earlier ones."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.calibration import Calibration, share_error
from residual.index import MONTH, LevelForecast
from residual.level import level_path


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
    rows = table.filter(pl.col("dimension") == "grade").select("group", "sales").rows()
    assert rows == [("2", 35), ("3", 40), ("other", 9)]
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


# --- the market level ---------------------------------------------------------------------------


def test_the_level_is_seen_and_fans_out() -> None:
    as_of = 20_000
    grid = as_of + MONTH * np.arange(25.0)
    market = LevelForecast(
        "made", as_of, grid, 0.01 * np.arange(25.0), 0.0004 * np.arange(25.0),
        {"2024-08": 0.02, "2024-09": -0.01}, 0.005,
    )  # fmt: skip
    table = level_path(market, 0.03, ahead=6, back=12)
    past = table.filter(pl.col("kind") == "past")
    assert past["date"].to_list() == [dt.date(2024, 8, 1), dt.date(2024, 9, 1)]
    last = 100.0 * np.exp(-0.005)
    assert past["level"].to_list() == pytest.approx([last * np.exp(0.01), last])
    fan = table.filter(pl.col("kind") == "forecast")
    assert fan["date"][0] == dt.date(1970, 1, 1) + dt.timedelta(as_of)
    start, end = fan.row(0, named=True), fan.row(-1, named=True)
    assert start["level"] == pytest.approx(100.0 * np.exp(-0.5 * 0.03**2))
    assert start["q95"] / start["level"] == pytest.approx(np.exp(1.6449 * 0.03), rel=1e-4)
    variance = 0.03**2 + 6 * 0.0004
    assert end["level"] == pytest.approx(100.0 * np.exp(0.06 - 0.5 * variance), rel=1e-3)
    assert end["q05"] < end["q25"] < end["level"] < end["q75"] < end["q95"]


def test_without_a_series_there_is_no_past(model: residual.ResidualModel) -> None:
    table = model.market_path(ahead=3)
    assert set(table["kind"]) == {"forecast"}
    assert table["date"].is_sorted()
