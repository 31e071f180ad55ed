"""The bundled sample workspace."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from auction.errors import RunFolderError


def write_sample(folder: Path) -> list[Path]:
    """Write the sample workspace to a new or empty folder.

    Parameters
    ----------
    folder : Path
        Where; made with its parents.

    Returns
    -------
    list of Path
        The files written, sorted.

    Raises
    ------
    RunFolderError
        Where the folder holds something already or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunFolderError(f"{folder} exists and is not an empty folder")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for item in sorted(files("auction.sample_data").iterdir(), key=lambda entry: entry.name):
            if item.is_file():
                target = folder / item.name
                target.write_bytes(item.read_bytes())
                written.append(target)
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be written: {error.strerror}") from error
    return written
