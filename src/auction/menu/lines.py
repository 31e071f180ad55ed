"""Straight lines above a layer's pay-off, with which it can be solved as linear.

A stop-loss pays ``min(max(y, 0), limit)`` of a shortfall y, before its share: flat, then rising,
then flat, so it is not concave where it attaches. Over a range [low, high] of y the least concave
function above it is

- the pay-off itself where the range lies on one side of nought, and
- else the chord from (low, 0) to the corner at ``min(high, limit)``, flat beyond the limit.

Every tangent of it is a line above the pay-off over the whole range (Horst and Tuy, Global
Optimization, 1996, ch. IV). A quota share has no corner at nought and is concave as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lines:
    """One line a scenario: ``height + slope * y``.

    Parameters
    ----------
    slope : float64[n]
        In [0, 1].
    height : float64[n]
        At a shortfall of nought, money.
    """

    slope: _Floats
    height: _Floats

    def at(self, shortfall: _Floats) -> _Floats:
        """Return the lines at shortfalls, money."""
        return np.asarray(self.height + self.slope * shortfall)


def lines_above(low: _Floats, high: _Floats, limit: float, near: _Floats, *, quota: bool) -> Lines:
    """Return lines that are nowhere below the pay-off over ranges, and touch the least concave.

    Parameters
    ----------
    low, high : float64[n]
        Ranges of the shortfall by scenario, money.
    limit : float
        Most that is paid, money.
    near : float64[n]
        Where the tangent is taken.
    quota : bool
        Whether it pays shortfalls below nought too.

    Returns
    -------
    Lines
    """
    slope, height = np.ones(low.shape), np.zeros(low.shape)
    split = (low < 0.0) & (high > 0.0) & (not quota)
    # past the limit, or where the tangent is taken past it, the flat piece
    flat = ((high > limit) & (near >= limit)) | (low >= limit)
    corner = np.minimum(high, limit)
    chord = split & ~flat
    slope[chord] = corner[chord] / (corner[chord] - low[chord])
    height[chord] = -slope[chord] * low[chord]
    slope[flat], height[flat] = 0.0, limit
    none = (high <= 0.0) & (not quota)
    slope[none], height[none] = 0.0, 0.0
    return Lines(slope, height)


def lines_at(shortfall: _Floats, limit: float, *, quota: bool) -> Lines:
    """Return the piece of the pay-off on which each shortfall lies, as a line."""
    slope = (shortfall < limit) & (quota | (shortfall > 0.0))
    return Lines(slope.astype(np.float64), np.where(shortfall >= limit, limit, 0.0))


def slack(low: _Floats, high: _Floats, limit: float, *, quota: bool) -> _Floats:
    """Return by how much the least concave function exceeds the pay-off at most, float64[n].

    It does so by most at nought, ``-low * corner / (corner - low)``.
    """
    if quota:
        return np.zeros(low.shape)
    corner = np.minimum(high, limit)
    split = (low < 0.0) & (high > 0.0)
    width = np.where(split, corner - low, 1.0)
    return np.where(split, -low * corner / width, 0.0)
