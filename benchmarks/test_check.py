"""Time and memory of `disposal check` on a very large fleet: 1,000,000 x 20, 1 % at fault."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

VEHICLES = 1_000_000
SALES = 20_000
FAULTS = 0.01

SETTINGS = """\
as_of = 2026-06-01
currency = "USD"
[tables.vehicles]
file = "vehicles.csv"
[tables.sales]
file = "sales.csv"
"""

MODELS = {"Toyota": "Camry", "Honda": "Odyssey", "Kia": "Sorento", "Ford": "Focus", "VW": "Golf"}


def fleet(rows: int, rng: np.random.Generator) -> pl.DataFrame:
    """Return vehicles as a lender's system exports them: 20 columns of text."""
    makes = rng.choice(list(MODELS), rows)
    registered = np.datetime64("2014-01-01") + rng.integers(0, 4000, rows)
    recovered = np.datetime64("2026-01-01") + rng.integers(0, 150, rows)
    return pl.DataFrame(
        {
            "vehicle_id": [f"R{number:07d}" for number in range(rows)],
            "make": makes,
            "model": [MODELS[make] for make in makes],
            "variant": rng.choice(["Base", "SE", "SX, all-wheel", 'Sport "R"'], rows),
            "body": rng.choice(["sedan", "suv", "van"], rows),
            "powertrain": rng.choice(["petrol", "diesel", "electric"], rows),
            "segment": rng.choice(["small", "large"], rows),
            "model_year": (2014 + rng.integers(0, 11, rows)).astype(str),
            "first_registered": pl.Series(registered.astype(str)),
            "odometer": pl.Series(rng.integers(1000, 250_000, rows)).cast(pl.String),
            "condition_grade": pl.Series(rng.integers(10, 51, rows) / 10).cast(pl.String),
            "damage": rng.choice(["none", "light"], rows),
            "repair_estimate": pl.Series(rng.integers(0, 90_000, rows) / 100).cast(pl.String),
            "colour": rng.choice(["red", "silver", "black"], rows),
            "region": rng.choice(["TX", "OH", "CA"], rows),
            "title_status": rng.choice(["clear", "salvage"], rows),
            "guide_value": pl.Series(rng.integers(2000, 40_000, rows)).cast(pl.String),
            "loan_balance": pl.Series(rng.integers(0, 4_000_000, rows) / 100).cast(pl.String),
            "recovered_on": pl.Series(recovered.astype(str)),
            "run_count": pl.Series(rng.integers(0, 4, rows)).cast(pl.String),
        }
    )


def spoiled(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the fleet with one row in a hundred at fault, in several ways."""
    slips = {
        "model_year": ["twelve", "1066", "2060"],
        "first_registered": ["2012-02-30", "never", "2030-01-01"],
        "odometer": ["-1", "n/a", "12 km"],
        "condition_grade": ["0.5", "good", "9"],
        "region": [""],
    }
    columns = list(slips)
    bad = rng.choice(frame.height, int(frame.height * FAULTS), replace=False)
    for number, column in enumerate(columns):
        rows = np.sort(bad[number :: len(columns)])
        values = rng.choice(slips[column], len(rows))
        frame = frame.with_columns(frame[column].scatter(rows, values.tolist()))
    return frame


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(2026)
    (root / "disposal.toml").write_text(SETTINGS)
    spoiled(fleet(VEHICLES, rng), rng).write_csv(root / "vehicles.csv")
    sales = fleet(SALES, rng).rename({"vehicle_id": "sale_id", "recovered_on": "offered_on"})
    sales.with_columns(price=pl.col("guide_value")).drop("run_count").write_csv(root / "sales.csv")
    return root


#: The command in a process of its own, which tells its work and its peak of memory at the end.
CHILD = """
import resource, sys
from auction.cli import main
sys.argv = ["disposal", "check", sys.argv[1]]
try:
    main()
except SystemExit as end:
    code = end.code or 0
usage = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/status") as status:
    (peak,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
print(usage.ru_utime + usage.ru_stime, peak, code, file=sys.stderr)
"""


def check(root: Path) -> tuple[float, float, float, int]:
    """Run the command: seconds, seconds of work, peak memory in GiB and exit code."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(root)], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - started
    worked, peak, code = done.stderr.splitlines()[-1].split()
    return seconds, float(worked), int(peak) / 2**20, int(code)


@pytest.mark.benchmark(group="check")
def test_check_of_a_million_vehicles(benchmark, workspace: Path) -> None:
    benchmark.extra_info["megabytes"] = (workspace / "vehicles.csv").stat().st_size / 1e6
    seconds, worked, peak, code = benchmark.pedantic(
        check, args=(workspace,), rounds=1, iterations=1
    )
    benchmark.extra_info |= {"worked_seconds": worked, "peak_gib": peak}
    print(f"\n{VEHICLES:,} vehicles: {seconds:.1f} s, {worked:.1f} s of work, {peak:.2f} GiB")
    assert code == 0
