"""What money of a later day is worth today."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

DAYS_PER_YEAR = 365.25


def discount_factor(rate: float, days: ArrayLike) -> NDArray[np.float64]:
    """Return ``exp(-rate * days / 365.25)``, the worth today of one unit of money.

    Parameters
    ----------
    rate : float
        Continuously compounded, per year.
    days : array_like
        Days until the money comes.
    """
    return np.asarray(np.exp(-rate * np.asarray(days, dtype=np.float64) / DAYS_PER_YEAR))
