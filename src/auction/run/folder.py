"""The run folder: written aside, then moved into place whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import polars as pl

from auction import heap
from auction.errors import RunFolderError
from auction.run.aside import alone, make_aside, sweep, writer_of
from auction.run.durable import digests, sync, sync_tree
from auction.workbooks import plain_sheet, workbook

_LATEST = "latest"
#: Rows of a group in a table that is written part by part.
_ROWS: Final = 262_144
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def refuse_existing(target: Path) -> None:
    """Raise RunFolderError where something stands already at the target, or no run may stand."""
    if target.name == _LATEST:
        raise RunFolderError(f"{target} is the link to the newest run; name a run folder")
    try:
        str(target).encode()
    except UnicodeEncodeError as error:
        raise RunFolderError(f"{str(target)!a} cannot be written: its name is no text") from error
    try:
        taken = target.is_symlink() or target.exists()
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{target} cannot be written: {_words(error)}") from error
    if taken:
        raise RunFolderError(f"{target} exists already; name a new run folder")


class RunFolder:
    """A run folder that is being written.

    Used as a context manager: files are written to a hidden folder beside the target; at the
    end they are written through to the disk, the folder is renamed to the target and the link
    ``latest`` beside it moved. When the block fails, the process dies or the power goes, the
    target does not exist; what killed runs left is swept away when the next one begins.

    Parameters
    ----------
    target : Path
        Where the run shall stand; must not exist.
    latest : bool
        Whether the link is moved; not for a folder that is no run.

    Attributes
    ----------
    aside : Path
        Where the files of the run are written.
    scratch : Path
        For files that are no part of the run; gone at the end.

    Raises
    ------
    RunFolderError
        Where the target exists, is being written by another run, or its parent cannot be
        written.
    """

    def __init__(self, target: Path, *, latest: bool = True) -> None:
        refuse_existing(target)
        self._latest = latest
        # What leads up again is taken out, lest folders be made that nobody asked for.
        self.target = target.resolve() if ".." in target.parts else target.absolute()
        self._made: list[Path] = []
        self._lock = -1
        try:
            self._make_parents()
            with alone(self.target.parent):
                refuse_existing(self.target)
                other = writer_of(self.target)
                if other is None:
                    self.scratch, self._lock = make_aside(self.target)
            if other is not None:
                raise RunFolderError(
                    f"{target} is being written by another run, process {other.pid}"
                )
            self.aside = self.scratch / "run"
            self.aside.mkdir()
            sweep(self.target.parent)
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError):
                raise RunFolderError(f"{target} cannot be written: {_words(error)}") from error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            with self.writing():
                self._settle()
        except BaseException:
            self.discard()
            raise
        try:
            self._point_latest()
        except OSError as error:
            raise RunFolderError(
                f"{self.target} stands complete, but {_LATEST} may point elsewhere: {_words(error)}"
            ) from error
        finally:
            self._made.clear()
            self.discard()

    def discard(self) -> None:
        """Remove what is aside, and the parents that were made for it; the target stays."""
        if self._lock >= 0:
            shutil.rmtree(self.scratch, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1
        for folder in reversed(self._made):
            with suppress(OSError):  # another run may use it by now
                folder.rmdir()
        self._made.clear()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Tell that the run cannot be written where a file of it cannot.

        Raises
        ------
        RunFolderError
            In place of any error of the operating system in the block.
        """
        try:
            yield
        except OSError as error:
            raise RunFolderError(f"{self.target} cannot be written: {_words(error)}") from error
        except pl.exceptions.PolarsError as error:
            if _OS_ERROR.search(str(error)) is None:
                raise
            raise RunFolderError(f"{self.target} cannot be written: {_words(error)}") from error

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file written so far by its name, sorted."""
        with self.writing():
            return digests(self.aside)

    def _make_parents(self) -> None:
        missing = [folder for folder in self.target.parents if not folder.exists()]
        for folder in reversed(missing):
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            self._made.append(folder)

    def _settle(self) -> None:
        """Write all through to the disk, then rename."""
        sync_tree(self.aside)
        with alone(self.target.parent):
            refuse_existing(self.target)
            self.aside.rename(self.target)

    def _point_latest(self) -> None:
        for folder in (self.target, *reversed(self._made)):
            sync(folder.parent)
        link = self.target.parent / _LATEST
        if not self._latest or (link.exists() and not link.is_symlink()):
            return
        beside = self.scratch / _LATEST
        beside.symlink_to(self.target.name)
        beside.replace(link)
        sync(link.parent)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write a table as Parquet."""
        with self.writing():
            frame.write_parquet(self.aside / name, statistics=False)

    def parts(self, name: str, frames: Iterable[pl.DataFrame]) -> None:
        """Write a table as Parquet that comes part by part and is never held whole.

        Parameters
        ----------
        name : str
            File name.
        frames : iterable of polars.DataFrame
            One at least, of the same columns.
        """
        with self.writing(), tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            made: list[Path] = []
            for frame in frames:
                made.append(Path(folder) / f"{len(made):06}.parquet")
                frame.write_parquet(made[-1], statistics=False)
                heap.trim()
            whole = pl.scan_parquet(made)
            whole.sink_parquet(self.aside / name, statistics=False, row_group_size=_ROWS)

    def record(self, name: str, content: Mapping[str, Any]) -> None:
        """Write an object as JSON, floats in full."""
        text = json.dumps(content, indent=2, sort_keys=False, allow_nan=False, default=str)
        with self.writing():
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
        with self.writing():
            whole = workbook([plain_sheet(Path(name).stem, frame)], made)
            (self.aside / name).write_bytes(whole)


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


def _words(error: BaseException) -> str:
    """Return what the operating system said, without the paths that libraries put beside it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    number = _OS_ERROR.search(str(error))
    if number is not None:
        return os.strerror(int(number[1]))
    inner = error.args[0] if error.args and isinstance(error.args[0], OSError) else None
    return _words(inner) if inner is not None else str(error)
