"""Running the command line confined: how it ended, how long it took and what memory it held."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warm import Used, command

SECONDS: Final = 30.0
BYTES: Final = 1 << 30
#: Only keeps a mistake from taking the machine down; address space cannot be limited, for what
#: draws the charts reserves far more of it than it uses.
_DATA: Final = 6 << 30


@dataclass(frozen=True, slots=True)
class Ended(Used):
    """How a command ended.

    Parameters
    ----------
    code, seconds, processor, memory
        As of `warm.Used`.
    out, err : str
        What it said.
    """

    out: str
    err: str


def confined(*arguments: object) -> Ended:
    """Run ``disposal`` with these arguments; it is killed well after its time is over."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        used = command([str(each) for each in arguments], out, err, seconds=4 * SECONDS, data=_DATA)
        return Ended(
            used.code, used.seconds, used.processor, used.memory, _text(out), _text(err)
        )  # fmt: skip


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def tree(folder: Path) -> list[str]:
    """Return every name in a folder, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
