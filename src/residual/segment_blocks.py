"""What sales say of each segment by month: robust means of residuals, and how sure they are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days

_MONTH: Final = 30.44
#: Standard deviations from the middle of its month beyond which a sale pulls no harder.
_CLIP: Final = 3.0


def month_blocks(day: Days, as_of: int) -> NDArray[np.int64]:
    """Months before `as_of` of each day: 0 for the month that ends with it."""
    return np.floor((as_of - day) / _MONTH).astype(np.int64)


def block_means(
    residual: Floats,
    block: NDArray[np.int64],
    segment: NDArray[np.int64],
    weight: Floats,
    count: int,
) -> tuple[Floats, Floats]:
    """Weighted mean residual of each segment and month, oldest month first.

    Parameters
    ----------
    residual : float64[n]
        ln price less all that the equation of values and the market's level explain.
    block : int64[n]
        Months before the end, from 0.
    segment : int64[n]
        From 0 to `count` - 1.
    weight : float64[n]
        1 / variance of each sale's residual, above 0.
    count : int
        Number of segments.

    Returns
    -------
    mean, precision : float64[count, months]
        Mean 0 and precision 0 where nothing was sold. A residual further than three standard
        deviations from the median of its month is pulled in to there.
    """
    months = int(block.max()) + 1 if len(block) else 0
    cell = segment * months + (months - 1 - block)
    size = count * months
    order = np.lexsort((residual, cell))
    sold = np.bincount(cell, minlength=size)
    first = np.concatenate([[0], np.cumsum(sold)[:-1]]).astype(np.int64)
    middle = np.zeros(size)
    full = sold > 0
    middle[full] = residual[order[first[full] + (sold[full] - 1) // 2]]
    reach = _CLIP / np.sqrt(weight)
    tame = middle[cell] + np.clip(residual - middle[cell], -reach, reach)
    precision = np.bincount(cell, weight, minlength=size).astype(np.float64)
    total = np.bincount(cell, weight * tame, minlength=size).astype(np.float64)
    mean = np.divide(total, precision, out=np.zeros(size), where=full)
    return mean.reshape(count, months), precision.reshape(count, months)


def with_outside(
    mean: Floats, precision: Floats, outside: Floats, outside_sd: float
) -> tuple[Floats, Floats]:
    """Join outside series of the segments to what the sales say.

    Parameters
    ----------
    mean, precision : float64[s, months]
        As of `block_means`.
    outside : float64[s, months]
        ln of each segment's series over the market's, in the same months; NaN where no value was
        released by the end. Only its changes count: each is moved to the level of the sales over
        the months that both know, and one that shares no month with them is left out.
    outside_sd : float
        Sd of the error of an outside value, above 0.

    Returns
    -------
    mean, precision : float64[s, months]
    """
    if outside.shape != mean.shape:
        raise ValueError(f"outside series must have the shape {mean.shape}, not {outside.shape}")
    known = np.isfinite(outside)
    level = np.where(known, outside, 0.0)
    shared = np.where(known, precision, 0.0)
    total = shared.sum(axis=1)
    placed = total > 0.0
    offset = np.divide(
        (shared * (mean - level)).sum(axis=1), total, out=np.zeros_like(total), where=placed
    )
    extra = np.where(known & placed[:, None], outside_sd**-2, 0.0)
    joint = precision + extra
    sums = precision * mean + extra * (level + offset[:, None])
    return np.divide(sums, joint, out=np.zeros_like(sums), where=joint > 0.0), joint
