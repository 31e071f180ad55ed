"""Student densities of given variance, told by the reciprocal of their degrees of freedom."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, ndtri, stdtrit

from residual.curves import Floats

#: The heaviest tail that is told: 3.3 degrees of freedom.
HEAVIEST: Final = 0.3
_NORMAL: Final = 1e-4
#: Chance below which a mixing draw counts as this: one in two thousand.
_RAREST: Final = 5e-4


def standard_quantile(probability: ArrayLike, tail: ArrayLike) -> Floats:
    """Quantile of a Student density of mean 0 and variance 1.

    Parameters
    ----------
    probability : array_like
        In (0, 1); broadcast against `tail`.
    tail : array_like
        1 / dof, from 0 (normal) to below 0.5.
    """
    chance, weight = np.asarray(probability, np.float64), np.asarray(tail, np.float64)
    fat = stdtrit(1.0 / np.maximum(weight, _NORMAL), chance) * np.sqrt(1.0 - 2.0 * weight)
    return np.asarray(np.where(weight > _NORMAL, fat, ndtri(chance)))


def describe(draws: Floats) -> tuple[Floats, Floats, Floats]:
    """Describe each row of draws by a Student density.

    Parameters
    ----------
    draws : float64[k, m]

    Returns
    -------
    mean, variance, tail : float64[k]
        Variance and tail are those of the Student density that has the central 90 % and 98 %
        ranges of the draws, its tail being held between 0 and `HEAVIEST`.
    """
    ends = np.quantile(draws, [0.01, 0.05, 0.95, 0.99], axis=1)
    outer, inner = 0.5 * (ends[3] - ends[0]), 0.5 * (ends[2] - ends[1])
    tails = np.linspace(0.0, HEAVIEST, 301)
    wide, narrow = standard_quantile(0.99, tails), standard_quantile(0.95, tails)
    ratio = np.divide(outer, inner, out=np.zeros_like(outer), where=inner > 0.0)
    tail = np.interp(ratio, wide / narrow, tails)
    sd = inner / np.interp(tail, tails, narrow)
    return draws.mean(axis=1), sd**2, tail


def mixing(u: Floats, tail: Floats) -> Floats:
    """Factor that makes a normal draw a Student draw of the same variance.

    Parameters
    ----------
    u : float64[n]
        Uniform draws, one a scenario.
    tail : float64[k]

    Returns
    -------
    float64[k, n]
        sqrt((dof - 2) / q) with q the upper-u quantile of chi-square: scenario by scenario the
        rows rise together. The rarest 1 in 2,000 are held at that chance: a log price has no
        moments of its exponential under a Student density, and prices do have means.
    """
    dof = 1.0 / np.maximum(tail, _NORMAL)
    square = chdtri(dof[:, None], np.minimum(u, 1.0 - _RAREST)[None, :])
    fat = np.sqrt((dof[:, None] - 2.0) / square)
    return np.asarray(np.where(tail[:, None] > _NORMAL, fat, 1.0))
