"""The main job: a workspace goes in, a plan with its risk and its proof comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

import residual
from auction.allocation import Allocation, Constraints, Limit, Stop
from auction.bidders import uncounted
from auction.channels.contents import with_metal_prices
from auction.evaluate import Evaluation, evaluate
from auction.fleet import Fleet, assumed_of, part_fleet
from auction.forecasting import fitted
from auction.frontier import frontier
from auction.hearing import Heard, hear
from auction.hedges import build_hedges
from auction.inspection import Inspection, worth_of_inspecting
from auction.market import Market
from auction.options import Options
from auction.plan import Plan, allocate
from auction.policies import Baseline, Greedy, NearestAuction, Task, placed
from auction.preflight import preflight
from auction.progress import Progress, Stages, silent
from auction.quoting import quote
from auction.risk import CVaR
from auction.situation import Situation, planning_dates
from auction.unused import unused_of
from auction.workspace import Config, Workspace
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
        return [*nowhere, *known]

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


def market_of(workspace: Workspace) -> Market:
    """Return the market that a workspace describes."""
    config, tables = workspace.config, workspace.tables
    return Market(
        venues=tables["venues"],
        fees=tables["fees"],
        events=tables["events"],
        offers=tables["offers"],
        reconditioning=tables["reconditioning"],
        parts=tables["parts"],
        tariffs=tables["tariffs"],
        hedges=tables["hedges"],
        holds=tables["holds"],
        sales=tables["sales"],
        weeks=config.horizon.weeks,
        costs=config.costs,
        auction=config.auction,
        dismantling=with_metal_prices(config.dismantling, tables["index"], config.as_of),
    )


def _with_clock(
    market: Market, model: residual.ResidualModel, tables: dict[str, pl.DataFrame]
) -> Market:
    """Let a market with consignments know how long units stand on a dealer's list."""
    if market.offers_of("consignment").is_empty():
        return market
    clock = residual.fit_time_to_sale(model, tables["sales"], tables["price_changes"])
    return replace(market, time_to_sale=clock)


def _own_volume(
    config: Config, model: residual.ResidualModel, tables: dict[str, pl.DataFrame]
) -> residual.OwnVolume | None:
    """Return how prices fall with the plan's own volume, as the settings ask for it."""
    asked = config.auction.volume_elasticity
    if asked is None:
        return None
    if asked == "estimate":
        return residual.own_volume(model, tables["sales"])
    return residual.OwnVolume(asked)


def constraints_of(config: Config) -> Constraints:
    """Return the rules of a plan that the settings state."""
    rules = config.constraints
    return Constraints(
        limits=tuple(
            Limit(limit.by, limit.group, limit.max_share, limit.max_units)
            for limit in config.limits
        ),
        sacrifice_rate=rules.max_sacrifice_rate,
        sacrifice_amount=rules.max_sacrifice_amount,
        hold_exempt=rules.hold_exempt,
        max_hold_share=rules.max_hold_share,
    )


