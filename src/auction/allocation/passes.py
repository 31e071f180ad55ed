"""Passes over every column of a fleet: what each is worth at prices, and what choices add up to.

The search looks at the worths of columns only through these, so that they need not lie on the
machine that searches. Whoever holds them adds sums up in the parts of :func:`_core.choice.parts`,
which makes the bits the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from _core.choice import Choices
from auction.options import Options

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]
#: Moments, prices of rows and tolls of offers, as the kernel takes them.
At = tuple[_Floats, _Floats, _Floats]


@dataclass(frozen=True, slots=True)
class Near:
    """Vehicles with a choice at prices, and what those without one take.

    Parameters
    ----------
    best : int64[v]
        Best column of each vehicle asked for.
    free : bool[v]
        Whether its second best lies within the width of it.
    columns : int64[d]
        Columns within the width of the best, of the vehicles for which some other one is.
    settled : (float64[rows], float64[G, R])
        Use by row and coefficients by group of the best columns of the others.
    """

    best: _Places
    free: NDArray[np.bool_]
    columns: _Places
    settled: tuple[_Floats, _Floats]

    @classmethod
    def of(
        cls, choices: Choices, vehicle: _Places | None, width: float, prices: At, threads: int
    ) -> Near:
        """Tell it of vehicles that a kernel holds; arguments as in :meth:`Passes.near`."""
        best, free, _, columns = choices.nearest(width, *prices, threads, vehicle)
        settled = best[~free]
        return cls(best, free, columns, choices.sums(settled, np.ones(settled.size), threads))


class Passes(Protocol):
    """Passes over columns; what each takes and returns is told at :class:`_core.choice.Choices`."""

    def best(
        self,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
        vehicle: _Places | None = None,
    ) -> tuple[_Places, _Floats, _Floats]:
        """Return the best column of each vehicle, its worth, and the second best worth."""

    def near(
        self, width: float, prices: At, threads: int = 1, vehicle: _Places | None = None
    ) -> Near:
        """Return the columns of some vehicles that lie within a width of the best, money."""

    def worths(
        self, column: _Places, moments: _Floats, price: _Floats, toll: _Floats, threads: int = 1
    ) -> _Floats:
        """Return the worth of some columns, money."""

    def worths_at(self, column: _Places, prices: Sequence[At], threads: int = 1) -> _Floats:
        """Return the worth of some columns at each of several prices, money, float64[K, h]."""

    def above(
        self,
        vehicle: _Places,
        floor: _Floats,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
    ) -> tuple[_Places, _Places]:
        """Return the columns of some vehicles that are worth at least the vehicle's floor."""

    def sums(self, column: _Places, share: _Floats, threads: int = 1) -> tuple[_Floats, _Floats]:
        """Return use by row and coefficients by group of ascending columns taken in shares."""

    def used(self, column: _Places, threads: int = 1) -> _Floats:
        """Return use by row of ascending columns taken whole."""

    def dearest(
        self, begin: int, end: int, price: _Floats, threads: int = 1
    ) -> tuple[_Places, _Floats, _Floats, _Floats]:
        """Return what columns pay for what they use, and where most of it goes."""

    def take(self, order: _Places, vehicle: _Places, room: _Floats, offered: _Floats) -> _Places:
        """Return columns taken one after the other wherever they fit."""

    def serve(
        self,
        chosen: _Places,
        order: _Places,
        room: _Floats,
        offered: _Floats,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
    ) -> _Places:
        """Return columns of all vehicles, some served in turn with the best that still fits."""

    def within(
        self, kept: _Places, start: _Places, use: sparse.csc_array, offer: _Places
    ) -> Passes:
        """Return passes over some of the columns.

        Parameters
        ----------
        kept : int64[h]
            Columns kept, ascending.
        start, use, offer
            Of these columns, as in :class:`auction.allocation.problem.Problem`.
        """


class Executor(Protocol):
    """Where passes are made."""

    def passes(
        self,
        options: Options,
        start: _Places,
        column: _Places,
        use: sparse.csc_array,
        offer: _Places,
    ) -> Passes:
        """Return passes over the columns of a problem.

        Parameters
        ----------
        options : Options
            What may be done.
        start, column, use, offer
            As in :class:`auction.allocation.problem.Problem`.
        """


class LocalPasses(Choices):
    """Passes over columns that this process holds.

    Parameters
    ----------
    start, option, offer
        As in :class:`_core.choice.Choices`.
    coefficient : float64[m, R]
        Worth of each option on its basis, money.
    group : int64[m]
        Group of each option.
    groups : int
        Groups that there are.
    use : scipy.sparse.csc_array, [k, c]
        Use of every capped thing.
    """

    def __init__(
        self,
        start: _Places,
        option: _Places,
        coefficient: _Floats,
        group: _Places,
        groups: int,
        use: sparse.csc_array,
        offer: _Places,
    ) -> None:
        super().__init__(
            start,
            option,
            coefficient,
            group,
            use.indptr,
            use.indices,
            use.data,
            offer,
            groups,
            use.shape[0],
        )
        self._option = option
        self._worth = coefficient, group, groups

    def near(
        self, width: float, prices: At, threads: int = 1, vehicle: _Places | None = None
    ) -> Near:
        """Return columns near the best, see :class:`Passes`."""
        return Near.of(self, vehicle, width, prices, threads)

    def worths_at(self, column: _Places, prices: Sequence[At], threads: int = 1) -> _Floats:
        """Return worths at several prices, see :class:`Passes`."""
        result = np.empty((len(prices), column.size))
        for place, at in enumerate(prices):
            result[place] = self.worths(column, *at, threads)
        return result

    def within(
        self, kept: _Places, start: _Places, use: sparse.csc_array, offer: _Places
    ) -> LocalPasses:
        """Return passes over some of the columns; arguments as in :class:`Passes`."""
        return LocalPasses(start, self._option[kept], *self._worth, use, offer)


class Here:
    """Makes passes in this process."""

    def passes(
        self,
        options: Options,
        start: _Places,
        column: _Places,
        use: sparse.csc_array,
        offer: _Places,
    ) -> LocalPasses:
        """Return passes over the columns of a problem; arguments as in :class:`Executor`."""
        groups = options.basis.shape[0]
        return LocalPasses(start, column, options.coefficient, options.group, groups, use, offer)
