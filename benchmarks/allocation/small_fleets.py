"""Small fleets with their options, drawn from a number: shapes take turns, sizes are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from auction.option_table import OptionTable
from auction.options import Options, Resource

AS_OF: Final = date(2026, 6, 1)
SEGMENTS: Final = ("car", "van", "suv", "truck", "city", "estate")
CHANNELS: Final = ("auction", "dealer", "dismantling", "hold")
#: Columns of an option that a request reads.
COLUMNS: Final[dict[str, Any]] = {
    "vehicle_id": pl.String, "channel": pl.String, "venue_id": pl.String, "event_id": pl.String,
    "date": pl.Date, "week": pl.Int64, "offer_id": pl.String, "hedge_id": pl.String,
    "reconditioning_id": pl.String, "counterparty": pl.String, "exposure": pl.Float64,
    "terms": pl.String,
    "make": pl.String, "model": pl.String, "segment": pl.String, "expected_net": pl.Float64,
    "paid_on": pl.Date, "offering_days": pl.Float64, "sale_probability": pl.Float64,
    "sale_chances": pl.List(pl.Float64), "gross": pl.Float64, "fees": pl.Float64,
    "tax": pl.Float64, "returns": pl.Float64, "hedge_payoff": pl.Float64, "redeemed": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of instance.

    Parameters
    ----------
    name : str
        How the benchmark calls it.
    tight : float
        Capacity of all events together over the number of vehicles.
    segments : int
        Market segments that move apart.
    step : float
        Share of a typical worth to which every worth is rounded, so that there are ties.
    models : int
        Distinct vehicles, the others being copies; 0 for as many as there are.
    even : bool
        Whether every event is worth the same to a vehicle.
    """

    name: str
    tight: float
    segments: int = 3
    step: float = 0.0
    models: int = 0
    even: bool = False


SHAPES: Final = (
    Shape("tight", 0.7),
    Shape("slack", 2.5),
    Shape("scarce", 0.25),
    Shape("one segment", 0.7, segments=1),
    Shape("many segments", 0.8, segments=6),
    Shape("ties", 0.7, step=0.05),
    Shape("identical", 0.6, models=2),
    Shape("degenerate", 1.0, step=0.02, even=True),
)


