"""Hold what is told of a plan's risk against fresh scenarios, and the frontier against one plan.

    python -m benchmarks.risk --out risk.json

Run from the root of the project. Nothing but the project itself is needed.

Parts
    tail       --instances plans of fleets, room, appetites and scenarios of their own, drawn from
               the bundled sample: the CVaR told on the 1,024 scenarios of the optimiser against
               that on --fresh scenarios, every auction held; the mean of the corrected figure's
               error over the instances must lie within two of its standard errors
    frontier   15 weights of the tail on drawn fleets of --vehicles x 40 options x 1,024 scenarios,
               each point from plans at weights on either side: all of them in four times the
               processor's time of one plan from nothing, with gaps proven to 5e-4
Time
    A quarter of an hour on one core; --short takes six instances and a small fleet, to see that all
    works: its verdict means little.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.risk.frontiers import POINT_GAP, Frontier, frontier_of
from benchmarks.risk.tails import Told, bias, tails

PARTS: Final = ("tail", "frontier")
_POINTS: Final = 15
_TIMES: Final = 4.0
#: Standard errors within which the corrected figure's bias must lie.
_ERRORS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be reached, or told."""

    measure: str
    where: str
    value: str
    target: str
    reached: bool


def main() -> int:
    """Run the parts that were asked for."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 140)
    progress = Console(stderr=True)
    rows: list[Row] = []
    told: dict[str, Any] = {}
    if "tail" in asked.part:
        found = list(tails(asked.instances, asked.fresh, progress.print))
        rows += tail_rows(found)
        told["tails"] = [*map(asdict, found)]
    if "frontier" in asked.part:
        drawn = [
            frontier_of(kind, vehicles, _POINTS)
            for vehicles in asked.vehicles
            for kind in ("tight", "many segments")
        ]
        rows += [row for one in drawn for row in frontier_rows(one)]
        told["frontiers"] = [*map(asdict, drawn)]
    table = Table("measure", "where", "value", "target", "reached")
    for row in rows:
        reached = "yes" if row.reached else "NO"
        table.add_row(row.measure, row.where, row.value, row.target, reached if row.target else "")
    console.print(table)
    if asked.out is not None:
        told["verdict"] = [*map(asdict, rows)]
        asked.out.write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def tail_rows(found: list[Told]) -> list[Row]:
    """Return the bias of each figure of the tail; the corrected one has to be near nought."""
    rows = []
    where = f"{len(found)} instances, in standard deviations of the proceeds"
    for figure in ("raw", "with_luck", "corrected", "mean"):
        value, error = bias(found, figure)
        target = f"within {_ERRORS:g} standard errors of 0" if figure == "corrected" else ""
        reached = not target or abs(value) <= _ERRORS * error
        rows.append(Row(f"bias, {figure}", where, f"{value:+.4f} ± {error:.4f}", target, reached))
    return rows


def frontier_rows(one: Frontier) -> list[Row]:
    """Return time, proof and plans of a frontier."""
    where = f"{one.kind} {one.vehicles:,}, {one.points} points"
    clock, processor = (whole / cold for whole, cold in zip(one.whole, one.cold, strict=True))
    return [
        Row("times the processor's of one plan", where, f"{processor:.2f}", f"<= {_TIMES:g}",
            processor <= _TIMES),
        Row("times the clock's of one plan", where, f"{clock:.2f}", "", True),
        Row("largest gap", where, f"{one.gap:.1e}", f"<= {POINT_GAP:g}", one.gap <= POINT_GAP),
        Row("plans that differ", where, f"{one.plans}", "", True),
    ]  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.risk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--instances", type=int, default=50, help="of the tail (50)")
    parser.add_argument("--fresh", type=int, default=16_384, help="fresh scenarios (16384)")
    parser.add_argument(
        "--vehicles", type=int, nargs="+", default=[10_000, 100_000], help="(10000 100000)"
    )
    parser.add_argument("--short", action="store_true", help="few instances and a small fleet")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    asked = parser.parse_args()
    if asked.short:
        asked.instances, asked.fresh, asked.vehicles = 6, 2_048, [1_000]
    return asked


if __name__ == "__main__":
    sys.exit(main())
