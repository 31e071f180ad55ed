"""A CSV file's text to a frame of text; torn rows are told by their number."""

from __future__ import annotations

import csv
import io

import polars as pl

from auction.workspace.files.decoding import to_utf8
from auction.workspace.files.dialect import Dialect, find_dialect, from_header_on, hold_lines
from auction.workspace.files.raw import RawTable, hold_cells
from auction.workspace.sources import Reading, TableSource
from residual.errors import Fault, InputError

#: Torn rows that are told one by one.
TOLD = 20


def read_delimited(content: bytes, source: TableSource, limits: Reading) -> RawTable:
    """Read a CSV file.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : TableSource
        Names the file; may set encoding, delimiter and the row of the header.
    limits : Reading
        How much is read.

    Returns
    -------
    RawTable
        Every column text under the owner's names. Row 1 is the one after the header; blank lines
        count as rows without values.

    Raises
    ------
    InputError
        If the file cannot be read whole.
    """
    text, encoding = to_utf8(content, source)
    del content
    if b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    hold_lines(text, source)
    text = from_header_on(text, source).lstrip(b"\r\n")
    dialect = find_dialect(text, source, limits.max_columns)
    hold_cells(source.file, text.count(b"\n"), len(dialect.header), limits)
    frame = _read_fast(text, source, dialect)
    if frame is None:
        frame = _parse(_rewritten(text, source, dialect), dialect)
    frame.columns = dialect.header
    named = {"\t": "tab"}.get(dialect.delimiter, repr(dialect.delimiter))
    return RawTable(frame, (encoding, f"delimiter {named}"))


def _parse(text: bytes, dialect: Dialect) -> pl.DataFrame:
    return pl.read_csv(text, separator=dialect.delimiter, infer_schema=False)


def _read_fast(text: bytes, source: TableSource, dialect: Dialect) -> pl.DataFrame | None:
    """Read with the fast reader; None if it may have misunderstood a quote or a line.

    It pads short rows without a word, refuses a quote inside bare text, and does not tell the
    row of a long one.
    """
    try:
        frame = _parse(text, dialect)
    except pl.exceptions.PolarsError:
        return None
    if frame.width != len(dialect.header):
        return None
    quoted = b'"' in text
    if not quoted and not frame[frame.columns[-1]].null_count():
        return frame
    lines = pl.read_csv(text, separator="\0", quote_char=None, infer_schema=False).to_series()
    if len(lines) != frame.height:
        return None
    _refuse_short_rows(lines, frame, source, dialect)
    return frame


def _refuse_short_rows(
    lines: pl.Series, frame: pl.DataFrame, source: TableSource, dialect: Dialect
) -> None:
    """Refuse rows with fewer values than the header: the fast reader fills them up."""
    suspects = frame.select(pl.last().is_null().arg_true()).to_series()
    bare = lines.gather(suspects).str.replace_all(r'"[^"]*"', "")
    width = bare.str.count_matches(dialect.delimiter, literal=True) + 1
    short = (width != len(dialect.header)) & (bare.str.strip_chars() != "")
    rows = suspects.filter(short).head(TOLD).to_list()
    if rows:
        widths = width.filter(short).head(TOLD).to_list()
        raise InputError(
            [
                _torn(source, row + 1, found, len(dialect.header))
                for row, found in zip(rows, widths, strict=True)
            ]
        )


def _torn(source: TableSource, row: int, found: int, wanted: int) -> Fault:
    rule = f"has {found} values where the header has {wanted}"
    remedy = "complete the row; quote text that holds the delimiter"
    return Fault(rule, file=source.file, row=row, remedy=remedy)


def _rewritten(text: bytes, source: TableSource, dialect: Dialect) -> bytes:
    """Read record by record and write each anew, so that the fast reader understands it.

    Raises
    ------
    InputError
        With the first torn rows, or the row in which a quote is not closed well.
    """
    target = io.BytesIO()
    out = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(
        out, delimiter=dialect.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n"
    )
    faults: list[Fault] = []
    row = -1
    source_text = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    try:
        for record in csv.reader(source_text, delimiter=dialect.delimiter, strict=True):
            row += bool(record) or row >= 0
            if record and len(record) != len(dialect.header):
                faults.append(_torn(source, row, len(record), len(dialect.header)))
                if len(faults) == TOLD:
                    break
            if row >= 0:
                writer.writerow(record)
    except csv.Error as error:
        faults.append(_quote_fault(error, source, row + 1))
    if faults:
        raise InputError(faults)
    return target.getvalue()


def _quote_fault(error: csv.Error, source: TableSource, row: int) -> Fault:
    if "field limit" in str(error):
        rule = f"has a value of more than {csv.field_size_limit():,} characters"
        return Fault(rule, file=source.file, row=row, remedy="see whether a quote is left open")
    remedy = "check the quotes and the delimiter"
    return Fault("has a quote that is not closed well", file=source.file, row=row, remedy=remedy)
