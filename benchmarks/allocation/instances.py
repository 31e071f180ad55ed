"""Small requests drawn from a number, every rule of the allocation switched on in some."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from auction.allocation import CashTarget, Constraints, Limit
from auction.hedges import Hedges, Position
from auction.options import Options
from auction.risk import CVaR
from benchmarks.allocation.small_fleets import AS_OF, FleetDraw, Shape


@dataclass(frozen=True)
class Instance:
    """A request, as :func:`auction.allocation.allocate` takes it.

    Parameters
    ----------
    number : int
        What it was drawn from.
    shape : Shape
        Its kind.
    options, constraints, risk, hedges, overrides, offers
        The request.
    rules : frozenset of str
        Rules that are switched on.
    """

    number: int
    shape: Shape
    options: Options
    constraints: Constraints
    risk: CVaR
    hedges: Hedges
    overrides: pl.DataFrame | None
    offers: pl.DataFrame | None
    rules: frozenset[str] = field(default=frozenset())

    @property
    def request(self) -> dict[str, Any]:
        """Arguments of an allocation."""
        names = ("options", "constraints", "risk", "hedges", "overrides", "offers")
        return {name: getattr(self, name) for name in names}


def instance(number: int) -> Instance:
    """Return the instance of a number: shapes take turns, sizes and rules are drawn."""
    return _Draw(number).instance()


class _Draw(FleetDraw):
    """One instance while it is drawn."""

    def instance(self) -> Instance:
        options = self.options()
        constraints = self._constraints(options)
        hedges = self._hedges(options)
        overrides = self._overrides(options)
        offers = self._offers(options)
        risk = self._risk(options)
        found = Instance(
            self.number, self.shape, options, constraints, risk, hedges, overrides, offers
        )
        return replace(found, rules=frozenset(self.on))

    def _constraints(self, options: Options) -> Constraints:
        rng, count = self.rng, self.vehicles
        limits = []
        for by in ("model", "segment", "week", "counterparty", "segment_week", "venue"):
            if self.chance(f"limit by {by}", 0.15):
                units = int(rng.integers(0 if rng.random() < 0.1 else 1, max(2, count // 2 + 1)))
                limits.append(Limit(by, max_units=units))
        if self.chance("limit by channel", 0.2):
            group = str(rng.choice(["auction", "dealer", "dismantling", "hold"]))
            limits.append(Limit("channel", group, max_share=float(rng.choice([0.1, 0.29, 0.6]))))
        limits += self._in_money()
        rate = float(rng.uniform(0.02, 0.3)) if self.chance("sacrifice", 0.2) else None
        amount = 0.1 * self.money if self.chance("sacrifice amount", 0.1) else None
        share = float(rng.uniform(0.0, 0.6)) if self.chance("hold share", 0.25) else None
        cash = tuple(self._targets(options)) if self.chance("cash", 0.3) else ()
        exempt = bool(rng.random() < 0.7)
        return Constraints(tuple(limits), rate, amount, exempt, share, cash)

    def _in_money(self) -> list[Limit]:
        """Return limits of what counterparties can owe, which change nothing else drawn."""
        if self.extra.random() >= 0.2:
            return []
        self.on.add("limit in money")
        most = self.money * float(self.extra.uniform(0.1, 0.4 * self.vehicles))
        group = None if self.extra.random() < 0.6 else "bank"
        return [Limit("counterparty", group, max_exposure=most)]

    def _targets(self, options: Options) -> list[CashTarget]:
        found = []
        for _ in range(int(self.rng.integers(1, 3))):
            by = AS_OF + timedelta(days=int(self.rng.integers(5, 40)))
            cash = np.array([cash_of(row, by) for row in options.frame.iter_rows(named=True)])
            best = np.zeros(self.vehicles)
            np.maximum.at(best, options.vehicle, cash)
            found.append(CashTarget(by, float(self.rng.uniform(0.2, 0.95) * best.sum())))
        return found

    def _hedges(self, options: Options) -> Hedges:
        rng = self.rng
        floors = {"F0": float(rng.integers(1, 4))}
        if self.floors:
            self.on.add("unit floor")
        positions = []
        if self.chance("lots", 0.35):
            for number in range(int(rng.integers(1, 3))):
                fall = np.maximum(-options.basis[number % options.basis.shape[0], 1], 0.0)
                lot = self.money * float(rng.uniform(0.5, 2.0))
                payoff = lot * (fall - float(rng.uniform(0.9, 1.3)) * fall.mean())
                lots, owed = int(rng.integers(1, 6)), lot * float(self.extra.uniform(0.1, 1.0))
                positions.append(Position(f"P{number}", "bank", lots, payoff, owed=owed))
        return Hedges(floors, tuple(positions))

    def _overrides(self, options: Options) -> pl.DataFrame | None:
        if not self.chance("pins and bans", 0.35):
            return None
        rng, rows = self.rng, []
        for vehicle in rng.permutation(self.vehicles)[: int(rng.integers(1, 4))]:
            own = options.frame.filter(pl.col("vehicle_id") == options.vehicle_ids[vehicle])
            row = own.row(int(rng.integers(own.height)), named=True)
            by = "channel" if row["venue_id"] is None or rng.random() < 0.5 else "venue_id"
            action = "pin" if rng.random() < 0.5 or own.height == 1 else "ban"
            rows.append({"vehicle_id": row["vehicle_id"], "action": action, by: row[by]})
        schema = dict.fromkeys(("vehicle_id", "action", "venue_id", "channel"), pl.String)
        return pl.DataFrame(rows, schema=schema)

    def _offers(self, options: Options) -> pl.DataFrame | None:
        rng, named = self.rng, sorted(set(options.frame["offer_id"].drop_nulls()))
        if not named:
            return None
        package = len(named) > 1 and self.chance("package", 0.4)
        least = int(rng.integers(2, 5))
        rows = []
        for name in named:
            few = (
                0 if package or not self.chance("dealer minimum", 0.5) else int(rng.integers(2, 5))
            )
            rows.append(
                {
                    "offer_id": name, "min_units": few,
                    "max_units": few + int(rng.integers(1, max(2, self.vehicles // 2 + 1))),
                    "package": "K" if package else None,
                    "package_min_units": least if package else None,
                }
            )  # fmt: skip
        schema = {"offer_id": pl.String, "min_units": pl.Int64, "max_units": pl.Int64,
                  "package": pl.String, "package_min_units": pl.Int64}  # fmt: skip
        return pl.DataFrame(rows, schema=schema)

    def _risk(self, options: Options) -> CVaR:
        rng = self.rng
        alpha = float(rng.choice([0.0, 0.5, 0.8, 0.9, 0.95], p=[0.04, 0.24, 0.24, 0.24, 0.24]))
        weight = float(rng.choice([0.3, 1.0])) if self.chance("CVaR", 0.65) else 0.0
        if not self.chance("floor", 0.35):
            return CVaR(alpha, weight)
        # between the tails of vehicles that all take their best in the mean, and in the worst
        net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
        risk = CVaR(alpha, 1.0)
        tails = []
        for worth in (net.mean(axis=1), net.min(axis=1)):
            first = np.searchsorted(options.vehicle, np.arange(self.vehicles + 1))
            best = [int(a + np.argmax(worth[a:b])) for a, b in pairwise(first)]
            tails.append(risk.measure(net[best].sum(axis=0)))
        low, high = min(tails) * 0.96, max(tails)
        return CVaR(alpha, weight, float(low + rng.uniform(0.0, 1.05) * (high - low)))


def cash_of(row: dict[str, Any], by: date) -> float:
    """Return what an option is expected to bring by a day, offering by offering."""
    if row["paid_on"] is None:
        return 0.0
    chances = row["sale_chances"] or [row["sale_probability"]]
    gap = timedelta(days=row["offering_days"] or 0.0)
    paid = sum(chance for run, chance in enumerate(chances) if row["paid_on"] + run * gap <= by)
    kept = row["gross"] + row["hedge_payoff"] - row["fees"] - row["tax"] - row["returns"]
    return float((1.0 - row["redeemed"]) * paid * kept)
