"""Plans for vehicles that found no place: others move on to make room for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auction.allocation.exchange import Exchange, Reach, nearest
from auction.allocation.incumbent import Incumbent
from auction.allocation.prices import Priced
from auction.allocation.problem import Problem, union

#: Vehicles that may be moved on in one round, drawn from all over the fleet.
MOVABLE = 4_000
ROUNDS = 12
REACH = Reach(depth=4, breadth=10, visits=2_000, budget=4_000_000)
#: Columns of a vehicle that take part where few are to be placed.
BREADTH = 8
SEED = 22


def repaired(
    problem: Problem, chosen: NDArray[np.int64], priced: Priced
) -> NDArray[np.int64] | None:
    """Return a plan that places every vehicle.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Columns that keep every rule; -1 for a vehicle without a place.
    priced : Priced
        Says what is scarce.

    Returns
    -------
    int64[V] or None
        None when some vehicle still has no place.
    """
    rng = np.random.default_rng(SEED)
    lots = np.zeros(problem.lots.size)
    for _ in range(ROUNDS):
        missing = np.flatnonzero(chosen < 0)
        if not missing.size:
            break
        others = rng.permutation(problem.vehicles)[:MOVABLE]
        near = _columns(problem, union(missing, others))
        chosen = _placed(problem, Incumbent(chosen, lots, -np.inf), near, priced)
    return chosen if problem.feasible(chosen) else None


def completed(
    problem: Problem, chosen: NDArray[np.int64], lots: NDArray[np.float64], priced: Priced
) -> NDArray[np.int64] | None:
    """Return a plan that gives few vehicles a place at the least loss.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Columns that keep every rule; -1 for a vehicle without a place.
    lots : float64[J]
        Lots of each position, more or less.
    priced : Priced
        Says which columns are near.

    Returns
    -------
    int64[V] or None
        None when some vehicle still has no place.
    """
    near = union(
        nearest(problem, chosen, priced.reduced, BREADTH),
        _columns(problem, np.flatnonzero(chosen < 0)),
    )
    found = _placed(problem, Incumbent(chosen, lots, -np.inf), near, priced)
    if (found < 0).any():
        return repaired(problem, found, priced)
    return found if problem.feasible(found) else None


def _placed(
    problem: Problem, plan: Incumbent, near: NDArray[np.int64], priced: Priced
) -> NDArray[np.int64]:
    """Return columns of more vehicles than before, chains of moves making room for them."""
    exchange = Exchange.of(problem, plan, near, priced.prices)
    waiting = np.flatnonzero(plan.chosen[exchange.vehicle] < 0)
    waiting = waiting[np.argsort(exchange.vehicle[waiting], kind="stable")].astype(np.int64)
    return exchange.after(exchange.link(waiting, REACH, 0.0)[0])


def _columns(problem: Problem, vehicles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all columns of some vehicles, ascending."""
    count = problem.start[vehicles + 1] - problem.start[vehicles]
    begin = np.cumsum(count) - count
    shift = np.repeat(problem.start[vehicles] - begin, count)
    result: NDArray[np.int64] = np.arange(shift.size) + shift
    return result
