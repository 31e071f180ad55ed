"""Plans that are hard to find, and requests that no plan can meet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.elastic import Demand, nearest, possible
from auction.allocation.problem import TOLERANCE, Problem
from auction.allocation.rules import BARS
from auction.errors import InfeasibleError

SMALL = 200_000  # demands times columns for which every demand is tried one by one
SMALL_TAIL = 20_000_000  # the same times scenarios, where the floor of the tail takes part


def feasible_plan(problem: Problem) -> NDArray[np.int64]:
    """Return a plan that keeps every rule on use, whatever it is worth.

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
    if sentences := _beyond_reach(problem):
        raise InfeasibleError(sentences)
    chosen, slack = nearest(problem, _on_use(problem))
    if not slack:
        return chosen
    wide = problem.lift(frozenset({"commitment", "pin", "ban", "sacrifice"}))
    demands = _demands(wide)
    small = len(demands) * wide.column.size <= SMALL
    if not small:
        # the largest sacrifice bars much in a large fleet; what is asked by name is little
        wide = problem.lift(frozenset({"commitment", "pin", "ban"}))
        demands = _demands(wide)
    _, slack = nearest(wide, demands)
    conflict = _smallest(wide, demands) if small else _involved(wide, demands, slack)
    raise InfeasibleError(
        [_sentence(wide, demand, slack.get(demand)) for demand in conflict]
        + _others(wide, conflict, slack)
    )


def _beyond_reach(problem: Problem) -> list[str]:
    """Return the sums that no plan brings whatever gives way, and what can be reached of them.

    To let a yard give way would bring such a sum nearer, but not within reach: nothing else is
    asked to. Empty where there are none, or where the other rules contradict each other.
    """
    if all(rule.target is None for rule in problem.rules):
        return []
    wide = problem.lift(frozenset({"commitment", "pin", "ban", "sacrifice"}))
    # rows that nothing uses are not there once more is barred, so places differ
    far = {
        rule.label
        for place, rule in enumerate(wide.rules)
        if rule.target is not None and _least_use(wide, place) > wide.ceiling[place] + TOLERANCE
    }
    asked = _on_use(problem)
    beyond = [d for d in asked if d.kind == "cap" and problem.rules[d.place].label in far]
    firm = [demand for demand in asked if demand not in beyond]
    if not beyond or not possible(problem, firm):
        return []
    _, slack = nearest(problem, asked, frozenset(firm))
    return [_sentence(problem, demand, slack.get(demand)) for demand in beyond]


def against_floor(problem: Problem) -> list[str]:
    """Return the rules without any of which a floor that is out of reach could be kept.

    Parameters
    ----------
    problem : Problem
        Plans keep every rule on use in it, and none of them its floor.

    Returns
    -------
    list of str
        In words; empty where the floor is out of reach whatever gives way, and in a large fleet.
    """
    wide = problem.lift(frozenset({"commitment", "pin", "ban", "sacrifice"}))
    demands = _demands(wide)
    if len(demands) * wide.column.size * wide.options.scenarios > SMALL_TAIL:
        return []
    tail = Demand("tail", 0, "")
    if not possible(wide, [tail]):
        return []
    return [demand.words for demand in _smallest(wide, [*demands, tail]) if demand is not tail]


def _sentence(problem: Problem, demand: Demand, amount: float | None) -> str:
    if amount is None:
        return demand.words
    if demand.kind in BARS:
        return f"{demand.words}: cheapest way out, release it"
    rule = problem.rules[demand.place] if demand.kind == "cap" else None
    if rule is not None and rule.target is not None:
        reached = math.floor((rule.target - amount * rule.unit) * 100.0 + 1e-6) / 100.0
        return (
            f"{demand.words}: cheapest way out, let it give way by {rule.target - reached:,.2f}: "
            f"{reached:,.2f} can be reached"
        )
    if rule is not None and rule.kind == "exposure":
        return f"{demand.words}: cheapest way out, let it give way by {_money(amount * rule.unit)}"
    return f"{demand.words}: cheapest way out, let it give way by {amount:.6g} units"


