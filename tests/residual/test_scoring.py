"""Scores on cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from residual.scoring import crps_from_sample, mean_pinball, pinball, pit_distance


def test_mean_pinball_is_the_mean_over_quantiles() -> None:
    actual = np.array([1.0, 3.0])
    quantiles = np.array([[0.0, 2.0], [1.0, 5.0]])
    # at 0.25: 0.25 * 1 and 0.25 * 2; at 0.75: 0.25 * 1 and 0.25 * 2
    assert mean_pinball(actual, quantiles, np.array([0.25, 0.75])) == pytest.approx(0.375)
    assert pinball(actual, quantiles[:, 0], 0.25) == pytest.approx(0.375)


def test_mean_pinball_comes_to_half_the_crps() -> None:
    rng = np.random.default_rng(1)
    actual, sample = rng.normal(size=40), np.sort(rng.normal(size=(40, 4001)))
    levels = (np.arange(200) + 0.5) / 200
    quantiles = np.quantile(sample, levels, axis=1).T
    crps = crps_from_sample(actual, sample)
    assert 2.0 * mean_pinball(actual, quantiles, levels) == pytest.approx(crps, rel=2e-3)


def test_pit_distance_sees_the_worst_level_from_either_side() -> None:
    actual = np.array([1.0, 2.0, 3.0, 4.0])
    levels = np.array([0.25, 0.5])
    exact = np.tile([1.5, 2.5], (4, 1))
    assert pit_distance(actual, exact, levels) == 0.0
    assert pit_distance(actual, np.tile([1.5, 3.5], (4, 1)), levels) == 0.25
    # an outcome on the quantile itself counts once as below and once as not
    assert pit_distance(actual, np.tile([1.5, 2.0], (4, 1)), levels) == 0.25


def test_pit_distance_is_small_for_the_right_spread_and_not_for_a_narrow_one() -> None:
    actual = np.random.default_rng(2).uniform(size=4000)
    levels = np.arange(1, 20) / 20
    right = np.tile(levels, (4000, 1))
    assert pit_distance(actual, right, levels) < 0.03
    assert pit_distance(actual, 0.5 + 0.8 * (right - 0.5), levels) == pytest.approx(0.09, abs=0.02)
