"""One fleet planned in a process of its own, so that its memory is its own."""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
import time
from dataclasses import dataclass

from auction.allocation import Stop, allocate
from auction.risk import CVaR
from benchmarks.allocation.fleets import draw, family

RISK = CVaR(0.95, 0.3)
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """Which fleet is planned, on how many threads."""

    kind: str
    vehicles: int
    slots: int = 40
    scenarios: int = 1_024
    seed: int = 1
    threads: int = 2
    seconds: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out.

    Parameters
    ----------
    fleet : Fleet
        What was planned.
    objective, bound, gap : float
        Of the plan.
    seconds, processor : float
        Time taken on the clock, and of the processor.
    memory : float
        Most memory that the process held, the fleet included, GiB.
    bits : str
        Digest of plan, bound and prices.
    stages : dict of str to float
        Seconds by stage.
    """

    fleet: Fleet
    objective: float
    bound: float
    gap: float
    seconds: float
    processor: float
    memory: float
    bits: str
    stages: dict[str, float]


def measure(fleet: Fleet) -> Measured:
    """Plan a fleet in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (fleet,))


def _measure(fleet: Fleet) -> Measured:
    allocate(draw(family("tight"), 300, scenarios=64), risk=RISK)  # loads the solvers
    options = draw(family(fleet.kind), fleet.vehicles, fleet.slots, fleet.scenarios, fleet.seed)
    stop = Stop(gap=1e-6, seconds=fleet.seconds)
    begin, used = time.perf_counter(), time.process_time()
    found = allocate(options, risk=RISK, stop=stop, threads=fleet.threads)
    seconds, processor = time.perf_counter() - begin, time.process_time() - used
    digest = hashlib.sha256(found.chosen.tobytes())
    digest.update(found.shadow_prices["price"].to_numpy().tobytes())
    digest.update(repr((found.objective, found.bound)).encode())
    return Measured(
        fleet,
        found.objective,
        found.bound,
        found.gap,
        seconds,
        processor,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        digest.hexdigest()[:16],
        found.timings,
    )
