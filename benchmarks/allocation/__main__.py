"""Hold the allocator against HiGHS, against time and memory, on fleets of many kinds.

    python -m benchmarks.allocation --out allocation.json

Run from the root of the project, on a machine that does nothing else; `highspy` is needed for the
peer alone.

Parts
    exact      --instances small requests of every shape, every rule switched on in some: status
               and objective equal to every plan judged, or to one model of MathOpt
    peer       10,000 vehicles x 40 options x 500 scenarios with a tail of weight 0.3: the plan with
               its proof against HiGHS's simplex and interior point method on the same linear
               relaxation, the faster of them, each given --patience seconds
    families   10,000 vehicles of every kind of fleet, seeds --seeds: tight and slack, few and many
               segments, re-runs, ties, identical vehicles, degenerate prices
    threads    the same on one thread and on two: the same bits
    replan     100,000 x 40 x 1,024 again from the last plan: unchanged, and after 1 % of the
               vehicles changed, in a fifth of the time from nothing; few move at a cost of moving
    hundred    100,000 x 40 x 1,024 in 6 s and 3 GiB
    cluster    --vehicles x 40 x 1,024 on two workers of one thread, by TLS, against one process
               with two threads: the same bits, and once the values are sent 30 % longer at most;
               tells what travelled (needs the extra cluster)
    rules      100,000 x 40 x 1,024 under every rule at once, seeds --seeds: a gap of 1e-5 in 20 s,
               told as money and beside the gain over the greedy policy
    extremes   ties, equal options, no capacity, thousands of rows, prices over ten powers of ten,
               one scenario, 3 and 400 options, seeds --seeds: each ends with its gap or says why
    million    1,000,000 x 40 x 1,024 in 75 s and 8 GiB
    growth     from 10,000 vehicles to 1,000,000, seeds --seeds of each size: a vehicle beyond
               300,000 takes no longer than one beyond 100,000; --plot draws it
Time
    A quarter of an hour on two cores, most of it HiGHS's.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.allocation.parts import PARTS, Found
from benchmarks.allocation.verdict import Row


def main() -> int:
    """Run the parts that were asked for."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 140)
    rows: list[Row] = []
    found = Found()
    for part in asked.part:
        for row in PARTS[part](asked, found):
            rows.append(row)
            console.print(f"{row.where}: {row.measure} {row.value:.3g}, must be {row.target}")
    table = Table("measure", "where", "value", "target", "reached")
    for row in rows:
        table.add_row(
            row.measure, row.where, f"{row.value:.3g}", row.target, "yes" if row.reached else "NO"
        )
    console.print(table)
    if asked.out is not None:
        told = {**found.told(), "verdict": [*map(asdict, rows)]}
        asked.out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.allocation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=2, help="fleets of each kind (2)")
    parser.add_argument("--instances", type=int, default=2_000, help="small requests (2,000)")
    parser.add_argument(
        "--vehicles", type=int, default=100_000, help="of the parts rules and cluster (100,000)"
    )
    parser.add_argument("--plot", type=Path, help="a picture of the growth to write")
    parser.add_argument("--patience", type=float, default=400.0, help="seconds for a peer (400)")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
