from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residual import Priors
from residual.curves import interpolate_rows, nonincreasing, segment_basis
from residual.distribution import UnitShock, fit_shape, second_highest_moments
from residual.errors import InputError
from residual.features import ages, believable_odometer, day_number
from residual.index import market_and_scrap
from residual.prices import quantile_name
from residual.scoring import (
    bias,
    coverage,
    crps_from_quantiles,
    crps_from_sample,
    mean_absolute_error,
    mean_absolute_percentage_error,
    median_absolute_percentage_error,
    pinball,
)
from residual.tables import Index, Sales, Vehicles, with_optional_columns

#: The form of one unit where all are alike.
ONE = np.zeros(1, dtype=np.int64)


def test_segment_basis_by_hand() -> None:
    basis = segment_basis(np.array([-1.0, 0.5, 2.0, 9.0]), np.array([0.0, 1.0, 3.0]))
    assert basis.tolist() == [[0, 0], [0.5, 0], [1, 1], [1, 8]]


def test_projection_by_hand() -> None:
    out = nonincreasing(np.array([[3.0, 1.0, 2.0, 0.0], [1.0, 2.0, 3.0, 4.0]]), np.ones(4))
    assert out.tolist() == [[3, 1.5, 1.5, 0], [2.5, 2.5, 2.5, 2.5]]
    heavy = nonincreasing(np.array([[0.0, 3.0]]), np.array([2.0, 1.0]))
    assert heavy.tolist() == [[1.0, 1.0]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9), st.integers(0, 2**20))
def test_projection_agrees_with_scipy(values: list[float], seed: int) -> None:
    from scipy.optimize import isotonic_regression

    weights = np.random.default_rng(seed).uniform(0.5, 3, len(values))
    mine = nonincreasing(np.array([values]), weights)[0]
    peer = isotonic_regression(np.array(values), weights=weights, increasing=False).x
    assert mine == pytest.approx(peer, abs=1e-9)


def test_interpolation_holds_before_and_slopes_after() -> None:
    out = interpolate_rows(
        np.array([-1.0, 0.5, 3.0]),
        np.array([0, 0, 1]),
        np.array([0.0, 1.0, 2.0]),
        np.array([[0.0, -1.0, -2.0], [5.0, 4.0, 4.0]]),
        np.array([-1.0, -2.0]),
    )
    assert out.tolist() == [0.0, -0.5, 2.0]


def test_age_by_registration_else_mid_model_year() -> None:
    frame = pl.DataFrame(
        {"model_year": [2010, 2010, 2021], "first_registered": [None, dt.date(2011, 1, 1), None]}
    )
    day = np.full(3, day_number(dt.date(2020, 1, 1)))
    years = ages(frame, day)
    assert years[0] == pytest.approx((dt.date(2020, 1, 1) - dt.date(2010, 7, 1)).days / 365.25)
    assert years[1] == pytest.approx(3287 / 365.25)
    assert years[2] == -1.0


def test_sentinel_odometers_are_missing_and_wild_ones_brought_down() -> None:
    readings = np.array([0.0, 1.609, 999_999.0, 1_609_342.4, 300.0, 300_000.0, 60_000.0, 5_000.0])
    years = np.array([5.0, 5.0, 5.0, 5.0, 5.0, 1.0, 5.0, 0.1])
    believed = believable_odometer(readings, years)
    assert np.isnan(believed[:4]).all()
    # Too little for five years, too far for one: neither is taken for a typical car's reading.
    assert believed[4:].tolist() == [1_000.0, 140_000.0, 60_000.0, 5_000.0]


def test_second_highest_of_many_and_against_simulation() -> None:
    draw = np.random.default_rng(1)
    count = draw.poisson(6.0, 60_000)
    there = np.arange(20)[None, :] < count[:, None]
    bids = np.where(there, draw.standard_normal((60_000, 20)), -99.0)
    second = np.sort(bids[count >= 2], axis=1)[:, -2]
    mean, sd = second_highest_moments(6.0)
    assert mean == pytest.approx(second.mean(), abs=0.01)
    assert sd == pytest.approx(second.std(), abs=0.01)


