"""The command line on a real workspace, run as a desk runs it."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warm import command


@dataclass(frozen=True)
class Done:
    """A finished run of the command line."""

    folder: Path
    told: dict[str, Any]
    errors: str
    seconds: float


def disposal(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, its libraries imported before."""
    told = [str(word) for word in words]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        used = command(told, out, err, seconds=900.0)
        said = (path.read_text(encoding="utf-8") for path in (out, err))
        done = subprocess.CompletedProcess(["disposal", *told], used.code, *said)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def plan(workspace: Path, out: Path, *words: object) -> Done:
    """Plan a workspace."""
    start = time.perf_counter()
    done = disposal("plan", workspace, "--out", out, "--json", *words)
    return Done(out, json.loads(done.stdout), done.stderr, time.perf_counter() - start)
