"""Scales of levels: what differs is found and shrunk, what does not is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from residual.level_scale import level_factors, lookup, moved
from residual.scale import fit_scale


def _ratios(log_scale: np.ndarray, code: np.ndarray, seed: int) -> np.ndarray:
    noise = np.abs(np.random.default_rng(seed).standard_normal(len(code)))
    out: np.ndarray = noise * np.exp(log_scale[code])
    return out


def test_levels_that_differ_are_found_up_to_the_common_size() -> None:
    true = np.repeat([-0.4, 0.0, 0.4], 10)
    code = np.tile(np.arange(30), 200)
    found = level_factors(3.0 * _ratios(true, code, 1), {"seller": code})["seller"]
    assert np.corrcoef(found, true)[0, 1] > 0.97
    assert np.std(found) == pytest.approx(np.std(true), rel=0.1)


def test_levels_that_do_not_differ_are_left_alone() -> None:
    code = np.tile(np.arange(30), 200)
    found = level_factors(_ratios(np.zeros(30), code, 2), {"seller": code})
    assert np.abs(found.get("seller", np.zeros(1))).max() < 0.05


def test_a_level_of_few_rows_is_shrunk_more_than_one_of_many() -> None:
    true = np.array([0.0] * 20 + [0.5] * 20 + [0.5, 0.5])
    code = np.concatenate([np.tile(np.arange(40), 100), np.full(200, 40), np.full(2, 41)])
    ratio = _ratios(true, code, 3)
    ratio[-2:] = np.mean(ratio[-202:-2])
    found = level_factors(ratio, {"seller": code})["seller"]
    assert 0.0 < found[41] < 0.6 * found[40]


def test_two_categories_are_told_apart() -> None:
    rng = np.random.default_rng(4)
    make, region = rng.integers(0, 8, 8000), rng.integers(0, 6, 8000)
    of_make, of_region = np.linspace(-0.3, 0.3, 8), np.linspace(0.2, -0.2, 6)
    ratio = np.abs(rng.standard_normal(8000)) * np.exp(of_make[make] + of_region[region])
    found = level_factors(ratio, {"make": make, "region": region})
    np.testing.assert_allclose(found["make"] - found["make"].mean(), of_make, atol=0.08)
    np.testing.assert_allclose(found["region"] - found["region"].mean(), of_region, atol=0.08)


def test_rows_without_a_level_and_levels_beyond_the_table_count_as_ordinary() -> None:
    assert lookup(np.array([0.1, 0.2]), np.array([-1, 0, 1, 2])).tolist() == [0.0, 0.1, 0.2, 0.0]
    assert lookup(np.zeros(0), np.array([-1, 0])).tolist() == [0.0, 0.0]


def test_equal_prices_have_no_levels() -> None:
    assert level_factors(np.zeros(60), {"make": np.arange(60) % 3}) == {}


def test_factors_follow_their_levels_to_another_list() -> None:
    old, new = {"make": ["a", "b"]}, {"make": ["b", "c", "a"]}
    assert moved({"make": np.array([0.1, 0.2])}, old, new)["make"].tolist() == [0.2, 0.0, 0.1]


def test_a_scale_with_levels_standardises_each_level() -> None:
    rng = np.random.default_rng(5)
    code = rng.integers(0, 5, 6000)
    error = rng.standard_normal(6000) * 0.1 * np.exp(np.linspace(-0.5, 0.5, 5))[code]
    columns, known = np.ones((6000, 1)), np.zeros((6000, 3))
    without = error / fit_scale(error, columns, known).scale(columns, known, {})
    codes = {"make": code}
    scale = fit_scale(error, columns, known, codes).scale(columns, known, codes)
    spread = np.array([np.std((error / scale)[code == place]) for place in range(5)])
    np.testing.assert_allclose(spread, 1.0, atol=0.06)
    assert np.std(without[code == 4]) > 1.4
