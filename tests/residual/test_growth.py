"""Monthly growth, its volatility and the densities made of them, on series with known truth."""

from __future__ import annotations

import numpy as np
import pytest

from residual.density import forecast_growth, simulate_growth
from residual.growth import LAGS, fit_growth
from residual.student import describe, mixing, standard_quantile
from residual.volatility import fit_volatility


def autoregression(
    n: int, seed: int, phi: float = 0.7, sd: float = 0.005, drift: float = 0.0
) -> np.ndarray:
    draw = np.random.default_rng(seed)
    shock = sd * draw.standard_t(6, n + 50) * np.sqrt(4 / 6)
    change = np.zeros(n + 50)
    for t in range(1, n + 50):
        change[t] = drift * (1 - phi) + phi * change[t - 1] + shock[t]
    return change[50:]


def forecast(change: np.ndarray, start: float = 0.0, months: int = 24, expected: float = 0.01):
    return forecast_growth(change, np.ones(len(change)), expected, start, months)


# --- Student densities --------------------------------------------------------------------------


def test_standard_quantiles_have_variance_one() -> None:
    chance = (np.arange(200_000) + 0.5) / 200_000
    for tail in (0.0, 0.1, 0.2):
        assert standard_quantile(chance, tail).var() == pytest.approx(1.0, rel=0.01)
    assert standard_quantile(0.975, 0.0) == pytest.approx(1.959964, rel=1e-6)
    # t with 5 degrees of freedom: 2.570582 sqrt(3 / 5)
    assert standard_quantile(0.975, 0.2) == pytest.approx(1.991163, rel=1e-5)


@pytest.mark.parametrize("tail", [0.0, 0.1, 0.2, 0.28])
def test_draws_are_described_by_the_density_they_come_from(tail: float) -> None:
    chance = (np.arange(20_000) + 0.5) / 20_000
    mean, variance, found = describe(3.0 + 0.2 * standard_quantile(chance, tail)[None, :])
    assert mean[0] == pytest.approx(3.0)
    assert variance[0] == pytest.approx(0.04, rel=0.02)
    assert found[0] == pytest.approx(tail, abs=0.01)


def test_mixing_makes_normal_draws_student() -> None:
    draw = np.random.default_rng(4)
    u, normal = draw.random(200_000), draw.standard_normal(200_000)
    factor = mixing(u, np.array([0.0, 0.1, 0.2]))
    assert np.all(factor[0] == 1.0)
    for row, tail in zip(factor, (0.0, 0.1, 0.2), strict=True):
        for chance in (0.05, 0.01):
            assert np.quantile(row * normal, chance) == pytest.approx(
                float(standard_quantile(chance, tail)), rel=0.03
            )
    wild = np.argsort(u)[-100:]
    assert factor[2][wild].min() > 2.0


# --- volatility ---------------------------------------------------------------------------------


def test_volatility_follows_a_storm_and_calms_down() -> None:
    draw = np.random.default_rng(1)
    shocks = 0.01 * draw.standard_normal(300)
    shocks[-12:] *= 5
    storm = fit_volatility(shocks, np.ones(300), 1e-4, 12.0)
    calm = fit_volatility(shocks[:-12], np.ones(288), 1e-4, 12.0)
    now, before = (found.chance @ found.following for found in (storm, calm))
    assert now > 3 * storm.long_run
    assert before == pytest.approx(1e-4, rel=0.3)
    assert storm.chance.sum() == pytest.approx(1.0)


def test_months_not_seen_do_not_calm_the_volatility() -> None:
    draw = np.random.default_rng(2)
    shocks = 0.01 * draw.standard_normal(200)
    gaps = shocks.copy()
    gaps[50:150:2] = np.nan
    found = fit_volatility(gaps, np.ones(200), 1e-4, 12.0)
    assert found.long_run == pytest.approx(1e-4, rel=0.25)
    assert fit_volatility(np.zeros(200), np.ones(200), 1e-4, 12.0).long_run == pytest.approx(
        1e-4 * 12 / 212
    )


# --- growth -------------------------------------------------------------------------------------


def test_the_autoregression_is_found() -> None:
    found = [fit_growth(autoregression(400, seed), np.ones(400), 240.0, 0.01) for seed in range(8)]
    first = np.array([fit.coefficients[0] for fit in found])
    assert first.mean() == pytest.approx(0.68, abs=0.06)
    assert np.abs(np.mean([fit.coefficients[1:LAGS] for fit in found])) < 0.05
    sd = np.sqrt([fit.volatility.long_run for fit in found])
    assert sd.mean() == pytest.approx(0.005, rel=0.15)


