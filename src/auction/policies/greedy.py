"""The best move first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.incumbent import gain_order, take_in_order
from auction.policies.task import Task


@dataclass(frozen=True, slots=True)
class Greedy:
    """Make the move with the largest expected gain over holding back, and repeat.

    Only moves that still fit are made; room only shrinks, so one pass over the moves in the
    order of their gain makes the same choices as searching anew each time. Dealers' offers
    that end below their minimum are dropped and their vehicles placed anew.
    """

    name = "greedy"

    def choose(self, task: Task) -> NDArray[np.int64]:
        """Choose as `Policy.choose` has it."""
        return take_in_order(task.problem, gain_order(task.problem, task.problem.mean))
