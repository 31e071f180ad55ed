"""Scrambled Sobol points: even, each uniform by itself, and the same whatever is asked beside."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from _core import factor_paths, norm_ppf, sobol


@pytest.mark.parametrize("n", [2, 64, 1024])
def test_every_dimension_has_one_point_in_each_interval(n: int) -> None:
    for row in sobol(3, 1, 40, n):
        assert_array_equal(np.sort(np.floor(row * n)), np.arange(n))


def test_first_two_dimensions_are_a_net() -> None:
    # 256 points: one in each of the 256 boxes, however the digits are shared out.
    points = sobol(5, 2, 2, 256)
    for digits in range(9):
        across, up = 1 << digits, 256 >> digits
        box = np.floor(points[0] * across) * up + np.floor(points[1] * up)
        assert_array_equal(np.sort(box), np.arange(256))


def test_a_point_is_uniform_over_seeds() -> None:
    draws = np.array([sobol(seed, 1, 3, 8)[:, 5] for seed in range(1500)])
    assert np.abs(draws.mean(axis=0) - 0.5).max() < 5.0 / np.sqrt(12.0 * 1500)
    assert np.abs(np.corrcoef(draws.T)[np.triu_indices(3, 1)]).max() < 5.0 / np.sqrt(1500)
    counts = np.array([np.histogram(draws[:, j], bins=20, range=(0, 1))[0] for j in range(3)])
    chi = ((counts - 75.0) ** 2 / 75.0).sum(axis=1)
    assert chi.max() < 50.0, "chi-square with 19 degrees of freedom"


def test_means_are_nearer_than_those_of_independent_draws() -> None:
    means = [np.exp(norm_ppf(sobol(seed, 1, 4, 1024)).sum(axis=0)).mean() for seed in range(60)]
    independent = np.sqrt((np.exp(8.0) - np.exp(4.0)) / 1024)
    assert np.std(means) < 0.6 * independent
    assert abs(np.mean(means) - np.exp(2.0)) < 5.0 * np.std(means) / np.sqrt(60)


def test_more_points_or_dimensions_change_none() -> None:
    few = sobol(9, 4, 3, 100)
    assert_array_equal(few, sobol(9, 4, 7, 1000)[:3, :100])
    assert not np.intersect1d(few, sobol(9, 5, 3, 100)).size
    assert not np.intersect1d(few, sobol(10, 4, 3, 100)).size


def test_points_have_every_digit() -> None:
    scaled = sobol(1, 1, 5, 512) * 2.0**53
    assert_array_equal(scaled % 2.0, 1.0)
    assert np.bincount((scaled // 2.0 % 2.0).astype(int).ravel()).min() > 1000


def test_factors_take_the_path_of_all_draws() -> None:
    points = sobol(7, 2, 6, 512).reshape(2, 3, 512)
    loadings = np.array([[1.0, 0.0], [0.6, 0.8]])
    paths = factor_paths(
        7, 1, loadings, np.ones((2, 3)), np.ones(2), np.inf, 512, antithetic=False, points=points
    )
    z = norm_ppf(points)
    expected = np.cumsum(np.einsum("fg,gdn->fdn", loadings, z), axis=1)
    assert_allclose(paths, expected, rtol=1e-12, atol=1e-13)
    threaded = factor_paths(
        7, 1, loadings, np.ones((2, 3)), np.ones(2), np.inf, 512, False, 2, points
    )
    assert_array_equal(paths, threaded)
    assert np.abs(paths[:, -1].mean(axis=1)).max() < 0.03


def test_points_go_with_no_mirror_images_and_fit() -> None:
    ones = np.ones((1, 1))
    for points, mirrored in ((np.full((1, 1, 4), 0.5), True), (np.full((1, 1, 5), 0.5), False)):
        with pytest.raises(ValueError, match="points must have shape"):
            factor_paths(7, 1, ones, ones, np.ones(1), np.inf, 4, mirrored, 1, points)


@pytest.mark.parametrize(("dimensions", "n"), [(-1, 4), (21_202, 4), (2, -1), (2, (1 << 31) + 1)])
def test_sizes_are_checked(dimensions: int, n: int) -> None:
    with pytest.raises(ValueError, match="dimensions must lie"):
        sobol(1, 1, dimensions, n)


def test_nothing_may_be_asked_for() -> None:
    assert sobol(1, 1, 0, 4).shape == (0, 4)
    assert sobol(1, 1, 4, 0).shape == (4, 0)
    assert sobol(1, 1, 4, 1).shape == (4, 1)
