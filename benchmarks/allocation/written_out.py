"""A request written out row by row, for every plan there is or for one model of MathOpt."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auction.allocation import Limit
from benchmarks.allocation.instances import Instance, cash_of

_Floats = NDArray[np.float64]
#: Plans up to which all are looked at.
FEW: Final = 20_000
#: A rule holds when it is kept to this share of what it asks: the allocation's own promise.
TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Row:
    """What options use of one thing, what is borne at most, and steps of what is lost beyond."""

    use: _Floats
    limit: float
    steps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A request as rows: m options, n scenarios.

    Parameters
    ----------
    net : float64[m, n]
        Proceeds.
    choice : list of list of int
        Options that each vehicle may take.
    rows : list of Row
        What is capped.
    groups : list of (bool[m], float, float)
        Options of which none or at least and at most so many are taken.
    lots : list of int, length J
        Lots at most of each position.
    instance : Instance
        Where it comes from.
    """

    net: _Floats
    choice: list[list[int]]
    rows: list[Row]
    groups: list[tuple[NDArray[np.bool_], float, float]]
    lots: list[int]
    instance: Instance


@dataclass(frozen=True, slots=True)
class Answer:
    """What the peer found.

    Parameters
    ----------
    objective : float
        Of its plan, judged scenario by scenario, money; minus infinity where there is no plan.
    decided : bool
        Whether it is proven.
    """

    objective: float
    decided: bool = True


def written(one: Instance) -> Written:
    """Write a request out; every rule is read here anew, by its definition."""
    options = one.options
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    frame = options.frame.to_dicts()
    choice, plannable = _choice(one, net, frame)
    counted = np.array([v in plannable for v in options.vehicle.tolist()])
    use = options.use.toarray()
    rows = [
        Row(use[place], resource.limit, resource.steps)
        for place, resource in enumerate(options.resources)
    ]
    lots = _lots(one)
    owed = {"bank": sum(p.owed * n for p, n in zip(one.hedges.positions, lots, strict=True))}
    for limit in one.constraints.limits:
        if limit.max_exposure is not None:
            for name in {r["counterparty"] for r in frame} - {None}:
                if limit.group in (None, name):
                    use = [(r["counterparty"] == name) * (r["exposure"] or 0.0) for r in frame]
                    room = max(limit.max_exposure - owed.get(name, 0.0), 0.0)
                    rows.append(Row(np.array(use), room))
            continue
        rows += _limit(limit, frame, counted, len(plannable))
    for hedge, units in one.hedges.floors.items():
        rows.append(Row(np.array([float(r["hedge_id"] == hedge) for r in frame]), units))
    held = np.array([row["channel"] == "hold" for row in frame])
    if one.constraints.max_hold_share is not None:
        most = np.floor(round(one.constraints.max_hold_share * len(options.vehicle_ids), 9))
        rows.append(Row((held & counted).astype(float), float(most)))
    for target in one.constraints.cash:
        cash = np.array([cash_of(row, target.by) for row in frame])
        rows.append(Row(-cash, -target.amount))
    groups = []
    offers = [] if one.offers is None else one.offers.to_dicts()
    for offer in offers:
        mask = np.array([row["offer_id"] == offer["offer_id"] for row in frame])
        least = 0.0 if offer["package"] else float(offer["min_units"])
        groups.append((mask, least, float(offer["max_units"])))
    if any(offer["package"] for offer in offers):
        mask = np.array([row["offer_id"] is not None for row in frame])
        groups.append((mask, float(offers[0]["package_min_units"]), float(len(frame))))
    return Written(net, choice, rows, groups, lots, one)


def _lots(one: Instance) -> list[int]:
    """Return the lots for which limits in money have room, one position after the other."""
    room = min((limit.max_exposure or np.inf for limit in one.constraints.limits), default=np.inf)
    found = []
    for position in one.hedges.positions:
        lots = sum(position.owed * count <= room for count in range(1, position.lots + 1))
        found.append(lots)
        room -= lots * position.owed
    return found


