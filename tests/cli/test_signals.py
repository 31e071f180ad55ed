"""Ctrl-C and a scheduler's signals in every stage of a plan: a clean end, or a whole run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import typer

from auction.cli.exits import told_errors
from auction.cli.signals import heard_signals

#: Runs the command with signals that the process sends to itself when its log tells of a moment.
SIGNALLED = """
import json, logging, os, signal, sys
from auction.progress import current_stage

left = [(tuple(moment), number) for moment, number in json.loads(sys.argv.pop(1))]

class Sender(logging.Handler):
    def emit(self, record):
        moment = (current_stage(), record.getMessage())
        if left and left[0][0] == moment:
            number = left.pop(0)[1]
            if number < 0:
                Lost(-number)
            else:
                os.kill(os.getpid(), number)

class Lost:
    def __init__(self, number):
        self.number = number
    def __del__(self):
        os.kill(os.getpid(), self.number)

logging.getLogger("auction").addHandler(Sender())
logging.getLogger("auction").setLevel(logging.INFO)
from auction.cli import main
main()
"""
BEGINS, ENDS, SEARCH = "stage begins", "stage ends", "search"
Moment = tuple[tuple[str, str], int]


def plan(
    workspace: Path, folder: Path, moments: list[Moment], *options: str
) -> subprocess.CompletedProcess[str]:
    """Plan into ``runs/run`` of a folder while signals come at the moments given."""

    def ready() -> None:
        # A runner in the background ignores Ctrl-C, one that outlives its terminal the end of it,
        # and their children would with them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    return subprocess.run(
        [
            sys.executable, "-c", SIGNALLED, json.dumps(moments), "plan", str(workspace),
            "--out", "runs/run", *options,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=ready,
    )  # fmt: skip


@pytest.mark.parametrize(
    "moment", [("reading", BEGINS), ("quoting", BEGINS), ("judging", ENDS), ("writing", ENDS)]
)
def test_ctrl_c_leaves_nothing(least: Path, tmp_path: Path, moment: tuple[str, str]) -> None:
    done = plan(least, tmp_path, [(moment, signal.SIGINT)])
    assert done.returncode == 130
    assert done.stderr.endswith("interrupted; nothing was written\n")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("moment", "number", "code"),
    [
        (("reading", BEGINS), signal.SIGHUP, 129),
        (("allocation", SEARCH), signal.SIGTERM, 143),
        (("frontier", SEARCH), signal.SIGTERM, 143),
    ],
)
def test_a_scheduler_ends_any_stage(
    least: Path, tmp_path: Path, moment: tuple[str, str], number: int, code: int
) -> None:
    done = plan(least, tmp_path, [(moment, number)], "--json")
    assert done.returncode == code
    words = f"ended by {signal.Signals(number).name}; nothing was written"
    assert done.stderr.endswith(f"{words}\n")
    told = json.loads(done.stdout)["error"]
    assert told == {"kind": "terminated", "exit_code": code, "message": words}
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_the_search_takes_the_best_plan_so_far(least: Path, tmp_path: Path) -> None:
    done = plan(least, tmp_path, [(("allocation", SEARCH), signal.SIGINT)], "--json")
    assert done.returncode == 5, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["interrupted"]) == ("interrupted", True)
    assert told["bound"] >= told["objective"] > 0.0
    run = tmp_path / "runs" / "run"
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["solver"]["status"] == "interrupted"
    assert pl.read_parquet(run / "assignments.parquet").height == 30


def test_ctrl_c_in_the_frontier_keeps_the_plan_and_says_so(least: Path, tmp_path: Path) -> None:
    done = plan(least, tmp_path, [(("frontier", SEARCH), signal.SIGINT)], "--quiet")
    assert done.returncode == 5
    run = tmp_path / "runs" / "run"
    solver = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["solver"]
    assert solver["status"] in ("optimal", "gap")
    assert solver["interrupted"] is True
    assert pl.read_parquet(run / "frontier.parquet").height == 1
    assert "broken off" in done.stderr


def test_a_second_ctrl_c_ends_at_once(least: Path, tmp_path: Path) -> None:
    twice = [(("allocation", SEARCH), signal.SIGINT), (("writing", BEGINS), signal.SIGINT)]
    done = plan(least, tmp_path, twice)
    assert done.returncode == 130
    assert not list(tmp_path.rglob("run"))
    assert not list(tmp_path.rglob("*.aside-*"))


def test_a_signal_that_a_finaliser_swallows_is_not_lost(least: Path, tmp_path: Path) -> None:
    done = plan(least, tmp_path, [(("fit", BEGINS), -signal.SIGTERM)])
    assert done.returncode == 143
    assert "Exception ignored in" in done.stderr
    assert done.stderr.endswith("ended by SIGTERM; nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_signals_that_the_caller_ignores_stay_ignored(tmp_path: Path) -> None:
    code = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from auction.cli.signals import heard_signals\n"
        "with heard_signals(): signal.raise_signal(signal.SIGHUP); print('goes on')\n"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "goes on\n"


def test_an_import_that_a_signal_cut_short_ends_as_the_signal_asks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def half_a_library() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except SystemExit:
            raise AttributeError("half a library") from None

    with pytest.raises(typer.Exit) as end, heard_signals(), told_errors():
        half_a_library()
    assert end.value.exit_code == 143
    assert "ended by SIGTERM; nothing was written" in capsys.readouterr().err
    with pytest.raises(AttributeError), heard_signals(), told_errors():
        raise AttributeError("an error of its own")
