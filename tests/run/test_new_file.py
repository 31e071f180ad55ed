"""A single file of results stands whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from auction.errors import OutputFileError
from auction.run import new_file
from auction.run.new_file import NewFile, check_form

TABLE = pl.DataFrame({"id": ["=1+1", "b"], "date": [dt.date(2024, 1, 2)] * 2, "mean": [1.0, None]})
MADE = dt.date(2024, 1, 1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.xlsx", "T.CSV"])
def test_a_table_is_written_in_the_form_of_its_name(name: str, tmp_path: Path) -> None:
    written = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        with NewFile(tmp_path / folder / name) as file:
            file.table(TABLE, MADE, "values")
            assert names(tmp_path / folder) != [name]
        assert names(tmp_path / folder) == [name]
        written.append((tmp_path / folder / name).read_bytes())
    assert written[0] == written[1]
    read = {".parquet": pl.read_parquet, ".xlsx": pl.read_excel}.get(Path(name).suffix, pl.read_csv)
    told = read(tmp_path / "one" / name)
    assert told.columns == TABLE.columns
    assert told["id"].to_list() == ["=1+1", "b"]
    assert told["mean"].to_list() == [1.0, None]


def test_nothing_stands_where_the_work_fails(tmp_path: Path) -> None:
    def interrupted() -> None:
        with NewFile(tmp_path / "t.csv") as file:
            file.table(TABLE, MADE, "values")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(tmp_path) == []


def test_what_stands_is_never_replaced(tmp_path: Path) -> None:
    target = tmp_path / "t.csv"

    def late() -> None:
        with NewFile(target) as file:
            file.table(TABLE, MADE, "values")
            target.write_text("of another", encoding="utf-8")

    with pytest.raises(OutputFileError, match="exists already"):
        late()
    assert target.read_text(encoding="utf-8") == "of another"
    assert names(tmp_path) == ["t.csv"]
    target.unlink()
    target.symlink_to("nowhere")
    with pytest.raises(OutputFileError, match="exists already"):
        NewFile(target)


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputFileError, match="cannot be written: No such file"):
        NewFile(tmp_path / "absent" / "t.csv")


def test_a_sheet_that_is_too_small_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_file, "MOST_ROWS", 1)
    words = r"2 rows do not fit a sheet: write \.parquet or \.csv"
    with pytest.raises(OutputFileError, match=words), NewFile(tmp_path / "t.xlsx") as file:
        file.table(TABLE, MADE, "values")
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from auction.run.new_file import NewFile\n"
        "file = NewFile(Path(sys.argv[1])); file.aside.write_text('half')\n"
        "print('there', flush=True); time.sleep(60)"
    )
    target = tmp_path / "t.csv"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(names(tmp_path)) == 1
    assert not target.exists()
    with NewFile(target) as file:
        file.table(TABLE, MADE, "values")
    assert names(tmp_path) == ["t.csv"]


def test_forms_of_a_table() -> None:
    assert check_form(Path("a.b/t.Xlsx")) is None
    assert check_form(Path("t.parquet.gz")) == "t.parquet.gz must end with .parquet, .csv or .xlsx"
