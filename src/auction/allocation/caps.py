"""Caps on use, as rows of the problem."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.problem import Rule

#: What is capped, the units at most, and what each column uses of it.
Cap = tuple[Rule, float, sparse.csr_array]


def row_of(mask: NDArray[np.bool_]) -> sparse.csr_array:
    """Return a row [1, c] of which every marked column uses one unit."""
    where = np.flatnonzero(mask)
    shape = (1, mask.shape[0])
    return sparse.csr_array((np.ones(where.size), (np.zeros(where.size, dtype=int), where)), shape)
