"""How commands end: exit codes, JSON even on failure, streams that are closed, full or broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from killing import Nights, broken, hashes
from small_workspace import read

COMMAND = [sys.executable, "-m", "auction.cli"]


@pytest.fixture(scope="module")
def whole(least: Path, disposal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run; not to be changed."""
    run = tmp_path_factory.mktemp("whole") / "run"
    done = disposal("plan", least, "--out", run)
    assert done.returncode == 0, done.stderr
    return run


def test_what_is_not_whole_is_found(whole: Path, tmp_path: Path) -> None:
    for name, damage in {
        "other bytes": lambda run: (run / "risk.json").write_text("{}", encoding="utf-8"),
        "missing": lambda run: (run / "policy.parquet").unlink(),
        "not vouched for": lambda run: (run / "more.txt").write_text("", encoding="utf-8"),
        "no manifest": lambda run: (run / "manifest.json").unlink(),
    }.items():
        run = shutil.copytree(whole, tmp_path / name.replace(" ", "-"))
        assert broken(run) == []
        damage(run)
        assert any(name in words for words in broken(run))


def test_kills_leave_an_old_run_or_a_whole_new_one(least: Path, tmp_path: Path) -> None:
    nights = Nights(least, tmp_path / "runs", seed=11)
    outcomes = []
    for killed in nights.kill(2):
        assert nights.verify(killed) == []
        outcomes.append(killed.outcome)
    assert "absent" in outcomes
    assert len(nights.left()) <= 1, "what the dead leave is swept by the next"


# --- wrong usage ---


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-13-01", "2026-02-30", "01.06.2026", "2026"])
def test_a_planning_date_that_is_none_is_wrong_usage(disposal, least, tmp_path, day: str) -> None:
    done = disposal("plan", least, "--out", tmp_path / "run", f"--as-of={day}", "--json")
    assert done.returncode == 2
    assert "--as-of" in done.stderr
    told = json.loads(done.stdout)["error"]
    assert (told["kind"], told["exit_code"]) == ("usage", 2)
    assert "--as-of" in told["message"]


def test_json_tells_wrong_usage_too(disposal, least: Path) -> None:
    done = disposal("plan", least, "--json")
    assert done.returncode == 2
    assert "--out" in json.loads(done.stdout)["error"]["message"]


def test_an_existing_run_is_refused_before_anything_is_read(
    disposal, whole: Path, tmp_path
) -> None:
    run = whole
    done = disposal("plan", tmp_path / "no-workspace", "--out", run, "--json")
    assert done.returncode == 2
    assert "exists already" in json.loads(done.stdout)["error"]["message"]


def test_a_parent_that_is_a_file_is_told(disposal, least: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = disposal("plan", least, "--out", tmp_path / "file" / "run")
    assert done.returncode == 2
    assert "cannot be written: Not a directory" in done.stderr
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_infeasible_rules_are_an_object(disposal, small: Path) -> None:
    name = read(small / "vehicles.csv")[0]["vehicle_id"]
    (small / "overrides.csv").write_text(
        "vehicle_id,action,venue_id,channel,event_id,reason,who\n"
        f"{name},pin,DAL,,,x,y\n{name},ban,DAL,,,x,y\n",
        encoding="utf-8",
    )
    done = disposal("plan", small, "--out", small / "run", "--json")
    assert done.returncode == 4, done.stderr
    told = json.loads(done.stdout)["error"]
    assert told["kind"] == "infeasible"
    assert name in told["conflicts"][0]


# --- a folder that may not be written ---


def without_rights(folder: Path) -> list[str]:
    """Return what to put before a command so that it may not write into a folder."""
    folder.chmod(0o555)
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]


def test_a_parent_that_may_not_be_written_is_told(
    least: Path, tmp_path: Path, require_tool
) -> None:
    require_tool("setpriv")
    parent = tmp_path / "runs"
    parent.mkdir()
    command = [*without_rights(parent), *COMMAND, "plan", str(least), "--out", str(parent / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    parent.chmod(0o755)
    assert done.returncode == 2
    assert f"{parent / 'run'} cannot be written: Permission denied" in done.stderr
    assert list(parent.iterdir()) == []


def test_a_report_of_a_run_that_may_not_be_written_is_told(
    whole: Path, tmp_path: Path, require_tool
) -> None:
    require_tool("setpriv")
    run = shutil.copytree(whole, tmp_path / "run")
    before = hashes(run)
    command = [*without_rights(run), *COMMAND, "report", str(run)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    run.chmod(0o755)
    assert done.returncode == 2
    assert "Permission denied" in done.stderr
    assert str(run) in done.stderr
    assert "Traceback" not in done.stderr
    assert hashes(run) == before


# --- streams ---


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    python = f'"{sys.executable}" -m auction.cli'
    return subprocess.run(
        ["bash", "-c", line.replace("disposal", python)],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_reader_who_leaves_does_not_matter(least: Path, tmp_path: Path) -> None:
    line = f'disposal check "{least}" | true; echo "${{PIPESTATUS[0]}}"'
    done = shell(line, tmp_path)
    assert done.stdout == "0\n"
    assert done.stderr == ""


def test_a_run_outlives_the_reader_of_its_progress(least: Path, tmp_path: Path) -> None:
    line = f'disposal plan "{least}" --out run --json 2>&1 | true; echo "${{PIPESTATUS[0]}}"'
    done = shell(line, tmp_path)
    assert done.stdout == "0\n"
    assert broken(tmp_path / "run") == []


def test_an_answer_that_cannot_be_written_is_no_success(least: Path, tmp_path: Path) -> None:
    done = shell(f'disposal check "{least}" --json > /dev/full', tmp_path)
    assert done.returncode == 2
    assert "standard output cannot be written: No space left on device" in done.stderr


def test_closed_streams_do_not_become_files(least: Path, tmp_path: Path) -> None:
    done = shell(f'disposal check "{least}" <&- >&- 2>&-; echo $?', tmp_path)
    assert done.stdout == "0\n"


def test_names_that_a_terminal_lacks_are_told_all_the_same(small: Path, tmp_path: Path) -> None:
    text = (small / "events.csv").read_text(encoding="utf-8")
    (small / "events.csv").write_text(text.replace(",DAL,", ",车辆🚗,", 1), encoding="utf-8")
    line = f'PYTHONIOENCODING=ascii disposal plan "{small}" --out run'
    done = shell(line, tmp_path)
    assert done.returncode == 3
    assert "车辆" in done.stderr or "\\u8f66" in done.stderr
    assert "Traceback" not in done.stderr
