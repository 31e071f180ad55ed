"""Time whole runs of `disposal plan`, stage by stage, on fleets of any size.

    python -m benchmarks.whole_run --vehicles 10000 100000 --out whole_run.json

Run from the root of the project, on a machine that does nothing else. Each workspace is the
bundled sample made larger by its own generator: as many vehicles as asked for, `--sales` past
offerings, and slots, lanes and offers in proportion. Its settings are the sample's, the frontier
and the known stresses among them. Every run is a process of its own, from reading to the report
and the run lists.

What must be reached
    100,000 vehicles and 60,000 past offerings within 40 s and 4 GiB on two cores; a further vehicle
    beyond 300,000 takes no longer than one between 100,000 and 300,000, where those are asked for.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.allocation.verdict import Row
from benchmarks.whole_run.timed import Timed, timed

_SECONDS, _MEMORY, _HUNDRED = 40.0, 4.0, 100_000
_GROWTH = (100_000, 300_000, 1_000_000)


def main() -> int:
    """Time the runs that were asked for."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 140)
    runs: list[Timed] = []
    for vehicles in sorted(asked.vehicles):
        with tempfile.TemporaryDirectory(prefix="whole-run-", dir=asked.scratch) as folder:
            run = timed(Path(folder), vehicles, asked.sales, asked.threads, asked.profile)
        runs.append(run)
        console.print(
            f"{vehicles:,} vehicles: {run.seconds:.1f} s, {run.processor:.1f} s of the processor, "
            f"{run.memory:.2f} GiB"
        )
    console.print(_shares(runs))
    verdict = [*_verdict(runs)]
    for row in verdict:
        reached = "reached" if row.reached else "NOT reached"
        console.print(
            f"{row.where}: {row.measure} {row.value:.3g}, must be {row.target}, {reached}"
        )
    if asked.out is not None:
        told = {"runs": [*map(asdict, runs)], "verdict": [*map(asdict, verdict)]}
        asked.out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0 if all(row.reached for row in verdict) else 1


def _shares(runs: Sequence[Timed]) -> Table:
    """Seconds of every stage on the clock and of the processor, and the share of these."""
    table = Table("stage", *(f"{run.vehicles:,}" for run in runs))
    for stage in dict.fromkeys(name for run in runs for name in run.stages):
        table.add_row(stage, *(_told(run, stage) for run in runs))
    table.add_row("whole run", *(f"{run.seconds:.1f} s, {run.processor:.1f} s" for run in runs))
    table.add_row("peak memory", *(f"{run.memory:.2f} GiB" for run in runs))
    return table


def _told(run: Timed, stage: str) -> str:
    spent, used = (each.get(stage, 0.0) for each in (run.stages, run.stages_processor))
    return f"{spent:.1f} s, {used:.1f} s, {100.0 * used / run.processor:.0f} %"


def _verdict(runs: Sequence[Timed]) -> Iterator[Row]:
    by_size = {run.vehicles: run for run in runs}
    if _HUNDRED in by_size:
        run, where = by_size[_HUNDRED], f"{_HUNDRED:,} vehicles, {by_size[_HUNDRED].sales:,} sales"
        yield Row("seconds", where, run.seconds, f"<= {_SECONDS:g}", run.seconds <= _SECONDS)
        yield Row("GiB", where, run.memory, f"<= {_MEMORY:g}", run.memory <= _MEMORY)
    if all(size in by_size for size in _GROWTH):
        small, middle, large = (by_size[size] for size in _GROWTH)
        early = (middle.processor - small.processor) / (middle.vehicles - small.vehicles)
        late = (large.processor - middle.processor) / (large.vehicles - middle.vehicles)
        where = f"{_GROWTH[1]:,} to {_GROWTH[2]:,}"
        yield Row("marginal time", where, late / early, "<= 1", late <= early)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.whole_run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--vehicles", type=int, nargs="+", default=[10_000, _HUNDRED])
    parser.add_argument("--sales", type=int, default=60_000, help="past offerings (60,000)")
    parser.add_argument("--threads", type=int, default=2, help="of the run (2)")
    parser.add_argument("--scratch", type=Path, help="folder for workspaces and runs")
    parser.add_argument(
        "--profile", type=Path, help="a folder for profiles of the main thread (cProfile), slower"
    )
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
