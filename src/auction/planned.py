"""Everything that a run worked out, and what the desk should know of it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

import residual
from auction.allocation import Allocation, Constraints, Stop
from auction.bidders import uncounted
from auction.channels.redeemed import redemption_note
from auction.evaluate import Evaluation, Totals
from auction.fleet import Fleet, assumed_of
from auction.hearing import Heard
from auction.last_plan import Replanned
from auction.options import Options
from auction.plan import Plan
from auction.policies import Baseline
from auction.risk import CVaR
from auction.risk_told import RiskTold
from auction.situation import Situation
from auction.unused import unused_of
from auction.workspace import Workspace

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
    baseline_evaluations : dict of str to Totals
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
    baseline_evaluations: dict[str, Totals]
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
        nowhere = [_NOWHERE] if self.options.table.held.all() else []
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
            self.options.table.column("venue_id"),
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
