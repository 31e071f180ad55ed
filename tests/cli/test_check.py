"""What `disposal check` tells: on a terminal, in a pipe, as JSON and in a folder of bad rows."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from auction.cli.findings import as_json, show, verdict
from auction.workspace import check_workspace

SETTINGS = """\
as_of = 2015-01-25
currency = "USD"
[rejects]
max_share = 0.5
[tables.vehicles]
file = "vehicles.csv"
[tables.sales]
file = "sales.csv"
"""
SALES = """\
sale_id,offered_on,make,model,model_year,price
S1,2014-03-01,Toyota,Camry,2012,11000
"""
FREE_TEXT = "Jane Doe of 12 High Street has called about the car twice"


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """A workspace of 200 vehicles: 60 bad odometers, and every nasty text there is."""
    rows = ["vehicle_id,make,model,model_year,odometer,damage,region"]
    rows += [
        f"V{i},Toyota,Camry,2012,{-i if i < 60 else 90_000 + i},none,TX" for i in range(1, 198)
    ]
    rows += [
        f"V198,Toyota,Camry,2012,50000,{FREE_TEXT},TX",
        "V199,Toyota,Camry,2012,[red]\x1b[31m5,none,TX",
        "V200,Toyota,Camry,2012,=cmd|'/c calc'!A1,none,TX",
    ]
    (tmp_path / "vehicles.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    (tmp_path / "disposal.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def told(folder: Path, *, terminal: bool, width: int = 80) -> str:
    out = io.StringIO()
    show(check_workspace(folder), Console(file=out, force_terminal=terminal, width=width))
    return out.getvalue()


def test_a_pipe_gets_a_line_for_each_finding_and_nothing_is_cut(dirty: Path) -> None:
    lines = told(dirty, terminal=False).splitlines()
    assert lines[0] == "vehicles: 200 read, 138 kept, 62 set aside"
    assert lines[2] == "vehicles: read as utf-8, delimiter ','"
    assert lines[4] == (
        "set aside: vehicles.csv, row 1, column odometer, value '-1': must be at least 0 "
        "(mend the value or its unit)"
    )
    assert lines[-1] == "No fault: a run can start. (62 faults set aside)"


def test_columns_that_are_not_used_are_told_in_a_line(dirty: Path) -> None:
    (dirty / "holds.csv").write_text("vehicle_id,kind,until,note,by\nV70,police,2016-01-01,x,y\n")
    with (dirty / "disposal.toml").open("a") as settings:
        settings.write('\n[tables.holds]\nfile = "holds.csv"\n')
    for terminal in (False, True):
        assert "holds: not used: note, by" in told(dirty, terminal=terminal).splitlines()
    assert as_json(check_workspace(dirty))["tables"]["holds"]["unused_columns"] == ["note", "by"]


def test_many_findings_are_counted_by_rule_and_the_way_to_all_is_told(dirty: Path) -> None:
    lines = told(dirty, terminal=False).splitlines()
    shown = [line for line in lines if "must be at least 0 (mend" in line]
    assert len(shown) == 50
    assert "count: 59 set aside: vehicles.csv, odometer: must be at least 0" in lines
    assert "Of each kind 50 are shown; --json and --rejected FOLDER hold all." in lines


def test_free_text_stands_in_no_log_and_no_character_steers_a_terminal(dirty: Path) -> None:
    text = told(dirty, terminal=False)
    assert "Jane Doe" not in text
    assert f"value of {len(FREE_TEXT)} characters" in text
    for shown in (text, told(dirty, terminal=True)):
        assert "\x1b[31m5" not in shown
        assert "[red]" in shown


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_gets_tables_that_fit(dirty: Path, width: int) -> None:
    text = told(dirty, terminal=True, width=width)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(len(line) for line in plain.splitlines()) <= width
    for word in ("vehicles.csv", "odometer", "must be at", "how to mend it", "Findings by rule"):
        assert word in plain
    assert "No fault: a run can start. (62 faults set aside)" in plain


def test_json_holds_every_finding_with_its_value(dirty: Path) -> None:
    found = as_json(check_workspace(dirty))
    assert found["ok"] is True
    assert found["faults"] == []
    assert len(found["set_aside"]) == 62
    assert found["set_aside"][59]["value"] == FREE_TEXT
    assert found["by_rule"][0] == {
        "severity": "set aside",
        "file": "vehicles.csv",
        "column": "odometer",
        "rule": "must be at least 0",
        "count": 59,
    }


def test_a_refused_table_makes_its_rows_faults(dirty: Path) -> None:
    settings = (dirty / "disposal.toml").read_text()
    (dirty / "disposal.toml").write_text(settings.replace("0.5", "0.1"))
    report = check_workspace(dirty)
    found = as_json(report)
    assert len(found["faults"]) == 63
    assert found["set_aside"] == []
    assert found["faults"][0]["rule"] == (
        "62 of 200 rows are at fault, more than rejects.max_share = 0.1 allows"
    )
    assert len(report.faults) == 1 + 50 + 1 + 3
    assert verdict(report) == "63 faults: a run would refuse to start."


def test_bad_rows_are_written_as_they_stood(disposal, dirty: Path, tmp_path: Path) -> None:
    done = disposal("check", dirty, "--json", "--rejected", tmp_path / "bad")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tables"]["vehicles"]["rejected"] == 62
    assert [path.name for path in (tmp_path / "bad").iterdir()] == ["vehicles.csv"]
    table = pl.read_csv(tmp_path / "bad" / "vehicles.csv", infer_schema=False)
    assert table.height == 62
    assert table["vehicle_id"].to_list()[:2] == ["V1", "V2"]
    assert table["odometer"].to_list()[-1] == "'=cmd|'/c calc'!A1"
    again = disposal("check", dirty, "--rejected", tmp_path / "bad")
    assert again.returncode == 2
    assert "new or empty folder" in again.stderr


def test_a_bad_planning_date_is_wrong_usage(disposal, dirty: Path) -> None:
    done = disposal("check", dirty, "--as-of", "01/02/2015")
    assert done.returncode == 2
    assert "is no date written as YYYY-MM-DD" in done.stderr


def test_an_early_planning_date_is_told_as_the_cause_alone(disposal, sample: Path) -> None:
    done = disposal("check", sample, "--as-of", "2019-01-01", "--json")
    faults = json.loads(done.stdout)["faults"]
    assert done.returncode == 3
    assert [fault["file"] for fault in faults] == ["sales.csv", "vehicles.csv"]
    assert all("after as_of" in fault["rule"] for fault in faults)
    assert all(fault["remedy"] == "mend as_of or add rows" for fault in faults)


def test_a_reader_who_has_enough_does_no_harm(dirty: Path) -> None:
    command = f"{sys.executable} -m auction.cli check {dirty} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["vehicles: 200 read, 138 kept, 62 set aside", "0"]
    assert done.stderr == ""
