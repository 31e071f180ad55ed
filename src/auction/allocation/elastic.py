"""The nearest to a plan that keeps every rule: each may give way, at a cost."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.clock import BREAKDOWNS, apart
from auction.allocation.problem import TOLERANCE, Problem
from auction.allocation.rules import BARS

logger = logging.getLogger(__name__)

#: What a unit of excess counts, 1 where nothing is said; of equals the desk's word gives way last.
WEIGHTS = {"commitment": 1.02, "pin": 1.01, "ban": 1.01, "sacrifice": 1.005}


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that may have to give way.

    Parameters
    ----------
    kind : {"cap", "least", "most", "tail", "commitment", "pin", "ban", "sacrifice"}
        A capped thing, an offer's minimum or maximum, the floor of the tail, or what bars some of
        a vehicle's options.
    place : int
        Its position among its kind; the vehicle where options are barred.
    words : str
        The rule in the desk's words.
    """

    kind: str
    place: int
    words: str


def possible(problem: Problem, demands: Sequence[Demand]) -> bool:
    """Tell whether some plan meets demands, and one option a vehicle.

    Parameters
    ----------
    problem : Problem
        Its columns may be barred (`Problem.bar`).
    demands : sequence of Demand
        What is asked.
    """
    from ortools.math_opt.python import mathopt

    result = _solved(_model(problem, demands, frozenset(demands))[0])
    return result.termination.reason is not mathopt.TerminationReason.INFEASIBLE


def nearest(
    problem: Problem, demands: Sequence[Demand], firm: AbstractSet[Demand] = frozenset()
) -> tuple[NDArray[np.int64], dict[Demand, float]]:
    """Return a plan with the least total excess over the demands, and the excesses.

    Parameters
    ----------
    problem : Problem
        Its columns may be barred (`Problem.bar`).
    demands : sequence of Demand
        What is asked; nothing else is, beyond one option a vehicle.
    firm : set of Demand
        Those of them that do not give way. Some plan must keep them all.

    Returns
    -------
    (int64[V], dict of Demand to float)
        Columns; excesses in units, shares of a vehicle, or money over the problem's scale for
        the floor. A demand that is met is not among them.
    """
    model, columns, taken, give = _model(problem, demands, firm)
    result = _solved(model)
    values = np.array(result.variable_values(taken))
    chosen = np.full(problem.vehicles, -1, dtype=np.int64)
    picked = columns[values > 0.5]
    chosen[problem.vehicle[picked]] = picked
    excess = {demand: float(result.variable_values(variable)) for demand, variable in give.items()}
    return chosen, {demand: amount for demand, amount in excess.items() if amount > TOLERANCE}


def _model(
    problem: Problem, demands: Sequence[Demand], firm: AbstractSet[Demand]
) -> tuple[Any, NDArray[np.int64], list[Any], dict[Demand, Any]]:
    """Return the model with its columns, their variables, and by how much demands give way."""
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    kinds = {demand.kind for demand in demands}
    columns = np.arange(problem.column.size) if "tail" in kinds else _distinct(problem)
    taken = [model.add_binary_variable() for _ in range(columns.shape[0])]
    give = {
        demand: model.add_variable(lb=0.0, ub=0.0 if demand in firm else np.inf)
        for demand in demands
    }
    by_vehicle: list[list[Any]] = [[] for _ in range(problem.vehicles)]
    for variable, vehicle in zip(taken, problem.vehicle[columns].tolist(), strict=True):
        by_vehicle[vehicle].append(variable)
    for variables in by_vehicle:
        model.add_linear_constraint(mathopt.fast_sum(variables) == 1.0)
    parts = _Elastic(model, problem, columns, taken, give)
    parts.barred()
    parts.capped()
    parts.offered()
    parts.floored()
    model.minimize(
        mathopt.fast_sum(
            [WEIGHTS.get(demand.kind, 1.0) * variable for demand, variable in give.items()]
        )
    )
    return model, columns, taken, give


def _solved(model: Any) -> Any:
    from ortools.math_opt.python import mathopt

    params = mathopt.SolveParameters(random_seed=0, relative_gap_tolerance=0.0)
    try:
        return apart(lambda: mathopt.solve(model, mathopt.SolverType.HIGHS, params=params))
    except BREAKDOWNS:
        logger.warning("the exact solver broke down on a diagnosis; another one is asked")
        return apart(lambda: mathopt.solve(model, mathopt.SolverType.GSCIP, params=params))


