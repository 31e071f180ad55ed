"""The words about the tables of a run agree with what a run holds."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from auction.errors import RunFolderError
from auction.inspection.worth import SCHEMA
from auction.planned import Planning
from auction.run import writing as runs
from auction.run.columns import OUTPUT_COLUMNS
from auction.run.folder import RunFolder

TYPES = {
    pl.String: "text",
    pl.Date: "date",
    pl.Float32: "number",
    pl.Float64: "number",
    pl.Int64: "count",
    pl.Boolean: "yes or no",
    pl.List: "list of counts",
}


@pytest.fixture(scope="module")
def run(planning: Planning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("columns") / "run"
    with pytest.MonkeyPatch.context() as patched, RunFolder(target) as folder:
        patched.setattr(runs, "write_report", lambda *_, **__: None)
        # a table that is there where inspections have a cost
        asked = replace(planning, inspections=pl.DataFrame(schema=SCHEMA))
        runs.fill_run(folder, asked, threads=1)
    return target


def test_a_workbook_made_beside_the_rest_is_the_same(
    planning: Planning, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "write_report", lambda *_, **__: None)
    with RunFolder(tmp_path / "run") as folder:
        runs.fill_run(folder, planning, threads=2)
    one, other = (each / "assignments.xlsx" for each in (run, tmp_path / "run"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("task", ["_workbook", "_effects", "_run_lists"])
def test_a_file_that_cannot_be_made_beside_the_rest_is_told(
    planning: Planning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, task: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(runs, "write_report", lambda *_, **__: None)
    monkeypatch.setattr(runs, task, full)
    with (
        pytest.raises(RunFolderError, match="cannot be written: No space left on device"),
        RunFolder(tmp_path / "run") as folder,
    ):
        runs.fill_run(folder, planning, threads=threads)
    assert list(tmp_path.iterdir()) == []


def test_every_table_of_a_run_is_described(run: Path) -> None:
    assert {path.stem for path in run.glob("*.parquet")} == set(OUTPUT_COLUMNS)


@pytest.mark.parametrize("name", sorted(OUTPUT_COLUMNS))
def test_columns_and_their_types_are_those_of_the_run(run: Path, name: str) -> None:
    schema = pl.read_parquet_schema(run / f"{name}.parquet")
    told = OUTPUT_COLUMNS[name]
    assert list(told) == list(schema)
    for column, kind in schema.items():
        assert told[column].type == TYPES[kind.base_type()], column


def test_every_column_is_told_in_words() -> None:
    for name, columns in OUTPUT_COLUMNS.items():
        for column, told in columns.items():
            assert len(told.meaning) >= 5, (name, column)
            measured = told.type in {"number", "count", "list of counts"}
            assert (told.unit != "") == measured or column == "scenario"
            assert not told.meaning.endswith(".")
