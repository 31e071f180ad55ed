"""Find the file of a table inside its workspace and take in its bytes, all of one moment."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auction.workspace.sources import SETTINGS_FILE, TableSource
from residual.errors import Fault, InputError

MEGABYTE: Final = 1_000_000

_OPEN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file and their SHA-256."""

    data: bytes
    digest: str


def locate(root: Path, source: TableSource, setting: str) -> tuple[Path | None, Fault | None]:
    """Find the file of a table inside the workspace.

    Parameters
    ----------
    root : Path
        The workspace.
    source : TableSource
        The table's settings.
    setting : str
        Dotted name of the table's section, for the fault.

    Returns
    -------
    path : Path or None
        The file, resolved.
    fault : Fault or None
        Why there is none: outside of the workspace, absent, or not a plain file.
    """
    name = source.file
    outside = Path(name).is_absolute() or ".." in re.split(r"[/\\]", name) or "\0" in name
    path = root if outside else _resolved(root / name)
    if outside or path is None or not path.is_relative_to(root.resolve()):
        rule = "must stand inside the workspace"
        remedy = "copy the file into the workspace and name it relative to it"
    elif not path.exists():
        rule, remedy = "there is no such file", "mend the name or put the file there"
    elif not path.is_file():
        rule = "is a folder" if path.is_dir() else "is not a plain file"
        remedy = "name a file that holds the table"
    else:
        return path, None
    return None, Fault(
        rule, file=SETTINGS_FILE, column=f"{setting}.file", value=name, remedy=remedy
    )


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return None


def read_content(path: Path, name: str, max_megabytes: int) -> Content:
    """Take in a file as it stands at one moment.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called in faults.
    max_megabytes : int
        Largest size that is taken in.

    Returns
    -------
    Content
        The whole file.

    Raises
    ------
    InputError
        If it cannot be read, is no plain file, is too large, or changes while it is read.
    """
    try:
        with open(os.open(path, _OPEN), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise _refusal(name, "is not a plain file", "name a file that holds the table")
            _hold_size(before.st_size, name, max_megabytes)
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        rule = f"cannot be read: {error.strerror or error}"
        raise _refusal(name, rule, "see to its name and rights") from None
    if len(data) != before.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise _refusal(
            name, "changed while it was read", "run again when nothing writes to it any more"
        )
    return Content(data, hashlib.sha256(data).hexdigest())


def _hold_size(size: int, name: str, max_megabytes: int) -> None:
    if size > max_megabytes * MEGABYTE:
        rule = (
            f"has {size / MEGABYTE:,.0f} MB, more than reading.max_megabytes = {max_megabytes} "
            "allows"
        )
        raise _refusal(name, rule, "raise the setting, or leave out what is not needed")


def _refusal(name: str, rule: str, remedy: str) -> InputError:
    return InputError([Fault(rule, file=name, remedy=remedy)])
