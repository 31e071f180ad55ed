"""A large problem without the columns that prices put far from being chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.prices import Priced
from auction.allocation.problem import Problem, union


@dataclass(frozen=True, slots=True)
class Narrow:
    """A problem over some of the columns of another.

    Parameters
    ----------
    problem : Problem
        The problem over the columns kept; its vehicles and rules are those of the whole.
    kept : int64[h]
        Columns kept, ascending.
    outside : float
        No plan with another column is worth more, money; minus infinity when all are kept.
    """

    problem: Problem
    kept: NDArray[np.int64]
    outside: float

    def within(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of columns, all of them kept."""
        return np.searchsorted(self.kept, columns).astype(np.int64)


def narrow(problem: Problem, priced: Priced, always: NDArray[np.int64], count: int) -> Narrow:
    """Keep the columns that prices put nearest to being chosen.

    Parameters
    ----------
    problem : Problem
        The whole problem.
    priced : Priced
        What prices say of it.
    always : int64[...]
        Columns kept in any case.
    count : int
        How many to keep beside the best of each vehicle, more or less.

    Returns
    -------
    Narrow
        All columns where the problem is hardly larger.
    """
    total = problem.column.size
    every = np.arange(total)
    if total <= problem.vehicles + 2 * count:
        return Narrow(problem, every, -np.inf)
    lead = priced.top - priced.second
    place = min(count, lead.size) - 1
    depth = float(np.partition(lead, place)[place])
    if not np.isfinite(depth):
        return Narrow(problem, every, -np.inf)
    kept = union(priced.near(priced.top - depth), always)
    vehicle, offer = problem.vehicle[kept], problem.offer[kept]
    use = sparse.csc_array(problem.use[:, kept])
    start = np.searchsorted(vehicle, np.arange(problem.vehicles + 1)).astype(np.int64)
    return Narrow(
        replace(
            problem,
            column=problem.column[kept],
            vehicle=vehicle,
            start=start,
            use=use,
            choices=problem.choices.within(kept, start, use, offer),
            offer=offer,
            bar=problem.bar[kept],
        ),
        kept,
        priced.bound - depth,
    )