class FleetDraw:
    """One fleet while it is drawn; rules of the fleet itself are switched on here."""

    def __init__(self, number: int) -> None:
        self.number, self.shape = number, SHAPES[number % len(SHAPES)]
        self.rng = rng = np.random.default_rng([20_261, number])
        # for rules that came later, so that the rest of an instance stays what it was
        self.extra = np.random.default_rng([20_262, number])
        self.on: set[str] = set()
        size = float(rng.random())
        most = 5 if size < 0.3 else 20 if size < 0.75 else 60
        self.vehicles = int(rng.integers(2, most + 1))
        self.scenarios = int(rng.integers(2, 21))
        self.slots = int(rng.integers(2, 9))
        self.weeks = int(rng.integers(1, 4))
        self.events = int(rng.integers(1, max(2, self.slots - 1)))
        self.week = np.sort(rng.integers(0, self.weeks, self.events))
        self.venue = rng.integers(0, 3, self.events)
        self.bidders = int(rng.integers(0, 3))
        self.floors = int(rng.integers(0, 2))
        self.holding = bool(rng.random() < 0.9)
        self.money = float(10.0 ** rng.integers(0, 6))

    def chance(self, rule: str, share: float) -> bool:
        """Switch a rule on in a share of the instances."""
        if self.rng.random() >= share:
            return False
        self.on.add(rule)
        return True

    def options(self) -> Options:
        rng, shape, count = self.rng, self.shape, self.vehicles
        distinct = min(shape.models or count, count)
        value = self.money * np.exp(rng.normal(0.0, 0.4, distinct))
        segment = rng.integers(0, shape.segments, distinct)
        reruns, volumes = self.chance("re-runs", 0.35), self.chance("volume", 0.3)
        lanes = self.chance("lane", 0.25)
        copies = [self._ways(value[kind], int(segment[kind])) for kind in range(distinct)]
        rows, worths, groups, uses = [], [], [], []
        for vehicle in range(count):
            kind = vehicle % distinct
            named = {
                "vehicle_id": f"V{vehicle:02d}", "make": "make", "model": f"M{kind % 4}",
                "segment": SEGMENTS[segment[kind]],
            }  # fmt: skip
            for way, worth, at in copies[kind]:
                rows.append({**dict.fromkeys(COLUMNS), **way, **named})
                worths.append(worth)
                groups.append(int(segment[kind]) * self.weeks + at)
                uses.append(self._use(way, named["model"], reruns, volumes, lanes))
        basis = self._basis()
        coefficient = np.array(worths)
        if shape.step:
            unit = shape.step * self.money
            coefficient = np.round(coefficient / unit) * unit
        group = np.array(groups, dtype=np.int64)
        expected = np.einsum("or,or->o", coefficient, basis.mean(axis=2)[group])
        frame = pl.DataFrame(rows, schema=COLUMNS).with_columns(expected_net=expected)
        ids = tuple(f"V{vehicle:02d}" for vehicle in range(count))
        place = np.array([ids.index(row["vehicle_id"]) for row in rows], dtype=np.int64)
        resources = self._resources(volumes, lanes)
        matrix = sparse.lil_array((len(resources), len(rows)))
        names = {resource.resource_id: row for row, resource in enumerate(resources)}
        for column, use in enumerate(uses):
            for name, units in use.items():
                matrix[names[name], column] = units
        use_rows = sparse.csr_array(matrix)
        table = OptionTable.of(frame)
        return Options(ids, place, table, coefficient, group, basis, use_rows, resources)

    def _basis(self) -> NDArray[np.float64]:
        """Groups are segments by week; the functions are one, the market, and its falls."""
        size = (self.shape.segments, self.weeks, self.scenarios)
        path = np.cumsum(self.rng.normal(0.0, 0.07, size), axis=1)
        path += self.rng.normal(0.0, 0.05, self.scenarios)
        terms = np.stack([np.ones_like(path), np.expm1(path), np.minimum(path + 0.04, 0.0)], 2)
        return terms.reshape(-1, 3, self.scenarios)

    def _ways(self, value: float, segment: int) -> list[tuple[dict[str, Any], list[float], int]]:
        """Return the ways of a vehicle: what each is, its worth on the basis, its week."""
        rng, ways = self.rng, []
        for event in range(self.events):
            level = 0.95 if self.shape.even else 0.95 * np.exp(rng.normal(0.0, 0.06))
            chance = float(rng.uniform(0.5, 1.0))
            way = {"channel": "auction", "venue_id": f"A{self.venue[event]}",
                   "event_id": f"E{event}", "terms": "reserve 100%"}  # fmt: skip
            worth = [value * level, value * chance, value * float(rng.random())]
            ways.append((self._paid(way, value, int(self.week[event]), chance), worth,
                         int(self.week[event])))  # fmt: skip
        for bidder in range(self.bidders):
            price = value * (0.86 + 0.1 * rng.random())
            way = {"channel": "dealer", "venue_id": f"D{bidder}", "offer_id": f"O{bidder}",
                   "counterparty": f"D{bidder}", "exposure": price,
                   "terms": "standing offer"}  # fmt: skip
            ways.append((self._paid(way, price, 0, 1.0), [price, 0.0, 0.0], 0))
        for floor in range(self.floors):
            event = int(rng.integers(self.events))
            way = {"channel": "auction", "venue_id": f"A{self.venue[event]}",
                   "event_id": f"E{event}", "hedge_id": f"F{floor}", "counterparty": "bank",
                   "exposure": (0.8 + 0.05 * (event % 3)) * value,
                   "terms": "reserve 100%, floor"}  # fmt: skip
            worth = [0.92 * value, 0.5 * value, 0.0]
            ways.append((self._paid(way, value, int(self.week[event]), 0.9), worth,
                         int(self.week[event])))  # fmt: skip
        if segment % 2 == 0:
            way = {"channel": "dismantling", "venue_id": "S", "terms": "parts and hulk"}
            price = value * float(rng.uniform(0.5, 0.95))
            ways.append((self._paid(way, price, 0, 1.0), [price, 0.1 * value, 0.0], 0))
        keep = rng.permutation(len(ways))[: self.slots - 1]
        kept = [ways[place] for place in sorted(keep.tolist())]
        if self.holding:
            way = {"channel": "hold", "terms": "later planning"}
            last = self.weeks - 1
            kept.append((way, [0.82 * value, value, 0.3 * value], last))
        return kept

    def _paid(self, way: dict[str, Any], price: float, week: int, chance: float) -> dict[str, Any]:
        """Tell where and when, and when it is paid."""
        sold = AS_OF + timedelta(days=7 * (week + 1))
        steps = [chance * 0.7, chance * 0.3] if way["channel"] == "auction" else None
        return {
            **way, "date": sold, "week": week + 1, "paid_on": sold + timedelta(days=5),
            "offering_days": 14.0 if steps else None, "sale_probability": chance,
            "sale_chances": steps, "gross": price, "fees": 0.02 * price, "tax": 0.0,
            "returns": 0.01 * price, "hedge_payoff": 0.0, "redeemed": 0.0,
        }  # fmt: skip

    def _use(
        self, way: dict[str, Any], model: str, reruns: bool, volumes: bool, lanes: bool
    ) -> dict[str, float]:
        use: dict[str, float] = {}
        if way.get("event_id") is not None:
            event = int(way["event_id"][1:])
            use[f"E{event}"] = 1.0
            if reruns and event + 1 < self.events:
                use[f"E{event + 1}"] = float(self.rng.uniform(0.02, 0.4))
        if lanes and way["channel"] in {"auction", "dealer"}:
            use["L"] = 1.0
        if volumes and way["channel"] == "auction" and model in {"M0", "M1"}:
            use[f"volume:{model}"] = 1.0
        return use

    def _resources(self, volumes: bool, lanes: bool) -> tuple[Resource, ...]:
        rng, count = self.rng, self.vehicles
        share = rng.dirichlet(np.full(self.events, 3.0)) * self.shape.tight * count
        found = [
            Resource(f"E{event}", "event", f"event {event}", float(max(1.0, np.floor(units))))
            for event, units in enumerate(share)
        ]
        if lanes:
            found.append(Resource("L", "lane", "lane", float(np.ceil(rng.uniform(0.4, 1) * count))))
        if volumes:
            for model in ("M0", "M1"):
                first, second = np.sort(rng.uniform(0.005, 0.08, 2)) * self.money
                steps = ((float(rng.integers(1, 4)), float(first)), (1.0, float(second)))
                before = float(rng.integers(0, 3))
                found.append(Resource(f"volume:{model}", "volume", f"many {model}", before, steps))
        return tuple(found)
