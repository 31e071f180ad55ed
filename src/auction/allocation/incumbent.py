"""Feasible plans: a plan from the first moment, and better ones from the relaxation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.prices import Priced, at
from auction.allocation.problem import TOLERANCE, Problem, best_columns


@dataclass(frozen=True, slots=True)
class Incumbent:
    """A feasible plan.

    Parameters
    ----------
    chosen : int64[V]
        Column of each vehicle.
    lots : float64[J]
        Whole lots of each position.
    objective : float
        Its measure less what is lost to volume, money; minus infinity where its tail lies
        below the floor.
    outcomes : float64[n] or None
        Proceeds by scenario before what is lost to volume, money; None where a plan is not
        assessed yet.
    """

    chosen: NDArray[np.int64]
    lots: NDArray[np.float64]
    objective: float
    outcomes: NDArray[np.float64] | None = None

    @property
    def kept(self) -> bool:
        """Whether its tail keeps the floor."""
        return bool(np.isfinite(self.objective))


def assess(
    problem: Problem, chosen: NDArray[np.int64], lots: NDArray[np.float64] | None = None
) -> Incumbent:
    """Return the plan with its true objective; lots are found by single steps if not given.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Columns of a plan that keeps every rule on use.
    lots : float64[J], optional
        Whole lots.
    """
    lost = float(problem.losses(chosen).sum())
    # a pass over the fleet, made once: lots add to it
    base = problem.outcomes(chosen, np.zeros(problem.lots.size))
    if lots is None:
        lots = _climb(problem, base, lost)
    outcomes = base + lots @ problem.payoff
    missed, measured = _rated(problem, outcomes, lost)
    return Incumbent(chosen, lots, measured - lost if missed == 0.0 else -np.inf, outcomes)


def outcomes_of(problem: Problem, plan: Incumbent) -> NDArray[np.float64]:
    """Return a plan's proceeds by scenario before what is lost to volume, money.

    Parameters
    ----------
    problem : Problem
        The problem.
    plan : Incumbent
        A plan; vehicles may be without a column as long as it is not assessed.
    """
    if plan.outcomes is not None:
        return plan.outcomes
    return problem.outcomes(plan.chosen[plan.chosen >= 0], plan.lots)


def _rated(problem: Problem, outcomes: NDArray[np.float64], lost: float) -> tuple[float, float]:
    """Return what the floor is missed by, negated, and the measure before what is lost to volume.

    A plan that comes nearer to the floor is the greater of two.
    """
    risk, missed = problem.risk, 0.0
    if risk.floor is not None:
        missed = risk.missed(risk.tail(outcomes)[0] - lost)
        if missed <= TOLERANCE * max(problem.scale, abs(risk.floor)):
            missed = 0.0
    return -missed, risk.measure(outcomes)


def _climb(problem: Problem, base: NDArray[np.float64], lost: float) -> NDArray[np.float64]:
    """Return lots that no single halved step improves."""
    bought = problem.bought
    lots = bought.copy()
    best = _rated(problem, base + lots @ problem.payoff, lost)
    for place, (fixed, most) in enumerate(zip(bought, problem.lots, strict=True)):
        step = max(1.0, np.floor(most / 2.0))
        while most > fixed:
            tried = [float(np.clip(lots[place] + sign * step, fixed, most)) for sign in (1.0, -1.0)]
            gains = []
            for value in tried:
                moved = lots.copy()
                moved[place] = value
                gains.append(_rated(problem, base + moved @ problem.payoff, lost))
            if max(gains) > best:
                best = max(gains)
                lots[place] = tried[gains.index(best)]
            elif step > 1.0:
                step = np.floor(step / 2.0)
            else:
                break
    return lots


def fill(problem: Problem, order: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the plan that `take_in_order` gives, None when it breaks a rule.

    Parameters
    ----------
    problem : Problem
        The problem.
    order : int64[c]
        Every column, the most wanted first.
    """
    chosen = take_in_order(problem, order)
    return chosen if problem.feasible(chosen) else None


