"""Hold the allocator against HiGHS, against time and memory, on fleets of many kinds.

    python -m benchmarks.allocation --out allocation.json

Run from the root of the project, on a machine that does nothing else; `highspy` is needed for the
peer alone.

Parts
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
    million    1,000,000 x 40 x 1,024 in 75 s and 8 GiB, and the growth on the way there
Time
    A quarter of an hour on two cores, most of it HiGHS's.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from benchmarks.allocation.fleets import FAMILIES, draw, family
from benchmarks.allocation.measured import RISK, Fleet, Measured, measure
from benchmarks.allocation.replan import Replanned, replan, replan_of
from benchmarks.allocation.verdict import Row, gap_of, growth_of, limits_of, peer_of, threads_of

if TYPE_CHECKING:
    from benchmarks.allocation.spread import Spread

PARTS: Final = ("peer", "families", "threads", "replan", "hundred", "cluster", "million")


def main() -> int:
    """Run the parts that were asked for."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 140)
    rows: list[Row] = []
    fleets: list[Measured] = []
    again: list[Replanned] = []
    apart: list[Spread] = []
    for part in asked.part:
        for row in _run(part, asked, fleets, again, apart):
            rows.append(row)
            console.print(f"{row.where}: {row.measure} {row.value:.3g}, must be {row.target}")
    table = Table("measure", "where", "value", "target", "reached")
    for row in rows:
        table.add_row(
            row.measure, row.where, f"{row.value:.3g}", row.target, "yes" if row.reached else "NO"
        )
    console.print(table)
    if asked.out is not None:
        told = {
            "fleets": [*map(asdict, fleets)],
            "replanned": [*map(asdict, again)],
            "spread": [*map(asdict, apart)],
            "verdict": [*map(asdict, rows)],
        }
        asked.out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def _run(
    part: str,
    asked: argparse.Namespace,
    fleets: list[Measured],
    again: list[Replanned],
    apart: list[Spread],
) -> Iterator[Row]:
    def planned(kind: str, vehicles: int, **more: int) -> Measured:
        fleets.append(measure(Fleet(kind, vehicles, **more)))
        return fleets[-1]

    if part == "peer":
        from benchmarks.allocation.whole import solve_whole

        ours = planned("tight", 10_000, scenarios=500)
        options = draw(family("tight"), 10_000, scenarios=500)
        peers = [solve_whole(options, RISK, name, asked.patience) for name in ("ipm", "simplex")]
        yield from peer_of(ours, peers)
    elif part in {"families", "threads"}:
        for kind in FAMILIES:
            for seed in range(1, asked.seeds + 1) if part == "families" else (1,):
                one = planned(kind.name, 10_000, seed=seed)
                if part == "families":
                    yield gap_of(one)
                else:
                    yield threads_of(one, planned(kind.name, 10_000, threads=1))
    elif part == "replan":
        for name in ("tight", "scarce", "many segments"):
            again.append(replan(Fleet(name, 100_000)))
            yield from replan_of(again[-1])
    elif part == "hundred":
        for name in ("tight", "scarce", "many segments"):
            yield from limits_of(planned(name, 100_000), seconds=6.0, memory=3.0)
    elif part == "cluster":
        from benchmarks.allocation.spread import spread, spread_of

        apart.append(spread(Fleet("tight", asked.vehicles)))
        yield from spread_of(apart[-1])
    else:
        small, middle = planned("tight", 100_000), planned("tight", 300_000)
        large = planned("tight", 1_000_000)
        yield from limits_of(large, seconds=75.0, memory=8.0)
        yield growth_of(small, middle, large)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.allocation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=2, help="fleets of each kind (2)")
    parser.add_argument(
        "--vehicles", type=int, default=100_000, help="vehicles of the part cluster (100,000)"
    )
    parser.add_argument("--patience", type=float, default=400.0, help="seconds for a peer (400)")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
