"""Sheets of a workbook whose cells are written by the column, not one by one.

A fleet of 100,000 vehicles makes five million cells. What XlsxWriter would write for each is
written here for a column at a time, to the byte: formats, shared strings and widths are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from math import isfinite
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name, xl_pixel_width, xl_range
from xlsxwriter.worksheet import Worksheet

#: Rows that are put together at once; bounds the memory.
_ROWS: Final = 4096
#: Rows whose tags state one span of columns.
_SPAN: Final = 16
#: Where a table says which cells are its own.
_RANGES: Final = {"range", "a_range", "autofilter"}
#: Widths of TRUE and FALSE, pixels.
_BOOLEAN: Final = {True: 31, False: 36}
_DIGIT: Final = 7
#: Space that a column has beside its widest cell, pixels.
_PADDING: Final = 7


class BulkSheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes whole columns below rows that were written as usual.

    Values of a column are of one kind: text, numbers, dates or truth values; None and empty text
    leave a cell blank, without a format there is none.
    """

    dim_rowmax: int | None
    dim_colmin: int
    dim_colmax: int

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._columns: dict[int, _Column] = {}

    def add_table(
        self, first_row: int, first_col: int, last_row: int, last_col: int, options: dict[str, Any]
    ) -> int:
        """Add a table as XlsxWriter does, with its data by the column.

        Parameters
        ----------
        first_row, first_col, last_row, last_col : int
            Its cells.
        options : dict
            As XlsxWriter has them, ``columns`` among them; ``data`` holds rows, all of the table
            but its head.
        """
        data = options.pop("data", [])
        # the library goes through all cells to see whether two tables overlap
        end = first_row + 1 if data else last_row
        code = int(super().add_table(first_row, first_col, end, last_col, options))
        if data and code == 0:
            whole = xl_range(first_row, first_col, last_row, last_col)
            self.tables[-1] |= dict.fromkeys(_RANGES & self.tables[-1].keys(), whole)
            formats = [column.get("format") for column in options["columns"]]
            columns = list(zip(*data, strict=True))
            index = self._by_rows(columns)
            for place, (values, form) in enumerate(zip(columns, formats, strict=True)):
                self._put(first_row + 1, first_col + place, values, form, index.get(place))
        return code

    def put_column(self, row: int, col: int, values: Sequence[Any], form: Any) -> None:
        """Write a column; cells without a value are none.

        Parameters
        ----------
        row, col : int
            Its first cell; all columns of a sheet begin in one row and are as long.
        values : sequence
            Text, numbers, dates or truth values, or None.
        form : Format
            Of the cells that there are.
        """
        kept = [None if value is None else self._index(value) for value in values] if any(
            isinstance(value, str) for value in values
        ) else None  # fmt: skip
        self._put(row, col, values, form, kept, blank=False)

    def autofit(self, max_width: int | None = None) -> None:
        """Make columns as wide as their widest cell, as XlsxWriter does."""
        super().autofit(max_width)
        most = min(max_width or self.max_col_width, self.max_col_width)
        for col, column in self._columns.items():
            width = min(column.width(self.default_date_width) + _PADDING, most)
            known = self.col_info.get(col)
            if known is None or known.width is None:
                raise ValueError("a column is fitted beneath a head of its own")
            if width > known.width and width > _PADDING:
                known.width = width

    def _by_rows(self, columns: Sequence[Sequence[Any]]) -> dict[int, list[int | None]]:
        """Number the texts of columns in the order of rows, as cells one by one would."""
        texts = [
            place for place, values in enumerate(columns) if any(isinstance(v, str) for v in values)
        ]
        index: dict[int, list[int | None]] = {place: [] for place in texts}
        for row in zip(*(columns[place] for place in texts), strict=True):
            for place, text in zip(texts, row, strict=True):
                index[place].append(self._index(text) if text else None)
        return index

    def _index(self, text: str) -> int:
        """Return the number of a text among those of the workbook."""
        if len(text) > self.xls_strmax // 2:
            # cut where it is too long, by the library, in a cell that does not stay
            there, last = (self.dim_colmin, self.dim_colmax), self.xls_colmax - 1
            self._write_string(self.dim_rowmin or 0, last, text)
            self.dim_colmin, self.dim_colmax = there
            return int(self.table[self.dim_rowmin].pop(last).string)
        return int(self.str_table._get_shared_string_index(text))

    def _put(
        self,
        row: int,
        col: int,
        values: Sequence[Any],
        form: Any,
        index: list[int | None] | None,
        *,
        blank: bool = True,
    ) -> None:
        if not values:
            return
        column = _Column(xl_col_to_name(col), values, form, index, blank and form is not None)
        if self._columns and (row, len(values)) != (self._first, self._height):
            raise ValueError("columns of a sheet begin in one row and are as long")
        self._first, self._columns[col] = row, column
        for end in (row, row + len(values) - 1):
            if self._check_dimensions(end, col):
                raise ValueError(f"row {end}, column {col} lies outside of a sheet")

    @property
    def _height(self) -> int:
        return next((len(column.values) for column in self._columns.values()), 0)

    def _write_rows(self) -> None:
        if not self._columns:
            super()._write_rows()
            return
        last, self.dim_rowmax = self.dim_rowmax, self._first - 1
        super()._write_rows()
        self.dim_rowmax = last
        columns = [self._columns[col] for col in sorted(self._columns)]
        cells = [column.cells(self._first + 1, self._convert_date_time) for column in columns]
        rows = zip(*cells, strict=True)
        block: list[tuple[str, ...]] = []
        # the head stands in the block of the first rows, and is as wide as all
        row = self._first
        span: str | None = f"{self.dim_colmin + 1}:{self.dim_colmax + 1}"
        while block := list(islice(rows, _SPAN - row % _SPAN)):
            if row > self._first or not row % _SPAN:
                span = _span(block, sorted(self._columns))
            for each in block:
                text, height = "".join(each), self.row_info.get(row)
                if text:
                    self._write_row(row, span, height)
                    self.fh.write(text)
                    self._xml_end_tag("row")
                elif height is not None:
                    self._write_empty_row(row, span, height)
                row += 1


