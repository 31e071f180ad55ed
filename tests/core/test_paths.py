"""Factor paths: the recursion by hand, correlation, tails, mirror images."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from _core import factor_paths, normals

ONE = np.ones((1, 1))


def test_a_random_walk_adds_up_the_draws() -> None:
    z = normals(5, 2, np.zeros(1, dtype=np.uint64), 3, 100)[0]
    paths = factor_paths(5, 2, ONE, [[0.5, 0.0, 2.0]], [1.0], np.inf, 100, False)
    assert_array_equal(paths[0, 0], 0.5 * z[0])
    assert_array_equal(paths[0, 1], paths[0, 0])
    assert_array_equal(paths[0, 2], paths[0, 0] + 2.0 * z[2])


def test_a_level_is_kept_in_part() -> None:
    paths = factor_paths(5, 2, ONE, [[1.0, 0.0, 0.0]], [0.5], np.inf, 10)
    assert_array_equal(paths[0, 1:], [paths[0, 0] * 0.5, paths[0, 0] * 0.25])


def test_increments_correlate_as_asked() -> None:
    correlation = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
    paths = factor_paths(
        8, 0, np.linalg.cholesky(correlation), np.ones((3, 1)), np.ones(3), np.inf, 40_000
    )[:, 0]
    assert_allclose(np.corrcoef(paths), correlation, atol=0.03)
    assert_allclose(paths.std(axis=1), 1.0, atol=0.02)


def test_increments_are_student_t_of_unit_variance() -> None:
    draws = factor_paths(8, 0, ONE, ONE, [1.0], 5, 20_000, False)[0, 0]
    assert stats.kstest(draws * np.sqrt(5 / 3), stats.t(5).cdf).pvalue > 0.01
    assert stats.kstest(draws, "norm").pvalue < 1e-6, "the test must be able to tell them apart"


def test_factors_share_the_mixing_variable() -> None:
    fat = factor_paths(8, 0, np.eye(2), np.ones((2, 1)), np.ones(2), 3, 20_000)[:, 0]
    thin = factor_paths(8, 0, np.eye(2), np.ones((2, 1)), np.ones(2), np.inf, 20_000)[:, 0]
    assert np.corrcoef(np.abs(fat))[0, 1] > 0.1
    assert abs(np.corrcoef(np.abs(thin))[0, 1]) < 0.04


@pytest.mark.parametrize("dof", [4, np.inf])
def test_antithetic_pairs_mirror_each_other(dof: float) -> None:
    loadings = np.linalg.cholesky([[1.0, 0.4], [0.4, 1.0]])
    volatility = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
    paths = factor_paths(2, 1, loadings, volatility, [1.0, 0.8], dof, 1200)
    assert_array_equal(paths[..., 1::2], -paths[..., 0::2])
    plain = factor_paths(2, 1, loadings, volatility, [1.0, 0.8], dof, 600, False)
    assert_array_equal(paths[..., 0::2], plain)


def test_another_scenario_date_or_factor_changes_no_path() -> None:
    loadings = np.linalg.cholesky([[1.0, 0.4], [0.4, 1.0]])
    volatility = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
    large = factor_paths(2, 1, loadings, volatility, [1.0, 0.8], 5, 1500)
    small = factor_paths(2, 1, loadings[:1, :1], volatility[:1, :2], [1.0], 5, 601)
    assert_array_equal(small, large[:1, :2, :601])


@pytest.mark.parametrize("dof", [2, 4.5, 0, -3, 1001, np.nan])
def test_degrees_of_freedom_are_checked(dof: float) -> None:
    with pytest.raises(ValueError, match="dof must be"):
        factor_paths(1, 0, ONE, ONE, [1.0], dof, 4)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="lower triangular"):
        factor_paths(1, 0, [[1.0, 0.5], [0.0, 1.0]], np.ones((2, 1)), [1.0, 1.0], np.inf, 4)
    with pytest.raises(ValueError, match="lower triangular"):
        factor_paths(1, 0, np.ones((1, 2)), ONE, [1.0], np.inf, 4)
    with pytest.raises(ValueError, match="one row for each of the 1 factors"):
        factor_paths(1, 0, ONE, np.ones((2, 1)), [1.0], np.inf, 4)
    with pytest.raises(ValueError, match="one row for each of the 1 factors"):
        factor_paths(1, 0, ONE, ONE, [1.0, 1.0], np.inf, 4)
    with pytest.raises(ValueError, match="n must be at least 0"):
        factor_paths(1, 0, ONE, ONE, [1.0], np.inf, -1)
