"""Everyone who chooses at given prices: vehicles near a choice, and what else may be taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.allocation.cuts import Cuts
from auction.allocation.passes import Near
from auction.allocation.problem import Problem

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]
#: Columns whose entries are laid out together.
_COLUMNS: Final = 32_768


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
    others = _others(problem, cuts, rows, share)
    entries = _vehicles(problem, cuts, rows, columns, threads, others)
    vehicle = problem.vehicle[columns]
    first = np.flatnonzero(np.diff(vehicle, prepend=-1))
    extra = others.size.size
    start = np.concatenate([first, columns.size + 2 * np.arange(extra + 1)])
    return Choosers(
        start.astype(np.int64),
        np.concatenate([np.ones(first.size), others.size]),
        entries.base,
        entries.pointer,
        entries.row,
        entries.amount,
        columns,
        fixed,
        summed,
        share,
    )


@dataclass(frozen=True, slots=True)
class _Entries:
    """Options with what they use of the rows, these ascending within each option."""

    base: _Floats
    pointer: _Places
    row: _Places
    amount: _Floats


@dataclass(frozen=True, slots=True)
class _Others:
    """What else may be taken or not: choosers with two options each, and how many of a kind."""

    entries: _Entries
    size: _Floats


def _vehicles(
    problem: Problem,
    cuts: Cuts,
    rows: Rows,
    columns: _Places,
    threads: int,
    others: _Others,
) -> _Entries:
    """Return the options of vehicles, and after them those of others.

    A fleet has millions of entries near its first prices. They are not sorted: each goes straight
    to its place, some columns at a time.
    """
    use, after = problem.use, others.entries
    bound = problem.offer[columns] >= 0
    first = use.indptr[columns].astype(np.int64)
    own = use.indptr[columns + 1] - first
    count = own + 2 * bound + (rows.floors + rows.cuts)
    pointer = np.concatenate([[0], np.cumsum(count), after.pointer[1:]])
    pointer[columns.size + 1 :] += pointer[columns.size]
    base = np.concatenate([problem.mean_of(columns), after.base])
    row = np.empty(pointer[-1], dtype=np.int64)
    amount = np.empty(pointer[-1])
    for begin in range(0, columns.size, _COLUMNS):
        here = slice(begin, min(columns.size, begin + _COLUMNS))
        free = pointer[here].copy()
        laid = np.cumsum(own[here])
        each, whole = laid - own[here], np.arange(laid[-1])
        at = whole + np.repeat(free - each, own[here])
        source = whole + np.repeat(first[here] - each, own[here])
        row[at], amount[at] = use.indices[source], use.data[source]
        free += own[here]
        some = np.flatnonzero(bound[here])
        offer, place = problem.offer[columns[here][some]], free[some]
        row[place], amount[place] = rows.most + offer, 1.0
        row[place + 1], amount[place + 1] = rows.least + offer, -1.0
        free[some] += 2
        if rows.floors:
            # what an option brings on average counts toward the floor as well
            row[free], amount[free] = rows.floor, -base[here]
            free += 1
        for number, tail in enumerate(cuts.columns(columns[here], threads)):
            row[free + number], amount[free + number] = rows.tail + number, -tail
    row[pointer[columns.size] :], amount[pointer[columns.size] :] = after.row, after.amount
    return _Entries(base, pointer, row, amount)


def _others(problem: Problem, cuts: Cuts, rows: Rows, share: float) -> _Others:
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
    option = np.concatenate([taken[:pieces], opened, opened, np.tile(sold, rows.cuts)])
    row = np.concatenate(
        [
            steps.row,
            rows.most + np.arange(offers),
            rows.least + np.arange(offers),
            np.repeat(each, lots),
        ]
    )
    amount = np.concatenate([-np.ones(pieces), -np.ones(offers), least, -positions.ravel()])
    if rows.floors:
        option = np.concatenate([option, np.arange(base.size)])
        row = np.concatenate([row, np.full(base.size, rows.floor)])
        amount = np.concatenate([amount, -base])
    order = np.lexsort((row, option))
    count = np.bincount(option, minlength=base.size)
    return _Others(
        _Entries(base, np.append(0, np.cumsum(count)), row[order].astype(np.int64), amount[order]),
        share * np.concatenate([steps.width, problem.most, problem.lots]),
    )
