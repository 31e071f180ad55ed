"""Running the command line confined: how it ended, how long it took and what memory it held."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = 30.0
BYTES: Final = 1 << 30
#: Only keeps a mistake from taking the machine down; address space cannot be limited, for what
#: draws the charts reserves far more of it than it uses.
_DATA: Final = 6 << 30


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Parameters
    ----------
    code : int
        Exit code; negative for a signal.
    seconds, processor : float
        By the clock on the wall, and of processor time.
    memory : int
        Largest resident set, bytes.
    out, err : str
        What it said.
    """

    code: int
    seconds: float
    processor: float
    memory: int
    out: str
    err: str


def confined(*arguments: object) -> Ended:
    """Run ``disposal`` with these arguments; it is killed well after its time is over."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "auction.cli", *map(str, arguments)],
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            preexec_fn=_limit,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        late = threading.Timer(4 * SECONDS, os.kill, (process.pid, signal.SIGKILL))
        late.start()
        _, status, used = os.wait4(process.pid, 0)
        late.cancel()
        spent = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        return Ended(
            process.returncode, spent, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024,
            _text(out), _text(err),
        )  # fmt: skip


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_DATA, _DATA))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _text(file: object) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    return file.read().decode("utf-8", errors="replace")  # type: ignore[attr-defined]


def tree(folder: Path) -> list[str]:
    """Return every name in a folder, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
