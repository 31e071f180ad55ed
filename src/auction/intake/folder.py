"""Write a proposed workspace into a new folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from auction.errors import RunFolderError
from auction.intake.proposal import Proposal
from auction.intake.writing import settings_text
from auction.workspace.sources import SETTINGS_FILE


def write_proposal(proposal: Proposal, folder: Path) -> list[Path]:
    """Copy the foreign files into a new folder and write the settings for them.

    Parameters
    ----------
    proposal : Proposal
        What is proposed.
    folder : Path
        New or empty; made with its parents.

    Returns
    -------
    list of Path
        The files written, the settings first.

    Raises
    ------
    RunFolderError
        Where the folder holds something already or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunFolderError(f"{folder} exists and is not an empty folder")
    names = _names([table.source for table in proposal.tables])
    settings = folder / SETTINGS_FILE
    written = [settings]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, table in enumerate(proposal.tables):
            target = folder / names[number]
            shutil.copyfile(table.source, target)
            written.append(target)
        with settings.open("x", encoding="utf-8") as file:
            file.write(settings_text(proposal, names))
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be written: {error.strerror}") from error
    return written


def _names(sources: list[Path]) -> dict[int, str]:
    """Return a name for each file, a number added where two are called the same."""
    names: dict[int, str] = {}
    used = {SETTINGS_FILE.casefold()}
    for number, source in enumerate(sources):
        name, again = source.name, 1
        while name.casefold() in used:
            again += 1
            name = f"{source.stem}-{again}{source.suffix}"
        used.add(name.casefold())
        names[number] = name
    return names
