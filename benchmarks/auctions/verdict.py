"""What must be reached, beside what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.auctions.closed_forms import Cell, outside
from benchmarks.auctions.hammers import Repeated
from benchmarks.auctions.policies import Regret
from benchmarks.auctions.recovery import Recovered

_ERROR: Final = 1.2
_COVERED: Final = (0.92, 0.98)
_REGRET: Final = 0.001


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be reached.

    Attributes
    ----------
    measure, where : str
    value : float
        The worst.
    target : str
    reached : bool
    """

    measure: str
    where: str
    value: float
    target: str
    reached: bool


def of_closed_forms(cells: Sequence[Cell]) -> list[Row]:
    """No cell may lie outside the band of all of them."""
    wrong = len(outside(list(cells)))
    return [Row("formulas outside the band", f"{len(cells):,} cells", wrong, "0", wrong == 0)]


def of_recovery(found: Sequence[Recovered]) -> list[Row]:
    """Errors near the bound and intervals that cover, for every number of every world judged."""
    rows = []
    for one in (one for one in found if one.judged):
        where, ratio = f"{one.world}: {one.number}", one.error / one.bound
        low, high = _COVERED
        rows += [
            Row("error over the bound", where, ratio, f"≤ {_ERROR:g}", ratio <= _ERROR),
            Row("95 % covers", where, one.covered, f"{low:g} to {high:g}",
                low <= one.covered <= high),
        ]  # fmt: skip
    return rows


def of_policies(found: Sequence[Regret]) -> list[Row]:
    """The worst lane of each number of runs."""
    rows = []
    for runs in sorted({one.runs for one in found}):
        worst = max(one.regret for one in found if one.runs == runs)
        where = f"{runs} run{'s' * (runs > 1)}"
        rows.append(Row("regret", where, worst, f"≤ {_REGRET:g}", worst <= _REGRET))
    return rows


def of_hammers(found: Sequence[Repeated]) -> list[Row]:
    """Every quantile within its error."""
    return [
        Row("simulated hammer off, in errors", f"{one.chance:.0%} quantile", one.off / one.error,
            "±2.58", one.within)
        for one in found
    ]  # fmt: skip
