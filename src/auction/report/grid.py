"""A table as the templates take it: columns that know how their values are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from auction.report import wording

_WRITE: Final[dict[str, Callable[[Any], str]]] = {
    "text": lambda value: wording.NOTHING if value is None else str(value),
    "money": wording.money,
    "gain": wording.signed,
    "tenths": lambda value: wording.money(value, 1),
    "count": wording.money,
    "percent": wording.percent,
    "gain_percent": wording.signed_percent,
    "date": wording.day,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a table.

    Parameters
    ----------
    text : str
        As it is read.
    key : str or None
        What the column is sorted by where the text does not tell; "" for none.
    """

    text: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title : str
        Heading.
    kind : str
        text, money, gain (money with sign), tenths, count, percent, gain_percent or date.
    strong : bool
        Set in bold.
    """

    title: str
    kind: str = "text"
    strong: bool = False

    @property
    def numeric(self) -> bool:
        """Whether values stand to the right and are sorted as numbers."""
        return self.kind not in ("text", "date")

    def cell(self, value: Any) -> Cell:
        """Return a value as it is written and sorted."""
        text = _WRITE[self.kind](value)
        if self.kind == "text":
            return Cell(text, None)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return Cell(text, "")
        return Cell(text, value.isoformat() if isinstance(value, date) else f"{value:.6g}")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of the report.

    Parameters
    ----------
    name : str
        Identifier in the page.
    caption : str
        What the table shows; read aloud by screen readers.
    columns : tuple of Column
    rows : tuple of tuple of Cell
    total : tuple of Cell
        A closing row that is not sorted; empty for none.
    note : str
        What was left out, or where the rest stands.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


def grid(
    name: str,
    caption: str,
    columns: Iterable[Column],
    rows: Iterable[Iterable[Any]],
    *,
    total: Iterable[Any] = (),
    note: str = "",
) -> Grid:
    """Return a table of values, written by the columns' kinds.

    Parameters
    ----------
    name, caption, columns, note
        As for :class:`Grid`.
    rows : iterable of iterable
        Values, one a column.
    total : iterable, optional
        Values of the closing row.
    """
    heads = tuple(columns)

    def written(values: Iterable[Any]) -> tuple[Cell, ...]:
        return tuple(head.cell(value) for head, value in zip(heads, values, strict=True))

    last = tuple(total)
    return Grid(
        name, caption, heads, tuple(written(row) for row in rows),
        written(last) if last else (), note,
    )  # fmt: skip
