"""Parquet files: what their footer promises is weighed before any of it is believed."""

from __future__ import annotations

import io
from typing import Final

import polars as pl

from auction.workspace.files.footer import Footer, FooterError, read_footer
from auction.workspace.files.raw import RawTable, hold_cells
from auction.workspace.sources import Reading, TableSource
from residual.errors import Fault, InputError

#: Deepest nesting of a column; such a column is not read, but its file is.
DEEPEST: Final = 16


def read_parquet(content: bytes, source: TableSource, limits: Reading) -> RawTable:
    """Read a Parquet file.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : TableSource
        Names the file.
    limits : Reading
        How much is read.

    Returns
    -------
    RawTable
        Its columns as they stand; nested ones too, to be told by their type.

    Raises
    ------
    InputError
        If the file is torn, or promises more than is borne.
    """
    if not content:
        raise _refusal(source, "is empty", "give a header and rows")
    try:
        footer = read_footer(content)
    except FooterError:
        raise _refusal(source, "is not a whole Parquet file", "write the file again") from None
    _hold_promises(footer, len(content), source, limits)
    try:
        return RawTable(pl.read_parquet(io.BytesIO(content)), ("Parquet",))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise _refusal(source, "is not a whole Parquet file", "write the file again") from None


def _hold_promises(footer: Footer, size: int, source: TableSource, limits: Reading) -> None:
    if footer.depth > DEEPEST:
        rule = f"has a column nested {footer.depth} deep"
        raise _refusal(source, rule, "write flat columns of text, numbers and dates")
    hold_cells(source.file, footer.rows, footer.columns, limits)
    if footer.unpacked > limits.max_megabytes * 1_000_000:
        rule = (
            f"unpacks to {footer.unpacked / 1e6:,.0f} MB, more than "
            f"reading.max_megabytes = {limits.max_megabytes} allows"
        )
        raise _refusal(source, rule, "raise the setting, or leave out what is not needed")
    if footer.damaged or footer.packed > size:
        raise _refusal(source, "is not a whole Parquet file", "write the file again")


def _refusal(source: TableSource, rule: str, remedy: str) -> InputError:
    return InputError([Fault(rule, file=source.file, remedy=remedy)])
