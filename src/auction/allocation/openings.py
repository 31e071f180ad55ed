"""Offers that the relaxation takes in part: opened or closed one by one, each with its bound.

An offer that takes so many units or none lets the relaxation take few of them at no price. Where
that happens two problems follow, one with the offer and one without it; the larger of their bounds
holds for the whole (branch and bound, Land and Doig 1960).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auction.allocation.clock import Clock
from auction.allocation.prices import price_out, settled
from auction.allocation.problem import CLOSED, FREE, OPEN, Problem
from auction.allocation.relaxation import Relaxation, relax
from auction.allocation.state import State

#: Problems looked at, at most; those not looked at keep the bound of the one they come from.
MOST_BRANCHES = 24
#: Units below an offer's minimum that are of no account.
LEAST_UNITS = 1e-6
#: Share of the minimum from which on opening is looked at first.
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Branch:
    """A problem in which some offers are opened or closed.

    Parameters
    ----------
    problem : Problem
        With its openings.
    relaxation : Relaxation
        Its relaxation, or before `Branch.solved` that of the problem it comes from.
    bound : float
        None of its plans is worth more, money.
    """

    problem: Problem
    relaxation: Relaxation
    bound: float

    def parted(self) -> list[Branch]:
        """Return two problems with one more offer decided, the likelier last; none if none is."""
        problem, point = self.problem, self.relaxation.point
        if point is None or not problem.minimums:
            return []
        offer = problem.offer[point.core]
        named = offer >= 0
        units = np.bincount(
            offer[named], weights=point.share[named], minlength=len(problem.minimums)
        )
        part = (units > LEAST_UNITS) & (units < problem.least - LEAST_UNITS)
        part &= (problem.openings == FREE) & ~problem.promised
        if not part.any():
            return []
        most = int(np.argmax(np.where(part, units, -1.0)))
        likely = units[most] >= LIKELY * problem.least[most]
        return [
            self._decided(most, opening)
            for opening in ((CLOSED, OPEN) if likely else (OPEN, CLOSED))
        ]

    def _decided(self, offer: int, opening: int) -> Branch:
        openings = self.problem.openings.copy()
        openings[offer] = opening
        return replace(self, problem=replace(self.problem, openings=openings))

    def solved(
        self, state: State, clock: Clock, threads: int, precision: float, enough: float
    ) -> Branch:
        """Return the problem with its own relaxation, as far as it may hold better plans.

        Parameters
        ----------
        state : State
            What is known of the whole problem.
        clock : Clock
            Ends the rounds early.
        threads : int
            At least 1.
        precision : float
            How well the relaxation is solved, relative.
        enough : float
            Bound at which the problem need not be looked at any more, money.
        """
        problem, before = self.problem, self.relaxation
        near = price_out(problem, settled(problem, before.priced.prices), threads)
        bound = min(self.bound, near.bound)
        if bound <= enough:
            return replace(self, bound=bound)
        start = _without(problem, state.best.chosen, near.best)
        core = start if before.point is None else before.point.core
        core = core[~_shut(problem, core)]
        cuts = state.cuts.of(problem)
        found = relax(problem, start, cuts, clock, threads, near, precision, core)
        return Branch(problem, found, min(bound, found.priced.bound))


def _shut(problem: Problem, columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which columns go to closed offers."""
    offer = problem.offer[columns]
    shut: NDArray[np.bool_] = (offer >= 0) & np.append(problem.openings == CLOSED, False)[offer]
    return shut


def _without(
    problem: Problem, chosen: NDArray[np.int64], best: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return a plan with the best columns instead of those that go to closed offers."""
    return np.where(_shut(problem, chosen), best, chosen)