def _choice(
    one: Instance, net: _Floats, frame: list[dict[str, Any]]
) -> tuple[list[list[int]], set[int]]:
    """Return what each vehicle may take, and the vehicles that need not be held back."""
    said = [] if one.overrides is None else one.overrides.to_dicts()
    rules, choice, plannable = one.constraints, [], set()
    for vehicle, name in enumerate(one.options.vehicle_ids):
        own = [
            o
            for o in np.flatnonzero(one.options.vehicle == vehicle).tolist()
            if frame[o]["hedge_id"] is None or frame[o]["hedge_id"] in one.hedges.floors
        ]
        words = [row for row in said if row["vehicle_id"] == name]
        for word in words:
            keys = [key for key in ("venue_id", "channel") if word[key] is not None]
            same = {o for o in own if all(frame[o][key] == word[key] for key in keys)}
            own = [o for o in own if (o in same) == (word["action"] == "pin")]
        if any(frame[o]["channel"] != "hold" for o in own):
            plannable.add(vehicle)
        bound = rules.sacrifice_rate is not None or rules.sacrifice_amount is not None
        if own and bound and not any(word["action"] == "pin" for word in words):
            best = max(float(frame[o]["expected_net"]) for o in own)
            give = max((rules.sacrifice_rate or 0.0) * best, rules.sacrifice_amount or 0.0)
            own = [
                o
                for o in own
                if float(frame[o]["expected_net"]) >= best - give
                or (rules.hold_exempt and frame[o]["channel"] == "hold")
            ]
        choice.append(own)
    return choice, plannable


def _limit(
    limit: Limit, frame: list[dict[str, Any]], counted: NDArray[np.bool_], plannable: int
) -> list[Row]:
    keys = [tuple(row[name] for name in limit.columns) for row in frame]
    cap = limit.units(plannable)
    found: dict[tuple[Any, ...], _Floats] = {}
    for place, (key, row) in enumerate(zip(keys, frame, strict=True)):
        if None in key or not counted[place]:
            continue
        text = tuple(str(part) for part in key)
        if limit.group is None and row["channel"] == "hold":
            continue
        if limit.group is not None and text != limit.values:
            continue
        found.setdefault(key, np.zeros(len(frame)))[place] = 1.0
    return [Row(use, float(cap)) for use in found.values()]


def judged(
    asked: Written, plans: NDArray[np.int64], lots: _Floats, tolerance: float = TOLERANCE
) -> _Floats:
    """Return what plans are worth scenario by scenario, minus infinity where a rule is broken.

    Parameters
    ----------
    asked : Written
        The request.
    plans : int64[P, V]
        Option of each vehicle.
    lots : float64[P, J]
        Lots of each position.
    tolerance : float
        Share of what a rule asks by which it may be missed.
    """
    one, keeps = asked.instance, np.ones(plans.shape[0], dtype=np.bool_)
    lost = np.zeros(plans.shape[0])
    for row in asked.rows:
        used = row.use[plans].sum(axis=1)
        if row.steps:
            lost += _lost(row, used)
        else:
            keeps &= used <= row.limit + tolerance * max(1.0, abs(row.limit))
    for mask, least, most in asked.groups:
        units = mask[plans].sum(axis=1)
        keeps &= (units == 0) | ((units >= least) & (units <= most))
    payoff = np.array([position.payoff for position in one.hedges.positions])
    outcomes = asked.net[plans].sum(axis=1) - lost[:, None]
    outcomes = outcomes + lots @ payoff.reshape(-1, outcomes.shape[1])
    tail = tail_mean(outcomes, one.risk.alpha)
    if one.risk.floor is not None:
        keeps &= tail >= one.risk.floor - tolerance * abs(one.risk.floor)
    worth = (1.0 - one.risk.weight) * outcomes.mean(axis=1) + one.risk.weight * tail
    return np.where(keeps, worth, -np.inf)


def _lost(row: Row, used: _Floats) -> _Floats:
    lost, begin = np.zeros(used.size), row.limit
    for number, (width, cost) in enumerate(row.steps):
        most = np.inf if number + 1 == len(row.steps) else width
        lost += cost * np.clip(used - begin, 0.0, most)
        begin += width
    return lost


def tail_mean(outcomes: _Floats, alpha: float) -> _Floats:
    """Return the mean of the worst share of each row, by its definition."""
    share = round((1.0 - alpha) * outcomes.shape[-1], 9)
    ordered, whole = np.sort(outcomes, axis=-1), int(share)
    total = ordered[..., :whole].sum(axis=-1)
    if share > whole:
        total = total + (share - whole) * ordered[..., whole]
    return np.asarray(total / share)


