"""Small fleets with their options, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from auction.option_table import OptionTable
from auction.options import Options, Resource

SEGMENTS = ("car", "van", "suv")
COLUMNS = {
    "vehicle_id": pl.String,
    "channel": pl.String,
    "venue_id": pl.String,
    "event_id": pl.String,
    "date": pl.Date,
    "week": pl.Int64,
    "offer_id": pl.String,
    "hedge_id": pl.String,
    "reconditioning_id": pl.String,
    "counterparty": pl.String,
    "exposure": pl.Float64,
    "terms": pl.String,
    "expected_net": pl.Float64,
    "make": pl.String,
    "model": pl.String,
    "segment": pl.String,
    "distance_km": pl.Float64,
    "paid_on": pl.Date,
    "offering_days": pl.Float64,
    "sale_probability": pl.Float64,
    "sale_chances": pl.List(pl.Float64),
    "gross": pl.Float64,
    "fees": pl.Float64,
    "tax": pl.Float64,
    "returns": pl.Float64,
    "hedge_payoff": pl.Float64,
    "redeemed": pl.Float64,
}


def build(
    rows: list[dict[str, object]],
    *,
    coefficient: np.ndarray,
    group: np.ndarray,
    basis: np.ndarray,
    use: list[dict[str, float]],
    limits: dict[str, float],
) -> Options:
    """Return options from rows; `use` names resources of `limits`."""
    vehicles = list(dict.fromkeys(str(row["vehicle_id"]) for row in rows))
    place = {name: number for number, name in enumerate(vehicles)}
    resource = {name: number for number, name in enumerate(limits)}
    matrix = sparse.lil_array((len(limits), len(rows)))
    for column, uses in enumerate(use):
        for name, amount in uses.items():
            matrix[resource[name], column] = amount
    coefficient = np.asarray(coefficient, dtype=float)
    mean = basis.mean(axis=2)
    expected = np.einsum("or,or->o", coefficient, mean[group])
    frame = pl.DataFrame(
        [{**dict.fromkeys(COLUMNS), **row} for row in rows], schema=COLUMNS
    ).with_columns(expected_net=expected)
    return Options(
        tuple(vehicles),
        np.array([place[str(row["vehicle_id"])] for row in rows], dtype=np.int64),
        OptionTable.of(frame),
        coefficient,
        np.asarray(group, dtype=np.int64),
        np.asarray(basis, dtype=float),
        sparse.csr_array(matrix),
        tuple(Resource(name, "event", f"event {name}", limit) for name, limit in limits.items()),
    )


def draw(
    seed: int,
    *,
    vehicles: int = 4,
    events: int = 2,
    terms: int = 1,
    offers: int = 0,
    floors: int = 0,
    scenarios: int = 12,
    reruns: bool = False,
    tight: float = 0.5,
    money: float = 1.0,
) -> Options:
    """Return a random fleet: auctions by event and terms, dealers' offers, floors, holding."""
    rng = np.random.default_rng(seed)
    weeks = 3
    base = np.exp(rng.normal(9.2, 0.4, vehicles)) * money
    segment = rng.integers(0, len(SEGMENTS), vehicles)
    week = np.sort(rng.integers(0, weeks, events))
    venue = rng.integers(0, 4, events)
    level = rng.normal(0.0, 0.05, (4, len(SEGMENTS)))
    market = np.cumsum(rng.normal(0.0, 0.06, (len(SEGMENTS), weeks, scenarios)), axis=1)
    basis = np.stack([np.ones_like(market), np.expm1(market), np.minimum(market + 0.05, 0.0)], 2)
    basis = basis.reshape(len(SEGMENTS) * weeks, 3, scenarios)
    rows: list[dict[str, object]] = []
    coefficient: list[list[float]] = []
    group: list[int] = []
    use: list[dict[str, float]] = []

    def add(
        vehicle: int, at: int, worth: list[float], uses: dict[str, float], **row: object
    ) -> None:
        shared = {
            "vehicle_id": f"V{vehicle:04d}",
            "make": "make",
            "model": f"M{vehicle % 5}",
            "segment": SEGMENTS[segment[vehicle]],
        }
        rows.append({**shared, "week": at, **row})
        coefficient.append(worth)
        group.append(int(segment[vehicle]) * weeks + at)
        use.append(uses)

    for vehicle in range(vehicles):
        value, kind = base[vehicle], segment[vehicle]
        distance = rng.uniform(20.0, 900.0, 4)
        for event in range(events):
            for term in range(terms):
                chance = 1.0 - 0.15 * term
                noise = np.exp(level[venue[event], kind] + rng.normal(0.0, 0.02))
                gross = value * noise * (chance * (1.0 + 0.02 * term) + (1.0 - chance) * 0.9)
                uses = {f"E{event}": 1.0}
                later = [
                    e for e in range(events) if venue[e] == venue[event] and week[e] > week[event]
                ]
                if reruns and later:
                    uses[f"E{later[0]}"] = (1.0 - chance) + float(rng.uniform(0.05, 0.2))
                add(
                    vehicle,
                    int(week[event]),
                    [
                        gross - 0.3 * money * distance[venue[event]],
                        value * chance,
                        value * rng.random(),
                    ],
                    uses,
                    channel="auction",
                    venue_id=f"A{venue[event]}",
                    event_id=f"E{event}",
                    date=None,
                    terms=f"reserve {term}",
                    distance_km=distance[venue[event]],
                )
        for offer in range(offers):
            price = value * (0.9 + 0.12 * rng.random())
            add(
                vehicle,
                0,
                [price, 0.0, 0.0],
                {},
                channel="dealer",
                venue_id=f"D{offer}",
                offer_id=f"O{offer}",
                terms="offer",
            )
        for floor in range(floors):
            add(
                vehicle,
                weeks - 1,
                [value * 0.93, value * 0.5, 0.0],
                {f"E{events - 1}": 1.0},
                channel="auction",
                venue_id=f"A{venue[-1]}",
                event_id=f"E{events - 1}",
                hedge_id=f"F{floor}",
                counterparty="bank",
                exposure=0.9 * value,
                terms="floor",
            )
        add(
            vehicle,
            weeks - 1,
            [value * 0.85, value, value * 0.2],
            {},
            channel="hold",
            terms="hold",
            week=None,
        )
    capacity = rng.uniform(0.5, 1.5, events) * vehicles / events * tight
    limits = {f"E{event}": float(max(1, round(capacity[event]))) for event in range(events)}
    return build(
        rows,
        coefficient=np.array(coefficient),
        group=np.array(group),
        basis=basis,
        use=use,
        limits=limits,
    )


@pytest.fixture
def make_options() -> Callable[..., Options]:
    return draw


@pytest.fixture
def build_options() -> Callable[..., Options]:
    return build
