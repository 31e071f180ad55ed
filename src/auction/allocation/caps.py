"""Caps on use, as rows of the problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.problem import Rule


@dataclass(frozen=True, slots=True)
class Entries:
    """What columns use of some rows, every column of one of them at most.

    Parameters
    ----------
    column : int64[e]
        Columns, ascending.
    row : int64[e]
        Which of the rows, counted from 0.
    amount : float64[e]
        Units.
    """

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    amount: NDArray[np.float64]

    @classmethod
    def ones(cls, column: NDArray[np.int64], row: NDArray[np.int64]) -> Entries:
        """Return entries of one unit each."""
        return cls(column, row, np.ones(column.size))


@dataclass(frozen=True, slots=True)
class Cap:
    """Rows that cap use, of which a column uses one at most.

    Parameters
    ----------
    rules : tuple of Rule, length r
        What is capped.
    limit : float64[r]
        Units at most.
    entries : Entries
        What each column uses.
    """

    rules: tuple[Rule, ...]
    limit: NDArray[np.float64]
    entries: Entries

    @classmethod
    def of(cls, rule: Rule, limit: float, mask: NDArray[np.bool_]) -> Cap:
        """Return a row of which every marked column uses one unit."""
        where = np.flatnonzero(mask)
        one = np.zeros(where.size, dtype=np.int64)
        return cls((rule,), np.array([limit]), Entries.ones(where, one))


def stacked(resources: sparse.csc_array, caps: Sequence[Cap]) -> sparse.csc_array:
    """Return the rows of resources with those of caps below them.

    Sparse matrices stacked row by row are sorted anew by column; here each entry goes straight to
    its place.

    Parameters
    ----------
    resources : scipy.sparse.csc_array, [k, c]
        Rows ascending within each column.
    caps : sequence of Cap
        Rows to follow.
    """
    if not caps:
        return resources
    own = np.diff(resources.indptr)
    count = own.astype(np.int64)
    for cap in caps:
        count[cap.entries.column] += 1
    pointer = np.append(0, np.cumsum(count))
    row = np.empty(pointer[-1], dtype=np.int32)
    amount = np.empty(pointer[-1])
    moved = np.arange(resources.nnz) + np.repeat(pointer[:-1] - resources.indptr[:-1], own)
    row[moved], amount[moved] = resources.indices, resources.data
    free = pointer[:-1] + own
    below = resources.shape[0]
    for cap in caps:
        at = free[cap.entries.column]
        row[at] = below + cap.entries.row
        amount[at] = cap.entries.amount
        free[cap.entries.column] += 1
        below += len(cap.rules)
    shape = (below, resources.shape[1])
    return sparse.csc_array((amount, row, pointer), shape=shape)
