"""Files that outlast a power cut: written through to the disk before they are relied on."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_CHUNK = 1 << 20


def sync(path: Path) -> None:
    """Wait until a file, or the list of a folder's names, is on the disk.

    Raises
    ------
    OSError
        Where the disk is full or fails.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Wait until a folder and everything in it is on the disk, the folder last."""
    for path in files_of(folder):
        sync(path)
    for inner in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        sync(inner)
    sync(folder)


def files_of(folder: Path) -> list[Path]:
    """Return every file of a folder and the folders in it, sorted by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder by its name, sorted."""
    return {path.relative_to(folder).as_posix(): digest(path) for path in files_of(folder)}


def replace_text(target: Path, text: str) -> None:
    """Put a text in the place of a file, whole or not at all.

    Raises
    ------
    OSError
        Where it cannot be written; the old file stands then.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        sync(aside)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync(target.parent)
