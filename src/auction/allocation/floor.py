"""The floor of the tail: a first plan that keeps it, or the word that none can."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from auction.allocation.cuts import Cuts
from auction.allocation.diagnose import against_floor
from auction.allocation.incumbent import Incumbent, assess
from auction.allocation.prices import no_prices, price_out
from auction.allocation.problem import Problem
from auction.allocation.state import State
from auction.errors import InfeasibleError
from auction.risk import CVaR

logger = logging.getLogger(__name__)

#: Gap at which the best tail of all is told, where the floor lies above it.
KNOWN = 1e-6


def safe_plan(
    problem: Problem,
    chosen: NDArray[np.int64],
    cuts: Cuts,
    search: Callable[[State], object],
) -> Incumbent:
    """Return a plan that keeps the floor, found by a search for the best tail.

    Parameters
    ----------
    problem : Problem
        With a floor.
    chosen : int64[V]
        Columns of a plan that keeps every rule on use.
    cuts : Cuts
        Cuts on the tail; those of the search are added.
    search : callable
        Improves a state until `decided` says that it is enough, or a limit is reached.

    Returns
    -------
    Incumbent

    Raises
    ------
    InfeasibleError
        When no plan keeps the floor, or the search ended before one was found; what can be
        reached is told.
    """
    logger.info("the first plan misses the floor: a safer one is searched for")
    state = safest(problem, chosen, cuts)
    search(state)
    for weights in state.cuts.weights[len(cuts) :]:
        cuts.admit(weights)
    best = assess(problem, state.best.chosen, state.best.lots)
    if not best.kept:
        told = [sentence(problem.risk, state)]
        if state.bound < (problem.risk.floor or 0.0):
            told += against_floor(problem)
        raise InfeasibleError(told)
    return best


def safest(problem: Problem, chosen: NDArray[np.int64], cuts: Cuts) -> State:
    """Return the state in which a search for the best tail of all begins.

    Parameters
    ----------
    problem : Problem
        With a floor, which plays no part in that search.
    chosen : int64[V]
        Columns of a plan that keeps every rule on use.
    cuts : Cuts
        Cuts on the tail.
    """
    alone = replace(problem, risk=CVaR(problem.risk.alpha, 1.0))
    priced = price_out(alone, no_prices(alone))
    first = Cuts(alone, [*cuts.weights], [*cuts.moments], [*cuts.position])
    best = assess(alone, chosen)
    return State(alone, best, priced, first, max(priced.bound, best.objective))


def decided(floor: float, state: State) -> bool:
    """Whether a search for the best tail need not go on: the floor is kept, or cannot be.

    Parameters
    ----------
    floor : float
        Money.
    state : State
        What the search knows.
    """
    return state.best.objective >= floor or (state.bound < floor and state.gap <= KNOWN)


def sentence(risk: CVaR, state: State) -> str:
    """Return what is asked of the tail, and what can be reached, in words."""
    floor, reached = risk.floor or 0.0, math.floor(state.best.objective * 100.0) / 100.0
    if state.bound < floor and state.gap > KNOWN:
        return (
            f"{risk.floor_words}: cheapest way out, let it give way by {floor - reached:,.2f}, "
            f"as a plan reaches {reached:,.2f}; none reaches more than {state.bound:,.2f}"
        )
    if state.bound >= floor and state.gap > KNOWN:
        return (
            f"{risk.floor_words}: the search ended before a plan was found that keeps it; the "
            f"best so far reaches {reached:,.2f}, and none reaches more than {state.bound:,.2f}"
        )
    return (
        f"{risk.floor_words}: cheapest way out, let it give way by {floor - reached:,.2f}: the "
        f"best that can be reached is {reached:,.2f}"
    )
