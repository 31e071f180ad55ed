"""Better plans by pairs of moves: a vehicle moves up, another makes room for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.clock import Clock
from auction.allocation.incumbent import Incumbent, assess
from auction.allocation.problem import TOLERANCE, Problem

CELLS = 400_000
SCANNED = 20_000_000
LEAST_GAIN = 1e-9
SPARED_TOLERANCE = 0.5


def improve(
    problem: Problem,
    plan: Incumbent,
    reduced: NDArray[np.float64],
    clock: Clock,
    *,
    breadth: int,
    floor: float = 0.0,
) -> Incumbent:
    """Improve a plan by single moves and by pairs of moves until none pays.

    The objective is made linear at the plan, with the scenario weights of its tail, anew for
    each sweep. The linear gain never underrates the true one, so a sweep is kept only where
    the true objective rises. The work is bounded, and the same on every run.

    Parameters
    ----------
    problem : Problem
        The problem.
    plan : Incumbent
        A feasible plan.
    reduced : float64[c]
        Reduced worth of each column, money; columns near zero take part.
    clock : Clock
        Ends the sweeps early.
    breadth : int
        Columns of each vehicle that take part, at most.
    floor : float
        Price of the floor, which the tail counts more by.

    Returns
    -------
    Incumbent
        A feasible plan, never worse.
    """
    near = _near(problem, reduced, breadth)
    tried = 0
    while tried * near.shape[0] < SCANNED and not clock.over:
        sweep = _Sweep(problem, plan, near, floor)
        chosen = sweep.run(clock)
        tried += sweep.tried
        if not problem.feasible(chosen):
            break
        # the old lots may suit the plan better than what single steps from none find
        found = assess(problem, chosen, plan.lots)
        afresh = assess(problem, chosen)
        found = afresh if afresh.objective > found.objective else found
        if found.objective <= plan.objective:
            break
        plan = found
    return plan


def _near(problem: Problem, reduced: NDArray[np.float64], breadth: int) -> NDArray[np.int64]:
    """Return the best columns of each vehicle at the prices, the nearest in a large fleet."""
    order = np.lexsort((-reduced, problem.vehicle))
    rank = np.arange(order.shape[0]) - problem.start[problem.vehicle[order]]
    leading = order[rank < breadth]
    most = CELLS // (problem.limit.shape[0] + 2 * len(problem.minimums) + 1)
    nearest = leading[np.argsort(-reduced[leading], kind="stable")[:most]]
    return np.sort(nearest).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Moves:
    """Moves of single vehicles, the most gainful first; ``need`` is what they use more."""

    column: NDArray[np.int64]
    vehicle: NDArray[np.int64]
    gain: NDArray[np.float64]
    need: NDArray[np.float64]


class _Sweep:
    """One pass over the gainful moves; a vehicle moves at most once in it."""

    def __init__(
        self, problem: Problem, plan: Incumbent, near: NDArray[np.int64], floor: float
    ) -> None:
        self.chosen = plan.chosen.copy()
        self.tried = 0
        self.moved = np.zeros(problem.vehicles, dtype=np.bool_)
        self.least = LEAST_GAIN * problem.scale
        outcomes = problem.outcomes(plan.chosen, plan.lots)
        weights = problem.risk.weights(outcomes)
        if floor > 0.0:
            weights = weights + floor * problem.risk.tail(outcomes)[1]
        value = problem.value(weights)
        beyond = problem.used(plan.chosen) - problem.limit
        value = value - problem.use.T @ (problem.steps.marginal(beyond) * (1.0 + floor))
        column = near[near != plan.chosen[problem.vehicle[near]]]
        gain = value[column] - value[plan.chosen[problem.vehicle[column]]]
        order = np.argsort(-gain, kind="stable")
        column, gain = column[order], gain[order]
        vehicle = problem.vehicle[column]
        self.room = _room(problem, plan.chosen)
        need = _needs(problem, column) - _needs(problem, plan.chosen[vehicle])
        self.moves = _Moves(column, vehicle, gain, need)

    def run(self, clock: Clock) -> NDArray[np.int64]:
        """Return the columns chosen after the pass."""
        gainful = int(np.searchsorted(-self.moves.gain, -self.least))
        for move in range(gainful):
            if clock.over:
                break
            if self.moved[self.moves.vehicle[move]]:
                continue
            self.tried += 1
            for step in self._pair(move):
                self.room = self.room - self.moves.need[step]
                self.moved[self.moves.vehicle[step]] = True
                self.chosen[self.moves.vehicle[step]] = self.moves.column[step]
        return self.chosen

    def _pair(self, move: int) -> list[int]:
        """Return the move with the best one that makes the room it lacks, if there is one."""
        moves = self.moves
        left = self.room - moves.need[move]
        short = np.flatnonzero(left < 0.0)
        if not short.size:
            return [move]
        paying = int(np.searchsorted(-moves.gain, moves.gain[move] - self.least))
        helpers = np.flatnonzero(moves.need[:paying, short[0]] <= left[short[0]])
        for row in short[1:]:
            helpers = helpers[moves.need[helpers, row] <= left[row]]
        usable = ~self.moved[moves.vehicle[helpers]]
        usable &= moves.vehicle[helpers] != moves.vehicle[move]
        helpers = helpers[usable]
        fitting = helpers[(moves.need[helpers] <= left).all(axis=1)]
        return [move, int(fitting[0])] if fitting.size else []


def _needs(problem: Problem, column: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what columns use of every cap, then their units of offers, and these negated."""
    use = problem.use[:, column].toarray().T
    units = (problem.offer[column][:, None] == np.arange(len(problem.minimums))).astype(float)
    return np.ascontiguousarray(np.hstack([use, units, -units]))


def _room(problem: Problem, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what a plan leaves of the caps and of offers, which stay open or closed."""
    slack = SPARED_TOLERANCE * TOLERANCE * np.maximum(1.0, np.abs(problem.limit))
    units = problem.taken(chosen)
    opened = units > 0
    most = np.where(opened, problem.most, 0.0)
    least = np.where(opened, problem.least, 0.0)
    room = problem.ceiling + slack - problem.used(chosen)
    return np.concatenate([room, most - units, units - least])
