"""The command line on a real workspace, run as a desk runs it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    """A finished run of the command line."""

    folder: Path
    told: dict[str, Any]
    errors: str
    seconds: float


def disposal(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "auction.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def plan(workspace: Path, out: Path, *words: object) -> Done:
    """Plan a workspace."""
    start = time.perf_counter()
    done = disposal("plan", workspace, "--out", out, "--json", *words)
    return Done(out, json.loads(done.stdout), done.stderr, time.perf_counter() - start)
