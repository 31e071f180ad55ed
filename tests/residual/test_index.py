"""Which rows of an index are read, and what the forecast of the market makes of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import residual
from residual.index import (
    LevelForecast,
    market_and_scrap,
    market_before,
    random_walk,
    walk_correlation,
)
from residual.monthly import monthly, season_of
from residual.outside import market_levels, segment_levels
from residual.priors import Priors
from residual.sales_index import index_of_sales, volatility_against
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
        "made", start, start + 30.44 * months, 0.001 * months, 2e-4 * months**1.3, tail,
        walk_correlation(months), {},
    )  # fmt: skip
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


def sold(
    months: int = 30, a_month: int = 60, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
    as_of = (dt.date(2021, 6, 30) - dt.date(1970, 1, 1)).days
    weight = np.full(len(day), 0.15**-2)
    index = index_of_sales(residual_, day, weight, as_of, 0.015)
    assert index.stamps[0] == "2019-01"
    assert len(index.stamps) == 30
    assert index.log_level[-1] == 0.0
    assert list(index.changes) == index.stamps[1:]
    found = index.log_level
    error = (found - found.mean()) - (level - level.mean())
    assert np.std(error) < 0.012
    assert np.std(error) < 0.55 * np.std(level)
    nothing = index_of_sales(residual_, day, weight, 0, 0.015)
    assert nothing.stamps == []
    assert nothing.volatility == pytest.approx(0.015, rel=0.1)


def test_the_volatility_of_the_sales_is_found() -> None:
    as_of = (dt.date(2021, 6, 30) - dt.date(1970, 1, 1)).days
    told = []
    for seed in range(8):
        residual_, day, _ = sold(seed=seed)
        weight = np.full(len(day), 0.15**-2)
        told.append(index_of_sales(residual_, day, weight, as_of, 0.015).volatility)
    assert np.mean(told) == pytest.approx(0.012, rel=0.25)


def test_an_index_of_sales_reads_no_later_sale() -> None:
    residual_, day, _ = sold()
    as_of = (dt.date(2020, 9, 30) - dt.date(1970, 1, 1)).days
    weight = np.full(len(day), 0.15**-2)
    spoilt = np.where(day > as_of, 20.0, residual_)
    one, other = (index_of_sales(y, day, weight, as_of, 0.015) for y in (residual_, spoilt))
    assert one.changes == other.changes
    assert one.stamps[-1] == "2020-09"


def test_how_the_sales_stray_from_a_series_is_found() -> None:
    as_of = (dt.date(2021, 6, 30) - dt.date(1970, 1, 1)).days
    stamps = np.datetime_as_string(np.datetime64("2019-01", "M") + np.arange(30))
    near, far = [], []
    for seed in range(6):
        residual_, day, level = sold(seed=seed)
        weight = np.full(len(day), 0.15**-2)
        noise = np.cumsum(0.02 * np.random.default_rng(seed).standard_normal(30))
        for out, series in ((near, 3.0 + level), (far, 3.0 + level + noise)):
            known = dict(zip(stamps.tolist(), series.tolist(), strict=True))
            out.append(volatility_against(known, residual_, day, weight, as_of, 0.006))
    assert max(near) < 0.006
    assert 0.01 < np.mean(far) < 0.024
    # without a month in common the prior stands
    alone = volatility_against({"1999-01": 1.0}, residual_, day, weight, as_of, 0.006)
    assert alone == pytest.approx(0.006, rel=0.1)


# --- paths between dates ------------------------------------------------------------------------


def test_covariances_between_dates_agree_with_the_variance() -> None:
    told = market(series())
    days = told.as_of + np.array([0, 10, 25, 30, 31, 100, 365, 1000, 1826, 2191, 2500])
    covariance = told.covariance_of_change(days)
    assert np.diag(covariance) == pytest.approx(told.variance_of_change(days))
    assert covariance == pytest.approx(covariance.T)
    assert np.linalg.eigvalsh(covariance)[0] > -1e-12
    # growth that goes on: a change is seen again, and more, in those to later days
    half = told.as_of + np.array([183, 366])
    pair = told.covariance_of_change(half)
    assert pair[0, 1] > 1.1 * pair[0, 0]
    walk = random_walk(told.as_of, 0.01, "made")
    months = (days - told.as_of) / 30.44
    assert walk.covariance_of_change(days) == pytest.approx(
        1e-4 * np.minimum.outer(months, months), abs=1e-15
    )


def test_increments_of_scenarios_go_together_as_the_forecast_has_it(
    plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    as_of = (plain_model.as_of - AS_OF).days
    index = series().with_columns(pl.col("date", "released_on").dt.offset_by(f"{as_of}d"))
    forecast = market(index, plain_model.as_of)
    model = replace(plain_model, market=forecast)
    fleet = sales.head(2).with_columns(vehicle_id=pl.col("sale_id"))
    dates = [plain_model.as_of + dt.timedelta(d) for d in (90, 180)]
    book = residual.simulate(model, fleet, dates, n=20_000, seed=3)
    path = np.log(book.index_ratio)
    days = np.array([(date - dt.date(1970, 1, 1)).days for date in dates])
    told = forecast.covariance_of_change(days)
    later = told[1, 1] - 2 * told[0, 1] + told[0, 0]
    expected = (told[0, 1] - told[0, 0]) / np.sqrt(told[0, 0] * later)
    assert expected > 0.2
    seen = np.corrcoef(path[0], path[1] - path[0])[0, 1]
    assert seen == pytest.approx(expected, abs=0.05)


# --- outside series of segments -----------------------------------------------------------------


def test_series_of_segments_are_told_over_the_market() -> None:
    whole = series(months=60).with_columns(segment=pl.lit(None, dtype=pl.String))
    own = whole.with_columns(
        segment=pl.lit(" BEV "), value=pl.col("value") * (1.0 - 0.004 * pl.int_range(pl.len()))
    )
    other = own.with_columns(segment=pl.lit("unheard of"))
    index = pl.concat([whole, own, other])
    day = dt.date(2016, 1, 10)
    levels = market_levels(index, day, day, Priors())
    assert max(levels) == "2015-12"
    table = segment_levels(index, day, levels, ("suv", "electric"))
    assert table is not None
    assert table.shape[0] == 3
    assert np.isnan(table[[0, 2]]).all()
    known = table[1][np.isfinite(table[1])]
    assert np.all(np.diff(known) <= 0.0)
    assert known[-1] == pytest.approx(np.log(1.0 - 0.004 * 56), abs=0.005)
    # a value that comes out later is not read
    late = (pl.col("released_on") > day) & pl.col("segment").is_not_null()
    spoilt = index.with_columns(value=pl.when(late).then(1e9).otherwise("value"))
    again = segment_levels(spoilt, day, levels, ("suv", "electric"))
    assert np.array_equal(table, again, equal_nan=True)
    assert segment_levels(whole, day, levels, ("suv",)) is None
    assert segment_levels(index, day, {}, ("electric",)) is None
