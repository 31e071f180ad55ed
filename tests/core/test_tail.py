"""Tail means and quantiles: by hand, by brute force, at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog

from _core import cvar, row_quantiles


def test_a_whole_number_of_values() -> None:
    mean, weights = cvar([4.0, 1.0, 3.0, 2.0], 0.5)
    assert mean == 1.5
    assert_array_equal(weights, [0.0, 0.5, 0.0, 0.5])


def test_a_value_counts_in_part() -> None:
    # 2.5 of 4 values: 1 and 2 whole, half of 3; (1 + 2 + 1.5) / 2.5
    mean, weights = cvar([4.0, 1.0, 3.0, 2.0], 0.375)
    assert mean == pytest.approx(1.8, rel=1e-15)
    assert_allclose(weights, [0.0, 0.4, 0.2, 0.4], rtol=1e-15)


def test_ties_go_to_the_first() -> None:
    assert_allclose(cvar([2.0, 5.0, 2.0, 2.0], 0.375)[1], [0.4, 0.0, 0.4, 0.2], rtol=1e-15)


def test_high_values_can_be_the_bad_ones() -> None:
    mean, weights = cvar([4.0, 1.0, 3.0, 2.0], 0.5, lower=False)
    assert mean == 3.5
    assert_array_equal(weights, [0.5, 0.0, 0.5, 0.0])


def test_the_whole_sample_and_less_than_one_value() -> None:
    assert cvar([4.0, 1.0, 3.0, 2.0], 0.0)[0] == 2.5
    mean, weights = cvar([4.0, 1.0, 3.0, 2.0], 0.99)
    assert mean == 1.0
    assert_array_equal(weights, [0.0, 1.0, 0.0, 0.0])


@pytest.mark.parametrize("alpha", [0.9, 0.95, 0.975, 0.99])
def test_alpha_is_the_decimal_number_it_prints_as(alpha: float) -> None:
    # (1 - 0.95) * 1000 is 50.00000000000004 in floating point: a 51st value would be let in.
    n = 1000
    _, weights = cvar(np.arange(n, dtype=float), alpha)
    assert np.count_nonzero(weights) == round((1 - alpha) * n)


@given(
    st.lists(st.sampled_from([-2.0, -0.5, 0.0, 1.0, 3.5]), min_size=1, max_size=12),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.8, 0.95]),
    st.booleans(),
)
def test_no_admissible_weights_are_worse(values: list[float], alpha: float, lower: bool) -> None:
    n = len(values)
    sign = 1.0 if lower else -1.0
    cap = min(1.0, 1.0 / ((1.0 - alpha) * n))
    worst = linprog(
        sign * np.array(values),
        A_eq=np.ones((1, n)),
        b_eq=[1.0],
        bounds=(0.0, max(cap, 1.0 / n)),
    )
    assert worst.fun is not None
    mean, weights = cvar(values, alpha, lower)
    assert mean == pytest.approx(sign * worst.fun, abs=1e-9)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights.max() <= cap + 1e-12
    assert weights.min() >= 0.0


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf, 1.0], [[1.0]]])
def test_values_must_be_finite_and_one_dimensional(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        cvar(values, 0.5)


@pytest.mark.parametrize("alpha", [-0.1, 1.0, 2.0, np.nan])
def test_alpha_is_checked(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        cvar([1.0], alpha)


def test_quantiles_by_hand() -> None:
    # places q * 3: 0, 0.75, 1.5, 3
    quantiles = row_quantiles([[4.0, 1.0, 3.0, 2.0]], [0.0, 0.25, 0.5, 1.0])
    assert_array_equal(quantiles, [[1.0, 1.75, 2.5, 4.0]])


def test_a_row_with_nan_has_no_quantiles() -> None:
    quantiles = row_quantiles([[1.0, np.nan], [1.0, 2.0]], [0.0, 0.5])
    assert_array_equal(quantiles, [[np.nan, np.nan], [1.0, 1.5]])


def test_an_infinite_value_spoils_only_its_own_quantile() -> None:
    assert_array_equal(row_quantiles([[-np.inf, 1.0, 2.0]], [0.5, 0.0]), [[1.0, -np.inf]])


@pytest.mark.parametrize("q", [[-0.1], [1.1], [np.nan], [[0.5]]])
def test_shares_are_checked(q: list[float]) -> None:
    with pytest.raises(ValueError, match="q must"):
        row_quantiles([[1.0]], q)


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((2, 0))])
def test_tables_are_checked(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="values must have shape"):
        row_quantiles(values, [0.5])
