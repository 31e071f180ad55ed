"""What every way to place a fleet can do."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auction.policies.task import Task


class Policy(Protocol):
    """A way to place a fleet; the same task gives the same choice, bit for bit."""

    @property
    def name(self) -> str:
        """How outputs call it."""

    def choose(self, task: Task) -> NDArray[np.int64]:
        """Choose what is done with each vehicle.

        Parameters
        ----------
        task : Task
            What can be done, and by which rules.

        Returns
        -------
        int64[V]
            Column of ``task.problem`` that each vehicle takes; -1 where it finds no room.
        """
