"""The linear relaxation of the whole problem, solved on the few columns that matter."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.approach import Approach, last_width
from auction.allocation.choosers import Rows
from auction.allocation.clock import Clock
from auction.allocation.cuts import Cuts
from auction.allocation.incumbent import served
from auction.allocation.master import Point, solve_master
from auction.allocation.prices import Priced, no_prices, price_out
from auction.allocation.problem import Problem, union

logger = logging.getLogger(__name__)

#: Vehicles with the closest second best in the first master: many more than rows that bind.
FIRST_VEHICLES = 1_000
#: Columns that the first master holds beside a plan, more or less: with hundreds of options a
#: vehicle those within the width are so many that one linear program takes minutes.
MOST_NEAREST = 20_000
#: Columns of a vehicle that enter in a round; further ones seldom stay.
NEW_COLUMNS = 4
#: Columns that enter in a round, so that a round's program stays small.
MOST_ENTERING = 5_000
#: Rows beyond which the approach, a dense system of their size a step, takes longer than the linear
#: programs that it saves.
MOST_ROWS = 1_000
#: Relative distance of bound and value at which rounding is all that is left.
PROVEN = 1e-11
#: What GLOP tells reduced costs apart by, in scales of the problem.
REDUCED_TOLERANCE = 1e-9
CUT_TOLERANCE = 1e-9
#: Rounds after which no column is dropped any more, so that rounds cannot go in circles.
PRUNED_ROUNDS = 12
#: Columns of the core a vehicle, on average, that dropping leaves.
KEPT_COLUMNS = 2
SEED = 21


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What is known of the relaxation.

    Parameters
    ----------
    point : Point or None
        The last solution; None when there was no time for one.
    priced : Priced
        The prices with the lowest bound.
    plan : int64[V] or None
        A feasible plan near the first prices; None when there was none.
    rounds : int
        Linear programs solved.
    finished : bool
        Whether the point is optimal for the whole problem.
    """

    point: Point | None
    priced: Priced
    plan: NDArray[np.int64] | None
    rounds: int
    finished: bool


def relax(
    problem: Problem,
    start: NDArray[np.int64],
    cuts: Cuts,
    clock: Clock,
    threads: int = 1,
    near: Priced | None = None,
    precision: float = PROVEN,
    nearest: NDArray[np.int64] | None = None,
) -> Relaxation:
    """Solve the relaxation by columns and cuts, from prices that are near already.

    Each round solves the master over the core, then prices every column of the problem with
    its duals: columns that pay enter, and a cut is added where the tail is overrated. When
    neither happens the point is optimal for the whole problem.

    Parameters
    ----------
    problem : Problem
        The problem.
    start : int64[V]
        Columns of a feasible plan; they keep the master feasible.
    cuts : Cuts
        Added to.
    clock : Clock
        Ends the rounds early.
    threads : int
        At least 1.
    near : Priced, optional
        Prices that are near already; looked for when not given.
    precision : float
        How far bound and value may lie apart, and cuts overrate the tail, relative.
    nearest : int64[...], optional
        Columns that the first master is to hold; those near the best if not given.

    Returns
    -------
    Relaxation
    """
    plan: NDArray[np.int64] | None = None
    if near is None:
        priced, plan = approached(problem, cuts, clock, threads)
    else:
        priced = near
    width = last_width(problem)
    kept = start if plan is None else plan
    core = union(kept, _nearest(priced, width) if nearest is None else nearest)
    point: Point | None = None
    rounds = 0
    while not clock.over:
        solved = solve_master(problem, core, cuts, clock.left)
        if solved is None:
            if not clock.over:
                logger.warning("the linear solver failed in round %d", rounds + 1)
            break
        point, rounds = solved, rounds + 1
        now = price_out(problem, point.prices, threads)
        if now.bound < priced.bound:
            priced = now
        cut = _cut(problem, point, cuts, precision)
        entering = _entering(problem, now, core)
        proven = priced.bound - point.value <= precision * abs(point.value)
        if not cut and (proven or not entering.size):
            return Relaxation(point, priced, plan, rounds, finished=True)
        if rounds <= PRUNED_ROUNDS:
            core = _pruned(problem, now, core)
        core = union(union(core, kept), entering)
    return Relaxation(point, priced, plan, rounds, finished=False)


