"""Fleets drawn from a seed, straight as options: many kinds, so that no method lives from one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from auction.option_table import OptionTable
from auction.options import Options, Resource

TERMS = 4
CHANNELS = pl.Enum(["auction", "hold"])
SPREAD = 0.018


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of fleet.

    Parameters
    ----------
    name : str
        How the benchmark calls it.
    tight : float
        Capacity of all events together over the number of vehicles.
    segments : int
        Market segments that move apart.
    weeks : int
        Weeks over which the events lie; at each the scenarios differ.
    models : int
        Distinct vehicles; 0 for as many as there are. Vehicles of a model are identical.
    step : float
        Money to which every worth is rounded, so that there are ties; 0 for none.
    reruns : bool
        Whether an unsold vehicle takes part of a slot at a later event.
    even : bool
        Whether all events are worth the same to a vehicle but for its way there, so that
        prices have many optima.
    """

    name: str
    tight: float = 0.8
    segments: int = 12
    weeks: int = 10
    models: int = 0
    step: float = 0.0
    reruns: bool = False
    even: bool = False


FAMILIES = (
    Family("tight"),
    Family("slack", tight=3.0),
    Family("scarce", tight=0.3),
    Family("one segment", segments=1, weeks=4),
    Family("many segments", segments=40, weeks=13),
    Family("reruns", reruns=True),
    Family("ties", step=250.0),
    Family("identical", models=50),
    Family("degenerate", tight=1.0, even=True, step=100.0),
)


def family(name: str) -> Family:
    """Return the family of this name."""
    return next(kind for kind in FAMILIES if kind.name == name)


def draw(
    kind: Family, vehicles: int, slots: int = 40, scenarios: int = 1_024, seed: int = 1
) -> Options:
    """Return a fleet: each vehicle may go to every event, or be held.

    Parameters
    ----------
    kind : Family
        What it is like.
    vehicles, slots, scenarios : int
        Vehicles; options of each, holding among them; scenarios.
    seed : int
        Of all draws.
    """
    rng = np.random.default_rng(seed)
    events = slots - 1
    week = np.sort(rng.integers(0, kind.weeks, events))
    basis = _basis(rng, kind, scenarios)
    distinct = kind.models or vehicles
    model = np.arange(vehicles) if not kind.models else rng.integers(0, distinct, vehicles)
    segment = rng.integers(0, kind.segments, distinct)[model]
    coefficient = _coefficients(rng, kind, week, distinct)
    if kind.models:
        coefficient = coefficient[model]
    at = np.append(week, kind.weeks - 1)
    group = (segment[:, None] * kind.weeks + at[None, :]).ravel()
    share = rng.dirichlet(np.full(events, 4.0))
    limit = np.maximum(1.0, np.floor(share * kind.tight * vehicles))
    resources = tuple(
        Resource(f"E{event:02d}", "event", f"event {event}", float(limit[event]))
        for event in range(events)
    )
    coefficient = coefficient.reshape(-1, TERMS)
    return Options(
        tuple(f"V{number:07d}" for number in range(vehicles)),
        np.repeat(np.arange(vehicles), slots),
        OptionTable.of(_frame(vehicles, slots, coefficient, group, basis.mean(axis=2))),
        coefficient,
        group,
        basis,
        _use(rng, kind, vehicles, events),
        resources,
    )


def altered(options: Options, share: float, seed: int = 7) -> Options:
    """Return the fleet with some of its vehicles worth more or less, each way by its own.

    Parameters
    ----------
    options : Options
        The fleet.
    share : float
        Share of the vehicles that change.
    seed : int
        Of the draws.
    """
    rng = np.random.default_rng([seed, 1])
    factor = rng.uniform(0.97, 1.03, len(options.vehicle_ids))[options.vehicle]
    factor *= np.exp(SPREAD * rng.standard_normal(factor.size))
    each = np.where(changing(options, share, seed)[options.vehicle], factor, 1.0)
    frame = options.frame.with_columns(expected_net=pl.col("expected_net") * each)
    return replace(
        options, table=OptionTable.of(frame), coefficient=options.coefficient * each[:, None]
    )


