"""Listings that differ by what no column tells: the likelihood by hand and by differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.sparse import csr_array
from scipy.stats import gamma

from residual.frailty import Spans, hazard_of, unsold_share
from residual.hazard import Family, fit_hazard, likeliest_frailty


@pytest.mark.parametrize("hazard", [0.0, 0.3, 4.0])
def test_what_is_left_is_the_mean_over_the_unknown_factor(hazard: float) -> None:
    mixed, _ = quad(lambda w: np.exp(-w * hazard) * gamma.pdf(w, 2.5, scale=0.4), 0.0, np.inf)
    assert unsold_share(np.array(hazard), 0.4) == pytest.approx(mixed)
    assert unsold_share(np.array(hazard), 0.0) == pytest.approx(np.exp(-hazard))


@pytest.mark.parametrize("frailty", [0.0, 0.4])
def test_a_share_leads_back_to_its_hazard(frailty: float) -> None:
    hazard = np.array([0.0, 0.3, 4.0])
    assert hazard_of(unsold_share(hazard, frailty), frailty) == pytest.approx(hazard, abs=1e-12)


def spans(frailty: float) -> Spans:
    """Two listings of two rows, sold and not, and one sold on its first day."""
    sold = np.array([False, True, False, False, True])
    return Spans(np.array([0, 0, 1, 1, 2]), np.array([3.0, 1.0, 2.0, 5.0, 0.0]), sold, frailty)


@pytest.mark.parametrize("frailty", [0.0, 0.5])
def test_the_likelihood_is_that_of_the_chances(frailty: float) -> None:
    rate = np.array([0.1, 0.2, 0.3, 0.05, 0.4])
    before = np.array([3 * 0.1 + 0.2, 0.0])
    bought = unsold_share(before, frailty) - unsold_share(before + np.array([0.2, 0.4]), frailty)
    stayed = unsold_share(np.array(2 * 0.3 + 5 * 0.05), frailty)
    expected = np.log(bought).sum() + np.log(stayed)
    assert spans(frailty).log_likelihood(np.log(rate)) == pytest.approx(expected)


@pytest.mark.parametrize("frailty", [0.0, 0.5])
def test_derivatives_are_those_of_the_likelihood(frailty: float) -> None:
    own, eta = spans(frailty), np.log([0.1, 0.2, 0.3, 0.05, 0.4])
    slope, curvature = own.derivatives(csr_array(np.eye(5)), eta)
    step = 1e-4 * np.eye(5)

    def value(point: np.ndarray) -> float:
        return own.log_likelihood(point)

    found = [(value(eta + one) - value(eta - one)) / 2e-4 for one in step]
    assert slope == pytest.approx(found, abs=1e-7)
    twice = [
        [
            (value(eta + a + b) - value(eta + a - b) - value(eta - a + b) + value(eta - a - b))
            / 4e-8
            for b in step
        ]
        for a in step
    ]
    assert curvature == pytest.approx(-np.array(twice), abs=1e-6)


def made(variance: float) -> tuple[csr_array, Spans]:
    """Listings of one hazard a day and of a factor of their own, followed for 60 days."""
    draw = np.random.default_rng(8)
    factor = draw.gamma(1.0 / variance, variance, 3000) if variance else np.ones(3000)
    days = np.minimum(draw.geometric(-np.expm1(-0.05 * factor)) - 1.0, 60.0)
    return csr_array(np.ones((3000, 1))), Spans(np.arange(3000), days, days < 60.0, 0.0)


@pytest.mark.parametrize(("variance", "low", "high"), [(0.0, 0.0, 0.1), (0.8, 0.6, 1.0)])
def test_the_spread_of_the_unknown_is_found(variance: float, low: float, high: float) -> None:
    columns, own = made(variance)
    family = [Family("first", 0, 1, -3.0, 1.0)]
    found = likeliest_frailty(columns, own, family)
    assert low <= found <= high
    fit = fit_hazard(columns, Spans(own.listing, own.survived, own.sold, found), family)
    assert np.exp(fit.coefficients[0]) == pytest.approx(0.05, rel=0.1)
