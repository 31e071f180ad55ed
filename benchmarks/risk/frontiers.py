"""Points of the frontier against one plan from nothing."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from typing import Final

from auction.allocation import Allocation, Stop, Warm, allocate
from auction.frontier_walk import walk
from auction.risk import CVaR
from benchmarks.allocation.fleets import draw, family

#: Gap to which the plan from nothing is proven, and each further point.
COLD_GAP: Final = 1e-6
POINT_GAP: Final = 5e-4
_PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Frontier:
    """What came out.

    Parameters
    ----------
    kind : str
        Kind of the fleet.
    vehicles, points : int
        Vehicles; points, that of the plan from nothing among them.
    cold, whole : (float, float)
        Seconds of the clock and of the processor: the plan from nothing, and all points.
    gap : float
        The largest proven gap of a point.
    plans : int
        Plans that differ in their expected proceeds.
    """

    kind: str
    vehicles: int
    points: int
    cold: tuple[float, float]
    whole: tuple[float, float]
    gap: float
    plans: int


def frontier_of(kind: str, vehicles: int, points: int) -> Frontier:
    """Plan a drawn fleet at so many weights of the tail, in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_frontier, (kind, vehicles, points))


def _frontier(kind: str, vehicles: int, points: int) -> Frontier:
    small = draw(family("tight"), 300, scenarios=64)
    allocate(small, risk=CVaR(0.95, 0.3), start=allocate(small, risk=CVaR(0.95, 0.3)))
    options = draw(family(kind), vehicles)
    weights = [number / (points - 1) for number in range(points)]
    taken = CVaR(0.95, weights[round(0.3 * (points - 1))])
    begin, used = time.perf_counter(), time.process_time()
    first = allocate(options, risk=taken, stop=Stop(COLD_GAP, _PATIENCE))
    cold = time.perf_counter() - begin, time.process_time() - used

    def replan(risk: CVaR, start: Warm) -> Allocation:
        stop = Stop(POINT_GAP, _PATIENCE)
        return allocate(options, risk=risk, stop=stop, start=start, compiled=first.compiled)

    found = [first, *(plan for _, plan in walk(first, taken, weights, replan, _warm))]
    whole = time.perf_counter() - begin, time.process_time() - used
    return Frontier(
        kind, vehicles, len(found), cold, whole,
        max(plan.gap for plan in found), len({plan.expected for plan in found}),
    )  # fmt: skip


def _warm(plan: Allocation) -> Warm:
    return plan.warm
