"""Piecewise-linear curves: bases whose coefficients are slopes, and their monotone projection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def segment_basis(x: Floats, knots: Floats) -> Floats:
    """Length of each knot interval that lies below `x`; a coefficient is the slope there.

    Parameters
    ----------
    x : float64[n]
        Points; below the first knot they count as the first knot. The last interval is open.
    knots : float64[k + 1]
        Strictly increasing.

    Returns
    -------
    float64[n, k]
    """
    width = np.diff(knots)
    width[-1] = np.inf
    basis: Floats = np.clip(x[:, None] - knots[None, :-1], 0.0, width[None, :])
    return basis


def signed_basis(x: Floats, knots: Floats, origin: float) -> Floats:
    """Like `segment_basis`, but measured from `origin`, where every column is zero."""
    basis: Floats = segment_basis(x, knots) - segment_basis(np.array([origin]), knots)
    return basis


def nonincreasing(values: Floats, weights: Floats) -> Floats:
    """Weighted least-squares projection of each row onto non-increasing sequences.

    Parameters
    ----------
    values : float64[m, k]
    weights : float64[k] or float64[m, k]
        Positive; one row is shared by all.

    Returns
    -------
    float64[m, k]

    Notes
    -----
    The minimum-maximum form of isotonic regression (Robertson, Wright and Dykstra 1988):
    out[j] = min over a <= j of max over b >= j of the mean of values[a..b].
    """
    count = values.shape[1]
    weights = np.broadcast_to(weights, (len(weights) if weights.ndim == 2 else 1, count))
    mass = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights, axis=1)], axis=1)
    total = np.concatenate(
        [np.zeros((len(values), 1)), np.cumsum(values * weights, axis=1)], axis=1
    )
    best = np.full(values.shape, np.inf)
    for first in range(count):
        means = (total[:, first + 1 :] - total[:, first : first + 1]) / (
            mass[:, first + 1 :] - mass[:, first : first + 1]
        )
        running = np.maximum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        best[:, first:] = np.minimum(best[:, first:], running)
    # rounding in the means may leave a rise of a few ulp
    out: Floats = np.minimum.accumulate(best, axis=1)
    return out


def interpolate_rows(
    x: Floats, row: NDArray[np.int64], knots: Floats, table: Floats, end_slope: Floats
) -> Floats:
    """Evaluate one piecewise-linear curve per point.

    Parameters
    ----------
    x : float64[n]
        Points; below the first knot the curve is constant.
    row : int64[n]
        Which row of `table` is the point's curve.
    knots : float64[k]
    table : float64[m, k]
        Values of the curves at the knots.
    end_slope : float64[m]
        Slope beyond the last knot.
    """
    inside = np.clip(x, knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    low, high = table[row, left], table[row, left + 1]
    out: Floats = low + share * (high - low) + end_slope[row] * np.maximum(x - knots[-1], 0.0)
    return out