def _money(amount: float) -> str:
    """Return money rounded up to the cent, so that what is told is enough."""
    return f"{math.ceil(amount * 100.0 - 1e-6) / 100.0:,.2f}"


def _others(problem: Problem, conflict: list[Demand], slack: dict[Demand, float]) -> list[str]:
    return [
        f"also needed: {_sentence(problem, demand, amount)}"
        for demand, amount in slack.items()
        if demand not in conflict
    ]


def _demands(problem: Problem) -> list[Demand]:
    """Return what may give way, in a fixed order; caps that can never bind are left out."""
    return [*_bars(problem), *_on_use(problem)]


def _bars(problem: Problem) -> list[Demand]:
    """Return what bars options of some vehicle; what the desk said of vehicles comes last."""
    return [
        Demand(kind, int(vehicle), problem.barred_words(kind, int(vehicle)))
        for kind in ("sacrifice", "ban", "pin", "commitment")
        for vehicle in np.unique(problem.vehicle[problem.bar == BARS.index(kind)])
    ]


def _on_use(problem: Problem) -> list[Demand]:
    demands = []
    for place, (rule, limit) in enumerate(zip(problem.rules, problem.limit, strict=True)):
        words = f"{rule.kind} {rule.label} (limit {limit:.6g})"
        if rule.target is not None:
            words = f"{rule.label} of at least {rule.target:,.2f}"
        elif rule.kind == "exposure":
            kept = f", {rule.kept:,.2f} of it kept for puts and layers" if rule.kept else ""
            words = f"{rule.kind} {rule.label}{kept}"
        demands.append(Demand("cap", place, words))
    for place, minimum in enumerate(problem.minimums):
        words = f"{minimum.label} {'is promised' if minimum.promised else 'takes'}"
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


def _least_use(problem: Problem, place: int) -> float:
    """Return what all vehicles use together of a cap where each takes what uses least of it."""
    use = np.zeros(problem.vehicle.size)
    row = sparse.csr_array(problem.use)[[place], :]
    use[row.indices] = row.data
    least = np.full(problem.vehicles, np.inf)
    np.minimum.at(least, problem.vehicle, use)
    return float(least.sum())


def _smallest(problem: Problem, demands: list[Demand]) -> list[Demand]:
    """Return rules that conflict and of which none can be spared (deletion filter)."""
    kept = list(demands)
    for demand in demands:
        rest = [other for other in kept if other is not demand]
        if not possible(problem, rest):
            kept = rest
    return kept


def _involved(problem: Problem, demands: list[Demand], slack: dict[Demand, float]) -> list[Demand]:
    """Return the rules that give way, and those that stand against them through pins."""
    released = [demand.place for demand in slack if demand.kind in BARS]
    forced = np.zeros(problem.vehicles, dtype=np.bool_)
    rules: list[Demand] = []
    for demand in demands:
        if demand.kind not in BARS:
            only = _without_choice(problem, demand)
            if demand in slack or only[released].any():
                rules.append(demand)
                forced |= only
    said = [d for d in demands if d.kind in BARS and (d in slack or forced[d.place])]
    return [*said, *rules]


def _without_choice(problem: Problem, demand: Demand) -> NDArray[np.bool_]:
    """Return the vehicles of which every column that is not barred counts toward the rule."""
    if demand.kind == "cap":
        use = sparse.csr_array(problem.use)[[demand.place], :]
        counted = use.indices.astype(np.int64)
    else:
        counted = np.flatnonzero(problem.offer == demand.place)
    open_to = np.bincount(problem.vehicle[problem.bar == 0], minlength=problem.vehicles)
    users = problem.vehicle[counted[problem.bar[counted] == 0]]
    return np.asarray(np.bincount(users, minlength=problem.vehicles) == open_to)
