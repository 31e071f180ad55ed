"""The best move first."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.incumbent import gain_order, gains, take_in_order
from auction.allocation.problem import Problem
from auction.policies.room import Room
from auction.policies.task import Task

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Greedy:
    """Make the move with the largest expected gain over holding back, and repeat.

    What a move loses to the plan's own volume is estimated anew after each move: units already
    at an event make another of their model less worth there. Only moves that still fit are made;
    room only shrinks and losses only grow, so a pass over the moves in the order of their gain,
    in which those that have lost some go back to wait for their turn, makes the same choices as
    searching anew each time. Dealers' offers that end below their minimum are dropped and their
    vehicles placed anew.
    """

    name = "greedy"

    def choose(self, task: Task) -> _Ints:
        """Choose as `Policy.choose` has it."""
        problem = task.problem
        order = gain_order(problem, problem.mean)
        return take_in_order(problem, order, _reestimated if problem.steps.row.size else None)


def _reestimated(problem: Problem, order: _Ints) -> _Ints:
    """Take the move of the largest gain at each time; ``order`` has it as gains are at first."""
    forced, gain = gains(problem, problem.mean)
    fresh = list(
        zip((~forced[order]).tolist(), (-gain[order]).tolist(), order.tolist(), strict=True)
    )
    vehicle, room = problem.vehicle.tolist(), Room(problem)
    chosen = [-1] * problem.vehicles
    counted: dict[int, float] = {}
    waiting: list[tuple[bool, float, int]] = []
    place = 0
    while place < len(fresh) or waiting:
        if waiting and (place == len(fresh) or waiting[0] < fresh[place]):
            turn = heapq.heappop(waiting)
        else:
            turn, place = fresh[place], place + 1
        later, short, column = turn
        if chosen[vehicle[column]] >= 0 or not room.fits(column):
            continue
        lost, known = room.lost(column), counted.get(column, 0.0)
        if lost > known:
            counted[column] = lost
            heapq.heappush(waiting, (later, short + lost - known, column))
        else:
            chosen[vehicle[column]] = column
            room.take(column)
    return np.array(chosen, dtype=np.int64)
