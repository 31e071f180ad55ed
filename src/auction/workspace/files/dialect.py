"""How a CSV file is written: where its header stands and what parts its values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from auction.workspace.sources import TableSource
from residual.errors import Fault, InputError

DELIMITERS: Final = (",", ";", "\t", "|")

#: Bytes at the start of a file that are looked at.
HEAD: Final = 1 << 18

#: Longest line that is read, in bytes.
LONGEST_LINE: Final = 8 << 20

#: Rows that are looked at to tell delimiters apart.
ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """A CSV file's delimiter and header."""

    delimiter: str
    header: list[str]


def hold_lines(content: bytes, source: TableSource) -> None:
    """Refuse a file with a line longer than ``LONGEST_LINE``.

    Parameters
    ----------
    content : bytes
        The text.
    source : TableSource
        Names the file.

    Raises
    ------
    InputError
        Naming the line.
    """
    start, end = 0, len(content)
    while end - start > LONGEST_LINE:
        last = content.rfind(b"\n", start, start + LONGEST_LINE)
        if last < 0:
            line = content.count(b"\n", 0, start) + 1
            rule = f"line {line} is longer than {LONGEST_LINE >> 20} MiB"
            raise _refusal(source, rule, "see whether it is a CSV file with line breaks")
        start = last + 1


def from_header_on(content: bytes, source: TableSource) -> bytes:
    """Return a text from its header on.

    Parameters
    ----------
    content : bytes
        The text; only line feeds end its lines.
    source : TableSource
        Tells in which line the header stands.

    Raises
    ------
    InputError
        If the file ends before.
    """
    start = 0
    for _ in range(source.header_row - 1):
        start = content.find(b"\n", start) + 1
        if not start:
            rule = f"ends before line {source.header_row}, its header_row"
            raise _refusal(source, rule, "mend header_row")
    return content[start:] if start else content


def find_dialect(content: bytes, source: TableSource, max_columns: int) -> Dialect:
    """Find the delimiter of a text, unless it is set, and read its header.

    Parameters
    ----------
    content : bytes
        The text from its header on, in UTF-8.
    source : TableSource
        Names the file; may set the delimiter.
    max_columns : int
        Most columns that are read.

    Returns
    -------
    Dialect
        Delimiter and header; names are cut of blanks around them.

    Raises
    ------
    InputError
        If the file is empty, its header cannot be read or is too wide, or its first rows do not
        prove a delimiter.
    """
    head = _head(content)
    if not head.strip():
        raise _refusal(source, "is empty", "give a header and rows")
    delimiter = source.delimiter
    if delimiter == "detect":
        delimiter = _detected(head, source)
    header = [name.strip() for name in _first(head, delimiter, source)]
    if len(header) > max_columns:
        rule = f"has {len(header):,} columns, more than reading.max_columns = {max_columns} allows"
        raise _refusal(source, rule, "check the delimiter, or raise the setting")
    if not any(header):
        raise _refusal(source, "is empty", "give a header and rows")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        rule = f"the header names {twice!r} twice" if twice else "the header has two blank names"
        raise _refusal(source, rule, "give each column a name of its own")
    return Dialect(delimiter, header)


def _head(content: bytes) -> str:
    """Return whole lines from the start of a text."""
    end = len(content)
    if end > HEAD:
        end = content.rfind(b"\n", 0, HEAD) + 1 or content.find(b"\n") + 1 or end
    return content[:end].decode()


def _records(head: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=strict)
    return (row for row in rows if row)


def _first(head: str, delimiter: str, source: TableSource) -> list[str]:
    try:
        return next(_records(head, delimiter, strict=True), [])
    except csv.Error:
        raise _refusal(source, "the header cannot be read", "mend the first line") from None


def _detected(head: str, source: TableSource) -> str:
    """Return the delimiter that alone parts the header, or that parts the rows as the header."""
    shares = {delimiter: _agreeing_share(head, delimiter) for delimiter in DELIMITERS}
    parting = {delimiter: share for delimiter, share in shares.items() if share is not None}
    if not parting:
        return ","
    best = max(parting.values())
    winners = [delimiter for delimiter, share in parting.items() if share == best]
    if len(winners) > 1:
        rule = f"may be parted by {' or '.join(map(repr, winners))}"
        raise _refusal(source, rule, f"set delimiter, such as delimiter = {winners[0]!r}")
    return winners[0]


def _agreeing_share(head: str, delimiter: str) -> float | None:
    """Return the share of rows as wide as the header, or None if the header is one column."""
    try:
        widths = [len(row) for row in islice(_records(head, delimiter, strict=False), ROWS)]
    except csv.Error:
        return None
    if not widths or widths[0] < 2:
        return None
    return sum(width == widths[0] for width in widths[1:]) / max(len(widths) - 1, 1)


def _refusal(source: TableSource, rule: str, remedy: str) -> InputError:
    return InputError([Fault(rule, file=source.file, remedy=remedy)])
