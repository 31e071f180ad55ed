"""A table as an Excel workbook, made here or by a process beside the other work of a run."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

#: Rows from which a workbook takes longer than a process needs to begin.
WORTH_A_PROCESS: Final = 5_000
_FAILED: Final = 3
#: One core for each of the two processes.
_ONE_THREAD: Final = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}


def workbook(table: pl.DataFrame, made: datetime, scratch: Path) -> bytes:
    """Return a table as an Excel workbook; text is never taken for a formula.

    Parameters
    ----------
    table : polars.DataFrame
        What it shows.
    made : datetime
        Date of making that the file states; the planning date, so that the same plan gives the
        same bytes.
    scratch : Path
        Folder for what is put together.
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": str(scratch),
    }  # fmt: skip
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, options) as book:
        book.set_properties({"created": made})
        table.write_excel(
            book, worksheet="assignments", autofit=True, freeze_panes=(1, 1),
            float_precision=2, dtype_formats={pl.Date: "yyyy-mm-dd"},
        )  # fmt: skip
    return whole.getvalue()


@contextmanager
def workbook_beside(table: Path, target: Path, made: datetime, scratch: Path) -> Iterator[None]:
    """Have a process make the workbook of a written table while the block does something else.

    The process ends with the block, at the latest: it is waited for where the block comes to its
    end, killed where it does not, and ends by itself where this process dies.

    Parameters
    ----------
    table : Path
        A Parquet file.
    target : Path
        Where the workbook shall stand; the same bytes as those of :func:`workbook`.
    made, scratch
        As for :func:`workbook`.

    Raises
    ------
    OSError
        Where it could not be written.
    RuntimeError
        Where it failed otherwise.
    """
    process = begun(table, target, made, scratch)
    try:
        yield
        assert process.stdout is not None
        said = process.stdout.read().decode(errors="replace").strip()
        if process.wait() == _FAILED:
            raise OSError(said)
        if process.returncode:
            raise RuntimeError(
                f"the process that makes {target.name} ended with {process.returncode}: "
                f"{said[-2000:] or 'it said nothing'}"
            )
    finally:
        process.kill()
        # closes the pipes, too
        process.communicate()


def begun(table: Path, target: Path, made: datetime, scratch: Path) -> subprocess.Popen[bytes]:
    """Begin the process of :func:`workbook_beside`."""
    told = json.dumps([str(table), str(target), made.isoformat(), str(scratch)])
    # what this process imports from; an empty entry would be the folder of the user
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": path}
    return subprocess.Popen(  # noqa: S603 - this interpreter, with a module of this package
        # a session of its own: Ctrl-C is told to the run, which ends this one
        [sys.executable, "-P", "-m", "auction.run.workbook", told], env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip


def _end_with_parent() -> None:
    """End this process where the other end of its standard input goes."""
    # not through a buffer, whose lock would still be held where the interpreter ends
    while os.read(0, 1):
        pass
    os._exit(1)


def main() -> int:
    """Make the workbook that the one argument tells of; the exit code tells how that went."""
    from xlsxwriter.exceptions import XlsxFileError

    table, target, made, scratch = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        whole = workbook(pl.read_parquet(table), datetime.fromisoformat(made), Path(scratch))
        Path(target).write_bytes(whole)
    except OSError as error:
        print(error.strerror or error)
        return _FAILED
    except XlsxFileError as error:
        print(error)
        return _FAILED
    return 0


if __name__ == "__main__":
    # not to wait for the thread that reads
    code = main()
    sys.stdout.flush()
    os._exit(code)
