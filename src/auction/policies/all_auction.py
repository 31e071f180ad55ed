"""Everything is auctioned, wherever that brings the most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.incumbent import take_in_order
from auction.policies.auctions import sold_first
from auction.policies.task import Task


@dataclass(frozen=True, slots=True)
class AllAuction:
    """Make the best sale at an auction first, and repeat; no dealers, no dismantling, no work.

    A vehicle is kept back only where no auction has room for it.
    """

    name = "all_auction"

    def choose(self, task: Task) -> NDArray[np.int64]:
        """Choose as `Policy.choose` has it."""
        return take_in_order(task.problem, sold_first(task.problem))
