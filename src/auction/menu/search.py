"""The best plan over a menu of layers, with a bound that holds over all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from auction.allocation import Allocation, Compiled, Constraints, Stop, Warm
from auction.allocation import allocate as solve
from auction.allocation.clock import Clock
from auction.allocation.exposure import entries_within, with_kept, within_limits
from auction.allocation.passes import Executor
from auction.allocation.request import compile_problem
from auction.allocation.result import relative_gap
from auction.allocation.start import Start, Started
from auction.errors import InfeasibleError
from auction.hedges import Hedges
from auction.menu.asked import Asked
from auction.menu.bent import Cover, bend, without_constant
from auction.menu.entry import Best, EntrySearch
from auction.menu.lines import lines_at
from auction.menu.menu import Menu, Tried
from auction.menu.reach import Reach
from auction.options import Options
from auction.progress import Progress
from auction.risk import CVaR

_OPTIMAL = 1e-9


def allocate_from_menu(
    options: Options,
    constraints: Constraints | None = None,
    *,
    risk: CVaR | None = None,
    hedges: Hedges | None = None,
    overrides: pl.DataFrame | None = None,
    offers: pl.DataFrame | None = None,
    stop: Stop | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    start: Allocation | Warm | None = None,
    churn: float = 0.0,
    executor: Executor | None = None,
    compiled: Compiled | None = None,
) -> tuple[Allocation, Menu | None]:
    """Choose one option for each vehicle, lots of hedges, and one entry of the menu.

    The plan without layers is solved first. Its prices bound every entry; entries whose bound
    lies below the best plan are dropped, the others solved from it, the most promising first.
    Layers in force are part of every entry, and of taking none.

    Parameters
    ----------
    options, constraints, risk, hedges, overrides, offers, stop, threads, progress, start, churn
        As for :func:`auction.allocation.allocate`; the time limit holds for all entries
        together, the work limit for each solve.
    executor : Executor, optional
        Where the plan without layers is searched for; the entries, whose options have worths of
        their own, are searched in this process.
    compiled : Compiled, optional
        As for :func:`auction.allocation.allocate`.

    Returns
    -------
    (Allocation, Menu or None)
        The best plan, its bound over the whole menu; no menu where none is on offer. Prices and
        runners-up are told with the layers taken as they pay at the plan.

    Raises
    ------
    InfeasibleError
        When no plan keeps every rule.
    """
    constraints, risk = constraints or Constraints(), risk or CVaR()
    offered = within_limits(hedges or Hedges(), constraints)
    offered = replace(offered, menu=entries_within(offered, constraints))
    stop = stop or Stop()
    clock = Clock(stop.seconds)

    def without(appetite: CVaR) -> Allocation:
        return solve(
            options, constraints, risk=appetite, hedges=offered.linear, overrides=overrides,
            offers=offers, stop=stop, threads=threads, progress=progress, start=start,
            churn=churn, executor=executor, compiled=compiled,
        )  # fmt: skip

    if not (offered.menu or offered.in_force) or not options.vehicle_ids:
        return without(risk), None
    plain, missed = _first(without, risk)
    begun = _begun(start, options, churn)
    charge = np.zeros(options.vehicle.size)
    if begun is not None:
        charge = options.coefficient[:, 0] - begun.charged(options).coefficient[:, 0]
    asked = Asked(
        options, constraints, risk, offered, overrides, offers, stop, threads, clock, charge
    )
    known = missed is None and not offered.in_force
    best = Best(plain, plain.positions, plain.objective if known else -np.inf)
    searches = _searched(asked, best, plain, progress)
    if not known:
        if not best.covers:
            raise _unkept(missed, risk)
        plain = replace(plain, objective=-np.inf, bound=-np.inf)
    return _told(asked, best, plain, searches, begun)


def _first(
    without: Callable[[CVaR], Allocation], risk: CVaR
) -> tuple[Allocation, InfeasibleError | None]:
    """Return the plan without layers, and why it is none where it misses the floor."""
    try:
        return without(risk), None
    except InfeasibleError as error:
        if risk.floor is None:
            raise
        # a layer may lift the tail above the floor
        return without(replace(risk, floor=None)), error


def _unkept(missed: InfeasibleError | None, risk: CVaR) -> InfeasibleError:
    """Return what is told where no layer keeps the floor, or those in force break it."""
    if missed is None:
        words = f"{risk.floor_words}: no plan was found that keeps it beside the layers in force"
        return InfeasibleError([words])
    words = "layers were left aside in that: none on offer or in force was found to make it good"
    return InfeasibleError([*missed.conflicts, words])


def _begun(start: Allocation | Warm | None, options: Options, churn: float) -> Start | None:
    if start is None:
        return None
    return Start.of(start if isinstance(start, Warm) else start.warm, options, churn)


def _searched(
    asked: Asked, best: Best, plain: Allocation, progress: Progress | None
) -> list[EntrySearch]:
    """Search the entries, those with the highest bound first."""
    hedges = asked.hedges
    in_force = tuple(Cover.of(layer, asked.options) for layer in hedges.in_force)
    searches = [EntrySearch(asked, None, in_force, best, plain.warm)] if in_force else []
    searches += [
        EntrySearch(
            replace(asked, hedges=hedges.taking(entry)),
            entry,
            (*in_force, *(Cover.of(layer, asked.options) for layer in hedges.of(entry))),
            best,
            plain.warm,
        )
        for entry in hedges.menu
    ]
    widest: dict[tuple[str | None, str | None], Reach] = {}
    for search in searches:
        search.screen(plain, widest)
    if plain.status == "interrupted":
        return searches
    order = sorted(range(len(searches)), key=lambda place: -searches[place].bound)
    for number, place in enumerate(order):
        search = searches[place]
        search.run()
        if progress is not None:
            words = f"{search.name}: worth {search.objective:,.2f}"
            progress("menu", (number + 1) / len(order), words)
        if best.plan.status == "interrupted":
            break
    return searches


def _told(
    asked: Asked,
    best: Best,
    plain: Allocation,
    searches: list[EntrySearch],
    begun: Start | None,
) -> tuple[Allocation, Menu]:
    """Return the best plan with the bound over all entries, and what came of each."""
    bound = max([plain.bound, best.objective, *(search.bound for search in searches)])
    objective, outcomes = asked.worth(best.plan, best.covers, best.lots)
    expected = float(outcomes.mean())
    plan = replace(
        best.plan,
        positions=best.lots,
        objective=objective,
        expected=expected,
        cvar=expected if asked.risk.neutral else asked.risk.tail(outcomes)[0],
        bound=max(bound, objective),
        gap=relative_gap(bound, objective),
        scenario_total=outcomes,
        timings={**plain.timings, "menu": asked.clock.spent - sum(plain.timings.values())},
    )
    plan = _ended(replace(plan, shadow_prices=_floored(plan, asked.risk)), asked, plain)
    if best.entry is not None:
        # the plan may be that of another entry's search, with another part of limits kept
        told = with_kept(
            plan.shadow_prices, asked.options.table, plan.chosen, asked.constraints,
            asked.hedges.taking(best.entry),
        )  # fmt: skip
        plan = replace(plan, shadow_prices=told)
    if begun is not None:
        plan = replace(plan, started=_started(asked, plan, begun))
    tried = [
        Tried(each.entry, each.objective, max(each.bound, each.objective), each.solves)
        for each in searches
    ]
    if not asked.hedges.in_force:
        tried.insert(0, Tried(None, plain.objective, plain.bound, 1))
    shorts = {cover.layer.hedge_id: _short(asked, cover, plan) for cover in best.covers}
    seen = None
    if best.covers:
        lines = [
            lines_at(shorts[cover.layer.hedge_id], cover.layer.limit, quota=cover.layer.quota)
            for cover in best.covers
        ]
        seen = without_constant(bend(asked.options, best.covers, lines, asked.charge))
    layers = tuple(cover.layer for cover in best.covers)
    payoffs = {layer.hedge_id: layer.pays(shorts[layer.hedge_id]) for layer in layers}
    return plan, Menu(best.entry, layers, tuple(tried), payoffs, seen)


def _floored(plan: Allocation, risk: CVaR) -> pl.DataFrame:
    """Return the shadow prices with the tail that the plan reaches with its layers."""
    prices = plan.shadow_prices
    if risk.floor is None:
        return prices
    if "floor" not in prices["kind"]:
        # solved without the floor, which the layers then keep
        row = ("floor", risk.floor_words, risk.floor, plan.cvar, 0.0)
        return prices.vstack(pl.DataFrame([row], schema=prices.schema, orient="row"))
    here = pl.col("kind") == "floor"
    return prices.with_columns(used=pl.when(here).then(plan.cvar).otherwise("used"))


def _short(
    asked: Asked, cover: Cover, plan: Allocation
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return cover.shortfall(asked.options, plan.chosen)


def _ended(plan: Allocation, asked: Asked, plain: Allocation) -> Allocation:
    """Return the plan with the reason for which the search over the menu ended."""
    if "interrupted" in (plain.status, plan.status):
        return replace(plan, status="interrupted", reason="stopped by the user")
    if plan.gap <= _OPTIMAL:
        return replace(plan, status="optimal", reason="bound and plan meet")
    if plan.gap <= asked.stop.gap:
        return replace(plan, status="gap", reason=f"within the gap of {asked.stop.gap:.1e}")
    if asked.clock.over:
        reason = f"the time limit of {asked.stop.seconds:g} s was reached"
        return replace(plan, status="time_limit", reason=reason)
    if plain.status == "work_limit":
        return replace(plan, status="work_limit", reason=plain.reason)
    reason = "what is left is the room between the pay-off of layers and the lines above it"
    return replace(plan, status="work_limit", reason=reason)


def _started(asked: Asked, plan: Allocation, begun: Start) -> Started:
    problem = compile_problem(
        asked.options, asked.constraints, asked.risk, asked.hedges.linear, asked.overrides,
        asked.offers,
    )  # fmt: skip
    return begun.told(problem, np.searchsorted(problem.column, plan.chosen))
