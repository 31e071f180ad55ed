"""Hold the plan against other policies in worlds that the planner has not seen.

    python -m benchmarks.policies --workspace sample us china --out policies.json

Run from the root of the project. The real workspaces are built from the files that
DISPOSAL_REAL_DATA names (by default they lie beside the project), and left aside with a word where
those are not there.

The planner fits values and bidders on the earlier offerings, quotes the fleet and lets every
policy place it: on the bundled sample three quarters of the past offerings, on the real ones all
up to the planning date. The judge fits on later offerings alone, draws scenarios from another seed
and holds every auction with bidders one by one, the same ones for all policies. So for each of
--room (capacities of sales, lanes and venues, times that; at 100 none binds), --bidders and
--spread (mean number of bidders on a lot and spread of what they think of it in the judge's world,
times that), twice: with the --kept values of the vehicles as fitted, so that more bidders pay
more, and with hammers as fitted, as where past sales tell prices and nothing of who bid. How many
vehicles are kept back is not limited, as half the room could not keep it.

Hedges are left aside: an index put pays the same whatever is done with the vehicles, so that any
policy can buy it beside its own; and what a floor guarantees is a share of the forecast it was
written on, which the judge's world does not share.

Must be reached, against the best other policy of each cell that keeps every rule, for the mean
and for the tail alike: the plan is not worse beyond noise, and where capacity binds it is better,
with a 95 % interval of the paired difference that leaves out nought. Told beside it: the blend of
both that the settings ask for, and the mean of a plan that gives the tail no say.

Time
    Some minutes a workspace on one core; --cache FOLDER keeps fitted models for the next run;
    --short takes a small fleet and one cell, to see that all works, with too few scenarios for its
    verdict to mean much.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from auction.allocation import Stop
from auction.policies import (
    AllAuction,
    Genetic,
    Greedy,
    Grid,
    HighestGuide,
    NearestAuction,
    Optimal,
    Policy,
    judge_in,
    world,
)
from auction.risk import CVaR
from benchmarks.policies import tell
from benchmarks.policies.models import model_of
from benchmarks.policies.verdict import NEUTRAL, verdict
from benchmarks.policies.workspaces import WORKSPACES, AbsentError, Pair

_FRESH = 1_000_003
#: How far from the best the plan may be: what policies differ by is small against usual gaps.
_GAP = 1e-5


def main() -> int:
    """Judge the policies in every cell of the grid of each workspace."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 160)
    progress = Console(stderr=True)
    told: dict[str, Any] = {}
    reached = True
    for name in asked.workspace:
        try:
            pair = WORKSPACES[name]().first(60 if asked.short else None)
        except AbsentError as reason:
            progress.print(f"{name} left aside: {reason}")
            told[name] = {"left_aside": str(reason)}
            continue
        judged = _judged(name, pair, asked, progress)
        rows = verdict(judged)
        console.print(tell.policies(name, judged))
        console.print(tell.verdict(name, rows))
        reached &= all(row.reached for row in rows if row.asked)
        told[name] = {"judged": judged.to_dicts(), "verdict": [*map(asdict, rows)]}
        if asked.out is not None:
            asked.out.write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")
    return 0 if reached else 1


def _judged(name: str, pair: Pair, asked: argparse.Namespace, progress: Console) -> pl.DataFrame:
    config = pair.known.config
    scenarios = 64 if asked.short else asked.scenarios

    def say(stage: str, share: float | None, words: str) -> None:
        done = "" if share is None else f" {share:.0%}"
        progress.print(f"{name}: {stage}{done} {words}", style="dim")

    say("fit", None, f"planner: {pair.known.tables['sales'].height:,} past offerings")
    model = model_of(pair.known, f"{name}-known", asked.cache)
    here = world(pair.known, config.simulation.scenarios, config.seed, model=model)
    say("fit", None, f"judge: {pair.unseen.tables['sales'].height:,} later offerings")
    model = model_of(pair.unseen, f"{name}-unseen", asked.cache)
    there = world(pair.unseen, scenarios, config.seed + _FRESH, model=model)
    policies = _policies(config.risk.alpha, 5 if asked.short else asked.generations)
    return judge_in(pair.known, here, there, policies, grid=_grid(asked), ours=2, progress=say)


def _grid(asked: argparse.Namespace) -> Grid:
    if asked.short:
        return Grid(room=(0.5,))
    sides = (asked.room, asked.bidders, asked.spread, asked.kept)
    return Grid(*(tuple(side) for side in sides))


def _policies(alpha: float, generations: int) -> tuple[Policy, ...]:
    """Return the plan, its neutral twin and what they are held against."""
    stop = Stop(_GAP, seconds=3_600.0)
    return (
        Optimal(stop),
        Optimal(stop, risk=CVaR(alpha, 0.0), name=NEUTRAL),
        Greedy(),
        NearestAuction(),
        AllAuction(),
        HighestGuide(),
        Genetic(seed=1, generations=generations),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.policies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--workspace", nargs="+", choices=[*WORKSPACES], default=[*WORKSPACES], help="(all)"
    )
    for name, factors in (
        ("room", [0.5, 1.0, 2.0, 100.0]),
        ("bidders", [0.5, 1.0, 1.5]),
        ("spread", [0.5, 1.0, 1.5]),
    ):
        usual = " ".join(f"{factor:g}" for factor in factors)
        parser.add_argument(
            f"--{name}", type=float, nargs="+", metavar="FACTOR", default=factors,
            help=f"({usual})",
        )  # fmt: skip
    kept = ("values", "hammers")
    parser.add_argument("--kept", nargs="+", choices=kept, default=kept)
    parser.add_argument("--scenarios", type=int, default=1_024, help="of the judge (1024)")
    parser.add_argument("--generations", type=int, default=400, help="of breeding (400)")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keeps fitted models")
    parser.add_argument("--short", action="store_true", help="a small fleet in one cell")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