def changing(options: Options, share: float, seed: int = 7) -> NDArray[np.bool_]:
    """Return which vehicles `altered` changes, bool[V]."""
    drawn = np.random.default_rng(seed).random(len(options.vehicle_ids))
    changed: NDArray[np.bool_] = drawn < share
    return changed


def _basis(rng: np.random.Generator, kind: Family, scenarios: int) -> NDArray[np.float64]:
    common = rng.normal(0.0, 0.03, (1, kind.weeks, scenarios))
    own = rng.normal(0.0, 0.02, (kind.segments, kind.weeks, scenarios))
    path = np.cumsum(common + own, axis=1)
    terms = [np.ones_like(path), np.expm1(path), np.minimum(path + 0.05, 0.0), path * path]
    return np.stack(terms, axis=2).reshape(kind.segments * kind.weeks, TERMS, scenarios)


def _coefficients(
    rng: np.random.Generator, kind: Family, week: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return worths on the basis, float64[count, slots, TERMS]: events first, holding last."""
    events = week.size
    value = np.exp(rng.normal(9.3, 0.45, count))
    venue = rng.integers(0, 8, events)
    distance = rng.uniform(20.0, 900.0, (count, 8))
    level = np.zeros(events) if kind.even else rng.normal(0.0, 0.03, events)
    noise = 0.0 if kind.even else SPREAD * rng.standard_normal((count, events))
    net = value[:, None] * np.exp(level + noise) - 0.35 * distance[:, venue]
    net = net - 0.0015 * value[:, None] * week
    if kind.step:
        net = np.round(net / kind.step) * kind.step
    out = np.zeros((count, events + 1, TERMS))
    out[:, :events, 0] = net
    out[:, :events, 1] = 0.9 * value[:, None]
    out[:, :events, 2] = rng.uniform(-0.1, 0.3, (1, events)) * value[:, None]
    out[:, events, 0] = 0.9 * value
    out[:, events, 1] = 0.9 * value
    out[:, events, 3] = 0.3 * value
    return out


def _use(rng: np.random.Generator, kind: Family, vehicles: int, events: int) -> sparse.csr_array:
    """Return a slot at its event for each option but holding, and part of a later one."""
    columns = np.arange(vehicles, dtype=np.int64)[:, None] * (events + 1) + np.arange(events)
    later = [event for event in range(events) if kind.reruns and event + 4 < events]
    parts = []
    pointer = np.zeros(events + 1, dtype=np.int64)
    values = []
    for event in range(events):
        places, amounts = [columns[:, event]], [np.ones(vehicles)]
        if event - 4 in later:
            places.append(columns[:, event - 4])
            amounts.append(rng.uniform(0.05, 0.4, vehicles))
        parts.append(np.stack(places, axis=1).ravel())
        values.append(np.stack(amounts, axis=1).ravel())
        pointer[event + 1] = pointer[event] + parts[-1].size
    shape = (events, vehicles * (events + 1))
    result = sparse.csr_array((np.concatenate(values), np.concatenate(parts), pointer), shape)
    result.sort_indices()
    return result


def _frame(
    vehicles: int,
    slots: int,
    coefficient: NDArray[np.float64],
    group: NDArray[np.int64],
    mean: NDArray[np.float64],
) -> pl.DataFrame:
    channel = np.zeros(slots, dtype=np.uint8)
    channel[-1] = 1
    rows = vehicles * slots
    expected = np.zeros(rows)
    for term in range(TERMS):
        expected += coefficient[:, term] * mean[group, term]
    events = pl.Enum([f"E{event:02d}" for event in range(slots - 1)] + ["none"])
    empty = ("hedge_id", "offer_id", "reconditioning_id", "counterparty", "date", "terms")
    return pl.DataFrame(
        {
            "channel": pl.Series(np.tile(channel, vehicles)).cat.to(CHANNELS),
            "venue_id": pl.Series(np.tile(np.arange(slots, dtype=np.uint8), vehicles)).cat.to(
                events
            ),
            "expected_net": expected,
            **{name: pl.Series([None], dtype=pl.Null).new_from_index(0, rows) for name in empty},
        }
    ).with_columns(event_id=pl.col("venue_id"))
