"""Run folders: whole or not there at all."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from auction.errors import RunFolderError
from auction.run import folder
from auction.run.folder import RunFolder, read_record, read_table, refuse_existing

TABLE = pl.DataFrame({"vehicle_id": ["a", "b"], "net": [1.5, None], "note": ["=1+1", "plain"]})
MADE = datetime(2026, 6, 1)  # noqa: DTZ001 - a workbook states local time


def write(target: Path) -> None:
    with RunFolder(target) as run:
        run.table("t.parquet", TABLE)
        run.record("r.json", {"x": 0.1, "y": [1, 2]})


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "er" / "run"
    write(target)
    assert names(target) == ["r.json", "t.parquet"]
    assert_frame_equal(read_table(target, "t.parquet"), TABLE)
    assert read_record(target, "r.json") == {"x": 0.1, "y": [1, 2]}
    assert names(target.parent) == ["latest", "run"]
    assert target.stat().st_mode & 0o777 == 0o755


def test_nothing_stands_at_the_target_before_the_end(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run") as run:
        run.table("t.parquet", TABLE)
        assert not (tmp_path / "run").exists()
        assert not (tmp_path / "latest").exists()
        hidden = names(tmp_path)
        assert len(hidden) == 1
        assert hidden[0].startswith(".run.")
    assert names(tmp_path) == ["latest", "run"]


@pytest.mark.parametrize("kind", ["folder", "file", "link", "dangling"])
def test_an_existing_target_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "run"
    if kind == "folder":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine", encoding="utf-8")
    else:
        target.symlink_to(tmp_path if kind == "link" else tmp_path / "nowhere")
    with pytest.raises(RunFolderError, match="exists already; name a new run folder"):
        RunFolder(target)
    with pytest.raises(RunFolderError):
        refuse_existing(target)
    assert names(tmp_path) == ["run"]
    if kind == "file":
        assert target.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), SystemExit(3)])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, error: BaseException) -> None:
    def fail() -> None:
        with RunFolder(tmp_path / "run") as run:
            run.table("t.parquet", TABLE)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert names(tmp_path) == []


def test_a_number_that_json_lacks_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"), RunFolder(tmp_path / "run") as run:
        run.record("r.json", {"x": float("nan")})
    assert names(tmp_path) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import polars as pl
from auction.run.folder import RunFolder
with RunFolder(Path(sys.argv[1])) as run:
    run.table("t.parquet", pl.DataFrame({"a": [1]}))
    (run.aside / "half.parquet").write_bytes(b"PAR1 and no more")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_no_target(tmp_path: Path) -> None:
    write(tmp_path / "first")
    target = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert (tmp_path / "latest").readlink() == Path("first")
    assert [name for name in names(tmp_path) if not name.startswith(".")] == ["first", "latest"]
    write(target)  # what the dead left is not in the way
    assert names(target) == ["r.json", "t.parquet"]


def test_latest_follows_the_last_run(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        write(tmp_path / name)
        assert (tmp_path / "latest").readlink() == Path(name)
    assert names(tmp_path) == ["latest", "one", "three", "two"]
    assert_frame_equal(read_table(tmp_path / "latest", "t.parquet"), TABLE)


def test_latest_is_there_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "one")
    seen = []
    replace = os.replace

    def watched(source: os.PathLike[str], target: os.PathLike[str]) -> None:
        seen.append((tmp_path / "latest").readlink())
        replace(source, target)
        seen.append((tmp_path / "latest").readlink())

    monkeypatch.setattr(os, "replace", watched)
    write(tmp_path / "two")
    assert seen == [Path("one"), Path("two")]


def test_latest_that_leads_nowhere_is_mended(tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("gone")
    write(tmp_path / "run")
    assert (tmp_path / "latest").readlink() == Path("run")


@pytest.mark.parametrize("folder", [True, False])
def test_something_else_named_latest_is_left_alone(tmp_path: Path, folder: bool) -> None:
    other = tmp_path / "latest"
    if folder:
        other.mkdir()
        (other / "mine.txt").write_text("mine", encoding="utf-8")
    else:
        other.write_text("mine", encoding="utf-8")
    write(tmp_path / "run")
    assert not other.is_symlink()
    kept = other / "mine.txt" if folder else other
    assert kept.read_text(encoding="utf-8") == "mine"
    assert names(tmp_path / "run") == ["r.json", "t.parquet"]


def test_a_parent_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"cannot be written: \w+"):
        RunFolder(tmp_path / "file" / "run")


def test_a_parent_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def barred(**_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", barred)
    with pytest.raises(RunFolderError, match=r"run cannot be written: Permission denied"):
        RunFolder(tmp_path / "run")
    assert names(tmp_path) == []


def test_a_target_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "run"
    run = RunFolder(target)
    run.table("t.parquet", TABLE)
    target.mkdir()
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunFolderError, match="exists already"):
        run.__exit__(None)
    assert names(tmp_path) == ["run"]
    assert names(target) == ["mine.txt"]


def test_relative_targets_do_not_follow_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with RunFolder(Path("run")) as run:
        monkeypatch.chdir(tmp_path / "elsewhere")
        run.table("t.parquet", TABLE)
    assert names(tmp_path / "run") == ["t.parquet"]


def test_workbooks_hold_no_formulas_and_repeat_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with RunFolder(tmp_path / name) as run:
            run.workbook("t.xlsx", TABLE, MADE)
    one = (tmp_path / "one" / "t.xlsx").read_bytes()
    assert one == (tmp_path / "two" / "t.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one" / "t.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b">=1+1<" in sheet


def test_a_table_can_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_ROWS", 100)
    whole = pl.select(pl.int_range(1_000).alias("row")).with_columns(text=pl.format("v{}", "row"))
    for name in ("one", "two"):
        with RunFolder(tmp_path / name) as run:
            run.parts("t.parquet", (whole.slice(start, 333) for start in range(0, 1_000, 333)))
            run.parts("none.parquet", [whole.clear()])
        assert names(tmp_path / name) == ["none.parquet", "t.parquet"]
    assert_frame_equal(read_table(tmp_path / "one", "t.parquet"), whole)
    assert_frame_equal(read_table(tmp_path / "one", "none.parquet"), whole.clear())
    one, two = ((tmp_path / name / "t.parquet").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_part_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[pl.DataFrame]:
        yield TABLE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), RunFolder(tmp_path / "run") as run:
        run.parts("t.parquet", failing())
    assert names(tmp_path) == []


# --- reading ---


def test_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        read_table(tmp_path / "none", "t.parquet")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunFolderError, match="is not a run folder"):
        read_table(tmp_path / "file", "t.parquet")
    with pytest.raises(RunFolderError, match=r"holds no t\.parquet"):
        read_table(tmp_path, "t.parquet")
    with pytest.raises(RunFolderError, match=r"r\.json cannot be read"):
        read_record(tmp_path, "r.json")


def test_damaged_tables_are_told(tmp_path: Path) -> None:
    write(tmp_path / "run")
    path = tmp_path / "run" / "t.parquet"
    whole = path.read_bytes()
    for content in (b"", b"PAR1", whole[: len(whole) // 2], whole[:-1], b"x" * 500):
        path.write_bytes(content)
        with pytest.raises(RunFolderError, match=r"t\.parquet cannot be read"):
            read_table(tmp_path / "run", "t.parquet")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"3", b"null"])
def test_damaged_records_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(RunFolderError, match=r"cannot be read|does not hold an object"):
        read_record(tmp_path, "r.json")


def test_records_keep_numbers_in_full(tmp_path: Path) -> None:
    numbers = {"third": 1 / 3, "big": 123456789012345678, "text": "größer"}
    with RunFolder(tmp_path / "run") as run:
        run.record("r.json", numbers)
    text = (tmp_path / "run" / "r.json").read_text(encoding="utf-8")
    assert json.loads(text) == numbers
    assert text.endswith("}\n")


def test_a_run_cannot_take_the_place_of_the_link(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is the link to the newest run"):
        RunFolder(tmp_path / "latest")
    assert names(tmp_path) == []


def test_a_name_that_is_no_text_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="its name is no text"):
        refuse_existing(tmp_path / "\udc80bad")


def test_no_folder_is_made_on_the_way_up(tmp_path: Path) -> None:
    write(tmp_path / "nope" / ".." / "run")
    assert names(tmp_path) == ["latest", "run"]
