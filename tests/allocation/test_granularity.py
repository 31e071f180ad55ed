"""The corrected tail: exact mixtures, luck that is known, and the bias of a sample."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from _core import cvar
from auction.granularity import corrected, mixture_tail
from auction.luck import Luck


def known(own: float = 0.0, common: float = 0.0) -> Luck:
    """Return a luck without shift, of these variances."""
    return Luck(0.0, 0.0, own, 0.0, 0.0, common, 0.0, 0.0, 8)


@pytest.mark.parametrize("alpha", [0.5, 0.9, 0.99])
def test_equal_laws_have_the_tail_of_one_normal(alpha: float) -> None:
    tail = mixture_tail(np.full(4, 7.0), np.full(4, 2.0), np.zeros(4), alpha)
    z = norm.ppf(1.0 - alpha)
    assert tail.quantile == pytest.approx(7.0 + 2.0 * z)
    assert tail.cvar == pytest.approx(7.0 - 2.0 * norm.pdf(z) / (1.0 - alpha))
    assert tail.density == pytest.approx(norm.pdf(z) / 2.0)


def test_the_tail_is_the_integral_of_the_mixture() -> None:
    mean, spread = np.array([1.0, 3.0, 8.0]), np.array([1.0, 0.5, 2.0])
    skew = np.array([-0.3, 0.2, 0.1])
    tail = mixture_tail(mean, spread, skew, 0.7)

    def cdf(x: float) -> float:
        z = (x - mean) / spread
        return float((norm.cdf(z) - skew / 6.0 * (z * z - 1.0) * norm.pdf(z)).mean())

    assert cdf(tail.quantile) == pytest.approx(0.3)
    short, _ = quad(cdf, -30.0, tail.quantile, epsabs=1e-12, limit=400)
    assert tail.cvar == pytest.approx(tail.quantile - short / 0.3, abs=1e-9)


def test_a_left_skew_makes_the_tail_worse() -> None:
    mean, spread = np.zeros(3), np.ones(3)
    left, right = (mixture_tail(mean, spread, np.full(3, skew), 0.95) for skew in (-0.3, 0.3))
    assert left.cvar < mixture_tail(mean, spread, np.zeros(3), 0.95).cvar < right.cvar


def test_without_luck_the_figure_is_that_of_the_means() -> None:
    means = np.random.default_rng(5).normal(100.0, 9.0, 200)
    told = corrected(means, known(), 0.95)
    assert told.cvar == pytest.approx(cvar(means, 0.95)[0], abs=1e-6)
    assert told.luck == pytest.approx(0.0, abs=1e-6)
    assert told.sampling == 0.0


def test_luck_is_measured_where_it_is_known() -> None:
    rng = np.random.default_rng(6)
    units, n = 40, 20_000
    means = rng.normal(1000.0, 60.0, n)
    each = rng.gamma(4.0, 3.0, (units, n)) - 12.0
    common = rng.normal(0.0, 20.0, n)
    carried = means + 5.0 + 0.1 * (means - 1000.0) + each.sum(axis=0) + common
    luck = Luck.of(means, carried, (each**2).sum(axis=0), (each**3).sum(axis=0))
    assert luck.shift == pytest.approx(5.0, abs=4.0 * luck.error + 0.1 * 60.0 * 4.0 / np.sqrt(n))
    assert luck.slope == pytest.approx(0.1, abs=0.02)
    assert luck.own == pytest.approx(units * 36.0, rel=0.02)
    assert luck.common == pytest.approx(400.0, rel=0.15)
    assert luck.skews(means).mean() > 0.0
    told = corrected(means, luck, 0.95)
    assert told.cvar + told.sampling == pytest.approx(cvar(carried, 0.95)[0], abs=2.0)
    assert told.luck > 10.0


def test_the_bias_of_a_sample_is_taken_off() -> None:
    """Means of few scenarios, drawn in pairs as the books draw them: the tail looks too good."""
    rng = np.random.default_rng(7)
    z = norm.ppf(0.05)
    true = -np.sqrt(1.0 + 0.25) * norm.pdf(z) / 0.05
    raw, taken = [], []
    for _ in range(3000):
        half = rng.normal(0.0, 1.0, 30)
        means = np.stack([half, -half], axis=1).ravel()
        told = corrected(means, known(own=0.25), 0.95)
        raw.append(told.cvar + told.sampling - true)
        taken.append(told.cvar - true)
    error = float(np.std(raw) / np.sqrt(len(raw)))
    assert np.mean(raw) > 4.0 * error
    assert abs(np.mean(taken)) < 0.5 * np.mean(raw)
