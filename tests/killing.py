"""Killing plans at random moments, and what must stand afterwards: an old run or a whole new one.

The verifier uses nothing of the engine: it reads the manifest of a run, hashes every file that
the manifest vouches for, and compares.
"""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: After the last file is written it takes about as long to put a run in its place and to end.
_RENAMING_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill.

    Parameters
    ----------
    target : str
        Name of the run.
    after : float
        Seconds at which the process was killed.
    stage : str
        Last stage that it told of; empty before the first.
    outcome : str
        absent: no target; whole: killed after the run had been put in place; finished: it ended
        by itself before.
    """

    target: str
    after: float
    stage: str
    outcome: str


def hashes(run: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a run, its manifest included."""
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }


def broken(run: Path) -> list[str]:
    """Return what a run lacks, in words; nothing where it is whole."""
    try:
        promised = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    except (OSError, ValueError, KeyError) as error:
        return [f"{run.name}: no manifest that vouches for files: {error!r}"]
    found = hashes(run)
    found.pop("manifest.json")
    words = [f"{run.name}: {name} is missing" for name in promised if name not in found]
    words += [f"{run.name}: {name} is not vouched for" for name in found if name not in promised]
    words += [
        f"{run.name}: {name} has other bytes"
        for name in promised
        if name in found and promised[name] != found[name]
    ]
    return words if promised else [f"{run.name}: its manifest vouches for nothing"]


class Nights:
    """A folder of runs in which one plan after the other is killed.

    Parameters
    ----------
    workspace : Path
        What is planned.
    runs : Path
        Where the runs stand; made.
    seed : int
        Of the moments.
    """

    def __init__(self, workspace: Path, runs: Path, seed: int) -> None:
        self.workspace, self.runs = workspace, runs
        self.random = random.Random(seed)
        self.standing: dict[str, dict[str, str]] = {}
        self.length, self.writing = self._whole_plan()

    def _whole_plan(self) -> tuple[float, float]:
        """Plan once to the end; return its seconds, and those at which writing began."""
        start = time.monotonic()
        process, log = self._start("first")
        writing = 0.0
        while process.poll() is None:
            if not writing and _stage(log) == "writing":
                writing = time.monotonic() - start
            time.sleep(0.01)
        length = time.monotonic() - start
        if process.returncode != 0:
            raise RuntimeError(f"the plan to be killed fails by itself: {process.returncode}")
        self._note("first")
        return length, writing

    def _start(self, target: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = self.runs.parent / f"{self.runs.name}-{target}.jsonl"
        command = [
            sys.executable, "-m", "auction.cli", "plan", str(self.workspace), "--quiet",
            "--out", str(self.runs / target), "--threads", "1", "--log-json", str(log),
        ]  # fmt: skip
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), log

    def kill(self, count: int) -> Iterator[Killed]:
        """Kill plans, half of them at any moment and half while they write or are renamed."""
        for number in range(count):
            target = f"night-{number:03d}"
            process, log = self._start(target)
            if number % 2:
                after = self._in_the_writing(process, log)
            else:
                after = self.random.uniform(0.0, self.length)
                _wait(process, after)
            ended = process.poll() is not None
            process.send_signal(signal.SIGKILL)
            process.wait()
            whole = (self.runs / target).exists()
            yield Killed(
                target, after, _stage(log), "finished" if ended else "whole" if whole else "absent"
            )

    def _in_the_writing(self, process: subprocess.Popen[bytes], log: Path) -> float:
        """Wait for the writing to begin, and for a part of the time that it takes."""
        start = time.monotonic()
        # The moment in which the folder is renamed is aimed at as often as all before it.
        late = self.random.random() < 0.5
        awaited = ("writing", "stage ends" if late else "stage begins")
        while _last(log) != awaited and process.poll() is None:
            time.sleep(0.001)
        rest = self.length - self.writing
        _wait(process, self.random.uniform(0.0, _RENAMING_SECONDS if late else rest))
        return time.monotonic() - start

    def verify(self, killed: Killed) -> list[str]:
        """Return what is not as it must be after a kill, in words."""
        run, words = self.runs / killed.target, []
        if killed.outcome in ("whole", "finished"):
            words += broken(run)
            if not words:
                self._note(killed.target)
        elif run.is_symlink() or run.exists():
            words.append(f"{killed.target}: something stands there")
        for name, before in self.standing.items():
            if hashes(self.runs / name) != before:
                words.append(f"{name}: an older run has changed")
        latest = self.runs / "latest"
        if not latest.is_symlink() or str(latest.readlink()) not in self.standing:
            words.append("latest does not point at a whole run")
        others = {path.name for path in self.runs.iterdir() if not path.name.startswith(".")}
        words += [f"{name} stands beside the runs" for name in others - {"latest", *self.standing}]
        return words

    def left(self) -> list[Path]:
        """Return what killed runs left aside."""
        return sorted(path for path in self.runs.iterdir() if path.name.startswith("."))

    def _note(self, name: str) -> None:
        self.standing[name] = hashes(self.runs / name)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    end = time.monotonic() + seconds
    while process.poll() is None and (left := end - time.monotonic()) > 0.0:
        time.sleep(min(left, 0.01))


def _stage(log: Path) -> str:
    """Return the last stage that a log tells of."""
    return _last(log)[0]


def _last(log: Path) -> tuple[str, str]:
    """Return the stage and the event of the last line of a log that tells of a stage."""
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return "", ""
    told = [json.loads(line) for line in lines if line.endswith("}")]
    staged = [(line["stage"], line["event"]) for line in told if line["stage"]]
    return staged[-1] if staged else ("", "")
