"""Workbooks: a sheet holds what its table does, and the same table gives the same bytes."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rustpy_xlsxwriter import Format

from auction import workbooks
from auction.workbooks import Sheet, plain_sheet, workbook

MADE = datetime(2026, 6, 1)  # noqa: DTZ001 - a workbook states local time
TABLE = pl.DataFrame(
    {
        "vehicle_id": ["a", "b", None],
        "net": [1.5, None, -1234567.125],
        "count": pl.Series([3, None, -(2**40)], dtype=pl.Int64),
        "small": pl.Series([3, None, 4], dtype=pl.UInt8),
        "single": pl.Series([0.5, None, 2.0], dtype=pl.Float32),
        "date": [date(2026, 6, 3), None, date(1900, 3, 1)],
        "sure": [True, None, False],
        "note": ["=1+1", "名 & <b>", " two\nlines "],
        "kind": pl.Series(["x", None, "y"], dtype=pl.Categorical),
    }
)


def read(content: bytes) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def values(table: pl.DataFrame) -> list[tuple[object, ...]]:
    rows = read(workbook([plain_sheet("t", table)], MADE)).iter_rows(values_only=True)
    return [tuple(v.date() if isinstance(v, datetime) else v for v in row) for row in rows]


def test_every_cell_is_what_the_table_holds() -> None:
    assert values(TABLE) == [tuple(TABLE.columns), *TABLE.rows()]


def test_a_table_of_a_thousand_rows_is_read_back_whole() -> None:
    # enough for the writer to put rows away while it goes on
    table = pl.select(pl.int_range(5_000).alias("row")).with_columns(
        text=pl.format("vehicle {}", "row"), share=pl.col("row") / 7
    )
    content = workbook([plain_sheet("t", table)], MADE)
    assert_frame_equal(pl.read_excel(content, engine="calamine"), table)


def test_a_table_without_rows_has_its_names() -> None:
    assert values(TABLE.clear()) == [tuple(TABLE.columns)]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        # days that a cell cannot hold stand there as text, with all others of their column
        ([date(1899, 12, 31), date(2026, 1, 2)], ["1899-12-31", "2026-01-02"]),
        ([[1.0, 2.5], None], ["1.0, 2.5", None]),
        ([datetime(2026, 1, 2, 3, 4), None], ["2026-01-02 03:04:00.000000", None]),  # noqa: DTZ001
        (["x" * 40_000, "y"], ["x" * 32_766 + "…", "y"]),
        (["a\x00b\x1f\ufffe", "\t"], ["a\ufffdb\ufffd\ufffd", "\t"]),
        ([float("nan"), 1.0], [None, 1.0]),
        ([float("-inf"), 1.0], [None, 1.0]),
    ],
)
def test_what_a_cell_cannot_hold_is_told_as_it_can(
    column: list[object], told: list[object]
) -> None:
    table = pl.DataFrame({"own": column, "row": range(len(column))})
    assert [row[0] for row in values(table)[1:]] == told


def test_the_same_table_gives_the_same_bytes_at_another_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = workbook([plain_sheet("t", TABLE)], MADE, "title & more")
    time.sleep(1.1)  # a workbook tells seconds
    assert workbook([plain_sheet("t", TABLE)], MADE, "title & more") == content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert (book.properties.created, book.properties.title) == (MADE, "title & more")
    assert workbook([plain_sheet("t", TABLE)], datetime(2026, 6, 2)) != content  # noqa: DTZ001


def test_text_is_no_formula() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook([plain_sheet("t", TABLE)], MADE))) as parts:
        assert all(b"<f>" not in parts.read(name) for name in parts.namelist())


def test_numbers_and_dates_can_be_read_and_columns_are_wide_enough() -> None:
    sheet = read(workbook([plain_sheet("t", TABLE.with_columns(long=pl.lit("x" * 90)))], MADE))
    assert sheet["B2"].number_format.startswith("#,##0.00;")
    assert sheet["C2"].number_format.startswith("#,##0;")
    assert sheet["F2"].number_format == "yyyy-mm-dd"
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:J4"
    wide = {name: sheet.column_dimensions[name].width for name in "ABJ"}
    assert wide["A"] >= len("vehicle_id") + 2
    assert wide["B"] >= len("-1,234,567")
    assert 60 <= wide["J"] <= 64


def test_words_above_columns_may_be_the_same() -> None:
    look = Format()
    table = pl.DataFrame({"a": [1], "b": [2], "c": [3]})
    sheet = Sheet("t", table, ["x", "x", "x (2)"], [9.0] * 3, [look] * 3, look)
    rows = list(read(workbook([sheet], MADE)).iter_rows(values_only=True))
    assert rows == [("x", "x (2)", "x (2) (2)"), (1, 2, 3)]


def test_what_the_writer_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_held", lambda table: table)
    table = pl.DataFrame({"own": ["x" * 40_000]})
    with pytest.raises(OSError, match="limit of 32,767 characters"):
        workbook([plain_sheet("t", table)], MADE)
