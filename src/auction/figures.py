"""Figures told of options: columns of numbers, which are written once and read of a few rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.spill import Spilled

_Rows = NDArray[np.int64]
_Floats = NDArray[np.float64]

#: Kinds of columns that are figures: a number, or a list of some.
KINDS: Final = (pl.Float64(), pl.List(pl.Float64()))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: n rows.

    Parameters
    ----------
    spilled : Spilled
        float64[n, w], NaN for none; of a single row where all of them are alike.
    alike : bool
        Whether they are.
    listed : bool
        Whether a row is a list; else w is 1.
    """

    spilled: Spilled
    alike: bool
    listed: bool

    @classmethod
    def of(cls, told: pl.Series) -> Column:
        """Return a column of one of :data:`KINDS`."""
        listed = told.dtype == KINDS[1]
        values = _padded(told) if listed else told.to_numpy()[:, None]
        first = values[:1]
        alike = bool((values == first).all() or np.isnan(values).all())
        return cls(Spilled(first.copy() if alike else values), alike, listed)

    @property
    def width(self) -> int:
        """Numbers a row."""
        return int(self.spilled.values.shape[1])

    def fill(self, into: _Floats, here: _Rows, rows: _Rows) -> None:
        """Write some rows to places of a larger whole; numbers beyond those told are left alone.

        Parameters
        ----------
        into : float64[j, w or more]
        here : int64[i]
            Places there.
        rows : int64[i]
            Rows asked for.
        """
        values = self.spilled.values
        for place in range(self.width):
            into[here, place] = values[0, place] if self.alike else values[rows, place]
        if self.spilled.pages is not None:
            self.spilled.pages.forget()


def figures_of(frame: pl.DataFrame) -> dict[str, Column]:
    """Return the columns of a frame that are figures, by name."""
    return {name: Column.of(frame[name]) for name, kind in frame.schema.items() if kind in KINDS}


def gathered(
    names: Sequence[str],
    height: int,
    parts: Iterable[tuple[Mapping[str, Column], _Rows, _Rows]],
    widths: Mapping[str, int],
) -> pl.DataFrame:
    """Return columns of figures that lie in several frames.

    Parameters
    ----------
    names : sequence of str
        Of the columns, one at least.
    height : int
        Rows.
    parts : iterable of (dict of str to Column, int64[i], int64[i])
        Each with places in the whole and the rows that are put there; together they fill it.
    widths : dict of str to int
        Numbers of each column at most; 0 for one without lists.
    """
    room = {name: np.full((height, max(widths[name], 1)), np.nan, order="F") for name in names}
    for columns, here, rows in parts:
        for name, into in room.items():
            columns[name].fill(into, here, rows)
    return pl.DataFrame(
        [
            _lists(name, values) if widths[name] else pl.Series(name, values[:, 0]).fill_nan(None)
            for name, values in room.items()
        ]
    )


def widths(every: Iterable[Mapping[str, Column]]) -> dict[str, int]:
    """Return how many numbers each column of several frames has at most, 0 where no list is."""
    most: dict[str, int] = {}
    for columns in every:
        for name, column in columns.items():
            most[name] = max(most.get(name, 0), column.width if column.listed else 0)
    return most


def _padded(lists: pl.Series) -> _Floats:
    """Return lists as rows, with NaN behind shorter ones, and one NaN where nothing is told."""
    count = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    width = int(count.max(initial=1)) or 1
    flat = lists.drop_nulls().explode().to_numpy()
    if (count == width).all():
        return flat.reshape(-1, width)
    values = np.full((count.size, width), np.nan)
    row = np.repeat(np.arange(count.size), count)
    values[row, np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)] = flat
    return values


def _lists(name: str, values: _Floats) -> pl.Series:
    """Return lists of the numbers of each row, null where there are none."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    flat = pl.Series(name, values[known])
    if (count == values.shape[1]).all():
        return flat.reshape((count.size, values.shape[1])).arr.to_list()
    frame = pl.DataFrame({"row": np.repeat(np.arange(count.size), count), name: flat})
    lists = frame.group_by("row", maintain_order=True).agg(pl.col(name))
    place = np.where(count > 0, np.cumsum(count > 0) - 1, lists.height)
    nothing = pl.Series(name, [None], dtype=KINDS[1])
    return lists[name].append(nothing).gather(place)
