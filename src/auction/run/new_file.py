"""A single file as a result: written aside, then moved into place whole."""

from __future__ import annotations

import os
import shutil
from datetime import date, datetime, time
from pathlib import Path
from typing import Final, Self

import polars as pl

from auction.errors import OutputFileError
from auction.run.aside import alone, make_aside, sweep
from auction.run.durable import sync
from auction.workbooks import plain_sheet, workbook

#: Forms of a table, by the ending of its file.
FORMS: Final = (".parquet", ".csv", ".xlsx")
#: Rows of a sheet of a workbook below its header.
MOST_ROWS: Final = 1_048_575


class NewFile:
    """A file that is being written.

    Used as a context manager: it is written to a hidden folder beside the target; at the end it
    is written through to the disk and renamed. When the block fails or the process dies, the
    target does not exist.

    Parameters
    ----------
    target : Path
        Where the file shall stand; must not exist, its folder must.

    Attributes
    ----------
    aside : Path
        Where the file is written.
    scratch : Path
        Folder of it, for what is no part of the result; gone at the end.

    Raises
    ------
    OutputFileError
        Where the target exists or its folder cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self.target = target.absolute()
        self._lock = -1
        _refuse_existing(target)
        try:
            with alone(self.target.parent):
                self.scratch, self._lock = make_aside(self.target)
            sweep(self.target.parent)
        except OSError as error:
            raise OutputFileError(target, error) from error
        self.aside = self.scratch / "file"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._settle()
        finally:
            self.discard()

    def _settle(self) -> None:
        try:
            sync(self.aside)
            with alone(self.target.parent):
                _refuse_existing(self.target)
                self.aside.rename(self.target)
            sync(self.target.parent)
        except OSError as error:
            raise OutputFileError(self.target, error) from error

    def discard(self) -> None:
        """Remove what is aside; the target stays."""
        if self._lock >= 0:
            shutil.rmtree(self.scratch, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def table(self, frame: pl.DataFrame, made: date, sheet: str) -> None:
        """Write a table in the form that the target's name ends with.

        Parameters
        ----------
        frame : polars.DataFrame
        made : date
            Date of making that a workbook states, so that the same table gives the same bytes.
        sheet : str
            Name of the sheet of a workbook.

        Raises
        ------
        OutputFileError
            Where it cannot be written, or has more rows than a sheet.
        """
        try:
            _write(frame, self.aside, self.target.suffix.lower(), made, sheet)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise OutputFileError(self.target, error) from error


def check_form(target: Path) -> str | None:
    """Return what is wrong with the ending of a table's name, None where nothing is."""
    if target.suffix.lower() in FORMS:
        return None
    return f"{target.name} must end with {', '.join(FORMS[:-1])} or {FORMS[-1]}"


def _write(frame: pl.DataFrame, path: Path, form: str, made: date, sheet: str) -> None:
    if form == ".parquet":
        frame.write_parquet(path, statistics=False)
    elif form == ".csv":
        frame.write_csv(path)
    else:
        if frame.height > MOST_ROWS:
            words = f"{frame.height:,} rows do not fit a sheet: write .parquet or .csv"
            raise OSError(None, words)
        whole = workbook([plain_sheet(sheet, frame)], datetime.combine(made, time()))
        path.write_bytes(whole)


def _refuse_existing(target: Path) -> None:
    try:
        taken = target.is_symlink() or target.exists()
    except (OSError, ValueError) as error:
        raise OutputFileError(target, error) from error
    if taken:
        raise OutputFileError(target, "exists already; name a new file")
