"""The command line as a desk uses it: init, check, plan, explain, report."""

from __future__ import annotations

import hashlib
import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from killing import broken

Runs = dict[int, tuple[Path, subprocess.CompletedProcess[str]]]

TABLES = {
    "assignments.parquet", "assignments.xlsx", "policy.parquet", "parts_plan.parquet",
    "hedges.parquet", "shadow_prices.parquet", "alternatives.parquet", "capacity.parquet",
    "outcomes.parquet", "frontier.parquet", "risk.json", "report.html", "manifest.json",
    "calibration.parquet", "market.parquet", "offered.parquet", "effects.parquet",
    "run_lists.xlsx", "card_curves.parquet", "card_kinds.parquet", "card_effects.parquet",
    "card_drift.parquet", "stress.parquet",
}  # fmt: skip


def digests(run: Path) -> dict[str, str]:
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }


def test_help_answers_at_once(disposal) -> None:
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = disposal("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.returncode == 0
    for command in (
        "init", "check", "forecast", "plan", "explain", "diff", "backtest", "report",
    ):  # fmt: skip
        assert command in done.stdout
    # Processor time: a busy machine may let a user wait longer than the half second promised.
    assert min(spent) < 0.5


def test_help_loads_no_solver() -> None:
    code = (
        "import sys, auction.cli;"
        "print(sorted({'ortools', 'statsmodels', 'scipy', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_auction_loads_no_solver() -> None:
    code = "import sys, auction; print({'ortools', 'statsmodels'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_init_refuses_a_folder_with_something_in_it(disposal, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    done = disposal("init", tmp_path)
    assert done.returncode == 2
    assert "is not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_check_finds_the_sample_sound(disposal, sample: Path) -> None:
    done = disposal("check", sample, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["ok"] is True
    assert report["faults"] == []
    assert report["tables"]["vehicles"]["kept"] == 605
    assert {"setting", "value", "source"} <= set(report["defaults_used"][0])
    told = disposal("check", sample)
    assert "No fault: a run can start." in told.stdout


def test_check_tells_every_fault_and_changes_nothing(disposal, small: Path) -> None:
    events = (small / "events.csv").read_text(encoding="utf-8")
    (small / "events.csv").write_text(events.replace(",DAL,", ",NOWHERE,", 1), encoding="utf-8")
    settings = (small / "disposal.toml").read_text(encoding="utf-8")
    before = digests(small)
    done = disposal("check", small)
    assert done.returncode == 3
    assert "NOWHERE" in done.stdout
    assert digests(small) == before
    (small / "disposal.toml").write_text(settings.replace("alpha =", "alhpa ="), encoding="utf-8")
    both = disposal("plan", small, "--out", small / "run")
    assert both.returncode == 3
    assert "alhpa" in both.stderr
    assert "alpha" in both.stderr.replace("alhpa", "")
    assert not (small / "run").exists()


def test_plan_writes_a_whole_run(runs: Runs) -> None:
    run, done = runs[1]
    assert {path.name for path in run.iterdir()} == TABLES
    assert "vehicles planned" in done.stdout
    assert "nearest auction" in done.stdout
    assert "best move first" in done.stdout
    assert "report.html" in done.stdout
    assert not [path for path in run.parent.iterdir() if path.name.startswith(".")]
    latest = run.parent / "latest"
    assert latest.is_symlink()
    assert latest.resolve() == runs[2][0].resolve()


def test_every_run_vouches_for_its_files(runs: Runs) -> None:
    for run, _ in runs.values():
        assert broken(run) == []


def test_what_was_assumed_is_told(runs: Runs, fleet: Path) -> None:
    run, done = runs[1]
    notes = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["notes"]
    given = pl.read_csv(fleet / "vehicles.csv")
    planned = pl.read_parquet(run / "assignments.parquet").filter(
        pl.col("status").is_in(["planned", "held"])
    )
    unread = given.join(planned, on="vehicle_id", how="semi")["odometer"].null_count()
    told = (
        f"odometer unknown for {unread} of the vehicles planned: "
        "a typical reading of their age is taken"
    )
    assert told in notes
    assert f"Note: {told}" in done.stdout
    assert told in (run / "report.html").read_text(encoding="utf-8")


def test_every_vehicle_has_one_row_and_a_status(runs: Runs, fleet: Path) -> None:
    table = pl.read_parquet(runs[1][0] / "assignments.parquet")
    given = pl.read_csv(fleet / "vehicles.csv")
    assert table["vehicle_id"].to_list() == sorted(given["vehicle_id"].to_list())
    assert set(table["status"].unique()) == {"planned", "held", "barred", "unsaleable"}
    assert table["reason"].null_count() == 0


def test_same_inputs_give_the_same_bytes_on_one_and_two_threads(runs: Runs) -> None:
    one, two = digests(runs[1][0]), digests(runs[2][0])
    different = {name for name in one if one[name] != two.get(name)}
    assert set(one) == set(two)
    assert different <= {"manifest.json"}
    manifest = json.loads((runs[2][0] / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["threads"] == 2
    assert manifest["solver"]["status"] in ("optimal", "gap")


def test_json_is_one_object_on_stdout(runs: Runs) -> None:
    run, done = runs[2]
    told = json.loads(done.stdout)
    assert told["run"] == str(run)
    assert told["bound"] >= told["objective"]
    assert 0.0 <= told["gap"] <= 1e-3
    risk = json.loads((run / "risk.json").read_text(encoding="utf-8"))
    assert told["expected"] == risk["plan"]["expected"]
    assert "allocation: " in done.stderr


def test_more_weight_on_the_tail_brings_more_there_and_less_on_average(runs: Runs) -> None:
    points = pl.read_parquet(runs[1][0] / "frontier.parquet")
    risk = json.loads((runs[1][0] / "risk.json").read_text(encoding="utf-8"))
    assert points["weight"].to_list() == [0.0, 0.3, 1.0]
    assert points["taken"].to_list() == [False, True, False]
    # Each point is the best at its own weight, but for the gap it is proven to.
    for row in points.iter_rows(named=True):
        mine = (1 - row["weight"]) * points["expected"] + row["weight"] * points["cvar"]
        assert row["objective"] >= mine.max() - 1e-3 * abs(row["objective"])
        assert row["bound"] >= row["objective"]
    assert points["expected"][0] > points["expected"][2]
    assert points["cvar"][2] > points["cvar"][0]
    taken = points.row(1, named=True)
    assert taken["expected"] == risk["plan"]["expected"]
    assert taken["fresh_cvar"] == risk["plan"]["fresh"]["cvar"]


def test_plan_beats_both_habits(runs: Runs) -> None:
    risk = json.loads((runs[1][0] / "risk.json").read_text(encoding="utf-8"))
    for habit in risk["baselines"].values():
        assert risk["plan"]["objective"] > habit["objective"]
        assert risk["plan"]["fresh"]["expected"] > habit["fresh"]["expected"]


def test_fresh_scenarios_agree_with_the_expectation(runs: Runs) -> None:
    plan = json.loads((runs[1][0] / "risk.json").read_text(encoding="utf-8"))["plan"]
    assert plan["fresh"]["expected"] == pytest.approx(plan["expected"], rel=0.01)
    # The optimiser's own tail leaves out every unit's luck: the fresh one lies below.
    assert plan["fresh"]["cvar"] < plan["cvar"]


def test_plan_refuses_an_existing_run(disposal, runs: Runs, fleet: Path) -> None:
    run = runs[1][0]
    before = digests(run)
    done = disposal("plan", fleet, "--out", run)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert digests(run) == before


def test_explain_tells_a_vehicle(disposal, runs: Runs) -> None:
    run = runs[1][0]
    table = pl.read_parquet(run / "assignments.parquet").filter(pl.col("channel") == "auction")
    row = table.row(0, named=True)
    done = disposal("explain", run, row["vehicle_id"])
    assert done.returncode == 0
    assert row["venue_id"] in done.stdout
    assert f"{row['expected_net']:,.2f}" in done.stdout
    assert "Reserve policy" in done.stdout
    assert "Options considered" in done.stdout
    figures = re.findall(r"^  .{38} +(-?[\d,]+\.\d\d)$", done.stdout, re.MULTILINE)
    shown = [float(figure.replace(",", "")) for figure in figures]
    assert sum(shown[:-1]) == pytest.approx(shown[-1], abs=0.05)


@pytest.mark.parametrize("status", ["held", "barred", "unsaleable"])
def test_explain_tells_why_a_vehicle_is_not_sold(disposal, runs: Runs, status: str) -> None:
    run = runs[1][0]
    table = pl.read_parquet(run / "assignments.parquet").filter(pl.col("status") == status)
    row = table.row(0, named=True)
    done = disposal("explain", run, row["vehicle_id"])
    assert done.returncode == 0
    assert f"{status}: {row['reason']}" in done.stdout


def test_explain_names_the_nearest_vehicle(disposal, runs: Runs) -> None:
    done = disposal("explain", runs[1][0], "R002")
    assert done.returncode == 2
    assert "did you mean R0" in done.stderr


def test_report_can_be_written_anew(disposal, runs: Runs) -> None:
    run = runs[1][0]
    before = digests(run)
    done = disposal("report", run)
    assert done.returncode == 0
    assert done.stdout.strip().endswith("report.html")
    assert digests(run) == before


def test_report_of_no_run_says_so(disposal, tmp_path: Path) -> None:
    done = disposal("report", tmp_path)
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr


def test_rules_that_cannot_hold_together_are_named(disposal, small: Path) -> None:
    fleet = pl.read_csv(small / "vehicles.csv")
    table = pl.read_csv(small / "events.csv")
    event = table.filter(pl.col("venue_id") == "DAL").row(-3, named=True)
    ready = fleet.filter(
        pl.col("title_status") != "missing", pl.col("available_from") <= "2026-06-01"
    )["vehicle_id"][:4]
    (small / "holds.csv").write_text("vehicle_id,kind,until\n")
    rows = "".join(f"{v},pin,,,{event['event_id']},for a test,desk\n" for v in ready)
    (small / "overrides.csv").write_text(
        "vehicle_id,action,venue_id,channel,event_id,reason,who\n" + rows
    )
    lines = (small / "events.csv").read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("capacity")
    for i, line in enumerate(lines):
        cells = line.split(",")
        if cells[0] == event["event_id"]:
            cells[place] = "1"
            lines[i] = ",".join(cells)
    (small / "events.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = disposal("plan", small, "--out", small / "run")
    assert done.returncode == 4, done.stderr
    assert event["venue_id"] in done.stderr
    assert any(vehicle in done.stderr for vehicle in ready)
    assert not (small / "run").exists()


def test_a_time_limit_gives_a_plan_and_says_so(disposal, small: Path) -> None:
    settings = (small / "disposal.toml").read_text(encoding="utf-8")
    tight = re.sub(r"(?m)^gap = .*$", "gap = 0.0", settings)
    (small / "disposal.toml").write_text(tight, encoding="utf-8")
    done = disposal("plan", small, "--out", small / "run", "--time-limit", "0.01")
    told = json.loads((small / "run" / "manifest.json").read_text(encoding="utf-8"))["solver"]
    assert done.returncode == 5, done.stderr
    assert told["status"] == "time_limit"
    assert told["bound"] >= told["objective"]


def test_wrong_usage_has_its_own_code(disposal, sample: Path) -> None:
    assert disposal("plan", sample).returncode == 2
    assert disposal("plan", sample, "--out", "x", "--threads", "0").returncode == 2
    assert disposal("sell").returncode == 2


def test_missing_workspace_is_told(disposal, tmp_path: Path) -> None:
    done = disposal("plan", tmp_path / "nowhere", "--out", tmp_path / "run")
    assert done.returncode == 3
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("limit", ["-5", "nan", "inf"])
def test_an_impossible_time_limit_is_wrong_usage(disposal, sample: Path, limit: str) -> None:
    done = disposal("plan", sample, "--out", "nowhere", "--time-limit", limit)
    assert done.returncode == 2
    assert "must be zero or more seconds" in done.stderr


def test_check_tells_what_would_stop_a_run_later(disposal, small: Path) -> None:
    for name in ("vehicles.csv", "venues.csv"):
        table = pl.read_csv(small / name, infer_schema=False)
        table.with_columns(lat=pl.lit(None), lon=pl.lit(None)).write_csv(small / name)
    (small / "tariffs.csv").write_text("from_region,to_region,cost,days\nX,Y,1,1\n")
    checked = disposal("check", small, "--json")
    rules = [fault["rule"] for fault in json.loads(checked.stdout)["faults"]]
    assert checked.returncode == 3
    assert rules
    assert all(rule.startswith("no way to price a move from region") for rule in rules)
    planned = disposal("plan", small, "--out", small / "run")
    assert planned.returncode == 3
    assert planned.stderr.count("no way to price a move") == len(rules)
    assert not (small / "run").exists()


def test_a_damaged_run_is_told(disposal, runs: Runs, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(runs[1][0], run)
    (run / "risk.json").write_text("{}", encoding="utf-8")
    done = disposal("report", run)
    assert done.returncode == 2
    assert "does not hold what its report needs" in done.stderr
    assert "Traceback" not in done.stderr
