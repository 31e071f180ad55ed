"""What moves in time beside the common market: levels against each other, and the season."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import YEAR

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Categories whose levels have a market of their own.
DRIFTING: Final = ("segment", "body", "make")
_STEP: Final = 91.0
_MONTH: Final = 30.44
#: Prior sd of the waves of a year and of half a year.
_SEASON_SD: Final = (0.02, 0.01)
#: Sales in each month of the calendar without which no season is told.
_FEWEST_A_MONTH: Final = 50


def drift_knots(days: NDArray[np.int64]) -> Floats:
    """Quarterly days, ending at the last sale; that day alone where sales span less than two."""
    first, last = int(days.min()), int(days.max())
    count = int((last - first) // _STEP) + 1
    if count < 3:
        return np.array([float(last)])
    return np.sort(last - _STEP * np.arange(count)).astype(np.float64)


def between(days: Floats, knots: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Places and shares of the two knots beside each day, the first or last alone outside.

    Returns
    -------
    place : int64[n, 2]
    share : float64[n, 2]
    """
    left = np.clip(np.searchsorted(knots, days, side="right") - 1, 0, max(len(knots) - 2, 0))
    right = np.minimum(left + 1, len(knots) - 1)
    gap = np.where(right > left, knots[right] - knots[left], 1.0)
    share = np.clip((days - knots[left]) / gap, 0.0, 1.0)
    return np.column_stack([left, right]), np.column_stack([1.0 - share, share])


def walk_to_zero(knots: Floats) -> csr_array:
    """Root of the prior of a random walk, per month, that ends in nought at the last knot."""
    from scipy.sparse import csr_array

    steps = len(knots) - 1
    increments = np.eye(steps, k=1) - np.eye(steps)
    return csr_array((increments / np.sqrt(np.diff(knots) / _MONTH)[:, None]).T)


def drift_at(effects: Floats, code: NDArray[np.int64], days: Floats, knots: Floats) -> Floats:
    """Drift of each row's level at its day; nought from the last knot on.

    Parameters
    ----------
    effects : float64[levels * (knots - 1)]
    code : int64[n]
        -1 for none.
    days : float64[n]
    knots : float64[k]
    """
    steps = len(knots) - 1
    table = np.hstack([effects.reshape(-1, steps), np.zeros((len(effects) // steps, 1))])
    place, share = between(days, knots)
    row = np.maximum(code, 0)
    moved = share[:, 0] * table[row, place[:, 0]] + share[:, 1] * table[row, place[:, 1]]
    return np.where(code >= 0, moved, 0.0)


def season_told(days: NDArray[np.int64]) -> bool:
    """Tell whether sales cover a whole year, each month of the calendar with sales enough."""
    if int(days.max()) - int(days.min()) < YEAR:
        return False
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return bool(np.bincount(month, minlength=12).min() >= _FEWEST_A_MONTH)


def season_columns(days: Floats) -> Floats:
    """Waves of a year and of half a year, each of its prior's size, [n, 4]."""
    angle = 2.0 * np.pi * days / YEAR
    return np.column_stack(
        [
            size * wave(turns * angle)
            for turns, size in enumerate(_SEASON_SD, start=1)
            for wave in (np.sin, np.cos)
        ]
    )
