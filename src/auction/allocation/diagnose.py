"""Plans that are hard to find, and requests that no plan can meet."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.clock import BREAKDOWNS, apart
from auction.allocation.problem import TOLERANCE, Problem
from auction.errors import InfeasibleError

logger = logging.getLogger(__name__)

SMALL = 200_000  # demands times columns for which every demand is tried one by one
PIN = "pin"
PIN_WEIGHT = 1.01


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that may have to give way.

    Parameters
    ----------
    kind : {"cap", "least", "most", "pin"}
        A capped thing, an offer's minimum or maximum, a pinned vehicle.
    place : int
        Its position among its kind.
    words : str
        The rule in the desk's words.
    """

    kind: str
    place: int
    words: str


def feasible_plan(problem: Problem) -> NDArray[np.int64]:
    """Return a plan that keeps every rule, whatever it is worth.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    int64[V]
        Column of each vehicle.

    Raises
    ------
    InfeasibleError
        When there is none. The message names the rules in conflict (a smallest set when few
        rules are in play) and the cheapest relaxation, counted in units and vehicles.
    """
    demands = _demands(problem)
    chosen, slack = _elastic(problem, demands, hard=())
    if not slack:
        return chosen
    if len(demands) * problem.column.shape[0] <= SMALL:
        conflict = _smallest(problem, demands)
    else:
        conflict = _involved(problem, demands, slack)
    raise InfeasibleError(
        [_sentence(demand, slack.get(demand)) for demand in conflict] + _others(conflict, slack)
    )


def _sentence(demand: Demand, amount: float | None) -> str:
    if amount is None:
        return demand.words
    if demand.kind == PIN:
        return f"{demand.words}: cheapest way out, release it"
    return f"{demand.words}: cheapest way out, let it give way by {amount:.6g} units"


def _others(conflict: list[Demand], slack: dict[Demand, float]) -> list[str]:
    return [
        f"also needed: {_sentence(demand, amount)}"
        for demand, amount in slack.items()
        if demand not in conflict
    ]


def _demands(problem: Problem) -> list[Demand]:
    """Return what may give way, in a fixed order; caps that can never bind are left out."""
    demands = [Demand(PIN, place, words) for place, words in sorted(problem.pins.items())]
    for place, (rule, limit) in enumerate(zip(problem.rules, problem.limit, strict=True)):
        demands.append(Demand("cap", place, f"{rule.kind} {rule.label} (limit {limit:.6g})"))
    for place, minimum in enumerate(problem.minimums):
        words = f"{minimum.label} takes"
        demands.append(Demand("least", place, f"{words} at least {minimum.least:.6g} units"))
        demands.append(Demand("most", place, f"{words} at most {minimum.most:.6g} units"))
    return [demand for demand in demands if not _idle(problem, demand)]


def _idle(problem: Problem, demand: Demand) -> bool:
    if demand.kind != "cap":
        return False
    use = sparse.csr_array(problem.use)[[demand.place], :]
    most = np.zeros(problem.vehicles)
    np.maximum.at(most, problem.vehicle[use.indices], use.data)
    return bool(most.sum() <= problem.ceiling[demand.place])


def _smallest(problem: Problem, demands: list[Demand]) -> list[Demand]:
    """Return rules that conflict and of which none can be spared (deletion filter)."""
    kept = list(demands)
    for demand in demands:
        rest = tuple(other for other in kept if other is not demand)
        _, slack = _elastic(problem, rest, hard=rest)
        if slack:
            kept = list(rest)
    return kept


def _involved(problem: Problem, demands: list[Demand], slack: dict[Demand, float]) -> list[Demand]:
    """Return the rules that give way, and those that stand against them through pins."""
    released = [demand.place for demand in slack if demand.kind == PIN]
    forced = np.zeros(problem.vehicles, dtype=np.bool_)
    rules: list[Demand] = []
    for demand in demands:
        if demand.kind != PIN:
            only = _without_choice(problem, demand)
            if demand in slack or only[released].any():
                rules.append(demand)
                forced |= only
    pinned = [d for d in demands if d.kind == PIN and (d in slack or forced[d.place])]
    return [*pinned, *rules]


def _without_choice(problem: Problem, demand: Demand) -> NDArray[np.bool_]:
    """Return the vehicles of which every column counts toward the rule."""
    if demand.kind == "cap":
        users = problem.vehicle[sparse.csr_array(problem.use)[[demand.place], :].indices]
    else:
        users = problem.vehicle[problem.offer == demand.place]
    result: NDArray[np.bool_] = np.bincount(users, minlength=problem.vehicles) == np.diff(
        problem.start
    )
    return result


