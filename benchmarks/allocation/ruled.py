"""Fleets with every rule on: what a desk asks for, all of it at once, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation import Constraints, Limit
from auction.hedges import Hedges, Position
from auction.option_table import OptionTable
from auction.options import Options, Resource

TERMS: Final = 4
VENUES: Final = 8
WEEKS: Final = 10
SEGMENTS: Final = 12
MODELS: Final = 60
DEALERS: Final = 8
FLOORED: Final = 4
CHANNELS: Final = pl.Enum(["auction", "dealer", "hold"])
FLOORS: Final = ("F1", "F2")
#: Dealers who take so many units or none; two more are taken together or not at all.
MINIMUMS: Final = 4
PACKAGED: Final = (4, 5)


@dataclass(frozen=True, slots=True)
class Request:
    """A fleet with the rules that its plan must keep.

    Parameters
    ----------
    options : Options
        What may be done with each vehicle.
    rules : dict
        Constraints, hedges, overrides and offers, as `allocate` takes them.
    """

    options: Options
    rules: dict[str, Any]


def draw_ruled(vehicles: int, slots: int = 40, scenarios: int = 1_024, seed: int = 1) -> Request:
    """Return a fleet on events, on unit floors, with dealers or held, under every rule.

    Parameters
    ----------
    vehicles, slots, scenarios : int
        Vehicles; options of each, at least `DEALERS` + `FLOORED` + 2; scenarios.
    seed : int
        Of all draws.
    """
    return _Draw(vehicles, slots, scenarios, seed).request()


class _Draw:
    """The draws of one fleet, slot by slot: events, floored events, dealers, holding."""

    def __init__(self, vehicles: int, slots: int, scenarios: int, seed: int) -> None:
        self.rng = rng = np.random.default_rng([seed, 3])
        self.vehicles, self.slots, self.scenarios = vehicles, slots, scenarios
        self.events = slots - DEALERS - FLOORED - 1
        self.week = np.sort(rng.integers(0, WEEKS, self.events))
        self.venue = rng.integers(0, VENUES, self.events)
        self.floored = rng.choice(self.events, FLOORED, replace=self.events < FLOORED)
        self.model = np.minimum(rng.geometric(0.06, vehicles) - 1, MODELS - 1)
        self.segment = self.model % SEGMENTS
        self.value = np.exp(rng.normal(9.3, 0.45, vehicles))
        self.at = np.concatenate(
            [self.week, self.week[self.floored], rng.integers(0, 3, DEALERS), [WEEKS - 1]]
        )
        self.room = vehicles * 0.8 * rng.dirichlet(np.full(self.events, 4.0))

    def request(self) -> Request:
        common = np.cumsum(self.rng.normal(0.0, 0.03, (WEEKS, self.scenarios)), axis=0)
        own = self.rng.normal(0.0, 0.02, (SEGMENTS, WEEKS, self.scenarios))
        path = common + np.cumsum(own, axis=1)
        terms = [np.ones_like(path), np.expm1(path), np.minimum(path + 0.05, 0.0), path * path]
        basis = np.stack(terms, axis=2).reshape(SEGMENTS * WEEKS, TERMS, self.scenarios)
        group = (self.segment[:, None] * WEEKS + self.at[None, :]).ravel()
        coefficient = self._worth().reshape(-1, TERMS)
        use, resources = self._resources()
        mean = basis.mean(axis=2)
        expected = np.einsum("or,or->o", coefficient, mean[group])
        options = Options(
            tuple(f"V{number:07d}" for number in range(self.vehicles)),
            np.repeat(np.arange(self.vehicles), self.slots),
            OptionTable.of(self._frame(expected)),
            coefficient,
            group,
            basis,
            use,
            resources,
        )
        rules = {
            "constraints": self._constraints(),
            "hedges": self._hedges(common),
            "overrides": self._overrides(),
            "offers": self._offers(),
        }
        return Request(options, rules)

    def _worth(self) -> NDArray[np.float64]:
        """Return worths on the basis, float64[V, slots, TERMS]."""
        rng, value, events = self.rng, self.value, self.events
        out = np.zeros((self.vehicles, self.slots, TERMS))
        noise = np.exp(
            rng.normal(0.0, 0.03, events) + 0.018 * rng.standard_normal((self.vehicles, events))
        )
        distance = rng.uniform(20.0, 900.0, (self.vehicles, VENUES))[:, self.venue]
        out[:, :events, 0] = value[:, None] * (noise - 0.0015 * self.week) - 0.35 * distance
        out[:, :events, 1] = 0.9 * value[:, None]
        out[:, :events, 2] = rng.uniform(-0.1, 0.3, events) * value[:, None]
        # a floor costs a premium and takes most of what the tail may lose
        safe = slice(events, events + FLOORED)
        out[:, safe] = out[:, self.floored]
        out[:, safe, 0] -= 0.006 * value[:, None]
        out[:, safe, 1] *= 0.5
        sold = slice(events + FLOORED, events + FLOORED + DEALERS)
        bid = rng.normal(0.96, 0.015, DEALERS) + 0.03 * rng.standard_normal(
            (self.vehicles, DEALERS)
        )
        out[:, sold, 0] = value[:, None] * bid
        out[:, -1, 0] = 0.9 * value
        out[:, -1, 1] = 0.9 * value
        out[:, -1, 3] = 0.3 * value
        return out

    def _resources(self) -> tuple[sparse.csr_array, tuple[Resource, ...]]:
        """Return use of events with re-runs, lanes, venues by week, and markets with depth."""
        rows: list[Resource] = []
        parts: list[tuple[int, int, NDArray[np.int64], NDArray[np.float64]]] = []
        every = np.arange(self.vehicles)
        again = self.rng.uniform(0.05, 0.4, (self.vehicles, self.events))

        def add(kind: Any, label: str, limit: float, steps: Any = ()) -> int:
            rows.append(Resource(f"{kind} {label}", kind, label, limit, steps))
            return len(rows) - 1

        where = np.concatenate([np.arange(self.events), self.floored])
        event = [
            add("event", f"event {e}", max(1.0, np.floor(1.1 * self.room[e])))
            for e in range(self.events)
        ]
        later = [
            next((f for f in range(e + 1, self.events) if self.venue[f] == self.venue[e]), -1)
            for e in range(self.events)
        ]
        for slot, e in enumerate(where):
            parts.append((event[e], slot, every, np.ones(self.vehicles)))
            if later[e] >= 0:
                parts.append((event[later[e]], slot, every, again[:, e]))
        for kind, share in (("lane", 0.95), ("venue_week", 0.9)):
            for venue in range(VENUES):
                for week in range(WEEKS):
                    of = [
                        e
                        for e in range(self.events)
                        if (self.venue[e], self.week[e]) == (venue, week)
                    ]
                    if not of:
                        continue
                    whole = float(np.floor(share * sum(1.1 * self.room[e] for e in of)))
                    row = add(
                        kind,
                        f"{venue} in week {week}",
                        max(1.0, whole * self.rng.uniform(0.9, 1.2)),
                    )
                    chance = np.ones(self.vehicles) if kind == "lane" else 0.6 + again[:, of[0]]
                    slots = np.flatnonzero(np.isin(where, of)).tolist()
                    parts += [(row, slot, every, chance) for slot in slots]
        for segment in range(SEGMENTS):
            own = np.flatnonzero(self.segment == segment)
            for week in range(0, WEEKS, 3):
                deep = max(1.0, 0.06 * own.size)
                row = add(
                    "volume", f"segment {segment} in week {week}", float(np.floor(deep)),
                    ((deep, 20.0), (deep, 60.0), (deep, 150.0)),
                )  # fmt: skip
                slots = np.flatnonzero(self.at[: where.size] == week).tolist()
                parts += [(row, slot, own, np.ones(own.size)) for slot in slots]
        row_of = np.concatenate([np.full(part[2].size, part[0]) for part in parts])
        column = np.concatenate([part[2] * self.slots + part[1] for part in parts])
        amount = np.concatenate([part[3] for part in parts])
        shape = (len(rows), self.vehicles * self.slots)
        return sparse.csr_array((amount, (row_of, column)), shape=shape), tuple(rows)

    def _frame(self, expected: NDArray[np.float64]) -> pl.DataFrame:
        events, count = self.events, self.vehicles
        sales = events + FLOORED
        channel = np.repeat([0, 1, 2], [sales, DEALERS, 1]).astype(np.uint8)
        where = np.concatenate([np.arange(events), self.floored])
        event = [f"E{e:02d}" for e in where] + [None] * (DEALERS + 1)
        venue = [f"N{self.venue[e]}" for e in where] + [None] * (DEALERS + 1)
        dealer = [None] * sales + [f"D{d}" for d in range(DEALERS)] + [None]
        floor = [FLOORS[place % 2] for place in range(FLOORED)]
        hedge = [None] * events + floor + [None] * (DEALERS + 1)
        against = [None] * events + [f"writer {name}" for name in floor] + dealer[sales:]

        def tiled(values: list[str | None]) -> pl.Series:
            names = sorted({value for value in values if value is not None})
            codes = [None if value is None else names.index(value) for value in values]
            codes_of = pl.Series(codes, dtype=pl.UInt8).cast(pl.UInt32)
            place = np.tile(np.arange(self.slots), count)
            return codes_of.cast(pl.UInt8).cat.to(pl.Enum(names))[place]

        def own(prefix: str, values: NDArray[np.int64], size: int) -> pl.Series:
            names = pl.Enum([f"{prefix}{n:02d}" for n in range(size)])
            return pl.Series(np.repeat(values.astype(np.uint8), self.slots)).cat.to(names)

        none = pl.Series([None], dtype=pl.String).new_from_index(0, count * self.slots)
        return pl.DataFrame(
            {
                "channel": pl.Series(np.tile(channel, count)).cat.to(CHANNELS),
                "venue_id": tiled(venue),
                "event_id": tiled(event),
                "offer_id": tiled(dealer),
                "hedge_id": tiled(hedge),
                "counterparty": tiled(against),
                "week": pl.Series(np.tile(self.at.astype(np.int32), count)),
                "segment": own("S", self.segment, SEGMENTS),
                "model": own("M", self.model, MODELS),
                "expected_net": expected,
                **dict.fromkeys(("date", "terms", "reconditioning_id"), none),
            }
        )

    def _constraints(self) -> Constraints:
        return Constraints(
            (
                Limit("channel", "auction", max_share=0.78),
                Limit("channel", "dealer", max_share=0.12),
                Limit("model", "M00", max_share=0.045),
                Limit("model", max_share=0.055),
                Limit("week", max_share=0.14),
                Limit("segment_week", max_share=0.014),
                Limit("counterparty", max_share=0.03),
            ),
            sacrifice_rate=0.13,
            max_hold_share=0.3,
        )

    def _hedges(self, common: NDArray[np.float64]) -> Hedges:
        floors = {name: float(max(1, self.vehicles // 40)) for name in FLOORS}
        lot = 2_000.0 * max(1, self.vehicles // 2_000)
        positions = []
        for number, week in enumerate((4, WEEKS - 1)):
            pays = lot * np.maximum(0.97 - np.exp(common[week]), 0.0)
            premium = float(pays.mean()) * 1.1
            positions.append(Position(f"P{number}", "bank", 400, pays - premium, premium))
        return Hedges(floors, tuple(positions))

    def _overrides(self) -> pl.DataFrame:
        few = max(1, self.vehicles // 400)
        drawn = self.rng.choice(self.vehicles, 3 * few, replace=False)
        pinned = drawn[:few]
        action = ["pin"] * few + ["ban"] * (2 * few)
        venue = [f"N{v}" for v in self.venue[self.rng.integers(0, self.events, 3 * few)]]
        return pl.DataFrame(
            {
                "vehicle_id": [f"V{v:07d}" for v in np.concatenate([pinned, drawn[few:]])],
                "action": action,
                "venue_id": venue,
                "channel": pl.Series([None] * (3 * few), dtype=pl.String),
                "event_id": pl.Series([None] * (3 * few), dtype=pl.String),
            }
        )

    def _offers(self) -> pl.DataFrame:
        most = np.maximum(4, (self.vehicles * self.rng.uniform(0.008, 0.025, DEALERS)).astype(int))
        bundled = [dealer in PACKAGED for dealer in range(DEALERS)]
        together = int(most[list(PACKAGED)].sum()) // 2
        return pl.DataFrame(
            {
                "offer_id": [f"D{dealer}" for dealer in range(DEALERS)],
                "min_units": [int(m) // 2 if d < MINIMUMS else 1 for d, m in enumerate(most)],
                "max_units": most,
                "package": ["both" if one else None for one in bundled],
                "package_min_units": [together if one else None for one in bundled],
            }
        )
