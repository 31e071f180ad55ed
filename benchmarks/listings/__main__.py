"""Hold the time to a sale against Kaplan-Meier, Cox and boosted trees on store listings.

    python -m benchmarks.listings --out listings.json

Run from the root of the project, with the extra `bench` installed. The file
cn_store_sales_2020_2021.parquet lies in the folder that DISPOSAL_REAL_DATA names, by default
../shared/data.

What is compared
    At each cut every contender learns from the listings put up by then, as they stood that day:
    what closed later was open. It foretells, for each listing put up from then to the next cut and
    from what is known on its first day alone, the chance to be unsold after 0 to 90 days. New
    prices that came later are shown to nobody; ours marks down as dealers usually did. Withdrawn
    listings are censored on their last day.
Scores
    The Brier score at each day, weighted by the inverse chance not to be censored (Graf et al.
    1999), in the mean over 0 to 90 days; and the share sold within 7, 14, 30 and 60 days, foretold
    against the Kaplan-Meier estimate of what was seen, over all listings and in five groups of as
    many listings each by foretold chance.
Peers
    Kaplan-Meier over all past listings; Cox by statsmodels, and LightGBM for the hazard by
    stretches of days, on the numbers and levels that ours has: what the value model foretells, the
    first price over it, age, odometer, place, make and model.
Cuts
    What is settled by hand in ours was settled on cuts in 2020; those judged are of 2021.

The exit code is 1 if anything that must be reached was not: over all listings judged, a score below
those of Kaplan-Meier and Cox, and every share foretold within the 99 % band of what was seen. It
takes some minutes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.listings.compare import compare
from benchmarks.listings.store import read
from benchmarks.listings.tell import show, verdict
from benchmarks.values.files import data_folder

CUTS: Final = (
    "2020-12-31", "2021-01-31", "2021-02-28", "2021-03-31", "2021-04-30", "2021-05-31",
    "2021-06-30", "2021-07-31",
)  # fmt: skip


def main() -> int:
    """Compare, print and write."""
    asked = _arguments()
    say = Console(stderr=True)
    told = compare(read(data_folder()), asked.cuts, lambda words: say.print(words, style="dim"))
    reached = verdict(told)
    show(Console(width=None if sys.stdout.isatty() else 160), told, reached)
    if asked.out is not None:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        written = json.dumps({**told, "verdict": reached}, indent=1, allow_nan=False)
        asked.out.write_text(written, encoding="utf-8")
    return 0 if all(reached.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.listings",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--cuts",
        nargs="+",
        type=dt.date.fromisoformat,
        default=[dt.date.fromisoformat(day) for day in CUTS],
        help="last days known, in order; the last one only ends the judging",
    )
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
