"""Hold the plan against other policies in worlds that the planner has not seen.

    python -m benchmarks.policies --out policies.json

Run from the root of the project. Nothing but the project itself is needed.

The planner fits values and bidders on the earlier three quarters of the bundled sample's past
offerings, quotes the fleet and lets every policy place it. The judge fits on the later quarter,
draws scenarios from another seed and holds every auction with bidders one by one, the same ones for
all policies. So for each of --room (capacities of sales, lanes and venues, times that), --bidders
and --spread (mean number of bidders on a lot and spread of what they think of it in the judge's
world, times that), twice: with the --kept values of the vehicles as fitted, so that more bidders
pay more, and with hammers as fitted, as where past sales tell prices and nothing of who bid. How
many vehicles are kept back is not limited, as half the room could not keep it; hedges are left
aside.

Must be reached, against the best other policy of each cell that keeps every rule, for the mean
and for the tail alike: the plan is not worse beyond noise, and where capacity binds it is better,
with a 95 % interval of the paired difference that leaves out nought.

Time
    Some minutes on one core; --short takes a small fleet and one cell, to see that all works, with
    too few scenarios for its verdict to mean much.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks.policies import tell
from benchmarks.policies.grid import Grid, Size, judged
from benchmarks.policies.verdict import verdict


def main() -> int:
    """Judge the policies in every cell of the grid."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 140)
    progress = Console(stderr=True)
    grid = Grid(tuple(asked.room), tuple(asked.bidders), tuple(asked.spread), tuple(asked.kept))
    size = Size(None, asked.scenarios, asked.generations)
    if asked.short:
        grid, size = Grid((0.5,), (1.0,), (1.0,), ("values",)), Size(60, 64, 5)
    found = judged(grid, size, lambda words: progress.print(words, style="dim"))
    rows = verdict(found)
    console.print(tell.policies(found))
    console.print(tell.verdict(rows))
    if asked.out is not None:
        told = {
            "grid": asdict(grid),
            "size": asdict(size),
            "judged": [*map(asdict, found)],
            "verdict": [*map(asdict, rows)],
        }
        asked.out.write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.policies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, most in (("room", 2.0), ("bidders", 1.5), ("spread", 1.5)):
        parser.add_argument(
            f"--{name}", type=float, nargs="+", metavar="FACTOR", default=[0.5, 1.0, most],
            help=f"(0.5 1 {most:g})",
        )  # fmt: skip
    kept = ("values", "hammers")
    parser.add_argument("--kept", nargs="+", choices=kept, default=kept)
    parser.add_argument("--scenarios", type=int, default=1_024, help="of the judge (1024)")
    parser.add_argument("--generations", type=int, default=400, help="of breeding (400)")
    parser.add_argument("--short", action="store_true", help="a small fleet in one cell")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
