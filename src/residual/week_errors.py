"""Errors common to the sales of a week."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

#: No market is off by more for a week: what a few sales show beyond is the units' own.
_WILDEST_WEEK: Final = 0.1


def block_effects(
    residual: Floats, scale: Floats, block: NDArray[np.int64]
) -> tuple[Floats, float]:
    """Error common to each block of dates, shrunk, and the sd of its passing part.

    Parameters
    ----------
    residual, scale : float64[n]
    block : int64[n]
        Number of the block, from 0, in order of time.

    Returns
    -------
    effect : float64[b]
        Precision-weighted mean of the winsorised residuals of each block, shrunk to zero.
    passing : float
        Root of half the mean squared step from block to block, less the noise of the means:
        what comes and goes with a week. The drift over many blocks is left to the market.
    """
    weight = 1.0 / scale**2
    clipped = np.clip(residual, -2.5 * scale, 2.5 * scale)
    mass = np.bincount(block, weights=weight)
    used = mass > 0
    mean = np.zeros(len(mass))
    mean[used] = np.bincount(block, weights=weight * clipped)[used] / mass[used]
    noise = np.zeros(len(mass))
    noise[used] = 1.0 / mass[used]
    rows = np.bincount(block)
    variance = max(float(np.sum(rows * (mean**2 - noise)) / rows.sum()), 0.0)
    shrink = np.where(used, variance / (variance + noise + 1e-18), 0.0)
    seen = np.flatnonzero(used)
    if len(seen) < 2:
        return mean * shrink, min(float(np.sqrt(variance)), _WILDEST_WEEK)
    step = np.diff(mean[seen]) ** 2 - noise[seen][1:] - noise[seen][:-1]
    passing = max(float(np.mean(step)) / 2.0, 0.0)
    return mean * shrink, min(float(np.sqrt(passing)), _WILDEST_WEEK)
