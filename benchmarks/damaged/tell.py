"""What was reached on damaged vehicles, and re-offers as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.table import Table

from benchmarks.damaged.reoffers import TOLD
from benchmarks.values.verdict import Row

PEER: Final = "lightgbm"
#: How far shares of re-offers may lie from those foretold.
_POINTS: Final = 0.05
_FILE: Final = "damaged"


def verdict_of(scores: Mapping[str, Any], again: Mapping[str, float]) -> list[Row]:
    """Hold the scores of one file, and of its re-offers, against what must be reached.

    Parameters
    ----------
    scores : mapping
        By contender, as of `benchmarks.values.compare.Comparison.accuracy`.
    again : mapping
        As of `benchmarks.damaged.reoffers.measured`.
    """
    ours, peer = (scores[name]["mean"]["pinball_log"] for name in ("ours", PEER))
    ratio = ours / peer
    inside = again["below 90%"] - again["below 10%"]
    half = again["below 50%"]
    return [
        Row("pinball of ln price", _FILE, ours, peer, ratio, "below 1", ratio < 1.0),
        Row(
            "re-offers below the median", _FILE, half, None, half, "0.45 to 0.55",
            abs(half - 0.5) <= _POINTS,
        ),
        Row(
            "re-offers within 10 to 90 %", _FILE, inside, None, inside, "0.75 to 0.85",
            abs(inside - 0.8) <= _POINTS,
        ),
    ]  # fmt: skip


def reoffers(again: Mapping[str, float]) -> Table:
    """Return what was foretold of lots that came back, beside what was seen."""
    table = Table(title=f"Lots offered again: {again['lots']:,.0f}; new bid over the one before")
    for head in ("quantile", "bids below, %", "ratio foretold", "ratio seen"):
        table.add_column(head, justify="right")
    for level in TOLD:
        name = f"{level:.0%}"
        table.add_row(
            name,
            f"{100.0 * again[f'below {name}']:.1f}",
            f"{again[f'ratio foretold {name}']:.2f}",
            f"{again[f'ratio seen {name}']:.2f}",
        )
    known, not_known = again["pinball, bid before known"], again["pinball, not known"]
    table.caption = f"pinball of ln bid x1,000: {known:.1f}, {not_known:.1f} without the bid before"
    return table
