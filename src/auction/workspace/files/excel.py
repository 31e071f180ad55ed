"""Excel workbooks: the values of one sheet, never its formulas or what they point at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from auction.errors import MissingExtraError
from auction.workspace.files.archive import ArchiveError, hold_archive, sheet_places
from auction.workspace.files.raw import RawTable, hold_cells
from auction.workspace.names import suggestion
from auction.workspace.sources import SETTINGS_FILE, Reading, TableSource
from residual.errors import Fault, InputError

if TYPE_CHECKING:
    from fastexcel import ExcelReader

#: Whole numbers up to here are exact as Excel keeps them.
_EXACT: Final = 2.0**53


def read_excel(content: bytes, source: TableSource, limits: Reading, setting: str) -> RawTable:
    """Read a sheet of an Excel workbook.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : TableSource
        Names the file; may set the sheet and the row of the header.
    limits : Reading
        How much is read.
    setting : str
        Dotted name of the table's section, for faults.

    Returns
    -------
    RawTable
        Numbers, truth and dates as Excel keeps them, the rest text. Of a formula the value that
        Excel last found; nothing is computed, no link followed. A cell in error tells its error.

    Raises
    ------
    InputError
        If the file is no workbook, is not safe to open, or its sheet must be named.
    """
    if not content:
        raise _refusal(source, "is empty", "give a header and rows")
    try:
        parts = hold_archive(content, limits.max_megabytes * 1_000_000)
    except ArchiveError as error:
        remedy = "open it in Excel and save it anew as .xlsx, without a password; or save as CSV"
        raise _refusal(source, str(error), remedy) from None
    for part in parts:
        hold_cells(source.file, part.rows, part.columns, limits)
    reader = _open(content, source)
    sheet = _sheet(reader.sheet_names, source, setting)
    header = _header(reader, sheet, source)
    frame = _values(reader, sheet, header, source)
    if any(part.errors for part in parts):
        place = sheet_places(content).get(sheet)
        errors = [error for part in parts if part.name == place for error in part.errors]
        frame = _with_errors(frame, header, errors, source.header_row)
    return RawTable(frame, ("Excel", f"sheet {sheet!r}"))


def _open(content: bytes, source: TableSource) -> ExcelReader:
    try:
        import fastexcel
    except ImportError:
        raise MissingExtraError("excel", f"reading {source.file}") from None
    try:
        return fastexcel.read_excel(content)
    except fastexcel.FastExcelError:
        raise _refusal(
            source, "is not an Excel workbook", "save it anew as .xlsx or as CSV"
        ) from None


def _sheet(names: list[str], source: TableSource, setting: str) -> str:
    if source.sheet is not None and source.sheet not in names:
        fault = Fault(
            f"{source.file} has no such sheet",
            file=SETTINGS_FILE,
            column=f"{setting}.sheet",
            value=source.sheet,
            remedy=suggestion(source.sheet, names),
        )
        raise InputError([fault])
    if source.sheet is None and len(names) > 1:
        rule = f"has {len(names)} sheets: {', '.join(map(repr, names))}"
        raise _refusal(source, rule, f"set sheet to the one meant, in [{setting}]")
    if not names:
        raise _refusal(source, "has no sheet", "save it anew as .xlsx or as CSV")
    return source.sheet or names[0]


def _header(reader: ExcelReader, sheet: str, source: TableSource) -> dict[int, str]:
    """Return the names of the columns by place, the blank ones at the end left out."""
    import fastexcel

    rule = f"row {source.header_row} of sheet {sheet!r} holds no header"
    try:
        loaded = reader.load_sheet(
            sheet, header_row=None, skip_rows=source.header_row - 1, n_rows=1, dtypes="string"
        )
        row = loaded.to_polars()
    except fastexcel.FastExcelError:
        row = pl.DataFrame()
    names = ["" if name is None else str(name).strip() for name in row.row(0)] if len(row) else []
    while names and not names[-1]:
        names.pop()
    if not names:
        raise _refusal(source, rule, "give a header and rows, or set header_row")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        rule = f"the header names {twice!r} twice" if twice else "the header has two blank names"
        raise _refusal(source, rule, "give each column a name of its own, or set header_row")
    places = [column.absolute_index for column in loaded.selected_columns]
    return dict(zip(places, names, strict=False))


def _values(
    reader: ExcelReader, sheet: str, header: dict[int, str], source: TableSource
) -> pl.DataFrame:
    import fastexcel

    try:
        frame = reader.load_sheet(
            sheet,
            header_row=None,
            skip_rows=source.header_row,
            use_columns=list(header),
            schema_sample_rows=None,
        ).to_polars()
    except fastexcel.FastExcelError as error:
        raise _refusal(
            source, f"cannot be read: {str(error).splitlines()[0]}", "save it anew"
        ) from None
    frame.columns = list(header.values())
    return frame.with_columns(
        _whole(frame[name]) for name, dtype in frame.schema.items() if dtype == pl.Float64
    )


def _with_errors(
    frame: pl.DataFrame,
    header: dict[int, str],
    errors: list[tuple[int, int, str]],
    header_row: int,
) -> pl.DataFrame:
    """Put what cells in error say where the reader leaves them empty, so that it is told."""
    by_column: dict[str, dict[int, str]] = {}
    for row, column, told in errors:
        name, place = header.get(column - 1), row - header_row - 1
        if name is not None and 0 <= place < frame.height:
            by_column.setdefault(name, {})[place] = told
    return frame.with_columns(
        frame[name].cast(pl.String).scatter(list(told), list(told.values()))
        for name, told in by_column.items()
    )


def _whole(values: pl.Series) -> pl.Series:
    """Return numbers as whole ones where all are: Excel knows no other kind than fractions."""
    whole = ((values == values.round(0)) & (values.abs() < _EXACT)).all()
    return values.cast(pl.Int64) if whole else values


def _refusal(source: TableSource, rule: str, remedy: str) -> InputError:
    return InputError([Fault(rule, file=source.file, remedy=remedy)])
