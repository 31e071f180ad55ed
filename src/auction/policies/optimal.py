"""Our own plan, as a policy beside the others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auction.allocation import Stop, allocate
from auction.policies.task import Task
from auction.risk import CVaR


@dataclass(frozen=True, slots=True)
class Optimal:
    """Choose what the allocation proves best.

    Parameters
    ----------
    stop : Stop
        When the search ends.
    threads : int
        Threads of the kernels; the choice does not depend on it.
    risk : CVaR, optional
        Appetite for risk in place of the task's.
    name : str
        How outputs call it.
    """

    stop: Stop = field(default_factory=Stop)
    threads: int = 1
    risk: CVaR | None = None
    name: str = "plan"

    def choose(self, task: Task) -> NDArray[np.int64]:
        """Choose as `Policy.choose` has it.

        Raises
        ------
        InfeasibleError
            When no plan keeps every rule.
        """
        found = allocate(
            task.options,
            task.constraints,
            risk=task.risk if self.risk is None else self.risk,
            overrides=task.overrides,
            offers=task.offers,
            stop=self.stop,
            threads=self.threads,
        )
        return np.searchsorted(task.problem.column, found.chosen).astype(np.int64)
