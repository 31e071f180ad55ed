"""Hold the value model against LightGBM and CatBoost on three public files of sales.

    python -m benchmarks.values --out values.json

Run from the root of the project, with the extra `bench` installed. The files lie in the folder
that DISPOSAL_REAL_DATA names, by default ../shared/data.

What is compared
    Every contender learns from what was sold before a cut in time and forecasts what was sold from
    then to the next cut, on the same columns: age and date at the sale, model year, odometer with
    sentinels taken out, and all others as they stand. Each file is cut twice.
Peers
    LightGBM and CatBoost learn ln price: a point forecast, and 19 quantiles, 5 % to 95 % (one
    LightGBM model each; MultiQuantile of CatBoost). A random search of so many --trials, the first
    of them a good guess, is judged on four folds in time before the first cut, so that no sale
    that is judged is ever seen: by absolute error for the point forecast, by pinball loss at 10, 50
    and 90 % for the quantiles. A trial that falls 5 % behind is given up.
    Rounds come from early stopping on the newest 15 %, then all is learnt. Their MAE is that of the
    median or of the point forecast, whichever is smaller. Ours has no settings; what it chooses it
    chooses by itself.
Parts
    accuracy   errors, pinball loss, coverage (also by segment) and calibration
    guide      the same where a guide value is given
    cold       15 % of the models held out whole, three times, sold after the last cut
    corrupted  1 % of the rows learnt from spoilt, after the last cut
    monotone   the median of every unit judged over a grid of ages and of odometers
    speed      fits on the largest file, in turn
Time
    Some hours for everything with 20 trials, nearly all of it CatBoost and LightGBM. What they
    found and forecast is kept in --cache; a second run only fits ours.

The exit code is 1 if anything that must be reached was not.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from benchmarks.values.cache import Cache
from benchmarks.values.compare import CONTENDERS, PARTS, Comparison
from benchmarks.values.files import FILES
from benchmarks.values.kept import Effort
from benchmarks.values.tell import show
from benchmarks.values.verdict import verdict


def main() -> int:
    """Run the comparison."""
    asked = _arguments()
    say = Console(stderr=True)
    run = Comparison(
        tuple(file for file in FILES if file.name in asked.file),
        tuple(name for name in CONTENDERS if name in asked.contender),
        Cache(asked.cache),
        Effort(asked.trials, asked.threads),
        asked.draws,
        asked.rounds,
        lambda words: say.print(words, style="dim"),
    )
    results = {name: PARTS[name](run) for name in PARTS if name in asked.part}
    rows = verdict(results)
    show(Console(width=None if sys.stdout.isatty() else 160), results, rows)
    if asked.out is not None:
        told = {"setting": _setting(asked), "results": results, "verdict": [*map(asdict, rows)]}
        asked.out.write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.values",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = [file.name for file in FILES]
    parser.add_argument("--file", nargs="+", choices=files, default=files)
    parser.add_argument("--contender", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--part", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--trials", type=int, default=20, help="settings tried for each peer")
    parser.add_argument("--threads", type=int, default=1, help="of the peers")
    parser.add_argument("--draws", type=int, default=3, help="draws of models held out")
    parser.add_argument("--rounds", type=int, default=5, help="fits timed")
    parser.add_argument("--cache", type=Path, default=Path("build") / "benchmark-values")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    return parser.parse_args()


def _setting(asked: argparse.Namespace) -> dict[str, object]:
    names = ("lightgbm", "catboost", "numpy", "polars", "residual-auction")
    return {
        "trials": asked.trials,
        "threads of the peers": asked.threads,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


if __name__ == "__main__":
    sys.exit(main())
