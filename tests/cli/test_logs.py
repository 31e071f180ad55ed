"""Progress, quiet runs, logs of JSON lines, and the id of a run."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from auction.cli.logs import FIELDS, json_logs
from auction.progress import STAGES, Stages, current_stage
from auction.run.stamp import RunStamp, new_run_id
from small_workspace import read, write

MARKERS = {
    "owner": "Marker-Person-Jane-Doe",
    "vin": "1HGCM82633A004352",
    "password": "marker-password-hunter2",
    "id": "MARKER-VEHICLE-77",
}


@pytest.fixture(scope="module")
def night(tmp_path_factory, least: Path, disposal):
    """A quiet run with a log, on tables that hold a name, a VIN and a password."""
    folder = tmp_path_factory.mktemp("night")
    workspace = folder / "workspace"
    workspace.mkdir()
    for path in least.iterdir():
        (workspace / path.name).write_bytes(path.read_bytes())
    rows = read(workspace / "vehicles.csv")
    for row in rows:
        row |= {"vin": "", "borrower": MARKERS["owner"], "note": MARKERS["password"]}
    rows[0] |= {"vehicle_id": MARKERS["id"], "vin": MARKERS["vin"]}
    rows[1] |= {"odometer": MARKERS["owner"]}
    write(workspace / "vehicles.csv", rows)
    words = dict.fromkeys(("venue_id", "event_id"), "") | {
        "vehicle_id": MARKERS["id"], "action": "ban", "channel": "dealer",
        "reason": MARKERS["owner"], "who": MARKERS["owner"],
    }  # fmt: skip
    columns = ["vehicle_id", "action", "venue_id", "channel", "event_id", "reason", "who"]
    write(workspace / "overrides.csv", [words], columns)
    log = folder / "log.jsonl"
    done = disposal(
        "plan", workspace, "--out", folder / "run", "--quiet", "--log-json", log,
        "--run-id", "night-1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done, [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def test_a_quiet_run_says_nothing(night) -> None:
    _, done, _ = night
    assert (done.stdout, done.stderr) == ("", "")


def test_every_line_tells_run_stage_time_and_level(night) -> None:
    _, _, lines = night
    for line in lines:
        assert line["run_id"] == "night-1"
        assert line["level"] in ("info", "warning", "error")
        assert line["stage"] in (None, *STAGES)
        assert line["timestamp"].endswith("Z")
        datetime.fromisoformat(line["timestamp"])
        assert set(line) <= {"timestamp", "level", "run_id", "stage", "event", *FIELDS}
    assert [line["event"] for line in lines[:1] + lines[-1:]] == ["run begins", "run ends"]


def test_stages_begin_and_end_in_order_with_their_seconds(night) -> None:
    folder, _, lines = night
    begun = [line["stage"] for line in lines if line["event"] == "stage begins"]
    ended = {line["stage"]: line["seconds"] for line in lines if line["event"] == "stage ends"}
    assert tuple(begun) == STAGES
    assert tuple(ended) == STAGES
    assert all(seconds >= 0.0 for seconds in ended.values())
    used = [line["processor_seconds"] for line in lines if line["event"] == "stage ends"]
    assert all(seconds >= 0.0 for seconds in used)
    assert sum(used) > 1.0
    timings = json.loads((folder / "run" / "manifest.json").read_text("utf-8"))["timings"]
    assert {stage: timings[stage] for stage in STAGES} == pytest.approx(ended)


def test_the_search_tells_its_bound_and_gap(night) -> None:
    _, _, lines = night
    search = [line for line in lines if line["event"] == "search" and line["stage"] == "allocation"]
    assert search
    assert all(line["bound"] >= line["objective"] for line in search)
    assert all(line["gap"] >= 0.0 for line in search)
    end = lines[-1]
    assert end["exit_code"] == 0
    assert end["gap"] <= search[0]["gap"]


def test_no_cell_gets_into_a_log(night) -> None:
    folder, _, _ = night
    told = (folder / "log.jsonl").read_text("utf-8")
    for marker in MARKERS.values():
        assert marker not in told
    assert MARKERS["id"] in (folder / "run" / "report.html").read_text("utf-8")


def test_the_id_stands_in_the_manifest_alone(night) -> None:
    folder, _, _ = night
    manifest = json.loads((folder / "run" / "manifest.json").read_text("utf-8"))
    assert manifest["run_id"] == "night-1"
    for path in (path for path in (folder / "run").rglob("*") if path.is_file()):
        assert (b"night-1" in path.read_bytes()) == (path.name == "manifest.json")


def test_faults_are_counted_in_a_log_and_told_on_stderr(small: Path, disposal, tmp_path) -> None:
    rows = read(small / "events.csv")
    rows[0]["venue_id"] = MARKERS["owner"]
    write(small / "events.csv", rows)
    log = tmp_path / "log.jsonl"
    done = disposal("plan", small, "--out", tmp_path / "run", "-q", "--log-json", log, "--json")
    assert done.returncode == 3
    assert MARKERS["owner"] in done.stderr
    told = json.loads(done.stdout)["error"]
    assert (told["kind"], told["exit_code"]) == ("input", 3)
    assert told["faults"][0]["value"] == MARKERS["owner"]
    assert MARKERS["owner"] not in log.read_text("utf-8")
    last = json.loads(log.read_text("utf-8").splitlines()[-1])
    assert (last["event"], last["error"], last["exit_code"]) == ("run broken off", "input", 3)
    assert last["faults"] == len(told["faults"])


def test_a_log_is_added_to_and_a_dash_is_stderr(small: Path, disposal, tmp_path: Path) -> None:
    (small / "disposal.toml").write_text("as_of = 1", encoding="utf-8")
    log = tmp_path / "log.jsonl"
    for name in ("a", "b"):
        disposal("plan", small, "--out", tmp_path / "r", "--log-json", log, "--run-id", name)
    ids = [json.loads(line)["run_id"] for line in log.read_text("utf-8").splitlines()]
    assert ids == sorted(ids)
    assert set(ids) == {"a", "b"}
    done = disposal("plan", small, "--out", tmp_path / "r", "--log-json", "-")
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
    assert json.loads(lines[0])["event"] == "run begins"
    assert "reading: " not in done.stderr


def test_a_log_that_cannot_be_written_is_wrong_usage(small: Path, disposal, tmp_path) -> None:
    done = disposal("plan", small, "--out", tmp_path / "r", "--log-json", tmp_path / "no" / "log")
    assert done.returncode == 2
    assert "--log-json" in done.stderr
    assert not (tmp_path / "r").exists()


def test_a_log_that_fills_its_disk_does_not_end_the_run(capfd) -> None:
    with json_logs("/dev/full", "x"):
        logging.getLogger("auction.test").info("one")
        logging.getLogger("auction.test").info("two")
    assert capfd.readouterr().err.count("the log ends here: No space left on device") == 1


def test_an_error_in_a_log_is_its_kind_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def fail() -> None:
        with json_logs(str(log), "x"):
            try:
                raise KeyError(MARKERS["owner"])
            except KeyError:
                logging.getLogger("residual.test").exception(
                    "failed", extra={"cell": MARKERS["owner"], "bound": float("inf")}
                )
            raise ZeroDivisionError(MARKERS["password"])

    with pytest.raises(ZeroDivisionError):
        fail()
    told = log.read_text("utf-8")
    assert not any(marker in told for marker in MARKERS.values())
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["event"] for line in lines] == ["run begins", "failed", "run broken off"]
    assert lines[1]["bound"] is None
    assert lines[2]["error"] == "ZeroDivisionError"
    assert log.stat().st_mode & 0o007 == 0
    assert logging.getLogger("residual").handlers == [
        handler for handler in logging.getLogger("residual").handlers
        if isinstance(handler, logging.NullHandler)
    ]  # fmt: skip


def test_a_terminal_is_shown_bars(least: Path, tmp_path: Path) -> None:
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "auction.cli", "plan", str(least), "--out", str(tmp_path / "run")],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            shown += os.read(leader, 65536)
        except OSError:
            break
    assert process.wait(timeout=120) == 0
    os.close(leader)
    text = shown.decode()
    assert all(stage in text for stage in STAGES)
    assert "100 %" in text
    assert text.endswith("\x1b[?25h") or "\x1b[?25h" in text, "the cursor is shown again"


# --- run ids and clocks ---


@pytest.mark.parametrize("bad", ["", " ", "a b", "../x", "ä", "x" * 65, "-x", ".x", "a\nb", "a/b"])
def test_a_run_id_of_another_form_is_wrong_usage(disposal, tmp_path: Path, bad: str) -> None:
    done = disposal("plan", tmp_path, "--out", tmp_path / "r", f"--run-id={bad}")
    assert done.returncode == 2
    assert "--run-id" in done.stderr
    assert not (tmp_path / "r").exists()


def test_made_up_ids_differ_and_tell_the_moment() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    ids = {new_run_id(now.astimezone()) for _ in range(50)}
    assert len(ids) == 50
    assert all(made.startswith("20260102T030405Z-") for made in ids)
    assert RunStamp(min(ids)).run_id in ids


def test_a_planning_date_after_today_is_doubted_not_refused() -> None:
    started = datetime(2026, 6, 1, 12, tzinfo=UTC).astimezone()
    stamp = RunStamp("x", started)
    assert stamp.doubts(date(2026, 6, 1)) == []
    assert stamp.doubts(date(2020, 1, 1)) == []
    (doubt,) = stamp.doubts(date(2026, 6, 3))
    assert "2026-06-03 lies after today, 2026-06-01" in doubt


def test_a_clock_that_was_set_back_is_told_and_bears_no_negative_time(
    least: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, time, datetime as d, itertools\n"
        "back = itertools.count()\n"
        "time.time = lambda: 1_000_000_000.0 - 60.0 * next(back)\n"
        "import auction.run.stamp as stamp\n"
        "class Clock(d.datetime):\n"
        "    now = classmethod(lambda cls, zone: cls.fromtimestamp(time.time(), zone))\n"
        "stamp.datetime = Clock\n"
        "from auction.cli import main\n"
        "main()\n"
    )
    arguments = ["plan", str(least), "--out", str(tmp_path / "run"), "--log-json", "-"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "lies after today, 2001-09-" in done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    stamps = [line["timestamp"] for line in lines]
    assert stamps == sorted(stamps, reverse=True)
    assert all(line.get("seconds", 0.0) >= 0.0 for line in lines)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert "lies after today" in manifest["doubts"][0]
    assert all(spent >= 0.0 for name, spent in manifest["timings"].items() if name in STAGES)
    assert all(spent >= 0.0 for spent in manifest["timings"]["allocation_steps"].values())
    assert "lies after today" not in (tmp_path / "run" / "report.html").read_text("utf-8")


# --- stages by themselves ---


def test_stages_tell_portions_and_times() -> None:
    told: list[tuple[str, float | None, str]] = []
    stages = Stages(lambda *what: told.append(what))
    with stages.stage("judging", "begins"):
        assert current_stage() == "judging"
        with stages.portion(1, 4):
            stages("evaluate", 0.5, "half")
            stages("cores", None, "on")
            stages("evaluate", 7.0, "over")
    stages("quote", 0.25, "alone")
    assert told == [
        ("judging", 0.0, "begins"), ("judging", 0.375, "half"), ("judging", None, "on"),
        ("judging", 0.5, "over"), ("judging", 1.0, "begins"), ("quote", 0.25, "alone"),
    ]  # fmt: skip
    assert current_stage() is None
    assert set(stages.timings) == {"judging"}
    assert Stages.of(stages) is stages


def test_a_stage_that_fails_is_no_stage_any_more() -> None:
    stages = Stages()
    with pytest.raises(KeyError), stages.stage("fit", ""):
        raise KeyError
    assert current_stage() is None
    assert stages.timings == {}


def test_the_library_configures_no_log() -> None:
    code = (
        "import logging, auction.planning, auction.run.writing, residual\n"
        "assert logging.getLogger().handlers == []\n"
        "for name in ('auction', 'residual'):\n"
        "    kinds = [type(h).__name__ for h in logging.getLogger(name).handlers]\n"
        "    assert kinds == ['NullHandler'], kinds\n"
        "    assert logging.getLogger(name).level == logging.NOTSET\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_today_is_the_machines_own_day() -> None:
    stamp = RunStamp("x")
    today = stamp.started.astimezone().date()
    assert stamp.doubts(today) == []
    assert len(stamp.doubts(today + timedelta(days=1))) == 1
