"""Workbooks made by a process beside the other work of a run."""

from __future__ import annotations

import os
import subprocess
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from auction.errors import RunFolderError
from auction.run import workbook as workbooks
from auction.run.folder import RunFolder
from auction.run.workbook import workbook_beside

MADE = datetime(2026, 6, 1)  # noqa: DTZ001 - a workbook states local time
TABLE = pl.DataFrame(
    {
        "vehicle_id": ["a", "b"],
        "net": [1.5, None],
        "date": [date(2026, 6, 3), None],
        "note": ["=1+1", "名"],
        "reserves": [[1.0, 2.0], None],
    }
)


def test_the_bytes_are_those_made_here(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run") as run:
        run.table("t.parquet", TABLE)
        run.workbook("here.xlsx", TABLE, MADE)
        with run.workbook_beside("beside.xlsx", "t.parquet", MADE):
            pass
    here, beside = (tmp_path / "run" / f"{name}.xlsx" for name in ("here", "beside"))
    assert beside.read_bytes() == here.read_bytes()


def make(folder: Path, table: str = "t.parquet", target: str = "t.xlsx") -> None:
    with workbook_beside(folder / table, folder / target, MADE, folder):
        pass


def test_a_workbook_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "t.parquet")
    with pytest.raises(OSError, match="No such file or directory"):
        make(tmp_path, target="nowhere/t.xlsx")
    with RunFolder(tmp_path / "run") as run:
        run.table("t.parquet", TABLE)
        beside = run.workbook_beside("nowhere/t.xlsx", "t.parquet", MADE)
        beside.__enter__()
        with pytest.raises(
            RunFolderError, match="run cannot be written: No such file or directory"
        ):
            beside.__exit__(None, None, None)


def test_what_else_goes_wrong_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"none")
    with pytest.raises(
        RuntimeError, match=r"the process that makes t\.xlsx ended with 1: (.|\n)*Error"
    ):
        make(tmp_path)
    assert not (tmp_path / "t.xlsx").exists()


def test_files_of_the_user_are_not_taken_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "polars.py").write_text("raise SystemExit('shadowed')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    TABLE.write_parquet(tmp_path / "t.parquet")
    make(tmp_path)
    assert (tmp_path / "t.xlsx").exists()


def test_the_process_ends_with_a_block_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    begin = workbooks.begun
    monkeypatch.setattr(
        workbooks, "begun", lambda *told: processes.append(begin(*told)) or processes[0]
    )
    TABLE.write_parquet(tmp_path / "t.parquet")
    with (
        pytest.raises(KeyboardInterrupt),
        workbook_beside(tmp_path / "t.parquet", tmp_path / "t.xlsx", MADE, tmp_path),
    ):
        raise KeyboardInterrupt
    (process,) = processes
    assert process.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_the_process_ends_where_nobody_is_left_to_wait_for_it(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "t.parquet")
    os.mkfifo(tmp_path / "t.xlsx")  # which nobody reads, so that writing waits for ever
    told = (tmp_path / "t.parquet", tmp_path / "t.xlsx", MADE, tmp_path)
    with workbooks.begun(*told) as process:
        assert process.stdin is not None
        process.stdin.close()  # as the end of this process would
        try:
            assert process.wait(timeout=60) == 1
        finally:
            process.kill()
