"""Roots of covariances that may be singular."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats

_NOTHING: Final = 1e-12


def semidefinite_root(covariance: Floats) -> Floats:
    """Lower triangular L with L L' = covariance.

    Parameters
    ----------
    covariance : float64[d, d]
        Positive semidefinite up to rounding. What is told by the rows before adds a column of
        zeros.
    """
    count = len(covariance)
    root = np.zeros((count, count))
    for column in range(count):
        known = root[:, :column]
        left = covariance[:, column] - np.einsum("ij,j->i", known, known[column])
        if left[column] > _NOTHING * max(float(covariance[column, column]), _NOTHING):
            root[column:, column] = left[column:] / np.sqrt(left[column])
    return root
