"""What is proposed for foreign files, with the reasons, for a person to review."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

#: From which confidence on a mapping counts as sure, and from which on it is taken at all.
SURE: Final = 0.85
TAKEN: Final = 0.55


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """How a column of a file becomes one of ours.

    Parameters
    ----------
    ours, owner : str
        Our name and the owner's.
    confidence : float
        From 0 to 1.
    why : str
        What speaks for it.
    unit : str or None
        Unit of the file where it is not ours, see ``auction.workspace.units``.
    """

    ours: str
    owner: str
    confidence: float
    why: str
    unit: str | None = None

    @property
    def word(self) -> Literal["sure", "likely", "unsure"]:
        """How sure it is; what is unsure is left to the reviewer."""
        if self.confidence >= SURE:
            return "sure"
        return "likely" if self.taken else "unsure"

    @property
    def taken(self) -> bool:
        """Whether the mapping is set; else it is written as a comment."""
        return self.confidence >= TAKEN


@dataclass(frozen=True, slots=True)
class TableProposal:
    """What a file is taken for.

    Parameters
    ----------
    source : Path
        The foreign file.
    table : str or None
        Our name of the table; None where it is like none of them.
    why : str
        What speaks for it.
    columns : tuple of ColumnProposal
        In the order of our table.
    left : tuple of str
        Columns of the file that were given no meaning.
    review : tuple of str
        What is missing or has to be looked at, a sentence each.
    read_as : tuple of str
        How the file was read.
    rows : int
        Rows of the file.
    marks : tuple of str
        Decimal mark and mark of the thousands where they have to be stated, else empty.
    sheet : str or None
        Sheet of an Excel file, where one was asked for.
    header_row : int
        Row that holds the column names, the first being 1.
    """

    source: Path
    table: str | None
    why: str
    columns: tuple[ColumnProposal, ...] = ()
    left: tuple[str, ...] = ()
    review: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()
    rows: int = 0
    marks: tuple[str, ...] = ()
    sheet: str | None = None
    header_row: int = 1

    @property
    def mapped(self) -> dict[str, str]:
        """Our name to the owner's, for the mappings that are set."""
        return {column.ours: column.owner for column in self.columns if column.taken}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A workspace proposed for foreign files.

    Parameters
    ----------
    tables : tuple of TableProposal
        One for each file, in the order in which they were given.
    as_of : date or None
        Planning date, None where nothing tells it.
    as_of_why : str
        Where it comes from.
    currency : str or None
        Code of the currency, None where nothing tells it.
    currency_why : str
        What speaks for it.
    review : tuple of str
        What is missing over all files.
    """

    tables: tuple[TableProposal, ...]
    as_of: date | None = None
    as_of_why: str = ""
    currency: str | None = None
    currency_why: str = ""
    review: tuple[str, ...] = field(default=())

    @property
    def recognised(self) -> tuple[TableProposal, ...]:
        """The files that are like one of our tables."""
        return tuple(table for table in self.tables if table.table is not None)
