"""Which rows of an index are read, and what the forecast of the market makes of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import residual
from residual.index import LevelForecast, market_and_scrap, market_before, random_walk
from residual.monthly import monthly, season_of
from residual.priors import Priors
from residual.sales_index import index_of_sales, joined_index
from residual.student import standard_quantile

AS_OF = dt.date(2021, 3, 15)


def series(months: int = 120, seed: int = 1, name: str = "market", lag: int = 40) -> pl.DataFrame:
    """An autoregressive index whose months are released some days after their first."""
    draw = np.random.default_rng(seed)
    change = np.zeros(months)
    for t in range(1, months):
        change[t] = 0.6 * change[t - 1] + 0.006 * draw.standard_normal()
    first = dt.date(2011, 4, 1)
    dates = [dt.date(2011 + (m + 3) // 12, (m + 3) % 12 + 1, 1) for m in range(months)]
    assert dates[0] == first
    return pl.DataFrame(
        {
            "series": [name] * months,
            "date": dates,
            "released_on": [date + dt.timedelta(lag) for date in dates],
            "value": 100.0 * np.exp(np.cumsum(change)),
        }
    )


def market(index: pl.DataFrame, as_of: dt.date = AS_OF) -> LevelForecast:
    return market_and_scrap(index, as_of, Priors())[0]


def same(one: LevelForecast, other: LevelForecast) -> bool:
    return one.changes == other.changes and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("days", "mean", "variance", "tail")
    )


# --- what is read -------------------------------------------------------------------------------


def test_nothing_released_later_is_read() -> None:
    index = series()
    late = pl.col("released_on") > AS_OF
    assert index.filter(late).height > 0
    told = market(index)
    assert same(told, market(index.filter(~late)))
    for value in (1.0, 1e6):
        spoilt = index.with_columns(value=pl.when(late).then(value).otherwise("value"))
        assert same(told, market(spoilt))
    # what is known does matter
    known = index.with_columns(value=pl.when(~late).then(pl.col("value") ** 1.5).otherwise("value"))
    assert not same(told, market(known))
    earlier = market_before(index, dt.date(2019, 6, 1), AS_OF, Priors())
    later = pl.col("released_on") > dt.date(2019, 6, 1)
    spoilt = index.with_columns(value=pl.when(later).then(1.0).otherwise("value"))
    assert same(earlier, market_before(spoilt, dt.date(2019, 6, 1), AS_OF, Priors()))


def test_rows_without_a_sound_value_and_their_order_do_not_matter() -> None:
    index = series()
    told = market(index)
    rows = [
        {"series": "market", "date": dt.date(2015, 6, 20), "released_on": dt.date(2015, 7, 1),
         "value": value}
        for value in (float("nan"), float("inf"), 0.0, -5.0, None)
    ]  # fmt: skip
    faults = pl.DataFrame(rows, schema=index.schema)
    assert same(told, market(pl.concat([faults, index])))
    assert same(told, market(index.sample(fraction=1.0, shuffle=True, seed=3)))


def test_a_gap_is_bridged_but_not_taken_for_calm() -> None:
    index = series()
    year = pl.col("date").dt.year()
    whole, gap = market(index), market(index.filter(~year.is_in([2016, 2017])))
    assert len(gap.changes) == len(whole.changes)
    assert gap.variance[12] == pytest.approx(whole.variance[12], rel=0.35)
    levels = monthly(index.filter(~year.is_in([2016, 2017])))
    assert np.count_nonzero(~levels.seen) == 24
    assert np.count_nonzero(levels.change_seen == 0.0) == 25


def test_a_short_series_is_a_walk_and_a_constant_one_a_calm_one() -> None:
    short = market(series(23, lag=0))
    assert "too short" in short.source
    assert short.variance_of_change(np.array([short.as_of + 30]))[0] > 0.0
    assert np.all(short.tail == 1 / Priors().student_dof)
    constant = market(series().with_columns(value=pl.lit(100.0)))
    assert np.abs(constant.mean).max() < 2e-3
    assert np.all(np.diff(constant.variance) > 0.0)
    assert constant.variance[12] < 0.02**2 * 12
    enough = market(series(24, lag=0))
    assert "damped growth" in enough.source


def test_a_stale_series_knows_less() -> None:
    index = series()
    fresh, stale = market(index), market(index.head(84))
    assert stale.variance[1] > fresh.variance[1]
    for told in (fresh, stale):
        assert np.all(np.isfinite(told.mean))
        assert told.mean[0] == 0.0
        assert told.variance[0] == 0.0


# --- what is told -------------------------------------------------------------------------------


def test_the_horizon_reaches_past_five_years_and_beyond_the_grid() -> None:
    told = market(series())
    days = told.as_of + np.round(30.44 * np.array([0, 1, 12, 60, 72, 90])).astype(np.int64)
    variance = told.variance_of_change(days)
    assert np.all(np.diff(variance) > 0.0)
    assert told.mean_change(days)[-1] == told.mean[-1]
    assert told.tail_of_change(days)[-1] == told.tail[-1]
    for chance in (0.01, 0.3, 0.5, 0.95):
        z = standard_quantile(chance, told.tail_of_change(days))
        expected = told.mean_change(days) + np.sqrt(variance) * z
        assert told.quantile(chance, days) == pytest.approx(expected)
    # a normal error of the level thins the tail
    wide = told.quantile(0.99, days, level_error=0.2)
    assert wide[0] == pytest.approx(0.2 * 2.326348, rel=1e-6)
    assert np.all(wide > told.quantile(0.99, days))


def test_a_walk_has_the_tail_that_is_asked_for() -> None:
    walk = random_walk(10_000, 0.02, "made", 0.25)
    day = np.array([10_000 + 304])
    sd = 0.02 * np.sqrt(304 / 30.44)
    assert walk.quantile(0.95, day)[0] == pytest.approx(sd * standard_quantile(0.95, 0.25))


def test_a_season_is_found_beside_a_trend() -> None:
    month = np.arange(72)
    true = 0.01 * np.cos(2 * np.pi * (month - 2) / 12)
    noise = 0.001 * np.random.default_rng(2).standard_normal(60)
    past, ahead = season_of(true[:60] + 0.004 + noise, np.ones(60), 12)
    assert past == pytest.approx(true[:60], abs=1e-3)
    assert ahead == pytest.approx(true[60:], abs=1e-3)


# --- scenarios ----------------------------------------------------------------------------------


def test_scenarios_have_the_variance_and_tails_of_the_forecast(
    plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    months = np.arange(73.0)
    start = (plain_model.as_of - dt.date(1970, 1, 1)).days
    tail = 0.05 + 0.2 * months / 72
    forecast = LevelForecast(
        "made", start, start + 30.44 * months, 0.001 * months, 2e-4 * months**1.3, tail, {}
    )
    model = replace(plain_model, market=forecast, initial_sd=0.0)
    dates = [plain_model.as_of + dt.timedelta(days) for days in (30, 365, 1800)]
    fleet = sales.head(2).with_columns(vehicle_id=pl.col("sale_id"))
    book = residual.simulate(model, fleet, dates, n=40_000, seed=11)
    days = np.array([(date - dt.date(1970, 1, 1)).days for date in dates])
    for place in range(3):
        draws = np.log(book.index_ratio[place])
        centre = 0.5 * forecast.variance_of_change(days)[place]
        for chance in (0.01, 0.05, 0.5, 0.95, 0.99):
            told = forecast.quantile(chance, days)[place] - centre
            scale = np.sqrt(forecast.variance_of_change(days)[place])
            assert (np.quantile(draws, chance) - told) / scale == pytest.approx(0.0, abs=0.09)
    again = residual.simulate(model, fleet, dates, n=40_000, seed=11, threads=2)
    assert np.array_equal(again.index_ratio, book.index_ratio)
    few = residual.simulate(model, fleet, dates, n=501, seed=11)
    assert np.array_equal(few.index_ratio[:, :500], book.index_ratio[:, :500])


# --- the index of the sales ---------------------------------------------------------------------


def sold(months: int = 30, a_month: int = 60, seed: int = 1):
    draw = np.random.default_rng(seed)
    level = np.cumsum(0.012 * draw.standard_normal(months))
    first = np.datetime64("2019-01", "M")
    month = draw.integers(0, months, months * a_month)
    day = (first + month).astype("datetime64[D]").astype(np.int64) + draw.integers(
        0, 28, len(month)
    )
    return 9.0 + level[month] + 0.15 * draw.standard_normal(len(month)), day, level


def test_the_market_is_found_in_the_sales() -> None:
    residual_, day, level = sold()
    as_of = dt.date(2021, 6, 30)
    weight = np.full(len(day), 0.15**-2)
    table = index_of_sales(residual_, day, weight, as_of, 0.015)
    assert table["date"][0] == dt.date(2019, 1, 1)
    assert table.height == 30
    assert table["value"][-1] == pytest.approx(100.0)
    found = np.log(table["value"].to_numpy())
    error = (found - found.mean()) - (level - level.mean())
    assert np.std(error) < 0.012
    assert np.std(error) < 0.5 * np.std(level)
    assert index_of_sales(residual_, day, weight, dt.date(2000, 1, 1), 0.015).is_empty()


def test_an_index_of_sales_reads_no_later_sale() -> None:
    residual_, day, _ = sold()
    as_of = dt.date(2020, 9, 30)
    weight = np.full(len(day), 0.15**-2)
    later = day > (as_of - dt.date(1970, 1, 1)).days
    spoilt = np.where(later, 20.0, residual_)
    one, other = (index_of_sales(y, day, weight, as_of, 0.015) for y in (residual_, spoilt))
    assert one.equals(other)
    assert one["released_on"].unique().to_list() == [as_of]


def test_an_outside_series_is_prolonged_by_the_sales() -> None:
    as_of = dt.date(2020, 6, 30)
    dates = [dt.date(2020, month, 1) for month in range(1, 7)]
    outside = pl.DataFrame(
        {"series": "guide", "date": dates[1:6], "value": [100.0, 102.0, 104.0, 1e6, 1e6],
         "released_on": [dt.date(2020, 4, 1)] * 3 + [dt.date(2020, 7, 15)] * 2}
    )  # fmt: skip
    ours = pl.DataFrame(
        {"series": "market", "date": dates, "value": [49.0, 50.0, 51.0, 52.0, 50.0, 48.0],
         "released_on": as_of}
    )  # fmt: skip
    table = joined_index(outside, ours, as_of)
    assert table["date"].to_list() == dates
    assert table["series"].unique().to_list() == ["guide"]
    assert table["value"].to_list() == pytest.approx([98.0, 100.0, 102.0, 104.0, 100.0, 96.0])
    apart = ours.filter(pl.col("date") > dt.date(2020, 4, 1))
    assert joined_index(outside, apart, as_of)["value"].to_list() == [100.0, 102.0, 104.0]
