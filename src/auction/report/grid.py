"""A table as the templates take it: columns that know how their values are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from auction.report import wording

_WRITE: Final[dict[str, Callable[[Any], str]]] = {
    "text": lambda value: wording.NOTHING if value is None else str(value),
    "label": lambda value: wording.NOTHING if value is None else str(value),
    "money": wording.money,
    "gain": wording.signed,
    "tenths": lambda value: wording.money(value, 1),
    "gain_tenths": lambda value: wording.signed(value, 1),
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
        text, label (text kept on one line), money, gain (money with sign), tenths, gain_tenths,
        count, percent, gain_percent or date.
    strong : bool
        Set in bold.
    group : str
        Heading above the titles of neighbours with the same group; "" for none.
    """

    title: str
    kind: str = "text"
    strong: bool = False
    group: str = ""

    @property
    def style(self) -> str:
        """Classes of the column's cells."""
        kinds = {"number": self.numeric, "label": self.kind == "label", "strong": self.strong}
        return " ".join(name for name, applies in kinds.items() if applies)

    @property
    def numeric(self) -> bool:
        """Whether values stand to the right and are sorted as numbers."""
        return self.kind not in ("text", "label", "date")

    def cell(self, value: Any) -> Cell:
        """Return a value as it is written and sorted; a cell stands as it is."""
        if isinstance(value, Cell):
            return value
        text = _WRITE[self.kind](value)
        if self.kind in ("text", "label"):
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

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Headings above the titles and the columns each spans; empty where there are none."""
        runs = groupby(self.columns, key=lambda column: column.group)
        spans = [(name, len(list(members))) for name, members in runs]
        return spans if any(name for name, _ in spans) else []


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
        tuple(Cell("", "") if cell.text == wording.NOTHING else cell for cell in written(last))
        if last
        else (),
        note,
    )  # fmt: skip
