"""What every option is: kept as its channel told it, put together where somebody looks.

A fleet has a hundred options a vehicle, and most of what is told of an option is only ever read of
the one that is taken and of a few beside it. So names and dates stay in the frames of the channels,
each with what is the same in all its rows held once; figures, which take four fifths of the room,
may lie on the disk. Columns and rows are put together when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.figures import Column, figures_of, gathered, widths
from auction.spill import Spilled

_Rows = NDArray[np.int64]

#: How frames hold text: as the number of a name that is kept once.
NAMED = pl.Categorical()
#: Numbers of options stay below this.
_LARGEST = 2**62


@dataclass(frozen=True)
class Block:
    """Options of some vehicles in a row: r rows, told by frames that stand one under the other.

    Parameters
    ----------
    columns : tuple of str
        Names of all columns in their order.
    frames : tuple of polars.DataFrame
        Frames of the same columns, without figures, r rows together.
    place : uint32[r]
        Where each option stands in the frames.
    figures : tuple of dict of str to Column
        The other columns of each frame.
    """

    columns: tuple[str, ...]
    frames: tuple[pl.DataFrame, ...]
    place: NDArray[np.uint32]
    figures: tuple[dict[str, Column], ...]

    @classmethod
    def of(cls, frames: Sequence[pl.DataFrame], place: NDArray[np.uint32]) -> Block:
        """Return a block of what frames tell that stand one under the other.

        Parameters
        ----------
        frames : sequence of polars.DataFrame
            Frames of the same columns, one at least.
        place : uint32[r]
            Where each option stands in the frames.
        """
        named = tuple(frame.drop([*figures_of(frame.clear())]) for frame in frames)
        return cls(tuple(frames[0].columns), named, place, tuple(map(figures_of, frames)))

    @property
    def arrays(self) -> list[NDArray[np.float64]]:
        """The arrays of the figures, column by column; those that are the same in all rows not."""
        return [
            column.spilled.values
            for columns in self.figures
            for column in columns.values()
            if not column.alike
        ]

    def at(self, spilled: Iterator[Spilled]) -> Block:
        """Return the same block with :attr:`arrays` where they lie now, in their order."""
        return replace(
            self,
            figures=tuple(
                {
                    name: column if column.alike else replace(column, spilled=next(spilled))
                    for name, column in columns.items()
                }
                for columns in self.figures
            ),
        )

    def read(self, names: Sequence[str], rows: _Rows | None = None) -> pl.DataFrame:
        """Return some columns without figures of every option, or of those given."""
        place = self.place if rows is None else self.place[rows]
        return pl.concat([frame.select(names) for frame in self.frames])[place]

    def told(self, rows: _Rows, names: Sequence[str]) -> tuple[list[pl.DataFrame], _Rows]:
        """Return what frames tell of some options, and which of the options each row tells of.

        Columns without figures only.
        """
        place = self.place[rows].astype(np.int64)
        order = np.argsort(place, kind="stable")
        edges = np.searchsorted(place[order], self._edges)
        parts = [
            frame.select(names)[place[order[first:last]] - edge]
            for frame, edge, first, last in zip(
                self.frames, self._edges[:-1], edges[:-1], edges[1:], strict=True
            )
            if last > first
        ]
        return parts, order

    def lying(
        self, here: _Rows, rows: _Rows | None
    ) -> Iterator[tuple[dict[str, Column], _Rows, _Rows]]:
        """Yield the figures of each frame that options lie in, their places and their rows there.

        Parameters
        ----------
        here : int64[i]
            Place of each option in a larger whole.
        rows : int64[i] or None
            The options; all r of them by default.
        """
        place = (self.place if rows is None else self.place[rows]).astype(np.int64)
        for columns, first, last in zip(
            self.figures, self._edges[:-1], self._edges[1:], strict=True
        ):
            own = np.flatnonzero((place >= first) & (place < last))
            if own.size:
                yield columns, here[own], place[own] - first

    @cached_property
    def _edges(self) -> _Rows:
        return np.cumsum([0, *(frame.height for frame in self.frames)])


@dataclass(frozen=True)
class OptionTable:
    """The columns of all options: m rows.

    Parameters
    ----------
    own : polars.DataFrame, m rows
        Columns that are held as they are.
    blocks : tuple of Block
        Further columns, by block, m rows together.
    units : polars.DataFrame, V rows
        Columns that tell of the vehicle.
    vehicle : int64[m]
        Vehicle of each option.
    """

    own: pl.DataFrame
    blocks: tuple[Block, ...] = ()
    units: pl.DataFrame = field(default_factory=pl.DataFrame)
    vehicle: _Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def of(cls, frame: pl.DataFrame) -> OptionTable:
        """Return the table of a frame that holds every option and column."""
        return cls(frame)

    @property
    def height(self) -> int:
        """Number of options."""
        return self.own.height

    @cached_property
    def columns(self) -> list[str]:
        """Names of the columns: of the vehicle, of the option, and what it is worth."""
        told = self.blocks[0].columns if self.blocks else []
        return [*self.units.columns, *told, *self.own.columns]

    def column(self, name: str) -> pl.Series:
        """Return one column of every option, as :meth:`read` does."""
        return self.read([name])[name]

    def read(self, names: Sequence[str], rows: _Rows | None = None) -> pl.DataFrame:
        """Return some columns of every option, text as categories where it is kept so.

        Parameters
        ----------
        names : sequence of str
            Of the columns.
        rows : int64[j], optional
            Options asked for, ascending; all by default. For a few, :meth:`rows` takes less.

        Returns
        -------
        polars.DataFrame, m rows, or j

        Raises
        ------
        polars.exceptions.ColumnNotFoundError
            Where there is no such column.
        """
        own, unit, named, figures = self._sorted(names)
        every = slice(None) if rows is None else rows
        parts = [self.own.select(own)[every]] if own else []
        if unit:
            parts.append(self.units.select(unit)[self.vehicle[every]])
        if named:
            parts.append(pl.concat(self._read(named, rows)))
        if figures:
            count = self.height if rows is None else rows.size
            parts.append(gathered(figures, count, self._lying(rows), self._widths))
        return pl.concat(parts, how="horizontal").select(names)

    def rows(self, rows: _Rows, names: Sequence[str] | None = None) -> pl.DataFrame:
        """Return some options, text as text.

        Parameters
        ----------
        rows : int64[j]
            Which of them, in any order.
        names : sequence of str, optional
            Of the columns; all by default.

        Returns
        -------
        polars.DataFrame, j rows

        Raises
        ------
        polars.exceptions.ColumnNotFoundError
            Where there is no such column.
        """
        names = self.columns if names is None else names
        rows = np.asarray(rows, dtype=np.int64)
        own, unit, named, figures = self._sorted(names)
        parts = [self.own.select(own)[rows]] if own else []
        if unit:
            parts.append(self.units.select(unit)[self.vehicle[rows]])
        if named:
            parts.append(self._told(rows, named))
        if figures:
            lying = (block.lying(*both) for block, *both in self._by_block(rows))
            parts.append(gathered(figures, rows.size, chain.from_iterable(lying), self._widths))
        frame = pl.concat(parts, how="horizontal").select(names)
        return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Options that keep a vehicle back, bool[m]."""
        return (self.column("channel") == "hold").to_numpy()

    def numbered(self, names: Sequence[str], rows: _Rows | None = None) -> NDArray[np.int64]:
        """Return a number for each option, the same for options alike in some columns.

        Parameters
        ----------
        names : sequence of str
            The columns; nulls are alike.
        rows : int64[j], optional
            Options asked for, ascending; all by default. Numbers of other options may differ.

        Returns
        -------
        int64[m], or int64[j]
        """
        number = np.zeros(self.height if rows is None else rows.size, dtype=np.int64)
        size = 1
        for name in names:
            code, count = _codes(self.read([name], rows)[name])
            if size > _LARGEST // count:
                met, number = np.unique(number, return_inverse=True)
                size = met.size
            number *= count
            number += code
            size *= count
        return number

    def whole(self) -> pl.DataFrame:
        """Return every option and column; of a large fleet that is a great deal."""
        return self.rows(np.arange(self.height))

    def _sorted(self, names: Sequence[str]) -> tuple[list[str], list[str], list[str], list[str]]:
        """Return which names are of the table itself, of the vehicle, and of the blocks.

        Those of the blocks last, without figures and with.
        """
        own = [name for name in names if name in self.own.columns]
        unit = [name for name in names if name in self.units.columns]
        others = [name for name in names if name not in own and name not in unit]
        absent = [name for name in others if name not in self.columns]
        if absent:
            raise pl.exceptions.ColumnNotFoundError(f"options have no column {absent[0]}")
        figures = [name for name in others if name in self._widths]
        return own, unit, [name for name in others if name not in self._widths], figures

    @cached_property
    def _widths(self) -> dict[str, int]:
        return widths(columns for block in self.blocks for columns in block.figures)

    def _lying(self, rows: _Rows | None) -> Iterator[tuple[dict[str, Column], _Rows, _Rows]]:
        """Yield figures of all options, or of ascending ones, with their places and rows."""
        edges = self._edges
        bounds = edges if rows is None else np.searchsorted(rows, edges)
        for block, edge, first, last in zip(
            self.blocks, edges[:-1], bounds[:-1], bounds[1:], strict=True
        ):
            local = None if rows is None else rows[first:last] - edge
            yield from block.lying(np.arange(first, last), local)

    def _read(self, names: Sequence[str], rows: _Rows | None) -> Iterator[pl.DataFrame]:
        """Yield names of one block after the other, of all options or of ascending ones."""
        if rows is None:
            yield from (block.read(names) for block in self.blocks)
            return
        bounds = np.searchsorted(rows, self._edges)
        for block, edge, first, last in zip(
            self.blocks, self._edges[:-1], bounds[:-1], bounds[1:], strict=True
        ):
            yield block.read(names, rows[first:last] - edge)

    def _told(self, rows: _Rows, names: Sequence[str]) -> pl.DataFrame:
        """Return columns without figures of the blocks for some options."""
        if not rows.size:
            return self.blocks[0].frames[0].select(names).clear()
        frames: list[pl.DataFrame] = []
        place = np.empty(rows.size, dtype=np.int64)
        filled = 0
        for block, here, local in self._by_block(rows):
            parts, order = block.told(local, names)
            frames += parts
            place[here[order]] = np.arange(filled, filled + order.size)
            filled += order.size
        return pl.concat(frames)[place]

    @cached_property
    def _edges(self) -> _Rows:
        return np.cumsum([0, *(block.place.size for block in self.blocks)])

    def _by_block(self, rows: _Rows) -> Iterator[tuple[Block, _Rows, _Rows]]:
        """Yield each block that is met, which of the rows lie there, and where in it."""
        edges = self._edges
        order = np.argsort(rows, kind="stable")
        bounds = np.searchsorted(rows[order], edges)
        for block, edge, first, last in zip(
            self.blocks, edges[:-1], bounds[:-1], bounds[1:], strict=True
        ):
            if last > first:
                here = order[first:last]
                yield block, here, rows[here] - edge


def _codes(column: pl.Series) -> tuple[_Rows, int]:
    """Return a number for each value, 0 for none, and how many numbers there may be."""
    if not column.len():
        return np.zeros(0, dtype=np.int64), 1
    known = column.cast(NAMED) if column.dtype == pl.String else column
    code = known.to_physical().cast(pl.Int64)
    least, most = code.min(), code.max()
    if not isinstance(least, int) or not isinstance(most, int):
        return np.zeros(column.len(), dtype=np.int64), 1
    return (code - least + 1).fill_null(0).to_numpy(), most - least + 2
