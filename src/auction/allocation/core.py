"""Whole numbers: an exact model over the few columns that prices do not rule out."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.clock import BREAKDOWNS, apart
from auction.allocation.cuts import Cuts
from auction.allocation.incumbent import Incumbent, outcomes_of
from auction.allocation.problem import Problem

logger = logging.getLogger(__name__)

NODE_WORK = 10


@dataclass(frozen=True, slots=True)
class CoreResult:
    """What the exact model over a core found.

    Parameters
    ----------
    chosen : int64[V] or None
        Columns of its best plan, None when it has none.
    lots : float64[J]
        Whole lots of that plan.
    bound : float
        No plan within the core is worth more, money.
    work : int
        One, free columns, and `NODE_WORK` for each node of the search tree.
    complete : bool
        Whether the solver ended by itself, not at a limit.
    """

    chosen: NDArray[np.int64] | None
    lots: NDArray[np.float64]
    bound: float
    work: int
    complete: bool


def solve_core(
    problem: Problem,
    core: NDArray[np.int64],
    cuts: Cuts,
    incumbent: Incumbent,
    *,
    gap: float,
    nodes: int,
    seconds: float,
) -> CoreResult:
    """Solve the problem over a core of columns in whole numbers with HiGHS.

    Vehicles with one column in the core are taken out of the model. HiGHS works on one
    thread here and is deterministic unless the time limit ends it.

    Parameters
    ----------
    problem : Problem
        The problem.
    core : int64[h]
        Columns, ascending; those of the incumbent among them.
    cuts : Cuts
        Cuts on the tail.
    incumbent : Incumbent
        Where the solver starts from.
    gap : float
        Absolute gap at which it ends, money.
    nodes : int
        Nodes of the search tree at most.
    seconds : float
        Time limit.
    """
    from ortools.math_opt.python import mathopt

    count = np.bincount(problem.vehicle[core], minlength=problem.vehicles)
    alone = count[problem.vehicle[core]] == 1
    fixed, free = core[alone], core[~alone]
    work = 1 + free.shape[0]
    model = mathopt.Model()
    parts = _Parts(problem, cuts, fixed, free)
    variables = parts.build(model)
    hint = mathopt.SolutionHint(
        variable_values=dict(zip(variables, parts.values(incumbent), strict=True))
    )
    params = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=max(seconds, 1e-3)),
        absolute_gap_tolerance=gap / problem.scale,
        relative_gap_tolerance=0.0,
        node_limit=nodes,
        random_seed=0,
    )
    try:
        result = apart(
            lambda: mathopt.solve(
                model,
                mathopt.SolverType.HIGHS,
                params=params,
                model_params=mathopt.ModelSolveParameters(solution_hints=[hint]),
            ),
            seconds,
        )
    except BREAKDOWNS:
        logger.warning("the exact solver broke down; the search goes on without its answer")
        return CoreResult(None, np.zeros(problem.lots.shape[0]), np.inf, work, False)
    except TimeoutError:
        return CoreResult(None, np.zeros(problem.lots.shape[0]), np.inf, work, False)
    work += NODE_WORK * int(result.solve_stats.node_count)
    if not result.has_primal_feasible_solution():
        # the incumbent lies in the core: a claim that nothing does proves nothing
        return CoreResult(None, np.zeros(problem.lots.shape[0]), np.inf, work, False)
    bound = float(result.termination.objective_bounds.dual_bound) * problem.scale + parts.constant
    values = np.array(result.variable_values(variables))
    chosen = np.empty(problem.vehicles, dtype=np.int64)
    chosen[problem.vehicle[fixed]] = fixed
    taken = free[values[: free.shape[0]] > 0.5]
    chosen[problem.vehicle[taken]] = taken
    begin = free.shape[0] + len(problem.minimums)
    lots = np.round(values[begin : begin + problem.lots.shape[0]])
    complete = result.termination.reason is mathopt.TerminationReason.OPTIMAL
    return CoreResult(chosen, lots, bound, work, complete)


class _Parts:
    """The model's arrays, in this order.

    Columns, offers, lots, the deviation of the tail, and the pieces of what is lost to volume.
    """

    def __init__(
        self, problem: Problem, cuts: Cuts, fixed: NDArray[np.int64], free: NDArray[np.int64]
    ) -> None:
        self.problem, self.cuts, self.free = problem, cuts, free
        self.constant = float(problem.mean_of(fixed).sum())
        self.room = problem.limit - problem.used(fixed)
        self.units = problem.taken(fixed)
        self.tails = cuts.columns(fixed).sum(axis=1)

    def values(self, incumbent: Incumbent) -> NDArray[np.float64]:
        """Return the incumbent as values of the model's variables."""
        problem = self.problem
        taken = np.isin(self.free, incumbent.chosen).astype(np.float64)
        opened = (problem.taken(incumbent.chosen) > 0).astype(np.float64)
        mean = float(problem.mean_of(incumbent.chosen).sum())
        mean += float(incumbent.lots @ problem.payoff.mean(axis=1))
        tail = 0.0
        beyond = problem.used(incumbent.chosen) - problem.limit
        if not problem.risk.neutral:
            outcomes = outcomes_of(problem, incumbent)
            tail = (problem.risk.tail(outcomes)[0] - mean) / problem.scale
        amounts = problem.steps.amounts(beyond)
        return np.concatenate([taken, opened, incumbent.lots, [min(tail, 0.0)], amounts])

    def build(self, model: Any) -> list[Any]:
        """Fill a MathOpt model and return its variables."""
        problem, scale = self.problem, self.problem.scale
        columns = [model.add_binary_variable() for _ in range(self.free.shape[0])]
        opened = [
            model.add_integer_variable(lb=float(minimum.promised), ub=1.0)
            for minimum in problem.minimums
        ]
        lots = [
            model.add_integer_variable(lb=float(least), ub=float(most))
            for least, most in zip(problem.bought, problem.lots, strict=True)
        ]
        deviation = model.add_variable(ub=0.0)
        pieces = [model.add_variable(lb=0.0, ub=float(width)) for width in problem.steps.width]
        money = [
            *zip(columns, problem.mean_of(self.free), strict=True),
            *zip(lots, problem.payoff.mean(axis=1), strict=True),
            *zip(pieces, -problem.steps.cost, strict=True),
        ]
        for variable, value in money:
            model.objective.set_linear_coefficient(variable, float(value) / scale)
        model.objective.set_linear_coefficient(deviation, problem.risk.weight)
        model.objective.is_maximize = True
        if problem.risk.floor is not None:
            floor = model.add_linear_constraint(lb=(problem.risk.floor - self.constant) / scale)
            for variable, value in money:
                floor.set_coefficient(variable, float(value) / scale)
            floor.set_coefficient(deviation, 1.0)
        self._vehicles(model, columns)
        self._caps(model, columns, pieces)
        self._offers(model, columns, opened)
        self._tails(model, columns, lots, deviation)
        return [*columns, *opened, *lots, deviation, *pieces]

    def _vehicles(self, model: Any, columns: list[Any]) -> None:
        rows: dict[int, Any] = {}
        for variable, vehicle in zip(
            columns, self.problem.vehicle[self.free].tolist(), strict=True
        ):
            if vehicle not in rows:
                rows[vehicle] = model.add_linear_constraint(lb=1.0, ub=1.0)
            rows[vehicle].set_coefficient(variable, 1.0)

    def _caps(self, model: Any, columns: list[Any], pieces: list[Any]) -> None:
        use = sparse.csr_array(self.problem.use[:, self.free])
        most = np.asarray(use.sum(axis=1)).ravel()
        for row in np.flatnonzero(most > self.room):
            begin, end = use.indptr[row], use.indptr[row + 1]
            own = np.flatnonzero(self.problem.steps.row == row)
            # what fixed vehicles use may exceed the cap by the tolerance of a feasible plan
            least = -np.inf if own.size else 0.0
            cap = model.add_linear_constraint(ub=max(float(self.room[row]), least))
            for piece in own:
                cap.set_coefficient(pieces[piece], -1.0)
            for place, amount in zip(use.indices[begin:end], use.data[begin:end], strict=True):
                cap.set_coefficient(columns[place], float(amount))

    def _offers(self, model: Any, columns: list[Any], opened: list[Any]) -> None:
        offer = self.problem.offer[self.free]
        for place, minimum in enumerate(self.problem.minimums):
            given = float(self.units[place])
            above = model.add_linear_constraint(ub=-given)
            below = model.add_linear_constraint(lb=-given)
            for member in np.flatnonzero(offer == place):
                above.set_coefficient(columns[member], 1.0)
                below.set_coefficient(columns[member], 1.0)
            above.set_coefficient(opened[place], -minimum.most)
            below.set_coefficient(opened[place], -minimum.least)

    def _tails(self, model: Any, columns: list[Any], lots: list[Any], deviation: Any) -> None:
        scale, cuts = self.problem.scale, self.cuts
        tilted = cuts.columns(self.free)
        for column, position, constant in zip(tilted, cuts.position, self.tails, strict=True):
            cut = model.add_linear_constraint(ub=float(constant) / scale)
            cut.set_coefficient(deviation, 1.0)
            for variable, value in zip(columns, column, strict=True):
                cut.set_coefficient(variable, -float(value) / scale)
            for variable, value in zip(lots, position, strict=True):
                cut.set_coefficient(variable, -float(value) / scale)
