"""Hold the value model against LightGBM on damaged vehicles in New Zealand, and foretell re-offers.

    python -m benchmarks.damaged --out damaged.json

Run from the root of the project, with the extra `bench` installed. The files
nz_damaged_lots.parquet and nz_damaged_bidpaths.parquet lie in the folder that DISPOSAL_REAL_DATA
names, by default ../shared/data.

What is compared
    Every contender learns the last bid of each offering before a cut in time, from what the lot's
    page said (damage, registration, keys, make, model, year, odometer and so on), and forecasts the
    last bids of the offerings from that day to the next cut. The last bid seen stands at or below
    the hammer; which lots were sold is not known.
Scores
    Those of `benchmarks.values`: errors of the median, the mean pinball loss of ln price over 19
    quantiles, coverage.
Peer
    LightGBM with a model for each quantile, its settings by a random search on folds in time before
    the first cut, as in `benchmarks.values`.
Re-offers
    Lots that come back: the distribution of the new bid given the last one on the same lot, by
    the update that appraisals of a unit get. Told is the share of new bids below the foretold
    10 %, 50 % and 90 % quantile.

What a peer found and forecast is kept in --cache. The exit code is 1 if anything that must be
reached was not: a mean pinball loss of ln price below LightGBM's; of re-offers, half of the bids
below the foretold median and four fifths between the 10 % and 90 % quantiles, within 5 points.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.damaged.lots import damaged, sales
from benchmarks.damaged.reoffers import foretell, measured
from benchmarks.damaged.tell import PEER, reoffers, verdict_of
from benchmarks.values.cache import Cache
from benchmarks.values.compare import Comparison
from benchmarks.values.files import File, data_folder
from benchmarks.values.kept import Effort
from benchmarks.values.tell import show

CUTS: Final = (dt.date(2024, 11, 1), dt.date(2025, 3, 1))
FILE: Final = File("damaged", sales, CUTS, "body", "NZD")


def main() -> int:
    """Compare, print and write."""
    asked = _arguments()
    say = Console(stderr=True)

    def tell(words: str) -> None:
        say.print(words, style="dim")

    run = Comparison(
        (FILE,), ("ours", PEER), Cache(asked.cache), Effort(asked.trials, asked.threads), say=tell
    )
    scores = run.accuracy()
    rows = damaged(data_folder())
    told = []
    for cut, (start, until) in enumerate(pairwise((*CUTS, dt.date.max))):
        tell(f"re-offers: from {start}")
        told.append(foretell(run.model(FILE, cut), rows, start, until))
    again = measured(told)
    verdict = verdict_of(scores[FILE.name], again)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(reoffers(again))
    show(console, {"accuracy": scores}, verdict)
    if asked.out is not None:
        content = {"accuracy": scores, "re-offers": again, "verdict": [*map(asdict, verdict)]}
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
    return 0 if all(row.reached for row in verdict) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.damaged",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--trials", type=int, default=20, help="settings tried for the peer")
    parser.add_argument("--threads", type=int, default=1, help="of the peer")
    parser.add_argument("--cache", type=Path, default=Path("build") / "benchmark-values")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
