"""The choice of every vehicle beside its other options, at the prices of the proof."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from auction.allocation.charges import Charges, lay_on
from auction.allocation.prices import Priced
from auction.allocation.problem import Problem

#: What tells one place of sale from another.
SPOT = ("channel", "venue_id", "date")


@dataclass(frozen=True)
class Compared:
    """What a plan is explained by, worked out when it is first asked for.

    A plan made to be compared with others, such as a point of a frontier, is not explained, and
    what lies here takes as long as finding it again.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Column of each vehicle.
    priced : Priced
        The prices that prove the bound.
    """

    problem: Problem
    chosen: NDArray[np.int64]
    priced: Priced

    @cached_property
    def runners_up(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Runner-up and margin of each vehicle."""
        return runners_up(self.problem, self.chosen, self.priced)

    @cached_property
    def charges(self) -> Charges:
        """Prices of scarce things, laid on every option."""
        return lay_on(self.problem, self.priced.prices, self.chosen)


def runners_up(
    problem: Problem, chosen: NDArray[np.int64], priced: Priced
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each vehicle's best option at another venue or date, and the margin over it.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Column of each vehicle.
    priced : Priced
        Worth of every column.

    Returns
    -------
    (int64[V], float64[V])
        Rows of the options, -1 for none; margins, money, NaN for none.
    """
    rows = np.full(problem.vehicles, -1, dtype=np.int64)
    margin = np.full(problem.vehicles, np.nan)
    table = problem.options.table
    own = priced.worth_of(chosen)
    for columns in problem.blocks():
        vehicle = problem.vehicle[columns]
        worth = priced.worth_of(np.arange(columns.start, columns.stop))
        place = table.numbered(SPOT, problem.column[columns])
        worth[place == place[chosen[vehicle] - columns.start]] = -np.inf
        start = np.flatnonzero(np.diff(vehicle, prepend=-1))
        value = np.maximum.reduceat(worth, start)
        size = worth.size
        leading = worth == np.repeat(value, np.diff(start, append=size))
        best = np.minimum.reduceat(np.where(leading, np.arange(size), size), start)
        found = np.isfinite(value)
        named = vehicle[start][found]
        rows[named] = problem.column[columns][best[found]]
        margin[named] = own[named] - value[found]
    return rows, margin / (1.0 + priced.prices.floor)