class _Column:
    """The cells of a column."""

    def __init__(
        self, name: str, values: Sequence[Any], form: Any, index: list[int | None] | None,
        blank: bool,
    ) -> None:  # fmt: skip
        self.name, self.values, self.form, self.index = name, values, form, index
        self.blank = blank
        self.kind = next((type(value) for value in values if value is not None), str)
        if self.kind not in (str, int, float, bool, date, datetime):
            raise TypeError(f"no cell holds a {self.kind.__name__}")
        if self.kind is float and not all(isfinite(v) for v in values if v is not None):
            raise ValueError(f"column {name} holds what is no finite number")

    def cells(self, row: int, serial: Callable[[date], float]) -> Iterator[str]:
        """Yield what stands in the file for each cell, nothing where there is none.

        Parameters
        ----------
        row : int
            Number of the first row, from 1.
        serial : callable
            Turns a date into the number that a workbook holds.
        """
        style = "" if self.form is None else f' s="{self.form._get_xf_index()}"'
        head = f'<c r="{self.name}'
        empty = f'"{style}/>' if self.blank else None
        values: Sequence[Any] = self.values if self.index is None else self.index
        opening = {str: f'"{style} t="s"><v>', bool: f'"{style} t="b"><v>'}
        before, after = opening.get(self.kind, f'"{style}><v>'), "</v></c>"
        for start in range(0, len(values), _ROWS):
            part = values[start : start + _ROWS]
            if self.kind in (date, datetime):
                part = [None if value is None else serial(value) for value in part]
            elif self.kind is bool:
                part = [None if value is None else int(value) for value in part]
            yield from [
                ("" if empty is None else f"{head}{place}{empty}") if value is None
                else f"{head}{place}{before}{value:.16G}{after}"
                for place, value in enumerate(part, row + start)
            ]  # fmt: skip

    def width(self, of_a_date: int) -> int:
        """Return the width of the widest cell, pixels."""
        there = [value for value in self.values if value is not None]
        if self.kind is str:
            lines = {line for text in set(there) for line in text.split("\n")}
            return max(map(xl_pixel_width, lines), default=0)
        if self.kind in (date, datetime):
            return of_a_date
        if self.kind is bool:
            return max(_BOOLEAN[value] for value in there)
        return _DIGIT * max(map(len, map(str, there)))


def _span(rows: Sequence[tuple[str, ...]], columns: Sequence[int]) -> str | None:
    """Return the first and the last column of some rows with a cell, from 1."""
    used = [col for col, cells in zip(columns, zip(*rows, strict=True), strict=True) if any(cells)]
    return f"{used[0] + 1}:{used[-1] + 1}" if used else None
