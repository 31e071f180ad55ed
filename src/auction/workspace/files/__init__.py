"""Files and queries: from what an owner has to columns that can be typed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from auction.workspace.files.dates import ISO, DateOrder, find_order
from auction.workspace.files.delimited import read_delimited
from auction.workspace.files.excel import read_excel
from auction.workspace.files.formats import Formats, find_formats
from auction.workspace.files.locate import Content, locate, read_content
from auction.workspace.files.numbers import NumberStyle, find_style
from auction.workspace.files.parquet import read_parquet
from auction.workspace.files.postgres import Databases
from auction.workspace.files.raw import RawTable, clean
from auction.workspace.sources import Reading, TableSource
from residual.errors import Fault, InputError

PARQUET_SUFFIXES: Final = (".parquet", ".pq")
CSV_SUFFIXES: Final = (".csv", ".tsv", ".txt")
EXCEL_SUFFIXES: Final = (".xlsx", ".xlsm")
OTHER_EXCEL_SUFFIXES: Final = (".xls", ".xlsb", ".ods")

__all__ = [
    "ISO",
    "Content",
    "Databases",
    "DateOrder",
    "Formats",
    "NumberStyle",
    "RawTable",
    "find_formats",
    "find_order",
    "find_style",
    "locate",
    "read_content",
    "read_raw",
    "read_source",
]


def read_source(
    root: Path, source: TableSource, setting: str, limits: Reading, databases: Databases
) -> RawTable:
    """Read a table from where its settings say.

    Parameters
    ----------
    root : Path
        The workspace.
    source : TableSource
        The table's settings.
    setting : str
        Dotted name of the table's section, for faults.
    limits : Reading
        How much is read.
    databases : Databases
        Connections of this reading.

    Returns
    -------
    RawTable
        The table under the owner's names, blanks around text cut, with its SHA-256.

    Raises
    ------
    InputError
        With every fault that keeps it from being read.
    """
    if source.query is not None:
        table = databases.read(source, setting)
        return RawTable(clean(table.frame, source.null_values), table.read_as, table.digest)
    path, fault = locate(root, source, setting)
    if path is None:
        raise InputError([fault] if fault else [])
    content = read_content(path, source.file, limits.max_megabytes)
    table = read_raw(content.data, source, limits, setting)
    return RawTable(table.frame, table.read_as, content.digest)


def read_raw(
    content: bytes,
    source: TableSource,
    limits: Reading | None = None,
    setting: str = "tables",
) -> RawTable:
    """Turn a file's bytes into a table under the owner's column names.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : TableSource
        Names the file, whose ending tells its kind, and how it is written.
    limits : Reading, optional
        How much is read.
    setting : str
        Dotted name of the table's section, for faults.

    Returns
    -------
    RawTable
        CSV: every column text. Parquet and Excel: text, numbers, truth and dates. Blanks around
        text are cut; empty text and ``null_values`` are null.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    limits = Reading() if limits is None else limits
    suffix = Path(source.file).suffix.lower()
    if suffix in CSV_SUFFIXES:
        table = read_delimited(content, source, limits)
    elif suffix in PARQUET_SUFFIXES:
        table = read_parquet(content, source, limits)
    elif suffix in EXCEL_SUFFIXES:
        table = read_excel(content, source, limits, setting)
    else:
        old = suffix in OTHER_EXCEL_SUFFIXES
        rule = "is neither CSV, Parquet nor .xlsx"
        remedy = "open it in Excel and save it as .xlsx" if old else "save it as one of these"
        raise InputError([Fault(rule, file=source.file, remedy=remedy)])
    return RawTable(clean(table.frame, source.null_values), table.read_as)
