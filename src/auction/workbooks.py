"""Excel workbooks: tables on sheets, where text stays text and the same tables give the same bytes.

The writer is compiled and takes what it knows: numbers, dates since 1900, truth values and text
that a cell can hold. Anything else it would leave out without a word, so tables are brought to that
first.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

import polars as pl

from auction.sheet_text import cell_text

if TYPE_CHECKING:
    from rustpy_xlsxwriter import Format

_CORE: Final = "docProps/core.xml"
#: The earliest date that an archive can tell; what its parts are dated by.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
#: The first day that a cell can hold as a day.
_FIRST_DAY: Final = date(1900, 1, 1)
#: Texts that a cell cannot hold as they are: see :func:`auction.sheet_text.cell_text`.
_LONGEST: Final = 32_767
_ILLEGAL: Final = r"[^\t\n\r\x20-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]"
_NUMBERS: Final = {"float": "#,##0.00;[Red]-#,##0.00", "integer": "#,##0;[Red]-#,##0"}
_DAY: Final = "yyyy-mm-dd"
#: Widths of columns, characters.
_NARROWEST, _WIDEST, _BESIDE = 6, 60, 2
#: Room of the button that filters a column, characters.
_BUTTON: Final = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table on a sheet, with how it looks.

    Parameters
    ----------
    name : str
        Unique in the workbook, as :class:`auction.sheet_text.SheetNames` gives it.
    table : polars.DataFrame
        What it shows.
    heads : sequence of str
        Words above its columns.
    widths : sequence of float
        Of its columns, characters.
    formats : sequence of Format
        Of its columns.
    head : Format
        Of the words above.
    row : int
        Row of these, counted from 0.
    frozen : int
        Columns that stay in sight.
    above : sequence of (int, str, Format)
        Lines above them: row, text, format.
    heights : mapping of int to float
        Heights of rows that are not as high as others, points.
    page : mapping
        How it is printed, as the writer takes it.
    filtered : bool
        Whether its columns can be filtered.
    """

    name: str
    table: pl.DataFrame
    heads: Sequence[str]
    widths: Sequence[float]
    formats: Sequence[Format]
    head: Format
    row: int = 0
    frozen: int = 1
    above: Sequence[tuple[int, str, Format]] = ()
    heights: Mapping[int, float] = field(default_factory=dict)
    page: Mapping[str, Any] = field(default_factory=dict)
    filtered: bool = False


def plain_sheet(name: str, table: pl.DataFrame) -> Sheet:
    """Return a table as it is: its names above, numbers and dates in formats that can be read.

    Parameters
    ----------
    name : str
        Of the sheet.
    table : polars.DataFrame
        What it shows.
    """
    from rustpy_xlsxwriter import Format

    head = Format().set_bold().set_background_color("#E8EEF4").set_border_bottom("thin")
    held = _held(table)
    return Sheet(
        name, held, table.columns, _widths(held), [_format(dtype) for dtype in held.dtypes], head,
        filtered=True,
    )  # fmt: skip


def workbook(sheets: Sequence[Sheet], made: datetime, title: str = "") -> bytes:
    """Return a workbook.

    Parameters
    ----------
    sheets : sequence of Sheet
        At least one.
    made : datetime
        Date of making that the file states; the planning date, so that the same plan gives the
        same bytes.
    title : str
        What the file says it is called.

    Raises
    ------
    OSError
        Where it cannot be put together.
    """
    from rustpy_xlsxwriter import FastExcel

    whole = io.BytesIO()
    book = FastExcel(whole)
    for sheet in sheets:
        table = _held(sheet.table)
        last = max(table.width - 1, 1)
        book = book.freeze(row=sheet.row + 1, col=sheet.frozen, sheet=sheet.name).sheet(
            sheet.name,
            table.rename(dict(zip(table.columns, _apart(sheet.heads), strict=True))),
            header_row=sheet.row,
            header_format=sheet.head,
            column_widths=list(sheet.widths),
            column_formats=list(sheet.formats),
            merge_ranges=[
                (row, 0, row, last, cell_text(text), look) for row, text, look in sheet.above
            ],
            row_heights=dict(sheet.heights),
            page_setup=dict(sheet.page) or None,
            autofilter=sheet.filtered,
        )
    try:
        book.save()
    except RuntimeError as error:
        raise OSError(None, str(error)) from error
    return _dated(whole, made, title)


def _held(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table with what the writer knows alone."""
    return table.select(_column(table[name]) for name in table.columns)


def _column(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype.is_float():
        return column.cast(pl.Float64)
    if dtype.is_integer():
        return column.cast(pl.Int64)
    if dtype == pl.Boolean:
        return column
    first = column.min() if dtype == pl.Date else None
    if dtype == pl.Date and (not isinstance(first, date) or first >= _FIRST_DAY):
        return column
    if isinstance(dtype, pl.List):
        column = column.cast(pl.List(pl.String)).list.join(", ")
    return _text(column.cast(pl.String))


def _text(column: pl.Series) -> pl.Series:
    """Return texts as cells can hold them."""
    amiss = column.str.contains(_ILLEGAL) | (column.str.len_chars() > _LONGEST)
    if not amiss.any():
        return column
    each = [text if text is None else cell_text(text) for text in column]
    return pl.Series(column.name, each, dtype=pl.String)


def _apart(heads: Sequence[str]) -> list[str]:
    """Return words above columns so that no two are the same."""
    apart: dict[str, None] = {}
    for head in map(cell_text, heads):
        found, count = head, 1
        while found in apart:
            count += 1
            found = f"{head} ({count})"
        apart[found] = None
    return list(apart)


def _format(dtype: pl.DataType) -> Format:
    from rustpy_xlsxwriter import Format

    if dtype.is_float():
        return Format().set_num_format(_NUMBERS["float"])
    if dtype.is_integer():
        return Format().set_num_format(_NUMBERS["integer"])
    return Format().set_num_format(_DAY) if dtype == pl.Date else Format()


def _widths(table: pl.DataFrame) -> list[float]:
    """Return widths in which columns can be read."""
    shown = table.select(
        pl.when(pl.lit(dtype.is_numeric()))
        .then(pl.col(name).cast(pl.Float64, strict=False).round(0).cast(pl.String))
        .otherwise(pl.col(name).cast(pl.String))
        .str.len_chars()
        .max()
        .alias(name)
        for name, dtype in table.schema.items()
    )
    row = shown.row(0) if shown.height else ()
    return [
        float(min(max(longest or 0, len(name) + _BUTTON, _NARROWEST), _WIDEST) + _BESIDE)
        for name, longest in zip(table.columns, row, strict=True)
    ]


def _dated(whole: io.BytesIO, made: datetime, title: str) -> bytes:
    """Return a workbook that states when it was made, in place of the time at hand."""
    told = f"{made:%Y-%m-%dT%H:%M:%SZ}"
    core = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties '
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(cell_text(title))}</dc:title>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{told}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{told}</dcterms:modified>'
        "</cp:coreProperties>"
    )
    with zipfile.ZipFile(whole, "a") as book:
        # sheets stand before it and stay as they are; it and what follows is written anew
        start = book.getinfo(_CORE).header_offset
        after = [part for part in book.infolist() if part.header_offset >= start]
        told_after = {part.filename: book.read(part) for part in after} | {_CORE: core.encode()}
        for part in after:
            book.filelist.remove(part)
            del book.NameToInfo[part.filename]
        book.start_dir = start
        for name, content in told_after.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(entry, content)
    return whole.getvalue()
