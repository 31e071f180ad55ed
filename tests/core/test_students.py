"""Student draws: exact quantiles, shape, and the normal draws behind them."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from _core import normals, students, uniforms

UNITS = np.arange(6, dtype=np.uint64)


def exact_tail(t: float, dof: float) -> mpmath.mpf:
    """Chance of a Student variable above a positive t."""
    x = mpmath.mpf(dof) / (mpmath.mpf(dof) + mpmath.mpf(t) ** 2)
    half = mpmath.mpf(1) / 2
    return mpmath.betainc(mpmath.mpf(dof) / 2, half, 0, x, regularized=True) / 2


@pytest.mark.parametrize(
    ("dof", "tolerance"), [(1.0, 1e-12), (1.5, 2e-13), (3.3, 2e-13), (30.0, 2e-13), (1e5, 2e-13)]
)
def test_draws_are_quantiles_of_the_uniforms(dof: float, tolerance: float) -> None:
    u = uniforms(3, 1, UNITS[:1], 1, 4000)[0, 0]
    t = students(3, 1, UNITS[:1], 1, 4000, dof)[0, 0]
    chosen = np.concatenate([np.argsort(np.abs(u - 0.5))[-40:], np.arange(60)])
    with mpmath.workdps(30):
        for chance, value in zip(u[chosen], t[chosen], strict=True):
            tail = mpmath.mpf(min(chance, 1.0 - chance))
            assert (value > 0.0) == (chance > 0.5)
            size = abs(float(value))
            density = mpmath.mpf(float(stats.t.pdf(size, dof)))
            # an error of the chance is one of the quantile by the density
            off = float((exact_tail(size, dof) - tail) / density / size)
            assert abs(off) <= tolerance


def test_draws_rise_with_the_normals_of_the_same_names() -> None:
    z = normals(3, 1, UNITS, 2, 501).ravel()
    t = students(3, 1, UNITS, 2, 501, 2.5).ravel()
    order = np.argsort(z)
    assert (np.diff(t[order]) > 0.0).all()
    assert (np.abs(t) >= np.abs(z)).all(), "tails are fatter"
    near = students(3, 1, UNITS, 2, 501, 1e9).ravel()
    assert np.abs(near / z - 1.0).max() < 1e-7


def test_draws_look_like_a_student_variable() -> None:
    t = students(20, 0, np.arange(40, dtype=np.uint64), 4, 1000, 5.0).ravel()
    assert stats.kstest(t, stats.t(5.0).cdf).pvalue > 0.01
    assert abs(t.var() / (5.0 / 3.0) - 1.0) < 0.05


def test_draws_depend_on_their_names_alone() -> None:
    few = students(3, 1, UNITS[2:4], 2, 700, 4.5)
    assert_array_equal(few, students(3, 1, UNITS, 5, 9001, 4.5)[2:4, :2, :700])


@pytest.mark.parametrize("dof", [0.99, 0.0, -1.0, np.inf, np.nan])
def test_degrees_of_freedom_are_checked(dof: float) -> None:
    with pytest.raises(ValueError, match="dof must be at least 1"):
        students(3, 1, UNITS, 1, 4, dof)