def test_growth_is_the_same_in_any_unit_of_spread() -> None:
    change = autoregression(150, 3)
    one = fit_growth(change, np.ones(150), 120.0, 0.01)
    ten = fit_growth(10 * change, np.ones(150), 120.0, 0.1)
    assert ten.coefficients[:LAGS] == pytest.approx(one.coefficients[:LAGS], abs=0.02)
    assert ten.volatility.long_run == pytest.approx(100 * one.volatility.long_run, rel=0.02)


def test_filled_months_have_no_say() -> None:
    change = autoregression(200, 5)
    seen = np.ones(200)
    seen[80:100] = 0.0
    calm, wild = change.copy(), change.copy()
    calm[80 : 100 - LAGS], wild[80 : 100 - LAGS] = 0.0, 0.5
    one, other = (fit_growth(c, seen, 120.0, 0.01).volatility.long_run for c in (calm, wild))
    # the size of the unit is the observed months' as well
    assert other == pytest.approx(one, rel=1e-6)


# --- densities ----------------------------------------------------------------------------------


def test_nine_of_ten_come_to_lie_in_the_interval() -> None:
    horizons = np.array([1, 6, 24])
    held = []
    for seed in range(40):
        change = autoregression(204, seed, sd=0.006)
        told = forecast(change[:180])
        came = np.cumsum(change[180:])[horizons - 1]
        reach = standard_quantile(0.95, told.tail[horizons]) * np.sqrt(told.variance[horizons])
        held.append(np.abs(came - told.mean[horizons]) <= reach)
    share = np.mean(held, axis=0)
    assert np.all(share > 0.81)
    assert np.mean(held) == pytest.approx(0.91, abs=0.06)
    assert not np.all(held)


def test_momentum_is_carried_on_and_fades() -> None:
    change = autoregression(240, 9)
    change[-6:] = 0.02
    told = forecast(change)
    assert 0.005 < told.mean[1] < 0.02
    assert told.mean[3] < told.mean[12] < 0.15
    assert told.mean[24] - told.mean[12] < 0.2 * told.mean[12] + 0.01


def test_the_same_past_gives_the_same_bits_and_spread_only_grows() -> None:
    change = autoregression(120, 2)
    one, two = forecast(change, 1.4), forecast(change, 1.4)
    for name in ("mean", "variance", "tail"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert one.variance[0] == 0.0
    assert np.all(np.diff(one.variance) > 0.0)
    assert np.all((one.tail >= 0.0) & (one.tail <= 0.3))


def test_paths_are_pooled_and_mirrored() -> None:
    change = autoregression(120, 2)
    fits = [fit_growth(change, np.ones(120), memory, 0.01) for memory in (60.0, 240.0)]
    paths = simulate_growth(fits, 12)
    half = paths.shape[1] // 2
    alone = simulate_growth(fits[:1], 12)
    assert np.array_equal(paths[:, :half], alone)
    longer = simulate_growth(fits, 20)
    assert np.array_equal(longer[:13], paths)


def test_a_start_between_two_months_lies_between_them() -> None:
    change = autoregression(120, 6)
    change[-4:] = 0.015
    at = [forecast(change, start) for start in (1.0, 1.5, 2.0)]
    assert at[0].before < at[1].before < at[2].before
    assert at[1].mean == pytest.approx((at[0].mean + at[2].mean) / 2, abs=1e-12)
    assert forecast(change, 0.0).before == 0.0


def test_a_constant_series_keeps_a_share_of_the_expected_spread() -> None:
    told = forecast(np.zeros(48), expected=0.015)
    assert told.mean == pytest.approx(np.zeros(25), abs=1e-3)
    month = np.sqrt(told.variance[1])
    assert 0.0015 < month < 0.015
    # nothing expected, nothing seen: still a number
    assert np.all(np.isfinite(forecast(np.zeros(48), expected=0.0).variance))


def test_few_months_lean_on_what_is_expected() -> None:
    change = autoregression(24, 1, sd=0.001)
    narrow, wide = (forecast(change, expected=sd).variance[12] for sd in (0.005, 0.02))
    assert wide > 3 * narrow
