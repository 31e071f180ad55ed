"""Offers that the relaxation takes in part: opened or closed one by one, each with its bound.

An offer that takes so many units or none lets the relaxation take few of them at no price. Where
that happens two problems follow, one with the offer and one without it; the larger of their bounds
holds for the whole (branch and bound, Land and Doig 1960).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auction.allocation.clock import Clock
from auction.allocation.cuts import Cuts
from auction.allocation.master import Point
from auction.allocation.prices import price_out, settled
from auction.allocation.problem import CLOSED, FREE, OPEN, Problem
from auction.allocation.relaxation import Relaxation, relax

#: Problems looked at, at most; those not looked at keep the bound of the one they come from.
MOST_NODES = 24
#: Units below an offer's minimum that are of no account.
LEAST_UNITS = 1e-6


@dataclass(frozen=True, slots=True)
class Branch:
    """A problem in which some offers are opened or closed, with its relaxation.

    Parameters
    ----------
    problem : Problem
        With its openings.
    relaxation : Relaxation
        Its relaxation.
    bound : float
        None of its plans is worth more, money.
    """

    problem: Problem
    relaxation: Relaxation
    bound: float


def branches(
    root: Branch,
    chosen: NDArray[np.int64],
    cuts: Cuts,
    clock: Clock,
    threads: int,
    precision: float,
    worthless: Callable[[float], bool],
) -> list[Branch]:
    """Return problems that together hold all plans worth anything, the highest bound first.

    Parameters
    ----------
    root : Branch
        The whole problem.
    chosen : int64[V]
        Columns of a plan.
    cuts : Cuts
        Added to.
    clock : Clock
        Ends the search early.
    threads : int
        At least 1.
    precision : float
        How well relaxations are solved, relative.
    worthless : callable
        Whether a problem with such a bound need not be looked at.

    Returns
    -------
    list of Branch
        The root alone where the relaxation takes no offer in part.
    """
    waiting, done, seen = [root], [], 1
    while waiting:
        waiting.sort(key=lambda branch: branch.bound)
        branch = waiting.pop()
        offer = _divided(branch)
        if offer < 0 or worthless(branch.bound) or seen >= MOST_NODES or clock.over:
            done.append(branch)
            continue
        for opening in (OPEN, CLOSED):
            waiting.append(_child(branch, offer, opening, chosen, cuts, clock, threads, precision))
            seen += 1
    return sorted(done, key=lambda branch: -branch.bound)


def _divided(branch: Branch) -> int:
    """Return the offer of which most units are taken below its minimum, -1 for none."""
    problem, point = branch.problem, branch.relaxation.point
    if point is None or not problem.minimums:
        return -1
    units = _units(problem, point)
    part = (units > LEAST_UNITS) & (units < problem.least - LEAST_UNITS)
    part &= problem.openings == FREE
    return int(np.argmax(np.where(part, units, -1.0))) if part.any() else -1


def _units(problem: Problem, point: Point) -> NDArray[np.float64]:
    offer = problem.offer[point.core]
    named = offer >= 0
    share, count = point.share[named], len(problem.minimums)
    return np.bincount(offer[named], weights=share, minlength=count).astype(np.float64)


def _child(
    branch: Branch,
    offer: int,
    opening: int,
    chosen: NDArray[np.int64],
    cuts: Cuts,
    clock: Clock,
    threads: int,
    precision: float,
) -> Branch:
    openings = branch.problem.openings.copy()
    openings[offer] = opening
    problem = replace(branch.problem, openings=openings)
    near = price_out(problem, settled(problem, branch.relaxation.priced.prices), threads)
    shut = (problem.offer[chosen] >= 0) & (openings[problem.offer[chosen]] == CLOSED)
    start = np.where(shut, near.best, chosen)
    known = cuts.of(problem)
    found = relax(problem, start, known, clock, threads, near, precision)
    return Branch(problem, found, min(branch.bound, found.priced.bound))
