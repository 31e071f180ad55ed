"""Everyone who chooses at given prices: vehicles near a choice, and what else may be taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.cuts import Cuts
from auction.allocation.passes import Near
from auction.allocation.problem import Problem

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that have prices: caps, offers' maxima and minima, the floor, cuts of the tail.

    Parameters
    ----------
    caps, offers, floors, cuts : int
        How many there are of each; offers count twice, of floors there is one at most.
    """

    caps: int
    offers: int
    floors: int
    cuts: int

    @classmethod
    def of(cls, problem: Problem, cuts: Cuts) -> Rows:
        """Return the rows of a problem with these cuts."""
        floors = int(problem.risk.floor is not None)
        return cls(problem.limit.size, len(problem.minimums), floors, len(cuts))

    @property
    def most(self) -> int:
        """First row of offers' maxima."""
        return self.caps

    @property
    def least(self) -> int:
        """First row of offers' minima."""
        return self.caps + self.offers

    @property
    def floor(self) -> int:
        """Row of the floor."""
        return self.caps + 2 * self.offers

    @property
    def tail(self) -> int:
        """First row of the cuts, the number of those before."""
        return self.floor + self.floors

    @property
    def count(self) -> int:
        """Number of rows."""
        return self.tail + self.cuts


@dataclass(frozen=True, slots=True)
class Choosers:
    """Sparse options of everyone who has a choice left, and the sums of those who have none.

    Parameters
    ----------
    start : int64[A + 1]
        First option of each chooser.
    size : float64[A]
        How many of the same kind a chooser stands for.
    base : float64[a]
        Expected worth of each option, money.
    pointer, row, amount : int64[a + 1], int64[e], float64[e]
        What each option uses of the rows.
    column : int64[d]
        Columns of the options that belong to vehicles; these come first.
    used : float64[rows]
        What vehicles without a choice use.
    summed : float64[G, R]
        Coefficients of vehicles without a choice, by group.
    share : float
        Vehicles looked at over those there are.
    """

    start: _Places
    size: _Floats
    base: _Floats
    pointer: _Places
    row: _Places
    amount: _Floats
    column: _Places
    used: _Floats
    summed: _Floats
    share: float


def gather(problem: Problem, cuts: Cuts, near: Near, share: float, threads: int) -> Choosers:
    """Collect the choosers.

    Parameters
    ----------
    problem : Problem
        The problem.
    cuts : Cuts
        Cuts on the tail.
    near : Near
        Vehicles that have a choice, and what the others take.
    share : float
        Vehicles looked at over those there are.
    threads : int
        At least 1.
    """
    rows = Rows.of(problem, cuts)
    columns, settled, (used, summed) = near.columns, near.best[~near.free], near.settled
    fixed = np.zeros(rows.count)
    fixed[: rows.caps] = used
    units = problem.taken(settled)
    fixed[rows.most : rows.least], fixed[rows.least : rows.floor] = units, -units
    fixed[rows.floor : rows.tail] = -float(problem.mean_of(settled).sum())
    fixed[rows.tail :] = [-float((summed * tilt).sum()) for tilt in cuts.moments]
    own = _vehicles(problem, cuts, rows, columns, threads)
    others = _others(problem, cuts, rows, share)
    vehicle = problem.vehicle[columns]
    first = np.flatnonzero(np.diff(vehicle, prepend=-1))
    extra = others.size.size
    start = np.concatenate([first, columns.size + 2 * np.arange(extra + 1)])
    joined = _Entries.join(own, others)
    return Choosers(
        start.astype(np.int64),
        np.concatenate([np.ones(first.size), others.size]),
        joined.base,
        joined.pointer,
        joined.row,
        joined.amount,
        columns,
        fixed,
        summed,
        share,
    )


@dataclass(frozen=True, slots=True)
class _Entries:
    """Options with what they use; ``size`` only where each chooser has two."""

    base: _Floats
    pointer: _Places
    row: _Places
    amount: _Floats
    size: _Floats

    @classmethod
    def of(
        cls,
        rows: Rows,
        base: _Floats,
        option: _Places,
        row: _Places,
        amount: _Floats,
        size: _Floats,
    ) -> _Entries:
        if rows.floors:
            # what an option brings on average counts toward the floor as well
            option = np.concatenate([option, np.arange(base.size)])
            row = np.concatenate([row, np.full(base.size, rows.floor)])
            amount = np.concatenate([amount, -base])
        order = np.lexsort((row, option))
        count = np.bincount(option, minlength=base.size)
        pointer = np.append(0, np.cumsum(count)).astype(np.int64)
        return cls(base, pointer, row[order].astype(np.int64), amount[order], size)

    @classmethod
    def join(cls, one: _Entries, two: _Entries) -> _Entries:
        return cls(
            np.concatenate([one.base, two.base]),
            np.concatenate([one.pointer, two.pointer[1:] + one.pointer[-1]]),
            np.concatenate([one.row, two.row]),
            np.concatenate([one.amount, two.amount]),
            two.size,
        )


def _vehicles(problem: Problem, cuts: Cuts, rows: Rows, columns: _Places, threads: int) -> _Entries:
    use, size = problem.use, columns.size
    # of these columns alone: the fleet may have a thousand times as many
    first = use.indptr[columns].astype(np.int64)
    count = use.indptr[columns + 1] - first
    begin = np.append(0, np.cumsum(count))
    option = np.repeat(np.arange(size), count)
    place = np.arange(begin[-1]) + (first - begin[:-1])[option]
    bound = np.flatnonzero(problem.offer[columns] >= 0)
    offer = problem.offer[columns[bound]]
    tails = -cuts.columns(columns, threads)
    each = rows.tail + np.arange(rows.cuts)
    return _Entries.of(
        rows,
        problem.mean_of(columns),
        np.concatenate([option, bound, bound, np.tile(np.arange(size), rows.cuts)]),
        np.concatenate(
            [use.indices[place], rows.most + offer, rows.least + offer, np.repeat(each, size)]
        ),
        np.concatenate([use.data[place], np.ones(bound.size), -np.ones(bound.size), tails.ravel()]),
        np.zeros(0),
    )


def _others(problem: Problem, cuts: Cuts, rows: Rows, share: float) -> _Entries:
    """Return pieces of lost volume, offers that open, and lots: each is taken or not."""
    steps, lots = problem.steps, problem.lots.size
    pieces, offers = steps.row.size, rows.offers
    first = np.concatenate([-steps.cost, np.zeros(offers), problem.payoff.mean(axis=1)])
    base = np.zeros(2 * first.size)
    base[1::2] = first
    taken = 2 * np.arange(first.size) + 1
    opened, sold = taken[pieces : pieces + offers], taken[pieces + offers :]
    each = rows.tail + np.arange(rows.cuts)
    positions = np.array(cuts.position).reshape(rows.cuts, lots)
    least = problem.least / problem.most if offers else np.zeros(0)
    return _Entries.of(
        rows,
        base,
        np.concatenate([taken[:pieces], opened, opened, np.tile(sold, rows.cuts)]),
        np.concatenate(
            [
                steps.row,
                rows.most + np.arange(offers),
                rows.least + np.arange(offers),
                np.repeat(each, lots),
            ]
        ),
        np.concatenate([-np.ones(pieces), -np.ones(offers), least, -positions.ravel()]),
        share * np.concatenate([steps.width, problem.most, problem.lots]),
    )