def answer(asked: Written, seconds: float = 60.0) -> Answer:
    """Return the optimum: of every plan where these are few, else of the whole model."""
    if any(not own for own in asked.choice):
        return Answer(-np.inf)
    menu = [np.arange(lots + 1) for lots in asked.lots]
    sizes = [len(own) for own in asked.choice] + [each.size for each in menu]
    if np.prod(np.array(sizes, dtype=np.float64)) <= FEW:
        plans = np.array(list(itertools.product(*asked.choice)), dtype=np.int64)
        best = -np.inf
        for bought in itertools.product(*menu):
            lots = np.tile(np.array(bought, dtype=np.float64), (plans.shape[0], 1))
            best = max(best, float(judged(asked, plans, lots, 1e-9).max()))
        return Answer(best)
    return _whole(asked, seconds)


def _whole(asked: Written, seconds: float) -> Answer:
    """Solve one model with every row and every scenario in it (Rockafellar and Uryasev 2000)."""
    from ortools.math_opt.python import mathopt

    one, model = asked.instance, mathopt.Model()
    scale = float(np.abs(asked.net).mean()) / 1e3
    options = sorted({option for own in asked.choice for option in own})
    taken = {option: model.add_binary_variable() for option in options}
    for own in asked.choice:
        model.add_linear_constraint(mathopt.fast_sum([taken[o] for o in own]) == 1.0)
    lost = []
    for row in asked.rows:
        unit = max(1.0, float(np.abs(row.use).max(initial=0.0)))
        terms = [float(row.use[o]) / unit * taken[o] for o in options if row.use[o]]
        for number, (width, cost) in enumerate(row.steps):
            last = number + 1 == len(row.steps)
            piece = model.add_variable(lb=0.0, ub=float("inf") if last else width)
            terms.append(-1.0 / unit * piece)
            lost.append(cost / scale * piece)
        model.add_linear_constraint(mathopt.fast_sum(terms) <= row.limit / unit)
    for mask, least, most in asked.groups:
        units = mathopt.fast_sum([taken[o] for o in options if mask[o]])
        opened = model.add_binary_variable()
        model.add_linear_constraint(units <= most * opened)
        model.add_linear_constraint(units >= least * opened)
    lots = [model.add_integer_variable(lb=0.0, ub=float(most)) for most in asked.lots]
    level, beyond, count = model.add_variable(), mathopt.fast_sum(lost), asked.net.shape[1]
    totals = []
    for scenario in range(count):
        terms = [float(asked.net[o, scenario]) / scale * taken[o] for o in options]
        for lot, position in zip(lots, one.hedges.positions, strict=True):
            terms.append(float(position.payoff[scenario]) / scale * lot)
        totals.append(mathopt.fast_sum(terms))
    short = [model.add_variable(lb=0.0) for _ in totals]
    for less, total in zip(short, totals, strict=True):
        model.add_linear_constraint(less >= level - total)
    tail = level - mathopt.fast_sum(short) / ((1.0 - one.risk.alpha) * count) - beyond
    mean = mathopt.fast_sum([total / count for total in totals]) - beyond
    if one.risk.floor is not None:
        model.add_linear_constraint(tail >= one.risk.floor / scale)
    model.maximize((1.0 - one.risk.weight) * mean + one.risk.weight * tail)
    params = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=seconds), relative_gap_tolerance=0.0,
        absolute_gap_tolerance=0.0, random_seed=0,
    )  # fmt: skip
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params)
    reason = result.termination.reason
    if reason is mathopt.TerminationReason.INFEASIBLE:
        return Answer(-np.inf)
    decided = reason is mathopt.TerminationReason.OPTIMAL
    if not result.has_primal_feasible_solution():
        return Answer(-np.inf, decided=False)
    values = result.variable_values()
    plan = [max(own, key=lambda o: values[taken[o]]) for own in asked.choice]
    bought = np.array([[round(values[lot]) for lot in lots]], dtype=np.float64)
    worth = judged(asked, np.array([plan], dtype=np.int64), bought)
    return Answer(float(worth[0]), decided)
