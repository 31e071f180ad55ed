"""Every policy in every cell: placed in the planner's world, carried out in the judge's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.allocation import Stop
from auction.allocation.problem import best_columns
from auction.evaluate import evaluate
from auction.from_workspace import constraints_of
from auction.policies import (
    AllAuction,
    Baseline,
    Genetic,
    Greedy,
    HighestGuide,
    NearestAuction,
    Optimal,
    Policy,
    Task,
    placed,
)
from auction.quoting import quote
from auction.risk import CVaR
from auction.situation import Situation
from auction.workspace import Workspace
from benchmarks.policies.measures import Difference, ahead, ahead_in_tail
from benchmarks.policies.worlds import halves, misjudged, sample, with_room, world

#: Share of the past offerings that the planner knows; the judge knows the rest.
_KNOWN: Final = 0.75
_FRESH: Final = 1_000_003
_SCARCE: Final = ("event ", "reruns ", "lane ", "venue_week ")


@dataclass(frozen=True, slots=True)
class Grid:
    """What the judge keeps, factors on capacities, and on the judge's bidders and their spread."""

    room: tuple[float, ...]
    bidders: tuple[float, ...]
    spread: tuple[float, ...]
    kept: tuple[str, ...] = ("values", "hammers")


@dataclass(frozen=True, slots=True)
class Size:
    """Vehicles (None for all), scenarios of the judge, generations of breeding."""

    vehicles: int | None
    scenarios: int
    generations: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A policy in a cell.

    Parameters
    ----------
    kept : str
        What stays where bidders are others: values or hammers.
    room, bidders, spread : float
        Factors of the cell.
    policy : str
    binds : bool
        Whether some capacity would be exceeded if each vehicle went its own best way.
    net, tail : float
        Mean and CVaR of the proceeds in the judge's world, money.
    ahead, ahead_in_tail : Difference
        How far the plan is ahead of it in mean and CVaR, paired by scenario, money.
    unmet : tuple of str
        Rules that it could not keep.
    """

    kept: str
    room: float
    bidders: float
    spread: float
    policy: str
    binds: bool
    net: float
    tail: float
    ahead: Difference
    ahead_in_tail: Difference
    unmet: tuple[str, ...]


def policies(generations: int) -> tuple[Policy, ...]:
    """Return the plan and what it is held against, the plan first."""
    bred = Genetic(seed=1, generations=generations)
    return Optimal(Stop(5e-4)), Greedy(), NearestAuction(), AllAuction(), HighestGuide(), bred


def judged(grid: Grid, size: Size, say: Callable[[str], None]) -> list[Judged]:
    """Judge every policy in every cell; the judge draws the same for all of them."""
    workspace = sample(size.vehicles)
    config = workspace.config
    earlier, later = halves(workspace, _KNOWN)
    say(f"planner: a fit of {earlier.tables['sales'].height:,} offerings")
    known = world(earlier, config.simulation.scenarios, config.seed)
    say(f"judge: a fit of {later.tables['sales'].height:,} offerings")
    truth = world(later, size.scenarios, config.seed + _FRESH)
    found: list[Judged] = []
    for room in grid.room:
        task = _task(replace(known, market=with_room(known.market, room)), workspace)
        plans = {}
        for policy in policies(size.generations):
            plans[policy.name] = placed(task, policy)
            say(f"room x {room:g}: {policy.name} hopes for {plans[policy.name].expected:,.0f}")
        there = replace(truth, market=with_room(truth.market, room))
        for kept, bidders, spread in product(grid.kept, grid.bidders, grid.spread):
            say(f"{kept} kept, room x {room:g}, bidders x {bidders:g}, spread x {spread:g}")
            judge = misjudged(there, bidders, spread, kept)
            found += _cell(task, plans, judge, (kept, room, bidders, spread))
    return found


def _task(situation: Situation, workspace: Workspace) -> Task:
    """Return what the policies are asked for; no limit is set to what is kept back."""
    config, tables = workspace.config, workspace.tables
    rules = constraints_of(config)
    limits = tuple(limit for limit in rules.limits if limit.group != "hold")
    return Task.of(
        situation,
        quote(situation.book, situation.market),
        replace(rules, limits=limits, max_hold_share=None),
        CVaR(config.risk.alpha, config.risk.weight),
        tables["overrides"].join(situation.vehicles, on="vehicle_id", how="semi"),
        tables["offers"],
    )


def _cell(
    task: Task,
    plans: dict[str, Baseline],
    there: Situation,
    cell: tuple[str, float, float, float],
) -> list[Judged]:
    """Carry every plan out in the judge's world, and hold the first against each."""
    totals = {name: _total(there, task, plan) for name, plan in plans.items()}
    ours = totals[next(iter(totals))]
    binds, alpha = _binds(task), task.risk.alpha
    return [
        Judged(
            *cell, name, binds, float(total.mean()), task.risk.tail(total)[0],
            ahead(ours, total), ahead_in_tail(ours, total, alpha), plans[name].unmet,
        )
        for name, total in totals.items()
    ]  # fmt: skip


def _total(there: Situation, task: Task, plan: Baseline) -> NDArray[np.float64]:
    """Return the proceeds by scenario of a plan that is carried out, money."""
    chosen = task.options.taken(plan.chosen, plan.volume_loss)
    return evaluate(there, chosen, np.zeros(there.book.factor.shape[2])).total


def _binds(task: Task) -> bool:
    wanted, _ = best_columns(task.problem, task.problem.mean)
    return any(rule.startswith(_SCARCE) for rule in task.problem.broken(wanted))
