"""The hidden folder that a run is written to, and what killed runs left of theirs.

Its name tells whose it is, so that no moment exists at which it stands there unowned: machine,
start of the machine, process and start of the process. A lock that the kernel drops when its
process ends tells the same to other containers of the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"\.(.+)\.aside-([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-\w+", re.DOTALL)
#: A file name has 255 bytes at most, and the owner needs his share.
_LONGEST: Final = 120
_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that a hidden folder belongs to.

    Parameters
    ----------
    machine : str
        Digest of the machine's name and of the process ids that can be seen.
    boot : str
        Digest of the kernel's run: another one after each start of the machine.
    pid : int
        Process id.
    started : int
        When the process began, in ticks of the kernel; a later process of the same id differs.
    """

    machine: str
    boot: str
    pid: int
    started: int

    @classmethod
    def here(cls) -> Owner:
        """Return this process as an owner."""
        pid = os.getpid()
        seen = Path("/proc/self/ns/pid")
        names = os.fspath(seen.readlink()) if seen.is_symlink() else ""
        machine = _short(f"{socket.gethostname()} {_text('/etc/machine-id')} {names}")
        boot = _short(_text("/proc/sys/kernel/random/boot_id"))
        return cls(machine, boot, pid, _started(pid) or 0)

    @classmethod
    def of(cls, folder: Path) -> Owner | None:
        """Return whose hidden folder this is, None where it is none of ours."""
        parts = _NAME.fullmatch(folder.name)
        if parts is None or folder.is_symlink() or not folder.is_dir():
            return None
        return cls(parts[2], parts[3], int(parts[4]), int(parts[5]))

    def __str__(self) -> str:
        return f"{self.machine}-{self.boot}-{self.pid}-{self.started}"

    def is_dead(self, folder: Path) -> bool:
        """Tell whether it is certain that the owner of a hidden folder runs no more.

        Another machine's processes cannot be seen, so its folders are never certain; another
        container's cannot either, but its lock can.
        """
        here = Owner.here()
        if self.machine != here.machine:
            return self.boot == here.boot and _lock_is_free(folder)
        return self.boot != here.boot or _started(self.pid) != self.started


def make_aside(target: Path) -> tuple[Path, int]:
    """Make a hidden folder beside a target and lock it.

    Returns
    -------
    folder : Path
        It and its content may be used by this process alone.
    lock : int
        Handle of the lock, to be closed at the end.

    Raises
    ------
    OSError
        Where the parent of the target cannot be written.
    """
    prefix = f".{_label(target.name)}.aside-{Owner.here()}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with suppress(OSError):  # a file system without locks: then the process alone tells
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return folder, lock


def writer_of(target: Path) -> Owner | None:
    """Return the process that is writing the same target now, None where there is none."""
    label = _label(target.name)
    for folder, owner in _asides(target.parent):
        parts = _NAME.fullmatch(folder.name)
        if parts is not None and parts[1] == label and not owner.is_dead(folder):
            return owner
    return None


def sweep(parent: Path) -> list[Path]:
    """Remove the hidden folders of runs that were killed; return those removed, sorted."""
    removed = []
    for folder, owner in _asides(parent):
        if owner.is_dead(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed


@contextmanager
def alone(parent: Path) -> Iterator[None]:
    """Keep other runs from beginning or ending in a folder for a moment.

    Where the lock cannot be had, be it that a scheduler holds it for the whole run, the work
    goes on without.
    """
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock_soon(handle)
        yield
    finally:
        os.close(handle)


def _lock_soon(handle: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return
            time.sleep(0.01)
        except OSError:
            return
        else:
            return


def _asides(parent: Path) -> list[tuple[Path, Owner]]:
    owned = ((folder, Owner.of(folder)) for folder in sorted(parent.glob(".*.aside-*")))
    return [(folder, owner) for folder, owner in owned if owner is not None]


def _label(name: str) -> str:
    if len(os.fsencode(name)) <= _LONGEST:
        return name
    begin = os.fsencode(name)[: _LONGEST - 9].decode("utf-8", errors="ignore")
    return f"{begin}-{_short(name)}"


def _lock_is_free(folder: Path) -> bool:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(handle)


def _started(pid: int) -> int | None:
    """Return when a process began, in ticks; None where there is no such process."""
    words = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    # A process that ended and was not yet waited for owns nothing any more.
    return int(words[19]) if len(words) > 19 and words[0] not in ("Z", "X") else None


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
