"""Better plans by chains of moves: a vehicle moves up, others make room for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auction.allocation.clock import Clock
from auction.allocation.exchange import Exchange, Reach, nearest
from auction.allocation.incumbent import Incumbent, assess
from auction.allocation.prices import Priced
from auction.allocation.problem import Problem

LEAST_GAIN = 1e-9


#: Pairs first, they are cheap and many; longer chains fill what fractions of units leave.
REACHES = (
    Reach(2, 2_000, 2_000, 4_000_000),
    Reach(3, 60, 2_000, 4_000_000),
    Reach(5, 12, 4_000, 8_000_000),
)
#: Those of them that take a tenth of a second at most.
SHORT = REACHES[:2]
MOST_SWEEPS = 12


def improve(
    problem: Problem,
    plan: Incumbent,
    priced: Priced,
    clock: Clock,
    *,
    breadth: int,
    goal: float = np.inf,
    reaches: Sequence[Reach] = REACHES,
) -> Incumbent:
    """Improve a plan by single moves and chains of moves until none pays.

    The objective is made linear at the plan, with the scenario weights of its tail, anew for
    each sweep. The linear gain never underrates the true one, so a sweep is kept only as far
    as the true objective rises. The work is bounded, and the same on every run.

    Parameters
    ----------
    problem : Problem
        The problem.
    plan : Incumbent
        A feasible plan.
    priced : Priced
        What prices say of the columns; those near the best of their vehicle take part.
    clock : Clock
        Ends the sweeps early.
    breadth : int
        Columns of each vehicle that take part, at most.
    goal : float
        Worth at which a plan is good enough, money.
    reaches : sequence of Reach
        How far chains go, the shortest first; the next is taken where one finds nothing more.

    Returns
    -------
    Incumbent
        A feasible plan, never worse.
    """
    near = nearest(problem, plan.chosen, priced.reduced, breadth)
    level, sweeps = 0, 0
    while plan.objective < goal and level < len(reaches) and sweeps < MOST_SWEEPS:
        if clock.over:
            break
        sweeps += 1
        found = _sweep(problem, plan, priced, near, reaches[level])
        if found is None:
            level += 1
        else:
            plan = found
    return plan


def _sweep(
    problem: Problem, plan: Incumbent, priced: Priced, near: NDArray[np.int64], reach: Reach
) -> Incumbent | None:
    """Return a better plan, None when the chains found make none."""
    exchange = Exchange.of(problem, plan, near, priced.prices)
    made, ends = exchange.link(exchange.gainful(), reach, LEAST_GAIN * problem.scale)
    chains = ends.size
    while chains:
        chosen = exchange.after(made[: ends[chains - 1]])
        if problem.feasible(chosen):
            found = assess(problem, chosen, plan.lots)
            if plan.lots.size:
                # the old lots may suit the plan better than what single steps from none find
                afresh = assess(problem, chosen)
                found = afresh if afresh.objective > found.objective else found
            if found.objective > plan.objective:
                return found
        # a tail that bends takes back what many chains together promised
        chains //= 2
    return None