def _distinct(problem: Problem) -> NDArray[np.int64]:
    """Return one column of each vehicle for each pattern of use."""
    seen: set[tuple[int, bytes, bytes, int]] = set()
    kept: list[int] = []
    use = problem.use
    for column in range(problem.column.shape[0]):
        part = slice(use.indptr[column], use.indptr[column + 1])
        key = (
            int(problem.vehicle[column]),
            use.indices[part].tobytes(),
            use.data[part].tobytes(),
            int(problem.offer[column]),
        )
        if key not in seen:
            seen.add(key)
            kept.append(column)
    return np.array(kept, dtype=np.int64)


def _elastic(
    problem: Problem, demands: tuple[Demand, ...] | list[Demand], hard: tuple[Demand, ...]
) -> tuple[NDArray[np.int64], dict[Demand, float]]:
    """Return a plan with the least total excess over the demands, and the excesses.

    With ``hard`` given only its demands exist, and any excess at all means that they conflict.
    """
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    columns = _distinct(problem)
    taken = [model.add_binary_variable() for _ in range(columns.shape[0])]
    give = {demand: model.add_variable(lb=0.0) for demand in demands}
    by_vehicle: list[list[Any]] = [[] for _ in range(problem.vehicles)]
    for variable, vehicle in zip(taken, problem.vehicle[columns].tolist(), strict=True):
        by_vehicle[vehicle].append(variable)
    for vehicle, variables in enumerate(by_vehicle):
        pin = next((d for d in demands if d.kind == PIN and d.place == vehicle), None)
        released = [] if pin is None else [give[pin]]
        if vehicle in problem.pins and pin is None and hard:
            continue
        model.add_linear_constraint(mathopt.fast_sum([*variables, *released]) == 1.0)
    _capped(model, problem, columns, taken, give)
    _offered(model, problem, columns, taken, give)
    model.minimize(
        mathopt.fast_sum([_weight(demand) * variable for demand, variable in give.items()])
    )
    params = mathopt.SolveParameters(random_seed=0, relative_gap_tolerance=0.0)
    try:
        result = apart(lambda: mathopt.solve(model, mathopt.SolverType.HIGHS, params=params))
    except BREAKDOWNS:
        logger.warning("the exact solver broke down on a diagnosis; another one is asked")
        result = apart(lambda: mathopt.solve(model, mathopt.SolverType.GSCIP, params=params))
    values = np.array(result.variable_values(taken))
    chosen = np.full(problem.vehicles, -1, dtype=np.int64)
    picked = columns[values > 0.5]
    chosen[problem.vehicle[picked]] = picked
    excess = {demand: float(result.variable_values(variable)) for demand, variable in give.items()}
    return chosen, {demand: amount for demand, amount in excess.items() if amount > TOLERANCE}


def _weight(demand: Demand) -> float:
    """Return what a unit of excess counts; of equals the desk's word gives way last."""
    return PIN_WEIGHT if demand.kind == PIN else 1.0


def _capped(
    model: Any,
    problem: Problem,
    columns: NDArray[np.int64],
    taken: list[Any],
    give: dict[Demand, Any],
) -> None:
    use = sparse.csr_array(problem.use[:, columns])
    for demand, variable in give.items():
        if demand.kind != "cap":
            continue
        row = model.add_linear_constraint(ub=float(problem.limit[demand.place]))
        row.set_coefficient(variable, -1.0)
        part = slice(use.indptr[demand.place], use.indptr[demand.place + 1])
        for place, amount in zip(use.indices[part], use.data[part], strict=True):
            row.set_coefficient(taken[place], float(amount))


def _offered(
    model: Any,
    problem: Problem,
    columns: NDArray[np.int64],
    taken: list[Any],
    give: dict[Demand, Any],
) -> None:
    offer = problem.offer[columns]
    opened = [model.add_binary_variable() for _ in problem.minimums]
    for place in range(len(problem.minimums)):
        everyone = float((offer == place).sum())
        open_row = model.add_linear_constraint(ub=0.0)
        open_row.set_coefficient(opened[place], -everyone)
        for member in np.flatnonzero(offer == place):
            open_row.set_coefficient(taken[member], 1.0)
    for demand, variable in give.items():
        if demand.kind not in {"least", "most"}:
            continue
        minimum = problem.minimums[demand.place]
        sign, edge = (1.0, minimum.most) if demand.kind == "most" else (-1.0, minimum.least)
        row = model.add_linear_constraint(ub=0.0)
        row.set_coefficient(variable, -1.0)
        row.set_coefficient(opened[demand.place], -sign * edge)
        for member in np.flatnonzero(offer == demand.place):
            row.set_coefficient(taken[member], sign)
