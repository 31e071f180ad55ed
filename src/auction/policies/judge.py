"""Policies judged in worlds that the planner has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.problem import best_columns
from auction.evaluate import evaluate, standard_error
from auction.from_workspace import constraints_of, words_of
from auction.policies.ahead import ahead, ahead_in_measure, ahead_in_tail
from auction.policies.placed import Baseline, placed
from auction.policies.policy import Policy
from auction.policies.task import Task
from auction.policies.worlds import misjudged, with_room, world
from auction.progress import Progress, silent
from auction.quoting import quote
from auction.risk import CVaR
from auction.situation import Situation
from auction.workspace import Workspace

_FRESH: Final = 1_000_003
_SCARCE: Final = ("event ", "reruns ", "lane ", "venue_week ")
_READINGS: Final = ("values", "hammers")


@dataclass(frozen=True, slots=True)
class Grid:
    """Worlds in which policies are judged: every combination.

    Parameters
    ----------
    room : tuple of float
        Factors on capacities of events, lanes and venues, known to policies.
    bidders, spread : tuple of float
        Factors on the judge's mean number of bidders on a lot, and on the spread of what they
        think of it; policies do not know of them.
    kept : tuple of str
        What stays where bidders are others: "values", "hammers", or both in turn; see
        :func:`auction.policies.worlds.misjudged`.

    Raises
    ------
    ValueError
        Where a factor is not above zero, a side is empty or a reading is unknown.
    """

    room: tuple[float, ...] = (1.0,)
    bidders: tuple[float, ...] = (1.0,)
    spread: tuple[float, ...] = (1.0,)
    kept: tuple[str, ...] = _READINGS

    def __post_init__(self) -> None:
        factors = (*self.room, *self.bidders, *self.spread)
        if not all(getattr(self, side.name) for side in fields(self)):
            raise ValueError("every side of a grid needs an entry")
        if not all(0.0 < factor < np.inf for factor in factors):
            raise ValueError("factors of a grid must be finite and above zero")
        if not set(self.kept) <= set(_READINGS):
            raise ValueError(f"what is kept is one of {', '.join(_READINGS)}, not {self.kept}")

    def others(self) -> Iterator[tuple[str, float, float]]:
        """Yield what is kept, and the factors on bidders and spread, of each cell of a room.

        With bidders and spread as fitted both readings are the same world, told once.
        """
        for kept, bidders, spread in product(self.kept, self.bidders, self.spread):
            if kept == self.kept[0] or (bidders, spread) != (1.0, 1.0):
                yield kept, bidders, spread


def judge(
    known: Workspace,
    unseen: Workspace,
    policies: Sequence[Policy],
    *,
    grid: Grid | None = None,
    ours: int = 1,
    scenarios: int = 1024,
    threads: int = 1,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Let policies place a fleet, and carry their plans out in worlds fitted on other offerings.

    Parameters
    ----------
    known : Workspace
        What policies decide on: its past offerings, its fleet, market and rules.
    unseen : Workspace
        The same with past offerings that ``known`` does not hold, on which the judge's values,
        bidders, and times to a sale are fitted; :func:`auction.policies.halves` makes both of
        one workspace.
    policies : sequence of Policy
        Of different names.
    grid : Grid, optional
        Worlds to judge in; without it the one world as fitted.
    ours : int
        How many policies, from the first on, all of them are held against.
    scenarios : int
        Of the judge, the same ones for all policies and in all worlds.
    threads : int
        Threads of the kernels; the result does not depend on it.
    progress : callable, optional
        Told the stage, the share done and a message.

    Returns
    -------
    polars.DataFrame
        As of :func:`judge_in`.

    Raises
    ------
    InputError
        Where past offerings do not bear a fit.
    ValueError
        Where there are no policies, or two of the same name.
    """
    config = known.config
    progress("fit", 0.0, f"planner: {known.tables['sales'].height:,} past offerings")
    here = world(known, config.simulation.scenarios, config.seed, threads=threads)
    progress("fit", 0.5, f"judge: {unseen.tables['sales'].height:,} other offerings")
    there = world(unseen, scenarios, (config.seed + _FRESH) % 2**63, threads=threads)
    return judge_in(known, here, there, policies, grid=grid, ours=ours, progress=progress)