def _distinct(problem: Problem) -> NDArray[np.int64]:
    """Return one column of each vehicle for each pattern of use."""
    seen: set[tuple[int, int, bytes, bytes, int]] = set()
    kept: list[int] = []
    use = problem.use
    for column in range(problem.column.shape[0]):
        part = slice(use.indptr[column], use.indptr[column + 1])
        key = (
            int(problem.vehicle[column]),
            int(problem.bar[column]),
            use.indices[part].tobytes(),
            use.data[part].tobytes(),
            int(problem.offer[column]),
        )
        if key not in seen:
            seen.add(key)
            kept.append(column)
    return np.array(kept, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Elastic:
    """A model of some columns and of what gives way."""

    model: Any
    problem: Problem
    columns: NDArray[np.int64]
    taken: list[Any]
    give: dict[Demand, Any]

    def barred(self) -> None:
        """Let a vehicle take a barred option only where its bar gives way."""
        bar, vehicle = self.problem.bar[self.columns], self.problem.vehicle[self.columns]
        for demand, variable in self.give.items():
            if demand.kind in BARS:
                row = self.model.add_linear_constraint(ub=0.0)
                row.set_coefficient(variable, -1.0)
                own = (bar == BARS.index(demand.kind)) & (vehicle == demand.place)
                for place in np.flatnonzero(own):
                    row.set_coefficient(self.taken[place], 1.0)

    def capped(self) -> None:
        problem = self.problem
        use = sparse.csr_array(problem.use[:, self.columns])
        for demand, variable in self.give.items():
            if demand.kind != "cap":
                continue
            row = self.model.add_linear_constraint(ub=float(problem.ceiling[demand.place]))
            row.set_coefficient(variable, -1.0)
            part = slice(use.indptr[demand.place], use.indptr[demand.place + 1])
            for place, amount in zip(use.indices[part], use.data[part], strict=True):
                row.set_coefficient(self.taken[place], float(amount))

    def offered(self) -> None:
        problem, offer = self.problem, self.problem.offer[self.columns]
        opened = [
            self.model.add_integer_variable(lb=float(minimum.promised), ub=1.0)
            for minimum in problem.minimums
        ]
        for place in range(len(problem.minimums)):
            members = np.flatnonzero(offer == place)
            row = self.model.add_linear_constraint(ub=0.0)
            row.set_coefficient(opened[place], -float(members.size))
            for member in members:
                row.set_coefficient(self.taken[member], 1.0)
        for demand, variable in self.give.items():
            if demand.kind not in {"least", "most"}:
                continue
            minimum = problem.minimums[demand.place]
            sign, edge = (1.0, minimum.most) if demand.kind == "most" else (-1.0, minimum.least)
            row = self.model.add_linear_constraint(ub=0.0)
            row.set_coefficient(variable, -1.0)
            row.set_coefficient(opened[demand.place], -sign * edge)
            for member in np.flatnonzero(offer == demand.place):
                row.set_coefficient(self.taken[member], sign)

    def floored(self) -> None:
        """Write the tail out, scenario by scenario (Rockafellar and Uryasev 2000)."""
        demand = next((each for each in self.give if each.kind == "tail"), None)
        floor = self.problem.risk.floor
        if demand is None or floor is None:
            return
        model, problem, scale = self.model, self.problem, self.problem.scale
        options, count = problem.options, problem.options.scenarios
        lots = [model.add_integer_variable(lb=0.0, ub=float(most)) for most in problem.lots]
        level = model.add_variable()
        tail = model.add_linear_constraint(lb=floor / scale)
        tail.set_coefficient(level, 1.0)
        tail.set_coefficient(self.give[demand], 1.0)
        rows = problem.column[self.columns]
        basis = options.basis[options.group[rows]]
        net = np.einsum("or,ors->os", options.coefficient[rows], basis) / scale
        for scenario in range(count):
            short = model.add_variable(lb=0.0)
            tail.set_coefficient(short, -1.0 / ((1.0 - problem.risk.alpha) * count))
            row = model.add_linear_constraint(lb=0.0)
            row.set_coefficient(short, 1.0)
            row.set_coefficient(level, -1.0)
            for variable, value in zip(self.taken, net[:, scenario], strict=True):
                row.set_coefficient(variable, float(value))
            for lot, value in zip(lots, problem.payoff[:, scenario] / scale, strict=True):
                row.set_coefficient(lot, float(value))
        self._lost(tail)

    def _lost(self, tail: Any) -> None:
        """Take what is lost to volume off the tail."""
        steps, use = self.problem.steps, sparse.csr_array(self.problem.use[:, self.columns])
        for cap in np.unique(steps.row):
            row = self.model.add_linear_constraint(ub=float(self.problem.limit[cap]))
            part = slice(use.indptr[cap], use.indptr[cap + 1])
            for place, amount in zip(use.indices[part], use.data[part], strict=True):
                row.set_coefficient(self.taken[place], float(amount))
            for piece in np.flatnonzero(steps.row == cap):
                beyond = self.model.add_variable(lb=0.0, ub=float(steps.width[piece]))
                row.set_coefficient(beyond, -1.0)
                tail.set_coefficient(beyond, -float(steps.cost[piece]) / self.problem.scale)