def test_two_bidders_give_the_lower_of_two() -> None:
    # ever fewer bidders on average: given two, exactly two, whose lower has mean -1/sqrt(pi)
    mean, sd = second_highest_moments(1e-3)
    assert mean == pytest.approx(-1 / np.sqrt(np.pi), abs=1e-3)
    assert sd == pytest.approx(np.sqrt(1 - 1 / np.pi), abs=1e-3)


def test_shape_is_taken_apart_exactly_and_tails_are_as_stated() -> None:
    draw = np.random.default_rng(4)
    z = draw.standard_t(4, 20_000) / np.sqrt(2)
    z = np.where(z < 0, 1.2 * z, np.minimum(0.9 * z, 3.0))
    shape = fit_shape(z, 0.6, 6.0, 5.0)
    for p in (0.02, 0.1, 0.5, 0.9, 0.98):
        told = shape.quantile(p, np.zeros(1), ONE)[0]
        assert told == pytest.approx(np.quantile(z, p), abs=0.06)
    u = np.array([1e-12, 1e-3, 0.5, 0.999, 1 - 1e-12])
    drawn = shape.shock.quantile(u)
    assert np.all(np.diff(drawn) > 0)
    assert drawn[0] >= -12.0
    assert drawn[-1] == shape.shock.highest
    assert -drawn[0] > drawn[-1]


def test_no_bidder_noise_leaves_all_to_the_unit() -> None:
    shape = fit_shape(np.random.default_rng(2).standard_normal(5000), 0.0, 6.0, 5.0)
    assert shape.unit_ratio == 1.0
    assert shape.quantile(0.5, np.zeros(1), ONE)[0] == pytest.approx(
        shape.shock.quantile(np.array([0.5]))[0], abs=1e-9
    )


def test_common_error_widens_like_a_normal() -> None:
    shape = fit_shape(np.random.default_rng(2).standard_normal(50_000), 0.6, 6.0, 5.0)
    wide = (
        shape.quantile(0.95, np.array([1.0]), ONE)[0]
        - shape.quantile(0.05, np.array([1.0]), ONE)[0]
    )
    assert wide == pytest.approx(2 * 1.645 * np.sqrt(2.0), rel=0.03)


def test_unit_shock_passes_nan_through() -> None:
    shock = UnitShock.from_quantiles(np.linspace(-2, 2, 196), 0.5, 0.2)
    assert np.isnan(shock.quantile(np.array([np.nan]))[0])


def test_quantiles_of_a_unit_shock_lie_on_lines_between_the_tabled_ones() -> None:
    table = np.sort(np.random.default_rng(5).normal(size=196))
    shock = UnitShock.from_quantiles(table, 0.5, 0.2)
    chance = np.concatenate([np.linspace(0.01, 0.09, 17), np.linspace(0.1, 0.99, 179)])
    asked = np.concatenate(
        [np.random.default_rng(6).uniform(0.01, 0.99, 100_000), chance]
        + [np.nextafter(chance[1:-1], end) for end in (0.0, 1.0)]
    )
    assert np.array_equal(shock.quantile(asked), np.interp(asked, chance, table))
    ends = shock.quantile(np.array([[0.005, 0.995], [1e-300, 1.0 - 1e-16]]))
    assert ends[0, 0] == table[0] + 0.5 * np.log(0.005 / 0.01)
    assert ends[0, 1] == pytest.approx(table[-1] + 0.2 * np.log(2.0))
    assert ends[1].tolist() == [-12.0, shock.highest]


def _index(value: np.ndarray, series: str = "market") -> pl.DataFrame:
    months = pl.date_range(dt.date(2010, 1, 1), dt.date(2030, 1, 1), "1mo", eager=True)
    months = months.head(len(value))
    return pl.DataFrame(
        {
            "series": [series] * len(value),
            "date": months,
            "released_on": months.dt.offset_by("40d"),
            "value": value,
        }
    )


def test_without_an_index_the_market_is_a_walk_of_the_prior() -> None:
    market, scrap, correlation = market_and_scrap(None, dt.date(2020, 1, 1), Priors())
    days = np.array([day_number(dt.date(2020, 1, 1)) + 100 * 30.44]).astype(np.int64)
    assert market.mean_change(days)[0] == 0.0
    assert market.variance_of_change(days)[0] == pytest.approx(0.015**2 * 100, rel=1e-3)
    assert "prior" in market.source
    assert "prior" in scrap.source
    assert correlation == 0.2