def judge_in(
    workspace: Workspace,
    here: Situation,
    there: Situation,
    policies: Sequence[Policy],
    *,
    grid: Grid | None = None,
    ours: int = 1,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Judge policies that decide in one world by another.

    Parameters
    ----------
    workspace : Workspace
        Rules, appetite for risk, pins and bans, as :func:`task_of` has them; hedges are left
        aside.
    here, there : Situation
        The world as policies know it, and the judge's: the same fleet and market, values and
        bidders of their own; see :func:`auction.policies.world`.
    policies, grid, ours, progress
        As for :func:`judge`.

    Returns
    -------
    polars.DataFrame
        A row for each cell of the grid, each of ``ours`` and each policy. Columns: room, kept,
        bidders, spread (the cell), ours, policy, binds (whether some capacity would be exceeded
        if each vehicle went its own best way), mean, cvar and measure (the appetite's blend of
        both) of the policy's proceeds, money, with mean_error; ahead, ahead_low, ahead_high and
        the same with ``cvar_`` and ``measure_`` before (by how much ours is ahead of the policy:
        paired by scenario, with a 95 % interval); rules_broken by the policy (list of str).

    Raises
    ------
    ValueError
        Where there are no policies, or two of the same name.
    """
    names = [policy.name for policy in policies]
    if not names or len(set(names)) < len(names):
        raise ValueError("give at least one policy, and no two of the same name")
    cells = grid or Grid()
    rows: list[dict[str, Any]] = []
    whole = len(cells.room) * len([*cells.others()]) * min(ours, len(names)) * len(names)
    for room in cells.room:
        task = task_of(workspace, replace(here, market=with_room(here.market, room)))
        plans: dict[str, Baseline] = {}
        for policy in policies:
            words = f"room x {room:g}: {policy.name} decides"
            progress("judge", len(rows) / whole, words)
            plans[policy.name] = placed(task, policy)
        wide = replace(there, market=with_room(there.market, room))
        for kept, bidders, spread in cells.others():
            cell = {"room": room, "kept": kept, "bidders": bidders, "spread": spread}
            words = f"{kept} kept, room x {room:g}, bidders x {bidders:g}, spread x {spread:g}"
            progress("judge", len(rows) / whole, words)
            judged = _judged(task, plans, misjudged(wide, bidders, spread, kept), ours)
            rows += [{**cell, **row} for row in judged]
    return pl.DataFrame(rows, schema_overrides={"rules_broken": pl.List(pl.String)})


def task_of(workspace: Workspace, situation: Situation) -> Task:
    """Return what policies are asked for in a world, without what half the room could not keep.

    No limit is set to what is kept back, nor is cash asked for by a date or a floor of the tail.

    Parameters
    ----------
    workspace : Workspace
        Rules, appetite for risk, pins and bans.
    situation : Situation
        Fleet, values and market.
    """
    config = workspace.config
    rules = constraints_of(config)
    limits = tuple(limit for limit in rules.limits if limit.group != "hold")
    return Task.of(
        situation,
        quote(situation.book, situation.market, threads=situation.threads),
        replace(rules, limits=limits, max_hold_share=None, cash=()),
        CVaR(config.risk.alpha, config.risk.weight),
        words_of(workspace, situation.vehicles),
        situation.market.offers,
    )


def _judged(
    task: Task, plans: dict[str, Baseline], there: Situation, ours: int
) -> Iterator[dict[str, Any]]:
    """Carry every plan out in the judge's world, and hold some against all."""
    totals = {name: _total(there, task, plan) for name, plan in plans.items()}
    risk, binds = task.risk, _binds(task)
    for (one, won), (other, total) in product(list(totals.items())[:ours], totals.items()):
        measures = {
            "ahead": ahead(won, total),
            "cvar_ahead": ahead_in_tail(won, total, risk),
            "measure_ahead": ahead_in_measure(won, total, risk),
        }
        yield {
            "ours": one,
            "policy": other,
            "binds": binds,
            "mean": float(total.mean()),
            "mean_error": standard_error(total),
            "cvar": risk.tail(total)[0],
            "measure": risk.measure(total),
            **{
                f"{key}{end}": value
                for key, found in measures.items()
                for end, value in (("", found.value), ("_low", found.low), ("_high", found.high))
            },
            "rules_broken": list(plans[other].unmet),
        }


def _total(there: Situation, task: Task, plan: Baseline) -> NDArray[np.float64]:
    """Return the proceeds by scenario of a plan that is carried out, money."""
    chosen = task.options.taken(plan.chosen, plan.volume_loss)
    return evaluate(there, chosen, np.zeros(there.book.factor.shape[2])).total


def _binds(task: Task) -> bool:
    wanted, _ = best_columns(task.problem, task.problem.mean)
    return any(rule.startswith(_SCARCE) for rule in task.problem.broken(wanted))
