"""Hold the mathematics of auctions against bidders that are drawn one by one.

    python -m benchmarks.auctions --out auctions.json

Run from the root of the project. Nothing but the project itself is needed.

Parts
    formulas   sale chance, expected price and expected net (fees, re-runs) of the kernels against
               --auctions auctions for each cell of a grid of bidders, spreads, reserves and fees;
               a binomial test of counts, a normal one of means, corrected for the number of cells
    recovery   bidders and the split of the spread estimated from 5,000 simulated offerings, so
               many --repetitions of each world, against the Cramér-Rao bound: the likelihood's
               numerical slopes at the truth, their outer product averaged over 50,000 offerings
    policies   the reserves of all runs against the best of a fine grid of all combinations, scored
               on the same --lots simulated units
    hammers    hammers of the bundled sample drawn from what a fit of its first offerings found,
               against the quantiles that it predicts
Time
    Some minutes on one core.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.auctions import tell, verdict
from benchmarks.auctions.closed_forms import closed_forms
from benchmarks.auctions.hammers import first_runs, repeated
from benchmarks.auctions.policies import regrets
from benchmarks.auctions.recovery import recovery

PARTS: Final = ("formulas", "recovery", "policies", "hammers")


def main() -> int:
    """Run the parts that were asked for."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 140)
    results: dict[str, Any] = {}
    rows: list[verdict.Row] = []
    for part in PARTS:
        if part in asked.part:
            found, table, judged = _run(part, asked)
            results[part] = [*map(asdict, found)]
            rows += judged
            console.print(table)
    console.print(tell.verdict(rows))
    if asked.out is not None:
        setting = {name: getattr(asked, name) for name in _NUMBERS}
        told = {"setting": setting, "results": results, "verdict": [*map(asdict, rows)]}
        asked.out.write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def _run(part: str, asked: argparse.Namespace) -> tuple[list[Any], Table, list[verdict.Row]]:
    progress = Console(stderr=True)

    def say(words: str) -> None:
        progress.print(words, style="dim")

    if part == "formulas":
        cells = closed_forms(asked.auctions, asked.seed, say)
        return cells, tell.cells(cells), verdict.of_closed_forms(cells)
    if part == "recovery":
        numbers = recovery(asked.repetitions, asked.seed, say)
        return numbers, tell.recovered(numbers), verdict.of_recovery(numbers)
    if part == "policies":
        lanes = regrets(asked.lots, asked.seed, say)
        return lanes, tell.regrets(lanes), verdict.of_policies(lanes)
    say("hammers: a fit of the sample's first offerings")
    quantiles = repeated(*first_runs(), asked.lots, asked.seed, say)
    return quantiles, tell.hammers(quantiles), verdict.of_hammers(quantiles)


_NUMBERS: Final = {
    "auctions": (1_000_000, "simulated for each cell of the formulas"),
    "repetitions": (200, "of each world that is estimated"),
    "lots": (100_000, "simulated for each policy, and for each vehicle's hammers"),
    "seed": (1, "of everything that is drawn"),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.auctions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    for name, (usual, words) in _NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=f"{words} ({usual:,})")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
