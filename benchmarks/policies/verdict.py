"""What must be reached, beside what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.policies.grid import Judged
from benchmarks.policies.measures import Difference

OURS = "plan"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be reached.

    Attributes
    ----------
    measure, where, peer : str
        Mean or CVaR, which cell, and the best other policy there.
    value : float
        How far the plan is ahead of it, money.
    low, high : float
        95 % interval of that.
    target : str
    reached : bool
    """

    measure: str
    where: str
    peer: str
    value: float
    low: float
    high: float
    target: str
    reached: bool


def verdict(found: Sequence[Judged]) -> list[Row]:
    """Hold the plan against the best other policy of each cell that keeps every rule.

    Parameters
    ----------
    found : sequence of Judged
        Those of a cell one after the other.
    """
    rows = []
    for (kept, room, bidders, spread), group in groupby(found, _cell):
        others = [one for one in group if one.policy != OURS and not one.unmet]
        where = f"{kept} kept, room x {room:g}, bidders x {bidders:g}, spread x {spread:g}"
        best = max(others, key=lambda one: one.net)
        rows.append(_row("mean", where, best, best.ahead))
        best = max(others, key=lambda one: one.tail)
        rows.append(_row("CVaR", where, best, best.ahead_in_tail))
    return rows


def _row(measure: str, where: str, best: Judged, ahead: Difference) -> Row:
    target = "better" if best.binds else "not worse"
    reached = ahead.low > 0.0 if best.binds else ahead.high >= 0.0
    return Row(measure, where, best.policy, ahead.value, ahead.low, ahead.high, target, reached)


def _cell(one: Judged) -> tuple[str, float, float, float]:
    return one.kept, one.room, one.bidders, one.spread