def test_a_market_with_momentum_is_carried_on_and_fades() -> None:
    draw = np.random.default_rng(3)
    change = np.zeros(120)
    for t in range(1, 120):
        change[t] = 0.8 * change[t - 1] + 0.004 * draw.standard_normal()
    change[-6:] = 0.02
    index = _index(100 * np.exp(np.cumsum(change)))
    as_of = index["released_on"].max()
    assert isinstance(as_of, dt.date)
    market, _, _ = market_and_scrap(index, as_of, Priors())
    days = day_number(as_of) + np.array([30, 180, 720])
    path = market.mean_change(days)
    assert 0.0 < path[0] < 0.025
    assert path[0] < path[1] <= path[2] < 0.15
    assert np.all(np.diff(market.variance_of_change(days)) > 0)


def test_a_season_is_only_taken_from_series_named_unadjusted() -> None:
    month = np.arange(96)
    draw = np.random.default_rng(5)
    level = 0.04 * np.sin(2 * np.pi * month / 12) + 0.002 * draw.standard_normal(96).cumsum()
    index = _index(100 * np.exp(level))
    as_of = index["released_on"].max()
    assert isinstance(as_of, dt.date)
    with_season, _, _ = market_and_scrap(index, as_of, Priors(unadjusted=("market",)))
    days = day_number(as_of) + 30 * np.arange(1, 13)
    swing = np.ptp(with_season.mean_change(days))
    assert 0.06 < swing < 0.1
    assert "season" in with_season.source


def test_it_must_be_clear_which_series_is_the_market() -> None:
    both = pl.concat([_index(np.full(30, 100.0), "one"), _index(np.full(30, 90.0), "two")])
    with pytest.raises(InputError, match="which series"):
        market_and_scrap(both, dt.date(2020, 1, 1), Priors())


def test_scores_by_hand() -> None:
    y, q = np.array([1.0, 3.0]), np.array([2.0, 2.0])
    assert pinball(y, q, 0.9) == pytest.approx((0.1 + 0.9) / 2)
    assert coverage(y, np.array([0.0, 0.0]), q) == 0.5
    assert bias(y, q) == 0.0
    assert mean_absolute_error(y, q) == 1.0
    assert mean_absolute_percentage_error(y, q) == pytest.approx((100 + 100 / 3) / 2)
    assert median_absolute_percentage_error(y, q) == pytest.approx((100 + 100 / 3) / 2)
    assert crps_from_sample(np.array([0.0]), np.array([[-1.0, 1.0]])) == pytest.approx(0.5)


def test_both_forms_of_the_crps_agree() -> None:
    from scipy.stats import norm

    p = (np.arange(2000) + 0.5) / 2000
    q = norm.ppf(p)[None, :]
    y = np.array([0.3])
    exact = 0.3 * (2 * norm.cdf(0.3) - 1) + 2 * norm.pdf(0.3) - 1 / np.sqrt(np.pi)
    assert crps_from_quantiles(y, q, p) == pytest.approx(exact, abs=1e-3)
    assert crps_from_sample(y, q) == pytest.approx(exact, abs=1e-3)


def test_quantile_names() -> None:
    assert [quantile_name(p) for p in (0.05, 0.5, 0.95, 0.975)] == ["q05", "q50", "q95", "q975"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bidder_spread_share", 1.0),
        ("reference_bidders", 0.0),
        ("student_dof", 2.0),
        ("monthly_market_volatility", float("nan")),
        ("scrap_market_correlation", 1.0),
        ("minimum_group_rows", 0),
    ],
)
def test_priors_are_checked(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        Priors(**{field: value})


def test_schemas_name_the_rule_that_failed() -> None:
    sale = {
        "sale_id": ["a", "b", "c", "d"],
        "make": ["m"] * 4,
        "model": ["x"] * 4,
        "offered_on": [dt.date(2020, 1, 1)] * 4,
        "model_year": [2010, None, 2010, 2010],
        "price": [1.0, 1.0, None, None],
        "outcome": [None, None, None, "no-sale"],
    }
    good, bad = Sales.filter(with_optional_columns(pl.DataFrame(sale), Sales))
    assert good["sale_id"].to_list() == ["a", "d"]
    assert bad.counts() == {"age_known": 1, "price_when_sold": 1}
    assert Vehicles.primary_key() == ["vehicle_id"]
    assert "released_on" in Index.column_names()
