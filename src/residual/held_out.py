"""Runs of sales that are told by the others, and whether what that gains is more than luck."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

#: Runs within which gains are taken to go together.
_RUNS: Final = 12
#: What is gained has to be so many times its standard error.
_SURE: Final = 2.0


def runs_of(count: int, parts: int) -> NDArray[np.int64]:
    """Return the run of each of so many sales in order of time, int64[count], from 0."""
    return np.arange(count) * parts // count


def sure(gain: Floats) -> bool:
    """Whether a sum lies above zero by twice its standard error.

    Parameters
    ----------
    gain : float64[n]
        Of sales in order of time; those of a twelfth of them are taken to go together.
    """
    by_run = np.array([float(run.sum()) for run in np.array_split(gain, _RUNS)])
    error = float(np.sqrt(_RUNS / (_RUNS - 1.0) * np.sum((by_run - by_run.mean()) ** 2)))
    return float(by_run.sum()) > _SURE * error