def plan_workspace(
    workspace: Workspace,
    *,
    threads: int = 1,
    time_limit: float | None = None,
    progress: Progress = silent,
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

    Returns
    -------
    Planning

    Raises
    ------
    InputError
        Where the input cannot be planned on.
    InfeasibleError
        Where no plan keeps every rule.

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
    fleet = part_fleet(tables["vehicles"], tables["holds"], config.as_of, market.weeks)
    with stages.stage("fit", f"{tables['sales'].height:,} past offerings"):
        model = fitted(workspace)
        market = _with_clock(market, model, tables)
        market = replace(market, own_volume=_own_volume(config, model, tables))
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
    with stages.stage("quoting", "options"):
        options = quote(situation.book, market, threads=threads, progress=stages)
        _refuse_immense(options)
    constraints = constraints_of(config)
    risk = CVaR(config.risk.alpha, config.risk.weight)
    hedges = build_hedges(tables["hedges"], situation.book, config.costs.discount_rate)
    seconds = config.solver.seconds if time_limit is None else time_limit
    stop = Stop(config.solver.gap, seconds, config.solver.work)
    overrides = _known(tables["overrides"], fleet)

    def replan(appetite: CVaR, until: Stop, told: Progress = silent) -> Plan:
        return allocate(
            options, constraints, risk=appetite, hedges=hedges, overrides=overrides,
            offers=tables["offers"], stop=until, threads=threads, progress=told,
        )  # fmt: skip

    with stages.stage("allocation", f"{options.frame.height:,} options"):
        plan = replan(risk, stop, stages)
    inspections = None
    if heard is not None and config.inspection.cost is not None:
        with stages.stage("inspections", f"{fleet.planned.height:,} vehicles"):
            inspections = worth_of_inspecting(
                plan, situation.book, market, heard.appraisers, _inspection(config),
                constraints=constraints, hedges=hedges, overrides=overrides,
                offers=tables["offers"], appraised=heard.appraised, threads=threads,
                progress=stages,
            )  # fmt: skip
    with stages.stage("judging", "on fresh scenarios, beside what habit would do"):
        task = Task.of(situation, options, constraints, risk, overrides, tables["offers"])
        baselines = {habit.name: placed(task, habit) for habit in _HABITS}
        carry_out = partial(_carry_out, fresh, config)
        with stages.portion(0, 1 + len(baselines)):
            evaluation = carry_out(plan)
        others = _evaluate_baselines(fresh, options, baselines, config, stages)
    with stages.stage("frontier", "the plan under other appetites for risk"):
        points = frontier(
            plan, evaluation, risk, config.risk.frontier, stop, replan, carry_out, stages
        )
    return Planning(
        workspace, fleet, model, situation, fresh, constraints, risk, stop, plan, baselines,
        evaluation, others, points, stages.timings, heard, inspections,
    )  # fmt: skip


def _heard_over(heard: Heard | None, book: residual.ValueBook) -> residual.ValueBook:
    return book if heard is None else heard.over(book)


def _inspection(config: Config) -> Inspection:
    """Return the inspection that the settings describe."""
    told = config.inspection
    cost = 0.0 if told.cost is None else told.cost
    return Inspection(cost, told.days, told.stage, told.units, told.candidates)


def _refuse_immense(options: Options) -> None:
    """Refuse amounts with which the sums of a fleet could no longer be reckoned."""
    net = options.frame["expected_net"].to_numpy()
    if not (np.isfinite(options.coefficient).all() and (np.abs(net) < _IMMENSE).all()):
        rule = f"proceeds of a vehicle reach {_IMMENSE:.0e} or more: an amount or a rate is absurd"
        remedy = "look at prices, fees, costs and the discount rate"
        raise InputError([Fault(rule, file="disposal.toml and tables", remedy=remedy)])


def _known(overrides: pl.DataFrame, fleet: Fleet) -> pl.DataFrame:
    """Return the overrides of the vehicles that are planned."""
    return overrides.join(fleet.planned.select("vehicle_id"), on="vehicle_id", how="semi")


def _carry_out(fresh: Situation, config: Config, plan: Plan) -> Evaluation:
    """Carry a plan with its hedges out on fresh scenarios."""
    anew = build_hedges(fresh.market.hedges, fresh.book, config.costs.discount_rate)
    paid = np.zeros(config.simulation.evaluation_scenarios)
    for lots, position in zip(plan.allocation.positions, anew.positions, strict=True):
        paid += lots * position.payoff
    return evaluate(fresh, plan.chosen, paid)


def _evaluate_baselines(
    fresh: Situation,
    options: Options,
    baselines: dict[str, Baseline],
    config: Config,
    stages: Stages,
) -> dict[str, Evaluation]:
    nothing = np.zeros(config.simulation.evaluation_scenarios)
    evaluations = {}
    for number, (name, baseline) in enumerate(baselines.items(), start=1):
        with stages.portion(number, 1 + len(baselines)):
            chosen = options.taken(baseline.chosen, baseline.volume_loss)
            evaluations[name] = evaluate(fresh, chosen, nothing)
    return evaluations
