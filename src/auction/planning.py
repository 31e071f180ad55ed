"""The main job: a workspace goes in, a plan with its risk and its proof comes out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

import residual
from auction.allocation import Allocation, Compiled, Stop, Warm
from auction.allocation.passes import Executor
from auction.carrying_out import carry_out, carry_out_baselines
from auction.fleet import part_fleet
from auction.forecasting import fitted
from auction.from_workspace import (
    constraints_of,
    inspection_of,
    legal_bars,
    market_of,
    own_volume_of,
    with_clock,
    words_of,
)
from auction.frontier import frontier
from auction.hearing import Heard, hear
from auction.hedge_worth import worth_of_hedges
from auction.hedged import totals_with_hedges
from auction.hedges import Hedges, build_hedges
from auction.inspection import worth_of_inspecting
from auction.last_plan import LastPlan, replanned
from auction.options import Options
from auction.plan import Plan, allocate
from auction.planned import Planning
from auction.policies import Baseline, Greedy, NearestAuction, Task, placed
from auction.preflight import preflight
from auction.progress import Progress, Stages, silent
from auction.quoting import quote
from auction.risk import CVaR
from auction.risk_told import tell_risk
from auction.situation import Situation, planning_dates
from auction.stress import asked_for, check_stresses
from auction.workspace import Workspace
from residual.errors import Fault, InputError

#: The evaluation draws from another seed than the optimiser saw.
_FRESH = 1_000_003
#: What the plan is compared with.
_HABITS = (NearestAuction(), Greedy())
#: Net proceeds of one vehicle that no currency knows, money.
_IMMENSE = 1e15


def plan_workspace(
    workspace: Workspace,
    *,
    threads: int = 1,
    time_limit: float | None = None,
    progress: Progress = silent,
    last: LastPlan | None = None,
    executor: Executor | None = None,
) -> Planning:
    """Run the main job.

    Parameters
    ----------
    workspace : Workspace
        Read and checked input.
    threads : int
        Threads of the kernels; the plan does not depend on it.
    time_limit : float, optional
        Seconds for the allocation; the setting of the workspace by default.
    progress : callable, optional
        Told the stage, the share done and a message. Where it is a :class:`Stages` the timings
        of the run are added to its own.
    last : LastPlan, optional
        The plan of an earlier run to start from; moving a vehicle away from its place there
        costs ``solver.churn``.
    executor : Executor, optional
        Where plans are searched for, such as an `auction.Cluster`; this process by default.

    Returns
    -------
    Planning

    Raises
    ------
    InputError
        Where the input cannot be planned on.
    InfeasibleError
        Where no plan keeps every rule.
    NotComparableError
        Where the last plan is of another fleet or told in another currency.

    Notes
    -----
    Ctrl-C while the plan is searched for, or compared with those of other appetites, ends the
    search there and keeps what was found; ``Planning.interrupted`` tells. Anywhere else it is
    raised.
    """
    faults = preflight(workspace)
    if faults:
        raise InputError(faults)
    stages = Stages.of(progress)
    config, tables = workspace.config, workspace.tables
    market = market_of(workspace)
    fleet = part_fleet(tables["vehicles"], legal_bars(workspace), config.as_of, market.weeks)
    if last is not None:
        last.refuse_other(fleet.planned["vehicle_id"].to_list(), config.currency)
    with stages.stage("fit", f"{tables['sales'].height:,} past offerings"):
        model = fitted(workspace)
        market = with_clock(market, model, tables)
        market = replace(market, own_volume=own_volume_of(config, model, tables))
        heard = hear(workspace, model, fleet.planned)
    with stages.stage("scenarios", f"{fleet.planned.height:,} vehicles"):
        dates = planning_dates(market, config.as_of)
        situation, fresh = (
            Situation(
                fleet.planned,
                _heard_over(
                    heard,
                    residual.simulate(
                        model, fleet.planned, dates, config.as_of, n=n, seed=seed, threads=threads
                    ),
                ),
                market,
                threads,
                stages,
            )
            for n, seed in (
                (config.simulation.scenarios, config.seed),
                (config.simulation.evaluation_scenarios, (config.seed + _FRESH) % 2**63),
            )
        )
    stresses = asked_for(config.stress, known=config.risk.known_stresses)
    check_stresses(stresses, market, situation.book.group_names)
    with stages.stage("quoting", "options"):
        options = quote(situation.book, market, threads=threads, progress=stages)
        _refuse_immense(options)
    constraints = constraints_of(config)
    risk = CVaR(config.risk.alpha, config.risk.weight, config.risk.floor)
    rate = config.costs.discount_rate
    hedges = build_hedges(market.hedges, situation.book, rate, situation.forecast)
    seconds = config.solver.seconds if time_limit is None else time_limit
    stop = Stop(config.solver.gap, seconds, config.solver.work)
    overrides, offers = words_of(workspace, fleet.planned), market.offers
    warm = None if last is None else last.warm(options.vehicle_ids, config.as_of)
    churn = 0.0 if warm is None else config.solver.churn or 0.0

    def replan(
        appetite: CVaR,
        until: Stop,
        told: Progress = silent,
        hedging: Hedges = hedges,
        start: Allocation | Warm | None = None,
        compiled: Compiled | None = None,
    ) -> Plan:
        return allocate(
            options, constraints, risk=appetite, hedges=hedging, overrides=overrides,
            offers=offers, stop=until, threads=threads, progress=told,
            start=start or warm, churn=churn, executor=executor, compiled=compiled,
        )  # fmt: skip

    with stages.stage("allocation", f"{options.table.height:,} options"):
        plan = replan(risk, stop, stages)
    judged = None
    if not tables["hedges"].is_empty():
        with stages.stage("hedges", f"{tables['hedges'].height} on offer"):
            # what moving costs is reckoned from the last plan
            near = None if churn else plan.allocation
            judged = worth_of_hedges(
                plan,
                lambda other: replan(
                    risk, stop, hedging=other, start=near, compiled=plan.allocation.compiled
                ),
            )
    inspections = None
    if heard is not None and config.inspection.cost is not None:
        with stages.stage("inspections", f"{fleet.planned.height:,} vehicles"):
            inspections = worth_of_inspecting(
                plan, situation.book, market, heard.appraisers, inspection_of(config),
                constraints=constraints, hedges=hedges, overrides=overrides,
                offers=offers, appraised=heard.appraised, threads=threads,
                progress=stages,
            )  # fmt: skip
    with stages.stage("judging", "on fresh scenarios, beside what habit would do"):
        known = plan.allocation.compiled
        baselines = _habits(
            Task.of(situation, options, constraints, risk, overrides, offers, known)
        )
        judge = partial(carry_out, fresh, config)
        with stages.portion(0, 1 + len(baselines)):
            evaluation = judge(plan)
        others = carry_out_baselines(fresh, options, baselines, config, stages, plan, evaluation)
        rate = config.costs.discount_rate
        told = tell_risk(situation, fresh, plan, evaluation, stresses, risk.alpha, rate)
    with stages.stage("frontier", "the plan under other appetites for risk"):
        settled = plan.hedges_settled
        points = frontier(
            plan, evaluation, risk, config.risk.frontier, stop,
            # what moving costs is reckoned from the last plan
            lambda other, until, near: replan(
                other, until, hedging=settled, start=None if churn else near,
                compiled=plan.allocation.compiled,
            ),
            lambda other: totals_with_hedges(fresh, rate, other, plan, evaluation), stages,
        )  # fmt: skip
    return Planning(
        workspace, fleet, model, situation, fresh, constraints, risk, stop, plan, baselines,
        evaluation, others, points, stages.timings, heard, inspections,
        None if last is None else replanned(last, plan, config.as_of, churn), judged, told,
    )  # fmt: skip


def _heard_over(heard: Heard | None, book: residual.ValueBook) -> residual.ValueBook:
    return book if heard is None else heard.over(book)


def _habits(task: Task) -> dict[str, Baseline]:
    """Place the fleet by habit; the arrays of the task are let go with it."""
    return {habit.name: placed(task, habit) for habit in _HABITS}


def _refuse_immense(options: Options) -> None:
    """Refuse amounts with which the sums of a fleet could no longer be reckoned."""
    net = options.table.column("expected_net").to_numpy()
    if not (np.isfinite(options.coefficient).all() and (np.abs(net) < _IMMENSE).all()):
        rule = f"proceeds of a vehicle reach {_IMMENSE:.0e} or more: an amount or a rate is absurd"
        remedy = "look at prices, fees, costs and the discount rate"
        raise InputError([Fault(rule, file="disposal.toml and tables", remedy=remedy)])
