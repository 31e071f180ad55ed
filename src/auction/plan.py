"""A plan: what the allocation chose, as tables and words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation import Allocation, Compiled, Constraints, Stop, Warm
from auction.allocation.exposure import within_limits
from auction.allocation.passes import Executor
from auction.allocation.rules import admit
from auction.channels.quotes import BRIDGE
from auction.errors import UnknownVehicleError
from auction.explain.considered import PLACE, Considered, considered
from auction.explain.decision import explain
from auction.explain.words import tell
from auction.hedges import Hedges
from auction.menu import Menu, allocate_from_menu
from auction.options import Options
from auction.progress import Progress
from auction.risk import CVaR


@dataclass(frozen=True)
class Plan:
    """What is to be done with each vehicle of a fleet, and the proof of how good that is.

    Parameters
    ----------
    options : Options
        What could be done.
    allocation : Allocation
        What was chosen.
    hedges_on_offer : Hedges
        What could be hedged.
    constraints, overrides
        The rules it keeps, as for :func:`allocate`.
    menu : Menu or None
        Which layers are taken, and what came of the others; None where none is on offer.
    """

    options: Options
    allocation: Allocation
    hedges_on_offer: Hedges
    constraints: Constraints
    overrides: pl.DataFrame | None
    menu: Menu | None = None

    @cached_property
    def bar(self) -> NDArray[np.uint8]:
        """What bars each option, uint8[m], as :class:`auction.allocation.rules.Admission` tells.

        A plan made to be compared with others is never asked.
        """
        floors = set(self.hedges_on_offer.floors)
        return admit(self.options, self.constraints, self.overrides, floors).bar

    @property
    def status(self) -> str:
        """Why the search ended: optimal, gap, work_limit, time_limit or interrupted."""
        return self.allocation.status

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Options that pins, bans and the largest sacrifice leave open, bool[m]."""
        return np.asarray(self.bar == 0)

    @property
    def bound(self) -> float:
        """No plan that keeps the rules is worth more, money."""
        return self.allocation.bound

    @property
    def gap(self) -> float:
        """Proven relative distance to the best plan."""
        return self.allocation.gap

    @property
    def risk(self) -> dict[str, float]:
        """Objective, expected proceeds and CVaR on the scenarios of the options, money."""
        return {
            "objective": self.allocation.objective,
            "expected": self.allocation.expected,
            "cvar": self.allocation.cvar,
        }

    @property
    def hedges_settled(self) -> Hedges:
        """What could be hedged once the entry of the menu is settled: that one, or none."""
        return self.hedges_on_offer.only(None if self.menu is None else self.menu.taken)

    @cached_property
    def chosen(self) -> pl.DataFrame:
        """The option of each vehicle, less what the plan's volume takes off it."""
        return self.options.taken(self.allocation.chosen, self.allocation.volume_loss)

    @property
    def assignments(self) -> pl.DataFrame:
        """One row a vehicle, in the order of the fleet: place, terms, bridge, runner-up."""
        runner = self.allocation.runner_up
        other = self.options.table.rows(
            np.maximum(runner, 0), ["channel", "venue_id", "date"]
        ).select(runner_up_channel="channel", runner_up_venue="venue_id", runner_up_date="date")
        known = pl.Series("known", runner >= 0)
        held = pl.col("channel") == "hold"
        return (
            self.chosen.rename({"date": "event_date"})
            .select("vehicle_id", "make", "model", *PLACE, *BRIDGE, "expected_net", "distance_km")
            .with_columns(
                pl.when(held).then(pl.lit("held")).otherwise(pl.lit("planned")).alias("status"),
                pl.Series("margin_to_runner_up", self.allocation.margin).fill_nan(None),
                *(pl.when(known).then(column).alias(column.name) for column in other),
            )
        )

    @property
    def hedges(self) -> pl.DataFrame:
        """Quantity (units, lots, or 1 for a layer), premium and expected pay-off of each, money."""
        chosen = self.chosen
        rows = []
        for hedge_id in sorted(self.hedges_on_offer.floors):
            covered = chosen.filter(pl.col("hedge_id") == hedge_id)
            rows.append(
                (hedge_id, float(covered.height), float(covered["hedge_premium"].sum()),
                 float(covered["hedge_payoff"].sum()))
            )  # fmt: skip
        for lots, position in zip(
            self.allocation.positions, self.hedges_on_offer.positions, strict=True
        ):
            net = float(lots * position.payoff.mean())
            premium = float(lots * position.premium)
            rows.append((position.hedge_id, float(lots), premium, net + premium))
        taken = {} if self.menu is None else self.menu.payoffs
        for layer in self.hedges_on_offer.layers:
            own = taken.get(layer.hedge_id)
            rows.append(
                (layer.hedge_id, 0.0, 0.0, 0.0) if own is None
                else (layer.hedge_id, 1.0, layer.premium, float(own.mean()))
            )  # fmt: skip
        schema = ["hedge_id", "quantity", "premium", "expected_payoff"]
        types = [pl.String, pl.Float64, pl.Float64, pl.Float64]
        return pl.DataFrame(rows, schema=dict(zip(schema, types, strict=True)), orient="row")

    @property
    def alternatives(self) -> pl.DataFrame:
        """The taken option of each vehicle and its best others, by expected net.

        One option for each place and date: the best terms there. Columns: vehicle_id, rank,
        taken, allowed (by pins, bans and the largest sacrifice), where and on which terms, the
        bridge and expected_net, and how it stands against the choice: see
        :class:`auction.explain.considered.Considered`.
        """
        return pl.concat(self.considered().alternatives())

    def considered(self, vehicle_id: str | None = None) -> Considered:
        """Every place and date that each vehicle, or the one asked for, could have."""
        place = None if vehicle_id is None else self.options.vehicle_ids.index(vehicle_id)
        seen = self.options if self.menu is None else self.menu.seen or self.options
        return considered(seen, self.allocation, self.bar, place)

    def explain(self, vehicle_id: str, currency: str = "money") -> str:
        """Tell in words where a vehicle goes and what else was considered.

        Raises
        ------
        UnknownVehicleError
            Where the plan holds no such vehicle.
        """
        row = self.assignments.filter(pl.col("vehicle_id") == vehicle_id)
        if not row.height:
            raise UnknownVehicleError(vehicle_id, self.options.vehicle_ids)
        others = pl.concat(self.considered(vehicle_id).alternatives())
        nothing = pl.DataFrame()
        return tell(explain(row.row(0, named=True), others, nothing, nothing, currency))

    def summary(self) -> str:
        """Return the result in one line."""
        return self.allocation.summary()


def allocate(
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
) -> Plan:
    """Choose one option for each vehicle and what to hedge, and prove how good that is.

    Parameters
    ----------
    options, constraints, risk, hedges, overrides, offers
        As for :func:`auction.allocation.allocate`; of the hedges the menu of layers is taken in
        too, see :func:`auction.menu.allocate_from_menu`.
    stop, threads, progress, start, churn, executor, compiled
        As there.

    Returns
    -------
    Plan

    Raises
    ------
    InfeasibleError
        When no plan keeps every rule; the conflict and the cheapest way out are named.
    """
    allocation, menu = allocate_from_menu(
        options,
        constraints,
        risk=risk,
        hedges=hedges,
        overrides=overrides,
        offers=offers,
        stop=stop,
        threads=threads,
        progress=progress,
        start=start,
        churn=churn,
        executor=executor,
        compiled=compiled,
    )
    rules = constraints or Constraints()
    offered = within_limits(hedges or Hedges(), rules)
    return Plan(options, allocation, offered, rules, overrides, menu)
