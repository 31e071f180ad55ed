"""Bytes of an input file to a frame of raw columns; whatever is wrong becomes a fault."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from auction.workspace.sources import SETTINGS_FILE, TableSource
from residual.errors import Fault, InputError

PARQUET_SUFFIXES = (".parquet", ".pq")
CSV_SUFFIXES = (".csv", ".tsv", ".txt")


def locate(root: Path, source: TableSource, setting: str) -> tuple[Path | None, Fault | None]:
    """Find the file of a table inside the workspace.

    Parameters
    ----------
    root : Path
        The workspace.
    source : TableSource
        The table's settings.
    setting : str
        Dotted name of the table's section, for the fault.

    Returns
    -------
    path : Path or None
        The file, resolved.
    fault : Fault or None
        Why there is none: outside of the workspace, absent, or not a file.
    """
    name = source.file
    outside = Path(name).is_absolute() or ".." in re.split(r"[/\\]", name) or "\0" in name
    path = root if outside else (root / name).resolve()
    if outside or not path.is_relative_to(root.resolve()):
        return None, Fault(
            "must stand inside the workspace",
            file=SETTINGS_FILE,
            column=f"{setting}.file",
            value=name,
            remedy="copy the file into the workspace and name it relative to it",
        )
    if not path.is_file():
        return None, Fault(
            "there is no such file",
            file=SETTINGS_FILE,
            column=f"{setting}.file",
            value=name,
            remedy="mend the name or put the file there",
        )
    return path, None


def read_raw(content: bytes, source: TableSource) -> pl.DataFrame:
    """Turn a file's bytes into a frame under the owner's column names.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : TableSource
        Names the file and how it is written.

    Returns
    -------
    polars.DataFrame
        CSV: every column text. Parquet: text, numbers, truth and dates. Blanks around text are
        cut; empty text and ``null_values`` are null.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    suffix = Path(source.file).suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        frame = _read_parquet(content, source)
    elif suffix in CSV_SUFFIXES:
        frame = _read_csv(content, source)
    else:
        raise _refusal(source, "is neither CSV nor Parquet", "save it as .csv or .parquet")
    return _clean(frame, source.null_values)


def _refusal(source: TableSource, rule: str, remedy: str, row: int | None = None) -> InputError:
    return InputError([Fault(rule, file=source.file, row=row, remedy=remedy)])


def _read_parquet(content: bytes, source: TableSource) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise _refusal(source, "is not a whole Parquet file", "write the file again") from None


def _read_csv(content: bytes, source: TableSource) -> pl.DataFrame:
    text = _decode(content, source)
    header = _header(text, source)
    try:
        frame = pl.read_csv(text.encode(), separator=source.delimiter, infer_schema=False)
    except pl.exceptions.PolarsError:
        return _read_slowly(text, source, header)
    if frame.width != len(header) or frame[frame.columns[-1]].null_count():
        return _read_slowly(text, source, header)
    frame.columns = header
    return frame


def _decode(content: bytes, source: TableSource) -> str:
    codec = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        rule = f"is not {source.encoding}: line {line} holds other bytes"
        raise _refusal(source, rule, "save it as UTF-8 or set encoding") from None


def _records(text: str, source: TableSource) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=source.delimiter, strict=True)


def _header(text: str, source: TableSource) -> list[str]:
    try:
        header = [name.strip() for name in next(filter(None, _records(text, source)), [])]
    except csv.Error:
        raise _refusal(source, "the header cannot be read", "mend the first line") from None
    if not any(header):
        raise _refusal(source, "is empty", "give a header and rows")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        rule = f"the header names {twice!r} twice"
        raise _refusal(source, rule, "give each column a name of its own")
    return header


def _read_slowly(text: str, source: TableSource, header: list[str]) -> pl.DataFrame:
    """Read record by record, so that a short, long or torn one is known by its row.

    The fast reader pads short rows without a word and refuses a quote inside bare text.
    """
    columns: list[list[str | None]] = [[] for _ in header]
    row = -1
    try:
        for record in _records(text, source):
            row += bool(record) or row >= 0
            if row > 0:
                _append(columns, record, row, source)
    except csv.Error:
        remedy = "check the quotes and the delimiter"
        raise _refusal(source, "has a quote that is not closed well", remedy, row + 1) from None
    return pl.DataFrame(
        {
            name: pl.Series(values, dtype=pl.String)
            for name, values in zip(header, columns, strict=True)
        }
    )


def _append(
    columns: list[list[str | None]], record: list[str], row: int, source: TableSource
) -> None:
    values: list[str | None] = [*record] if record else [None] * len(columns)
    if len(values) != len(columns):
        rule = f"has {len(values)} values where the header has {len(columns)}"
        remedy = "complete the row; quote text that holds the delimiter"
        raise _refusal(source, rule, remedy, row)
    for column, value in zip(columns, values, strict=True):
        column.append(value)


def _clean(frame: pl.DataFrame, null_values: tuple[str, ...]) -> pl.DataFrame:
    unknown = ["", *null_values]
    plain = frame.with_columns(_plain(name, dtype) for name, dtype in frame.schema.items())
    trimmed = (
        pl.col(name).str.strip_chars() for name, dtype in plain.schema.items() if dtype == pl.String
    )
    return plain.with_columns(pl.when(~text.is_in(unknown)).then(text) for text in trimmed)


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as text, number, truth or date; what is none of these tells its type."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.replace_time_zone(None).cast(pl.Date)
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    if dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Date):
        return column
    return pl.when(column.is_not_null()).then(pl.lit(f"({dtype})")).alias(name)
