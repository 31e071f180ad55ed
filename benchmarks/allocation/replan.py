"""A plan again after a few vehicles changed: from the last one, and from nothing."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from auction.allocation import Allocation, Stop, allocate
from auction.options import Options
from benchmarks.allocation.fleets import altered, changing, draw, family
from benchmarks.allocation.measured import RISK, Fleet
from benchmarks.allocation.verdict import Row, name_of

CHURN: Final = 20.0
CHANGED: Final = 0.01
_GAP: Final = 1e-6
_TIME: Final = 0.2
_MOVED: Final = 0.02
_LOSS: Final = 5e-4


@dataclass(frozen=True, slots=True)
class Replanned:
    """What came out.

    Parameters
    ----------
    fleet : Fleet
        What was planned.
    cold, again, warm : (float, float)
        Seconds of the clock and of the processor: the changed fleet from nothing, the unchanged
        one from its plan, the changed one from the plan before.
    gap : float
        The larger of the two proven gaps of the plans from the last one.
    free, moved : float
        Share of the unchanged vehicles that move, without and with `CHURN` a vehicle.
    loss : float
        What the plan with the cost is worth less than the one from nothing, relative; the cost
        itself is not counted.
    """

    fleet: Fleet
    cold: tuple[float, float]
    again: tuple[float, float]
    warm: tuple[float, float]
    gap: float
    free: float
    moved: float
    loss: float


def replan(fleet: Fleet) -> Replanned:
    """Plan a fleet, change some of it, and plan it again, in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_replan, (fleet,))


def replan_of(one: Replanned) -> Iterator[Row]:
    """Time beside that of a plan from nothing; proof, moves and loss."""
    where = name_of(one.fleet)
    for what, spent in (("unchanged", one.again), ("1 % changed", one.warm)):
        for clock, mine, whole in zip(("time", "processor"), spent, one.cold, strict=True):
            share = mine / whole
            yield Row(
                f"share of the cold {clock}", f"{where}, {what}", share, f"<= {_TIME:g}",
                share <= _TIME,
            )  # fmt: skip
    yield Row("gap", f"{where}, from the last plan", one.gap, f"<= {_GAP:g}", one.gap <= _GAP)
    where = f"{where}, {CHURN:g} a move"
    yield Row("unchanged moved", where, one.moved, f"< {_MOVED:g}", one.moved < _MOVED)
    yield Row("loss of objective", where, one.loss, f"<= {_LOSS:g}", one.loss <= _LOSS)


def _replan(fleet: Fleet) -> Replanned:
    small = draw(family("tight"), 300, scenarios=64)
    allocate(small, risk=RISK, start=allocate(small, risk=RISK))  # loads the solvers
    options = draw(family(fleet.kind), fleet.vehicles, fleet.slots, fleet.scenarios, fleet.seed)
    last, _ = _timed(fleet, options)
    again, unchanged = _timed(fleet, options, start=last)
    changed = altered(options, CHANGED)
    warm, spent = _timed(fleet, changed, start=last)
    bound, _ = _timed(fleet, changed, start=last, churn=CHURN)
    cold, whole = _timed(fleet, changed)
    same = ~changing(options, CHANGED)
    if warm.started is None or bound.started is None:
        raise RuntimeError("a plan from the last one must tell what it took over")
    worth = bound.objective + bound.started.churn_cost
    return Replanned(
        fleet,
        whole,
        unchanged,
        spent,
        max(again.gap, warm.gap),
        float(warm.started.moved[same].mean()),
        float(bound.started.moved[same].mean()),
        1.0 - worth / cold.objective,
    )


def _timed(fleet: Fleet, options: Options, **more: Any) -> tuple[Allocation, tuple[float, float]]:
    stop = Stop(gap=_GAP, seconds=fleet.seconds)
    begin, used = time.perf_counter(), time.process_time()
    found = allocate(options, risk=RISK, stop=stop, threads=fleet.threads, **more)
    return found, (time.perf_counter() - begin, time.process_time() - used)
