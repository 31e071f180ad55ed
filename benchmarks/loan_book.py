"""P(LTV > 1) by month of a large loan book: time and memory.

    python -m benchmarks.loan_book --loans 1000000

Run from the root of the project, on a machine that does nothing else. Vehicles are those of the
bundled sample's past sales, again and again under other names with other readings; loans are drawn.
The fit is not counted. Must be reached at a million loans, 60 months and 1,024 scenarios on two
cores: 120 s and 2 GiB; the exit code is 1 if either was not.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import residual
from auction.sample import write_sample
from auction.workspace import load_workspace

_SECONDS, _GIB = 120.0, 2.0


def main() -> int:
    """Draw the book and tell what secures it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loans", type=int, default=1_000_000, help="loans (1,000,000)")
    parser.add_argument("--months", type=int, default=60, help="months ahead (60)")
    parser.add_argument("--scenarios", type=int, default=1_024, help="joint scenarios (1,024)")
    parser.add_argument("--threads", type=int, default=2, help="threads (2)")
    parser.add_argument(
        "--driven", type=float, help="kilometres a year; standing still if left out"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "sample")
        sales = load_workspace(Path(folder) / "sample").tables["sales"]
    model = residual.fit(sales)
    loans = _drawn(sales, model, asked.loans)
    print(f"{asked.loans:,} loans drawn, {_most():.2f} GiB", flush=True)
    begin, used = time.perf_counter(), time.process_time()
    found = residual.collateral(
        model,
        loans,
        asked.months,
        n=asked.scenarios,
        km_per_year=asked.driven,
        threads=asked.threads,
    )
    seconds, processor = time.perf_counter() - begin, time.process_time() - used
    print(found.months[:: max(1, asked.months // 10)])
    print(found.groups)
    cells = asked.loans * (asked.months + 1) * asked.scenarios
    print(
        f"{seconds:.1f} s ({processor:.1f} s of the processor), {_most():.2f} GiB at most, "
        f"{1e9 * seconds / cells:.2f} ns a cell"
    )
    return 0 if seconds <= _SECONDS and _most() <= _GIB else 1


def _drawn(sales: pl.DataFrame, model: residual.ResidualModel, count: int) -> pl.DataFrame:
    """Loans of 60 to 130 per cent of what their vehicles would fetch today."""
    draw = np.random.default_rng(1)
    kept = ("make", "model", "variant", "body", "powertrain", "segment", "model_year",
            "first_registered", "odometer", "condition_grade", "damage")  # fmt: skip
    rows = sales.filter(pl.col("model_year").is_not_null()).select(
        name for name in kept if name in sales.columns
    )
    worth = model.predict(
        rows.with_columns(vehicle_id=pl.int_range(rows.height).cast(pl.String)), on=model.as_of
    )["mean"].to_numpy()
    of = draw.integers(0, rows.height, count)
    return rows[of].with_columns(
        vehicle_id=pl.int_range(count).cast(pl.String),
        odometer=pl.col("odometer") * pl.Series(draw.uniform(0.8, 1.2, count)),
        balance=pl.Series(worth[of] * draw.uniform(0.6, 1.3, count)),
        rate=pl.Series(draw.uniform(0.02, 0.12, count)),
        term_months=pl.Series(draw.integers(6, 73, count)),
    )


def _most() -> float:
    """Most memory held so far, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    sys.exit(main())
