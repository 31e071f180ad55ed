"""A fleet under every rule: the plan, its proof, and what it is worth beside the greedy policy."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auction.allocation import Stop, allocate
from auction.policies import Greedy, placed
from auction.policies.task import Task
from benchmarks.allocation.fleets import draw, family
from benchmarks.allocation.measured import RISK, Fleet
from benchmarks.allocation.ruled import draw_ruled
from benchmarks.allocation.verdict import Row, name_of

_GAP: Final = 1e-5
_TIME: Final = 20.0


@dataclass(frozen=True, slots=True)
class Ruled:
    """What came out.

    Parameters
    ----------
    fleet : Fleet
        What was planned.
    objective, bound, gap : float
        Of the plan.
    greedy : float
        What the plan of the greedy policy is worth, without hedges, money.
    unmet : int
        Rules that the greedy policy did not keep.
    seconds, processor : float
        Time taken on the clock, and of the processor.
    status : str
        How the search ended.
    stages : dict of str to float
        Seconds by stage.
    """

    fleet: Fleet
    objective: float
    bound: float
    gap: float
    greedy: float
    unmet: int
    seconds: float
    processor: float
    status: str
    stages: dict[str, float]


def under_rules(fleet: Fleet) -> Ruled:
    """Plan a fleet under every rule in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_planned, (fleet,))


def rules_of(one: Ruled) -> Iterator[Row]:
    """Gap and time; the gap as money a vehicle, and as a share of the gain over the greedy plan."""
    where = f"{name_of(one.fleet)} ({one.processor:.1f} s of the processor)"
    apart = one.bound - one.objective
    yield Row("gap", where, one.gap, f"<= {_GAP:g}", one.gap <= _GAP)
    yield Row("seconds", where, one.seconds, f"<= {_TIME:g}", one.seconds <= _TIME)
    yield Row("gap a vehicle, money", where, apart / one.fleet.vehicles, "told", reached=True)
    share = apart / (one.objective - one.greedy)
    against = f"{where}, greedy breaks {one.unmet} rules"
    yield Row("gap over gain on greedy", against, share, "told", reached=True)


def _planned(fleet: Fleet) -> Ruled:
    allocate(draw(family("tight"), 300, scenarios=64), risk=RISK)  # loads the solvers
    asked = draw_ruled(fleet.vehicles, fleet.slots, fleet.scenarios, fleet.seed)
    stop = Stop(gap=_GAP, seconds=fleet.seconds)
    begin, used = time.perf_counter(), time.process_time()
    found = allocate(asked.options, risk=RISK, stop=stop, threads=fleet.threads, **asked.rules)
    seconds, processor = time.perf_counter() - begin, time.process_time() - used
    rules = {name: rule for name, rule in asked.rules.items() if name != "hedges"}
    peer = placed(Task(asked.options, risk=RISK, **rules), Greedy())
    return Ruled(
        fleet,
        found.objective,
        found.bound,
        found.gap,
        peer.objective,
        len(peer.unmet),
        seconds,
        processor,
        found.status,
        found.timings,
    )