def take_in_order(
    problem: Problem,
    order: NDArray[np.int64],
    take: Callable[[Problem, NDArray[np.int64]], NDArray[np.int64]] | None = None,
) -> NDArray[np.int64]:
    """Take columns in the given order wherever they still fit.

    Offers that units are promised to get these first. Other offers that end below their minimum
    are dropped, and all is filled anew without them.

    Parameters
    ----------
    problem : Problem
        The problem.
    order : int64[...]
        Columns, the most wanted first.
    take : callable, optional
        Takes columns where they fit, -1 for a vehicle without a place; one after the other as
        they stand if not given.

    Returns
    -------
    int64[V]
        Chosen columns; -1 for a vehicle that found no place.
    """
    dropped = np.zeros(len(problem.minimums), dtype=np.bool_)
    order = _promised_first(problem, order)
    wanted = order
    while True:
        chosen = (take or _pass)(problem, wanted)
        units = problem.taken(chosen[chosen >= 0])
        failing = np.flatnonzero((units > 0) & (units < problem.least) & ~problem.promised)
        if not failing.size:
            return chosen
        # one at a time: vehicles set free may bring another offer to its minimum
        dropped[failing[np.argmin(units[failing] / problem.least[failing])]] = True
        offer = problem.offer[order]
        wanted = order[~((offer >= 0) & dropped[offer])]


def _promised_first(problem: Problem, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return columns with those before them that give offers the units promised to them.

    They are those that lose their vehicles the least.
    """
    promised = problem.promised
    if not promised.any():
        return order
    candidates = np.flatnonzero((problem.offer >= 0) & promised[problem.offer])
    mean = problem.mean
    loss = best_columns(problem, mean)[1][problem.vehicle] - mean
    candidates = candidates[np.argsort(loss[candidates], kind="stable")]
    least = np.where(promised, problem.least, 0.0)
    chosen = problem.choices.take(candidates, problem.vehicle[candidates], problem.room, least)
    first = candidates[np.isin(candidates, chosen)]
    return np.concatenate([first, order])


def _pass(problem: Problem, order: NDArray[np.int64]) -> NDArray[np.int64]:
    return problem.choices.take(order, problem.vehicle[order], problem.room, problem.most)


def served(
    problem: Problem, wanted: NDArray[np.int64], priced: Priced, order: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return the plan in which vehicles get what they want where it fits, or else the next best.

    Parameters
    ----------
    problem : Problem
        The problem.
    wanted : int64[...]
        Columns, one of a vehicle at most, the first to be taken first.
    priced : Priced
        Says what is the next best.
    order : int64[V]
        Vehicles; those that did not get theirs are served in this order.

    Returns
    -------
    int64[V] or None
        None when it breaks a rule.
    """
    chosen = seated(problem, wanted, priced, order)
    return chosen if problem.feasible(chosen) else None


def seated(
    problem: Problem, wanted: NDArray[np.int64], priced: Priced, order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return what `served` does, with -1 for a vehicle that found no place."""
    chosen = take_in_order(problem, wanted)
    left = order[chosen[order] < 0]
    taken = chosen[chosen >= 0]
    room = problem.room - problem.used(taken)
    units = problem.taken(taken)
    offered = np.where(units > 0, problem.most - units, 0.0)
    result: NDArray[np.int64] = problem.choices.serve(
        chosen, left, room, offered, *at(problem, priced.prices)
    )
    return result


def gain_order(problem: Problem, worth: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return columns by their gain over holding back, the largest first.

    Vehicles without the option to hold come first: they have the least choice.

    Parameters
    ----------
    problem : Problem
        The problem.
    worth : float64[c]
        Worth of each column, money.
    """
    forced, gain = gains(problem, worth)
    return np.lexsort((-gain, ~forced)).astype(np.int64)


def gains(
    problem: Problem, worth: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which columns are of vehicles that cannot be held back, and what each gains.

    Parameters
    ----------
    problem : Problem
        The problem.
    worth : float64[c]
        Worth of each column, money.

    Returns
    -------
    bool[c], float64[c]
        The gain is that over holding back; for the former it is the worth itself.
    """
    hold = problem.options.table.held[problem.column]
    base = np.full(problem.vehicles, np.nan)
    base[problem.vehicle[hold]] = worth[hold]
    gain = worth - base[problem.vehicle]
    forced = np.isnan(gain)
    return forced, np.where(forced, worth, gain)


def share_order(
    problem: Problem, share: NDArray[np.float64], reduced: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return columns by their share in a relaxed plan, then by reduced worth.

    Parameters
    ----------
    problem : Problem
        The problem.
    share : float64[c]
        Relaxed plan.
    reduced : float64[c]
        Reduced worth of each column, money.
    """
    rounded = np.round(share, 6)
    return np.lexsort((-reduced / problem.scale, -rounded)).astype(np.int64)
