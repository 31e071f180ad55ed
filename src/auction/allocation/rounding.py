"""Plans in whole numbers: the first of all, and those near the relaxation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from auction.allocation.approach import Approach
from auction.allocation.clock import Clock
from auction.allocation.cuts import Cuts
from auction.allocation.incumbent import fill, gain_order, seated, served, share_order
from auction.allocation.narrow import Narrow
from auction.allocation.prices import Priced, price_out
from auction.allocation.problem import Problem
from auction.allocation.relaxation import Relaxation
from auction.allocation.repair import completed, repaired
from auction.allocation.state import State

#: Columns up to which the first plan sorts all moves.
SORTED_COLUMNS = 1_000_000
#: Share above which the relaxation has decided.
WHOLE = 1.0 - 1e-6


def first_plan(problem: Problem, priced: Priced) -> NDArray[np.int64] | None:
    """Return a first plan: the best moves first, in a large fleet vehicle by vehicle.

    Parameters
    ----------
    problem : Problem
        The problem.
    priced : Priced
        What it is worth while nothing is scarce.

    Returns
    -------
    int64[V] or None
        None when it breaks a rule.
    """
    if problem.column.size <= SORTED_COLUMNS:
        return fill(problem, gain_order(problem, problem.mean))
    order = np.argsort(priced.second - priced.top, kind="stable")
    return served(problem, np.zeros(0, dtype=np.int64), priced, order)


def hard_plan(
    problem: Problem, cuts: Cuts, clock: Clock, threads: int
) -> tuple[Priced, NDArray[np.int64] | None]:
    """Return prices near the best ones, and a plan near them where vehicles had to make room.

    Parameters
    ----------
    problem : Problem
        The problem.
    cuts : Cuts
        Added to.
    clock : Clock
        Ends the approach early.
    threads : int
        At least 1.

    Returns
    -------
    (Priced, int64[V] or None)
        None when no plan was found.
    """
    approach = Approach(problem, cuts, clock, threads)
    priced = price_out(problem, approach.run(), threads)
    order = np.argsort(priced.second - priced.top, kind="stable")
    return priced, repaired(problem, seated(problem, approach.drawn[order], priced, order), priced)


def rounded_plans(
    state: State, relaxation: Relaxation, part: Narrow
) -> Iterator[NDArray[np.int64]]:
    """Yield feasible plans near the relaxation, the one that keeps most of it first.

    Parameters
    ----------
    state : State
        What is known, of the columns of the part.
    relaxation : Relaxation
        The relaxation of the whole problem.
    part : Narrow
        The columns looked at.
    """
    for plan in _tried(state, relaxation, part):
        if plan is not None:
            yield plan


def _tried(
    state: State, relaxation: Relaxation, part: Narrow
) -> Iterator[NDArray[np.int64] | None]:
    problem, point = state.problem, relaxation.point
    if point is not None:
        core, whole = part.within(point.core), point.share > WHOLE
        # vehicles that the relaxation divides are few: others make room for them
        chosen = np.full(problem.vehicles, -1, dtype=np.int64)
        chosen[problem.vehicle[core[whole]]] = core[whole]
        if not problem.broken(chosen[chosen >= 0]):
            yield completed(problem, chosen, np.round(point.lots), state.priced)
        share = np.zeros(problem.column.shape[0])
        share[core] = point.share
        yield fill(problem, share_order(problem, share, state.priced.reduced))
    yield fill(problem, gain_order(problem, state.priced.worth))
