"""Sheets by the column: the bytes that XlsxWriter gives cell by cell."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from auction.bulk_sheet import BulkSheet


def book(kind: type[Any], fill: Callable[[Any, Any], None]) -> bytes:
    """Return a workbook of one sheet of a kind."""
    whole = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(whole, options) as made:
        made.set_properties({"created": dt.datetime.combine(dt.date(2026, 1, 1), dt.time())})
        fill(made, made.add_worksheet("a", worksheet_class=kind))
    return whole.getvalue()


def table(rows: int) -> pl.DataFrame:
    """Return a table with every kind of cell, gaps, and texts that are not easy to hold."""
    draw, day = np.random.default_rng(1), dt.date(2026, 1, 1)
    full = pl.DataFrame(
        {
            "id": [f"V{row}" for row in range(rows)],
            "amount": draw.normal(size=rows) * 10.0 ** draw.integers(-9, 18, rows),
            "count": draw.integers(-9, 10**12, rows),
            "day": [day + dt.timedelta(int(days)) for days in draw.integers(0, 99, rows)],
            "yes": draw.random(rows) < 0.5,
            "text": [f"=a & <b> {row % 50}\n\x07é漢" for row in range(rows)],
            "rare": [None if row % 37 else " tail " for row in range(rows)],
        }
    )
    text = pl.col("text")
    odd = pl.int_range(pl.len()) % 101
    long = pl.when(odd == 3).then(pl.lit("漢" * 33_000)).when(odd == 4).then(pl.lit(""))
    gaps = [
        pl.when(pl.Series(draw.random(rows) < 0.2)).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("amount", "count", "day", "yes", "text")
    ]
    return full.with_columns(long.otherwise(text).alias("text")).with_columns(gaps)


@pytest.mark.parametrize("rows", [0, 1, 14, 15, 16, 5_000])
def test_a_table_has_the_bytes_that_the_library_gives_it(rows: int) -> None:
    frame = table(rows)

    def fill(made: Any, sheet: Any) -> None:
        frame.write_excel(
            made, worksheet=sheet, autofit=True, freeze_panes=(1, 1), float_precision=2,
            dtype_formats={pl.Date: "yyyy-mm-dd"},
        )  # fmt: skip

    assert book(BulkSheet, fill) == book(Worksheet, fill)


def test_columns_have_the_bytes_of_their_cells() -> None:
    frame = table(100).drop("yes")

    def head(made: Any, sheet: Any, place: int, name: str) -> Any:
        sheet.write_string(2, place, name)
        return made.add_format({"num_format": "yyyy-mm-dd" if name == "day" else "#,##0"})

    def by_column(made: Any, sheet: Any) -> None:
        for place, name in enumerate(frame.columns):
            sheet.put_column(3, place, frame[name].to_list(), head(made, sheet, place, name))
        sheet.set_row(7, 40)

    def by_cell(made: Any, sheet: Any) -> None:
        for place, name in enumerate(frame.columns):
            form = head(made, sheet, place, name)
            kind = frame[name].dtype
            write = sheet.write_string if kind == pl.String else sheet.write_number
            write = sheet.write_datetime if kind == pl.Date else write
            for row, value in enumerate(frame[name], 3):
                if value is not None:
                    write(row, place, value, form)
        sheet.set_row(7, 40)

    assert book(BulkSheet, by_column) == book(Worksheet, by_cell)


def test_what_no_sheet_can_hold_is_refused() -> None:
    sheet = BulkSheet()
    with pytest.raises(ValueError, match="no finite number"):
        sheet.put_column(0, 0, [1.0, float("nan")], None)
    with pytest.raises(TypeError, match="no cell holds a list"):
        sheet.put_column(0, 0, [[1.0]], None)
    sheet.put_column(1, 0, [1.0, 2.0], None)
    with pytest.raises(ValueError, match="begin in one row"):
        sheet.put_column(1, 1, [1.0], None)
    with pytest.raises(ValueError, match="outside of a sheet"):
        sheet.put_column(1, 16_384, [1.0, 2.0], None)