def approached(
    problem: Problem, cuts: Cuts, clock: Clock, threads: int = 1, precision: float = 0.0
) -> tuple[Priced, NDArray[np.int64] | None]:
    """Return prices near the best ones, and a plan near them; the prices 0 of too many rows.

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
    precision : float
        Relative distance of bound and value that is near enough.

    Returns
    -------
    (Priced, int64[V] or None)
        Prices; columns of a feasible plan, None where none was met.
    """
    if Rows.of(problem, cuts).count > MOST_ROWS:
        return price_out(problem, no_prices(problem), threads), None
    approach = Approach(problem, cuts, clock, threads)
    priced = price_out(problem, approach.run(precision), threads)
    return priced, _drawn(problem, approach.drawn, priced)


def _drawn(problem: Problem, drawn: NDArray[np.int64], priced: Priced) -> NDArray[np.int64] | None:
    """Return a feasible plan in which most vehicles have the columns drawn for them."""
    order = np.argsort(priced.second - priced.top, kind="stable")
    return served(problem, drawn[order], priced, order)


def _nearest(priced: Priced, width: float) -> NDArray[np.int64]:
    """Return columns near the best, of vehicles whose second best is near.

    Of those within the width some from all over the fleet are taken along: where many tie, the
    nearest of all may be of one kind, which could not make room for another.
    """
    lead = priced.top - priced.second
    order = np.random.default_rng(SEED).permutation(lead.size)
    nearest = order[np.argsort(lead[order], kind="stable")][:FIRST_VEHICLES]
    depth = lead[nearest][np.isfinite(lead[nearest])].max(initial=0.0)
    tied = order[lead[order] <= width][:FIRST_VEHICLES]
    floor = np.full(lead.size, np.inf)
    floor[nearest] = priced.top[nearest] - max(depth, width)
    floor[tied] = priced.top[tied] - max(depth, width)
    found = priced.near(floor)
    if found.size <= MOST_NEAREST:
        return found
    reduced = -priced.reduced_of(found)
    result: NDArray[np.int64] = found[reduced <= np.partition(reduced, MOST_NEAREST)[MOST_NEAREST]]
    return result


def _pruned(problem: Problem, priced: Priced, core: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns of the core that are nearest to being chosen."""
    kept = KEPT_COLUMNS * problem.vehicles
    if core.shape[0] <= kept:
        return core
    reduced = -priced.reduced_of(core)
    near = reduced <= np.partition(reduced, kept)[kept]
    result: NDArray[np.int64] = core[near]
    return result


def _entering(problem: Problem, priced: Priced, core: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns worth more than the best of their vehicle within the core."""
    within = np.full(problem.vehicles, -np.inf)
    np.maximum.at(within, problem.vehicle[core], priced.worth_of(core))
    floor = within + REDUCED_TOLERANCE * problem.scale
    paying = priced.near(floor)
    gain = priced.worth_of(paying) - within[problem.vehicle[paying]]
    if paying.size > MOST_ENTERING:
        order = np.random.default_rng(SEED).permutation(paying.size)
        kept = order[np.argsort(-gain[order], kind="stable")][:MOST_ENTERING]
        paying, gain = paying[kept], gain[kept]
    order = paying[np.lexsort((-gain, problem.vehicle[paying]))]
    first = np.searchsorted(problem.vehicle[order], problem.vehicle[order], side="left")
    return np.sort(order[np.arange(order.shape[0]) - first < NEW_COLUMNS])


def _cut(problem: Problem, point: Point, cuts: Cuts, precision: float) -> bool:
    """Add a cut where the point's tail is overrated; tell whether one was added."""
    if problem.risk.neutral:
        return False
    taken = point.share > 0.0
    _, summed = problem.choices.sums(point.core[taken], point.share[taken])
    outcomes = problem.options.outcomes(summed) + point.lots @ problem.payoff
    size = max(problem.scale, abs(point.value))
    if cuts.missing(outcomes) <= max(CUT_TOLERANCE, precision) * size:
        return False
    cuts.add(outcomes)
    return True
