"""The run folder: written aside, then moved into place whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import polars as pl

from auction.errors import RunFolderError

_LATEST = "latest"


def refuse_existing(target: Path) -> None:
    """Raise RunFolderError where something stands already at the target."""
    try:
        taken = target.is_symlink() or target.exists()
    except OSError as error:
        raise RunFolderError(f"{target} cannot be written: {error.strerror}") from error
    if taken:
        raise RunFolderError(f"{target} exists already; name a new run folder")


class RunFolder:
    """A run folder that is being written.

    Used as a context manager: files are written to a hidden folder beside the target, which
    is renamed to the target at the end. When the block fails or the process dies, the target
    does not exist.

    Parameters
    ----------
    target : Path
        Where the run shall stand; must not exist.

    Raises
    ------
    RunFolderError
        Where the target exists or its parent cannot be written.
    """

    def __init__(self, target: Path) -> None:
        refuse_existing(target)
        self.target = target.absolute()
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.aside = Path(
                tempfile.mkdtemp(prefix=f".{self.target.name}.", dir=self.target.parent)
            )
        except OSError as error:
            raise RunFolderError(f"{target} cannot be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(self.aside, ignore_errors=True)
            return
        try:
            self.aside.chmod(0o755)
            self.aside.rename(self.target)
        except OSError as error:
            shutil.rmtree(self.aside, ignore_errors=True)
            raise RunFolderError(f"{self.target} cannot be written: {error.strerror}") from error
        try:
            self._point_latest()
        except OSError as error:
            raise RunFolderError(
                f"{self.target} stands complete, but {_LATEST} could not be moved to it: "
                f"{error.strerror}"
            ) from error

    def _point_latest(self) -> None:
        link = self.target.parent / _LATEST
        if link.exists() and not link.is_symlink():
            return
        beside = self.target.parent / f".{_LATEST}.{os.getpid()}"
        try:
            beside.unlink(missing_ok=True)
            beside.symlink_to(self.target.name)
            beside.replace(link)
        finally:
            beside.unlink(missing_ok=True)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write a table as Parquet."""
        frame.write_parquet(self.aside / name, statistics=False)

    def record(self, name: str, content: Mapping[str, Any]) -> None:
        """Write an object as JSON, floats in full."""
        text = json.dumps(content, indent=2, sort_keys=False, allow_nan=False, default=str)
        (self.aside / name).write_text(text + "\n", encoding="utf-8")

    def workbook(self, name: str, frame: pl.DataFrame, made: datetime) -> None:
        """Write a table as an Excel workbook; text is never taken for a formula.

        Parameters
        ----------
        name : str
            File name.
        frame : polars.DataFrame
            The table.
        made : datetime
            Date of making that the file states; the planning date, so that the same plan
            gives the same bytes.
        """
        import xlsxwriter

        options = {"strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(self.aside / name), options) as book:
            book.set_properties({"created": made})
            frame.write_excel(
                book, worksheet="assignments", autofit=True, freeze_panes=(1, 1),
                float_precision=2, dtype_formats={pl.Date: "yyyy-mm-dd"},
            )  # fmt: skip


def read_table(run: Path, name: str) -> pl.DataFrame:
    """Read a table of a run.

    Raises
    ------
    RunFolderError
        Where the folder or the table is missing or damaged.
    """
    path = run / name
    if not run.is_dir():
        raise RunFolderError(f"{run} is not a run folder")
    if not path.is_file():
        raise RunFolderError(f"{run} holds no {name}: it is not a run folder of this version")
    try:
        return pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error


def read_record(run: Path, name: str) -> dict[str, Any]:
    """Read a JSON object of a run.

    Raises
    ------
    RunFolderError
        Where the folder or the file is missing or damaged.
    """
    try:
        content = json.loads((run / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{run / name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{run / name} does not hold an object")
    return content
