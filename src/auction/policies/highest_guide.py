"""The dearest vehicle first, to wherever it is said to fetch the most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.incumbent import take_in_order
from auction.policies.auctions import held
from auction.policies.task import Task


@dataclass(frozen=True, slots=True)
class HighestGuide:
    """Send each vehicle where its expected price is highest, fees, haulage and waiting left aside.

    Served in the order of their guide values, the highest first, and then by vehicle_id; pinned
    vehicles before all others. Work on vehicles is left aside too; one that finds no room is
    kept back.
    """

    name = "highest_guide"

    def choose(self, task: Task) -> NDArray[np.int64]:
        """Choose as `Policy.choose` has it.

        Raises
        ------
        ValueError
            Where the task tells no guide values.
        """
        if task.guide is None:
            raise ValueError("the highest guide value comes first, and the task tells none")
        problem = task.problem
        turn = np.empty(problem.vehicles, dtype=np.int64)
        ids = np.array(problem.options.vehicle_ids, dtype=np.str_)
        free = np.array([vehicle not in problem.pins for vehicle in range(problem.vehicles)])
        turn[np.lexsort((ids, -task.guide, free))] = np.arange(problem.vehicles)
        frame = problem.options.table.rows(problem.column, ["gross", "reconditioning_id"])
        keys = (-frame["gross"].to_numpy(), held(problem), turn[problem.vehicle])
        order = np.lexsort(keys).astype(np.int64)
        kept = frame["reconditioning_id"].is_null().to_numpy()
        return take_in_order(problem, order[kept[order]])
