"""Bytes of an input file to a frame of raw columns; whatever is wrong becomes a fault."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from auction.workspace.config import TableSource
from residual.errors import Fault, InputError

PARQUET_SUFFIXES = (".parquet", ".pq")
CSV_SUFFIXES = (".csv", ".tsv", ".txt")


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
        CSV: every column text. Parquet: as stored, categories as text. Blanks around text are
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
        frame = pl.read_csv(
            text.encode(),
            separator=source.delimiter,
            infer_schema=False,
            raise_if_empty=True,
        )
    except pl.exceptions.PolarsError:
        raise _csv_refusal(text, source, len(header)) from None
    if frame.width != len(header):
        raise _csv_refusal(text, source, len(header))
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
    return csv.reader(io.StringIO(text, newline=""), delimiter=source.delimiter)


def _header(text: str, source: TableSource) -> list[str]:
    try:
        header = [name.strip() for name in next(_records(text, source), [])]
    except csv.Error:
        raise _refusal(source, "the header cannot be read", "mend the first line") from None
    if not any(header):
        raise _refusal(source, "is empty", "give a header and rows")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        rule = f"the header names {twice!r} twice"
        raise _refusal(source, rule, "give each column a name of its own")
    return header


def _csv_refusal(text: str, source: TableSource, width: int) -> InputError:
    """Find the first row that has not as many values as the header."""
    try:
        for row, record in enumerate(_records(text, source)):
            if row and len(record) > width:
                rule = f"has {len(record)} values where the header has {width}"
                return _refusal(source, rule, "quote text that holds the delimiter", row)
    except csv.Error:
        pass
    return _refusal(source, "is not a whole CSV file", "check the quotes and the delimiter")


def _clean(frame: pl.DataFrame, null_values: tuple[str, ...]) -> pl.DataFrame:
    texts = [
        name
        for name, dtype in frame.schema.items()
        if dtype in (pl.String, pl.Categorical) or isinstance(dtype, pl.Enum)
    ]
    trimmed = [pl.col(name).cast(pl.String).str.strip_chars() for name in texts]
    unknown = ["", *null_values]
    return frame.with_columns(pl.when(~text.is_in(unknown)).then(text) for text in trimmed)
