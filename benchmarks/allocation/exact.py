"""Small instances of every kind against the optimum found another way."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from auction.allocation import Stop, allocate
from auction.errors import InfeasibleError
from benchmarks.allocation.instances import Instance, instance
from benchmarks.allocation.written_out import Written, answer, judged, written

#: Relative distance up to which two optima are one.
EQUAL: Final = 1e-9
STOP: Final = Stop(gap=0.0, seconds=120.0, work=1e6)


@dataclass(frozen=True, slots=True)
class Compared:
    """One instance, planned and solved another way.

    Parameters
    ----------
    number : int
        Of the instance.
    shape : str
        Its kind.
    rules : tuple of str
        Rules that are switched on.
    vehicles, slots, scenarios : int
        Its size.
    ours, theirs : float
        Worth of the plans, judged by one measure, money; minus infinity where there is none.
    bound : float
        What the proof says no plan is above, money.
    decided : bool
        Whether the peer proved its answer.
    seconds, peer_seconds : float
        Time of the processor.
    """

    number: int
    shape: str
    rules: tuple[str, ...]
    vehicles: int
    slots: int
    scenarios: int
    ours: float
    theirs: float
    bound: float
    decided: bool
    seconds: float
    peer_seconds: float

    @property
    def told(self) -> dict[str, Any]:
        """Its fields for a file: None where there is no plan."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self).items()
        }

    @property
    def feasible(self) -> bool:
        """Whether there is a plan, as far as either found one."""
        return bool(np.isfinite(self.ours) or np.isfinite(self.theirs))

    @property
    def apart(self) -> float:
        """By how much the plan falls short of the peer's, relative; infinite without a plan."""
        if not np.isfinite(self.theirs):
            return 0.0 if self.decided and not np.isfinite(self.ours) else np.inf
        if not np.isfinite(self.ours):
            return np.inf
        return max(0.0, self.theirs - self.ours) / max(abs(self.theirs), 1e-300)

    @property
    def settled(self) -> bool:
        """Whether the peer proved its answer, or the plan meets its own bound."""
        return self.decided or self.bound - self.ours <= EQUAL * abs(self.ours)

    @property
    def equal(self) -> bool:
        """Whether the answers agree, and no plan lies above the bound."""
        if not np.isfinite(self.theirs):
            # a plan that the judge accepts answers a peer that found none
            return np.isfinite(self.ours) or (self.decided and not np.isfinite(self.ours))
        proven = self.bound >= self.theirs - EQUAL * abs(self.theirs)
        return self.apart <= EQUAL and proven


def compare(number: int) -> Compared:
    """Plan an instance and solve it another way."""
    one = instance(number)
    asked = written(one)
    begin = time.process_time()
    ours, bound = planned(one, asked)
    between = time.process_time()
    peer = answer(asked)
    spent = time.process_time() - between
    slots = max(len(own) for own in asked.choice)
    return Compared(
        number, one.shape.name, tuple(sorted(one.rules)), len(one.options.vehicle_ids), slots,
        one.options.scenarios, ours, peer.objective, bound, peer.decided, between - begin, spent,
    )  # fmt: skip


def planned(one: Instance, asked: Written) -> tuple[float, float]:
    """Return the worth of the allocation's plan by the peer's measure, and its bound.

    Both are minus infinity where the request is told to be infeasible.
    """
    try:
        found = allocate(**one.request, stop=STOP)
    except InfeasibleError:
        return -np.inf, -np.inf
    worth = judged(asked, found.chosen[None, :], found.positions[None, :])
    return float(worth[0]), found.bound


def rules_of(compared: Iterable[Compared]) -> Counter[str]:
    """Return in how many instances each rule was switched on, and how many had no plan."""
    found: Counter[str] = Counter()
    for one in compared:
        found.update(one.rules)
        found["no plan"] += not one.feasible
    return found
