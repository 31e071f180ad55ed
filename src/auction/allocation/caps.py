"""Caps on use, as rows of the problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.problem import Rule

#: Columns whose rows are stacked together.
_COLUMNS: Final = 32_768
#: Uses that are looked at together.
_UNITS: Final = 2**22


@dataclass(frozen=True, slots=True)
class Entries:
    """What columns use of some rows, every column of one of them at most.

    Parameters
    ----------
    column : int64[e] or int32[e]
        Columns, ascending.
    row : int64[e] or int32[e]
        Which of the rows, counted from 0.
    amount : float64[e]
        Units.
    """

    column: NDArray[np.int64] | NDArray[np.int32]
    row: NDArray[np.int64] | NDArray[np.int32]
    amount: NDArray[np.float64]

    @classmethod
    def ones(cls, column: NDArray[np.int64], row: NDArray[np.int64]) -> Entries:
        """Return entries of one unit each."""
        # a limit may count nearly every column: a third of the room
        return cls(_narrow(column), _narrow(row), np.broadcast_to(1.0, column.size))


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


def stacked(
    resources: sparse.csc_array,
    caps: Sequence[Cap],
    options: NDArray[np.int64] | None = None,
    least: float = 0.0,
    forget: Callable[[], None] | None = None,
) -> sparse.csc_array:
    """Return what columns use of resources, with the rows of caps below.

    Sparse matrices stacked row by row are sorted anew by column; here each entry goes straight to
    its place, some columns at a time, so that what is worked on stays in the cache.

    Parameters
    ----------
    resources : scipy.sparse.csc_array, [k, m]
        What options use; rows ascending within each of them.
    caps : sequence of Cap
        Rows to follow, over the columns.
    options : int64[c], optional
        Which of the options the columns are; all of them by default.
    least : float
        Uses of a resource below it are left out.
    forget : callable, optional
        Called after each part of them, to give back what memory looking at it took.

    Returns
    -------
    scipy.sparse.csc_array, [k + number of rules, c]
    """
    slight = _any_below(resources.data, least, forget)
    if options is None and not caps and not slight:
        return resources
    width = resources.shape[1] if options is None else options.size
    begin = np.append(np.arange(0, width, _COLUMNS), width)
    bounds = [np.searchsorted(cap.entries.column, begin) for cap in caps]
    pointer = np.zeros(width + 1, dtype=np.int64)
    size = _entries(resources, options) + sum(cap.entries.column.size for cap in caps)
    row, amount = np.empty(size, dtype=np.int32), np.empty(size)
    for number, (first, last) in enumerate(pairwise(begin.tolist())):
        columns = np.arange(first, last) if options is None else options[first:last]
        edges = resources.indptr[columns].astype(np.int64)
        own = resources.indptr[columns + 1] - edges
        entries = np.arange(own.sum()) + np.repeat(edges - (np.cumsum(own) - own), own)
        if slight:
            kept = resources.data[entries] >= least
            of = np.repeat(np.arange(own.size), own)
            own, entries = np.bincount(of[kept], minlength=own.size), entries[kept]
        parts = [
            _part(cap, each[number], each[number + 1], first)
            for cap, each in zip(caps, bounds, strict=True)
        ]
        count = own.copy()
        for part in parts:
            count[part.column] += 1
        ends = int(pointer[first]) + np.cumsum(count)
        pointer[first + 1 : last + 1] = ends
        free = ends - count
        moved = np.arange(entries.size) + np.repeat(free - (np.cumsum(own) - own), own)
        row[moved], amount[moved] = resources.indices[entries], resources.data[entries]
        free += own
        below = resources.shape[0]
        for cap, part in zip(caps, parts, strict=True):
            at = free[part.column]
            row[at] = below + part.row
            amount[at] = part.amount
            free[part.column] += 1
            below += len(cap.rules)
        if forget is not None:
            forget()
    below = resources.shape[0] + sum(len(cap.rules) for cap in caps)
    size = int(pointer[-1])
    if size <= np.iinfo(np.int32).max:
        # of one kind with the rows, so that nothing is looked through for the kind that fits both
        pointer = pointer.astype(np.int32)
    return sparse.csc_array((amount[:size], row[:size], pointer), shape=(below, width))


def _any_below(units: NDArray[np.float64], least: float, forget: Callable[[], None] | None) -> bool:
    found = False
    for start in range(0, units.size, _UNITS):
        found = found or bool((units[start : start + _UNITS] < least).any())
        if forget is not None:
            forget()
    return found


def _narrow(numbers: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.int32]:
    """Return the same whole numbers in half the room, where they fit."""
    fits = numbers.max(initial=0) <= np.iinfo(np.int32).max
    return numbers.astype(np.int32) if fits else numbers


def _entries(resources: sparse.csc_array, options: NDArray[np.int64] | None) -> int:
    """Return how many uses of resources some options have."""
    if options is None:
        return int(resources.nnz)
    return int((resources.indptr[options + 1] - resources.indptr[options]).sum(dtype=np.int64))


def _part(cap: Cap, begin: int, end: int, first: int) -> Entries:
    """Return some of a cap's entries, their columns counted from the first."""
    entries = cap.entries
    return Entries(
        entries.column[begin:end] - first, entries.row[begin:end], entries.amount[begin:end]
    )
