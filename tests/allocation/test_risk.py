"""The measure of risk, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from auction.risk import CVaR


def test_the_worst_share_counts_an_outcome_in_part() -> None:
    outcomes = np.array([4.0, 1.0, 3.0, 2.0])
    value, weights = CVaR(0.625, 1.0).tail(outcomes)  # the worst one and a half of four
    assert value == pytest.approx((1.0 + 0.5 * 2.0) / 1.5)
    assert weights == pytest.approx([0.0, 2 / 3, 0.0, 1 / 3])


def test_the_measure_blends_mean_and_tail() -> None:
    outcomes = np.array([4.0, 1.0, 3.0, 2.0])
    assert CVaR(0.5, 0.25).measure(outcomes) == pytest.approx(0.75 * 2.5 + 0.25 * 1.5)
    assert CVaR(0.5, 0.0).measure(outcomes) == pytest.approx(2.5)


def test_its_weights_bound_the_measure_of_any_other_outcomes() -> None:
    rng = np.random.default_rng(3)
    risk = CVaR(0.9, 0.7)
    outcomes = rng.normal(size=37)
    weights = risk.weights(outcomes)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ outcomes == pytest.approx(risk.measure(outcomes))
    others = rng.standard_t(2, size=(200, 37))
    slack = others @ weights - np.array([risk.measure(other) for other in others])
    assert slack.min() >= -1e-12
    assert slack.max() > 0.1


@pytest.mark.parametrize(("alpha", "weight"), [(1.0, 0.1), (-0.1, 0.1), (0.9, 1.1), (np.nan, 0)])
def test_parameters_are_checked(alpha: float, weight: float) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        CVaR(alpha, weight)
