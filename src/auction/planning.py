"""The main job: a workspace goes in, a plan with its risk and its proof comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

import residual
from auction.allocation import Allocation, Constraints, Stop, Warm
from auction.allocation.passes import Executor
from auction.bidders import uncounted
from auction.carrying_out import carry_out, carry_out_baselines
from auction.channels.redeemed import redemption_note
from auction.evaluate import Evaluation
from auction.fleet import Fleet, assumed_of, part_fleet
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
from auction.hedges import Hedges, build_hedges
from auction.inspection import worth_of_inspecting
from auction.last_plan import LastPlan, Replanned, replanned
from auction.options import Options
from auction.plan import Plan, allocate
from auction.policies import Baseline, Greedy, NearestAuction, Task, placed
from auction.preflight import preflight
from auction.progress import Progress, Stages, silent
from auction.quoting import quote
from auction.risk import CVaR
from auction.risk_told import RiskTold, tell_risk
from auction.situation import Situation, planning_dates
from auction.stress import asked_for, check_stresses
from auction.unused import unused_of
from auction.workspace import Workspace
from residual.errors import Fault, InputError

#: The evaluation draws from another seed than the optimiser saw.
_FRESH = 1_000_003
#: What the plan is compared with.
_HABITS = (NearestAuction(), Greedy())
#: Net proceeds of one vehicle that no currency knows, money.
_IMMENSE = 1e15
#: What is said of a market in which nothing can be sold.
_NOWHERE = "no place takes any of these vehicles: all are kept back; look at venues, events, offers"


@dataclass(frozen=True)
class Planning:
    """Everything that a run worked out.

    Parameters
    ----------
    workspace : Workspace
        What was read.
    fleet : Fleet
        Which vehicles were planned.
    model : ResidualModel
        The value model.
    situation, fresh : Situation
        The fleet with the scenarios of the optimiser, and with fresh ones.
    constraints : Constraints
        What might not be done.
    risk : CVaR
        Appetite for risk.
    stop : Stop
        When the search for a plan was to end.
    plan : Plan
        What is to be done.
    baselines : dict of str to Baseline
        What would be done without an optimiser: nearest_auction and greedy.
    evaluation : Evaluation
        The plan on fresh scenarios.
    baseline_evaluations : dict of str to Evaluation
        The baselines on the same fresh scenarios.
    frontier : polars.DataFrame
        What more or less caution would bring.
    timings : dict of str to float
        Seconds by stage.
    heard : Heard, optional
        What appraisers said; none where nobody was asked.
    inspections : polars.DataFrame, optional
        Worth of inspecting each planned vehicle; none where no cost of an inspection is set.
    replanned : Replanned, optional
        How the plan stands to the one it started from; none where it started from nothing.
    hedge_worth : polars.DataFrame, optional
        What each hedge on offer is worth; none where none is on offer.
    risk_told : RiskTold, optional
        What is told of the plan's risk beside its figures.
    """

    workspace: Workspace
    fleet: Fleet
    model: residual.ResidualModel
    situation: Situation
    fresh: Situation
    constraints: Constraints
    risk: CVaR
    stop: Stop
    plan: Plan
    baselines: dict[str, Baseline]
    evaluation: Evaluation
    baseline_evaluations: dict[str, Evaluation]
    frontier: pl.DataFrame
    timings: dict[str, float]
    heard: Heard | None = None
    inspections: pl.DataFrame | None = None
    replanned: Replanned | None = None
    hedge_worth: pl.DataFrame | None = None
    risk_told: RiskTold | None = None

    @property
    def options(self) -> Options:
        """What could be done with each planned vehicle."""
        return self.plan.options

    @property
    def allocation(self) -> Allocation:
        """The plan and its proof, as arrays."""
        return self.plan.allocation

    @property
    def notes(self) -> list[str]:
        """What the desk should know before it trusts the plan, a sentence each."""
        clock = self.situation.market.time_to_sale
        listed = [] if clock is None else clock.notes
        nowhere = [_NOWHERE] if (self.options.frame["channel"] == "hold").all() else []
        assumed = assumed_of(self.fleet, self.workspace.tables["sales"])
        heard = [] if self.heard is None else self.heard.words
        volume = self.situation.market.own_volume
        asked = self.workspace.config.auction.volume_elasticity
        fall = [volume.note] if volume is not None and asked == "estimate" else []
        curve = self.situation.haggling
        below = [] if curve is None or not curve.taken.any() else [curve.note]
        market = self.situation.market
        drawn = uncounted(
            market.places("auction"),
            self.situation.arrivals,
            market.auction.bidders,
            self.options.frame,
        )
        idle = unused_of(market, self.options, self.situation.as_of)
        known = [*self.model.notes, *listed, *heard, *assumed, *below, *fall, *drawn, *idle]
        known += self.workspace.notes
        redeemed = redemption_note(self.situation, self.chosen)
        begun = [] if self.replanned is None else [self.replanned.note]
        return [*nowhere, *begun, *redeemed, *known]

    @property
    def interrupted(self) -> bool:
        """Whether the search for the plan, or the comparison with others, was broken off."""
        points = len({*self.workspace.config.risk.frontier, self.risk.weight})
        return self.allocation.status == "interrupted" or self.frontier.height < points

    @property
    def complete(self) -> bool:
        """Whether the plan is proven to the gap asked for, and all that was asked for is there."""
        return self.allocation.status in ("optimal", "gap") and not self.interrupted

    @property
    def chosen(self) -> pl.DataFrame:
        """The option of each planned vehicle, in the order of the fleet."""
        return self.plan.chosen


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
    ) -> Plan:
        return allocate(
            options, constraints, risk=appetite, hedges=hedging, overrides=overrides,
            offers=offers, stop=until, threads=threads, progress=told,
            start=start or warm, churn=churn, executor=executor,
        )  # fmt: skip

    with stages.stage("allocation", f"{options.frame.height:,} options"):
        plan = replan(risk, stop, stages)
    judged = None
    if not tables["hedges"].is_empty():
        with stages.stage("hedges", f"{tables['hedges'].height} on offer"):
            # what moving costs is reckoned from the last plan
            near = None if churn else plan.allocation
            judged = worth_of_hedges(
                plan, lambda other: replan(risk, stop, hedging=other, start=near)
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
        task = Task.of(situation, options, constraints, risk, overrides, offers)
        baselines = {habit.name: placed(task, habit) for habit in _HABITS}
        judge = partial(carry_out, fresh, config)
        with stages.portion(0, 1 + len(baselines)):
            evaluation = judge(plan)
        others = carry_out_baselines(fresh, options, baselines, config, stages)
        rate = config.costs.discount_rate
        told = tell_risk(situation, fresh, plan, evaluation, stresses, risk.alpha, rate)
    with stages.stage("frontier", "the plan under other appetites for risk"):
        settled = plan.hedges_settled
        points = frontier(
            plan, evaluation, risk, config.risk.frontier, stop,
            # what moving costs is reckoned from the last plan
            lambda other, until, near: replan(
                other, until, hedging=settled, start=None if churn else near
            ),
            judge, stages,
        )  # fmt: skip
    return Planning(
        workspace, fleet, model, situation, fresh, constraints, risk, stop, plan, baselines,
        evaluation, others, points, stages.timings, heard, inspections,
        None if last is None else replanned(last, plan, config.as_of, churn), judged, told,
    )  # fmt: skip


def _heard_over(heard: Heard | None, book: residual.ValueBook) -> residual.ValueBook:
    return book if heard is None else heard.over(book)


def _refuse_immense(options: Options) -> None:
    """Refuse amounts with which the sums of a fleet could no longer be reckoned."""
    net = options.frame["expected_net"].to_numpy()
    if not (np.isfinite(options.coefficient).all() and (np.abs(net) < _IMMENSE).all()):
        rule = f"proceeds of a vehicle reach {_IMMENSE:.0e} or more: an amount or a rate is absurd"
        remedy = "look at prices, fees, costs and the discount rate"
        raise InputError([Fault(rule, file="disposal.toml and tables", remedy=remedy)])
