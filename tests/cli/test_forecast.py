"""``disposal forecast``: values by week in a file, whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from auction.forecasting import forecast_dates
from small_workspace import cut_sample, read, write


@pytest.fixture(scope="module")
def made(least: Path, tmp_path_factory: pytest.TempPathFactory, disposal):
    """A forecast with the model it was made with."""
    folder = tmp_path_factory.mktemp("forecast")
    done = disposal(
        "forecast", least, "--weeks", 3, "--out", folder / "values.parquet",
        "--save-model", folder / "values.model", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_row_for_each_vehicle_and_week(made, least: Path) -> None:
    folder, done = made
    told, values = json.loads(done.stdout), pl.read_parquet(folder / "values.parquet")
    assert values.columns == ["vehicle_id", "date", "mean", "sd", "q05", "q50", "q95", "support"]
    assert told["columns"] == values.columns
    assert told["rows"] == values.height == 30 * 4
    fleet = [row["vehicle_id"] for row in read(least / "vehicles.csv")]
    assert set(values["vehicle_id"]) == set(fleet)
    days = values["date"].unique().sort().to_list()
    assert [day.isoformat() for day in days] == told["dates"]
    assert days[0].isoformat() == told["as_of"]
    assert {(later - day).days for day, later in pairwise(days)} == {7}
    assert (values["q05"] < values["q50"]).all()
    assert (values["q50"] < values["q95"]).all()
    first = values.filter(pl.col("date") == days[0])["mean"].sum()
    assert told["expected_value"][0]["mean"] == pytest.approx(first)
    assert sum(told["support"].values()) == told["vehicles"] == 30
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_progress_goes_to_stderr(made) -> None:
    _, done = made
    for stage in ("reading", "fit", "values", "writing"):
        assert f"] {stage}: " in done.stderr
        assert f"] {stage}: " not in done.stdout


def test_a_saved_model_tells_the_same(made, least: Path, tmp_path: Path, disposal) -> None:
    folder, _ = made
    done = disposal(
        "forecast", least, "--weeks", 3, "--out", tmp_path / "again.parquet",
        "--model", folder / "values.model", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    assert (tmp_path / "again.parquet").read_bytes() == (folder / "values.parquet").read_bytes()


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx", "f.PARQUET"])
def test_months_quantiles_and_forms(name: str, made, least: Path, tmp_path: Path, disposal) -> None:
    folder, _ = made
    path = tmp_path / name
    done = disposal(
        "forecast", least, "--months", 60, "--out", path, "--quantiles", "0.1,0.5",
        "--km-per-year", 12_000, "--model", folder / "values.model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Fleet at the reference venue, USD" in done.stdout
    if name.endswith("csv"):
        table = pl.read_csv(path, try_parse_dates=True)
    elif name.endswith("xlsx"):
        table = pl.read_excel(path, sheet_name="forecast")
    else:
        table = pl.read_parquet(path)
    assert table.height == 30 * 61
    assert table.columns == ["vehicle_id", "date", "mean", "sd", "q10", "q50", "support"]
    assert table["date"].max() == dt.date(2031, 6, 1)
    worth = table.group_by("date").agg(pl.col("q50").sum()).sort("date")["q50"]
    assert worth[-1] < 0.6 * worth[0]


def test_a_vehicle_named_like_a_formula_is_text_in_a_workbook(
    made, small: Path, tmp_path: Path, disposal
) -> None:
    folder, _ = made
    rows = read(small / "vehicles.csv")
    rows[0]["vehicle_id"] = "=1+1"
    write(small / "vehicles.csv", rows)
    done = disposal(
        "forecast", small, "--weeks", 0, "--out", tmp_path / "f.xlsx",
        "--model", folder / "values.model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "=1+1" in pl.read_excel(tmp_path / "f.xlsx")["vehicle_id"].to_list()


def test_months_end_where_they_are_shorter() -> None:
    days = forecast_dates(dt.date(2023, 12, 31), months=3)
    assert days == tuple(
        dt.date(*day) for day in ((2023, 12, 31), (2024, 1, 31), (2024, 2, 29), (2024, 3, 31))
    )
    assert forecast_dates(dt.date(2024, 1, 1), weeks=0) == (dt.date(2024, 1, 1),)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "f.txt"], "must end with"),
        (["--out", "f.csv", "--weeks", "2", "--months", "2"], "not both"),
        (["--out", "f.csv", "--months", "61"], "than or equal to 60"),
        (["--out", "f.csv", "--quantiles", "0.5,1"], "between 0 and 1"),
        (["--out", "f.csv", "--quantiles", "low"], "no list of numbers"),
        (["--out", "f.csv", "--km-per-year", "-1"], "between 0 and 500,000"),
        (["--out", "f.csv", "--as-of", "today"], "no date"),
        (["--out", "f.csv", "--model", "absent.model"], "does not exist"),
        (["--out", "f.csv", "--save-model", "f.csv"], "another file"),
        (["--out", "absent/f.csv"], "cannot be written"),
        (["--out", "taken.csv"], "exists already"),
        (["--out", "f.csv", "--save-model", "taken.csv"], "exists already"),
    ],
)
def test_wrong_usage(
    arguments: list[str], words: str, least: Path, tmp_path: Path, disposal
) -> None:
    (tmp_path / "taken.csv").write_text("mine")
    done = disposal("forecast", least, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["taken.csv"]
    assert (tmp_path / "taken.csv").read_text() == "mine"


def test_input_at_fault(made, small: Path, tmp_path: Path, disposal) -> None:
    folder, _ = made
    (tmp_path / "bad.model").write_bytes((folder / "values.model").read_bytes()[:-50])
    done = disposal(
        "forecast", small, "--out", tmp_path / "f.csv", "--model", tmp_path / "bad.model", "--json"
    )
    assert done.returncode == 3
    assert "is no saved model" in json.loads(done.stdout)["error"]["faults"][0]["rule"]
    early = disposal(
        "forecast", small, "--out", tmp_path / "f.csv", "--as-of", "2026-05-25",
        "--model", folder / "values.model",
    )  # fmt: skip
    assert early.returncode == 3
    assert "has read sales up to 2026-06-01" in early.stderr
    (small / "vehicles.csv").unlink()
    assert disposal("forecast", small, "--out", tmp_path / "f.csv").returncode == 3
    assert not (tmp_path / "f.csv").exists()


def test_a_stale_model_is_told_of(made, small: Path, tmp_path: Path, disposal) -> None:
    folder, _ = made
    done = disposal(
        "forecast", small, "--weeks", 1, "--out", tmp_path / "f.csv", "--as-of", "2026-08-01",
        "--model", folder / "values.model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "fitted as of 2026-06-01, 61 days before 2026-08-01" in " ".join(done.stdout.split())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(number: int, code: int, tmp_path: Path) -> None:
    workspace = cut_sample(tmp_path / "workspace", sales=3000)
    (tmp_path / "out").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "auction.cli", "forecast", str(workspace),
         "--out", str(tmp_path / "out" / "f.csv")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while "fit" not in process.stderr.readline():
        time.sleep(0.01)
    os.kill(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert "nothing was written" in told
    assert list((tmp_path / "out").iterdir()) == []
