"""Fleets at the edge of what is sensible: every plan must end with its gap, or say why not."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import sparse

from auction.allocation import Stop, allocate
from auction.option_table import OptionTable
from auction.options import Options, Resource
from auction.risk import CVaR
from benchmarks.allocation.fleets import draw, family
from benchmarks.allocation.verdict import Row

_GAP: Final = 1e-6
_SECONDS: Final = 20.0
#: Gap beyond which a plan is no answer, whatever the reason told.
_WORST: Final = 1e-2


@dataclass(frozen=True, slots=True)
class Extreme:
    """A fleet that tries the method.

    Parameters
    ----------
    name : str
        How the benchmark calls it.
    change : callable
        Makes it of a fleet of the family.
    kind : str
        The family.
    vehicles, slots, scenarios : int
        Size.
    alpha : float
        Of the tail.
    """

    name: str
    change: Callable[[Options], Options] = lambda options: options
    kind: str = "tight"
    vehicles: int = 2_000
    slots: int = 40
    scenarios: int = 256
    alpha: float = 0.95


def _limited(options: Options, share: float) -> Options:
    """Let every event hold a share of what it did, in whole units."""
    resources = tuple(replace(r, limit=float(int(r.limit * share))) for r in options.resources)
    return replace(options, resources=resources)


def _one_capacity(options: Options) -> Options:
    total = sparse.csr_array(options.use.sum(axis=0)[None, :])
    limit = sum(resource.limit for resource in options.resources)
    return replace(options, use=total, resources=(Resource("all", "event", "all events", limit),))


def _equal(options: Options) -> Options:
    coefficient = np.zeros_like(options.coefficient)
    coefficient[:, 0] = 10_000.0
    return replace(options, coefficient=coefficient)


def _wide(options: Options) -> Options:
    """Let the vehicles be worth from a thousandth to ten million."""
    worth = np.logspace(-3.0, 7.0, len(options.vehicle_ids))
    scale = worth / options.coefficient[:: len(options.resources) + 1, 0]
    return replace(options, coefficient=options.coefficient * scale[options.vehicle][:, None])


def _many_rows(options: Options) -> Options:
    """Put every five vehicles on a lane of their own, which takes three of them."""
    lane = options.vehicle // 5
    sold = np.flatnonzero(np.asarray(options.use.sum(axis=0)).ravel() > 0.0)
    count = int(lane.max()) + 1
    rows = sparse.csr_array(
        (np.ones(sold.size), (lane[sold], sold)), shape=(count, options.use.shape[1])
    )
    lanes = tuple(Resource(f"L{n}", "lane", f"lane {n}", 3.0) for n in range(count))
    use = sparse.csr_array(sparse.vstack([options.use, rows]))
    return replace(options, use=use, resources=options.resources + lanes)


def _only_hold(options: Options) -> Options:
    """Leave every third vehicle nothing but to be held."""
    held = (options.frame["channel"] == "hold").to_numpy()
    kept = np.flatnonzero(held | (options.vehicle % 3 > 0))
    return replace(
        options,
        vehicle=options.vehicle[kept],
        table=OptionTable.of(options.frame[kept]),
        coefficient=options.coefficient[kept],
        group=options.group[kept],
        use=sparse.csr_array(options.use[:, kept]),
    )


EXTREMES: Final = (
    Extreme("heavy ties", kind="ties"),
    Extreme("identical vehicles", kind="identical"),
    Extreme("all options equal", _equal),
    Extreme("one capacity for all", _one_capacity),
    Extreme("capacities of nothing", lambda options: _limited(options, 0.0)),
    Extreme("thousands of rows", _many_rows, vehicles=10_000, slots=10),
    Extreme("from a thousandth to ten million", _wide),
    Extreme("one scenario", scenarios=1, alpha=0.5),
    Extreme("a tail of one scenario", scenarios=1_024, alpha=0.9995),
    Extreme("three options", slots=3),
    Extreme("four hundred options", slots=400, vehicles=1_000),
    Extreme("nothing but hold for a third", _only_hold),
    Extreme("one vehicle", vehicles=1, slots=5),
    Extreme("fractions of units", kind="reruns"),
)


def extreme_of(one: Extreme, seed: int) -> Row:
    """Plan a fleet in a fresh process; tell its gap and how it ended."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        gap, reason = pool.apply(_planned, (EXTREMES.index(one), seed))
    where = f"{one.name}, {one.vehicles:,} x {one.slots} x {one.scenarios:,}, seed {seed}: {reason}"
    return Row("gap or reason", where, gap, f"<= {_GAP:g} or told", gap <= _WORST)


def _planned(place: int, seed: int) -> tuple[float, str]:
    one = EXTREMES[place]
    options = one.change(draw(family(one.kind), one.vehicles, one.slots, one.scenarios, seed))
    stop = Stop(gap=_GAP, seconds=_SECONDS)
    found = allocate(options, risk=CVaR(one.alpha, 0.3), stop=stop, threads=2)
    return found.gap, found.reason
