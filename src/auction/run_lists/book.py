"""The workbook of run lists, as a desk mails them out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from auction.run_lists.lists import MONEY, RunList
from auction.run_lists.sheet_text import SheetNames, cell_text, header_text

#: With more lists than this, those of one venue share a sheet; with more venues, all of a channel.
MOST_SHEETS: Final = 200
#: Rows of lots on one sheet; a sheet holds 1,048,576 in all.
MOST_ROWS: Final = 1_000_000
_HEAD: Final = 3
#: Lines of a cell that are shown at most; a row is no higher than 409 points.
_MOST_LINES: Final = 20
#: Height of a line, points.
_LINE: Final = 15
_A4: Final = 9
_OVERVIEW: Final = {
    "sheet": "sheet", "channel": "channel", "venue_id": "venue", "venue": "name", "day": "date",
    "lots": "lots", "expected_gross": "expected gross", "deliver_by": "deliver by",
    "collect_by": "first collection",
}  # fmt: skip
_WIDTHS: Final = {
    "lot": 5, "vehicle_id": 12, "vin": 20, "make": 13, "model": 16, "variant": 14,
    "model_year": 6, "odometer": 10, "condition_grade": 7, "damage": 9, "title_status": 9,
    "location": 10, "collect_by": 13, "deliver_by": 13, "reserve": 11, "start_price": 11,
    "price": 11, "offer_id": 8, "further_runs": 48, "parts": 60, "notes": 32, "event_date": 13,
    "venue_id": 10, "sheet": 24, "channel": 11, "venue": 28, "day": 13, "lots": 6,
    "expected_gross": 15,
}  # fmt: skip
_NUMBERS: Final = {
    **dict.fromkeys(MONEY, "#,##0"),
    "expected_gross": "#,##0",
    "odometer": "#,##0",
    "condition_grade": "0.0",
    "model_year": "0",
    "lot": "0",
    "lots": "#,##0",
}
_WRAPPED: Final = frozenset({"further_runs", "parts", "notes"})


def run_list_book(
    lists: Sequence[RunList], *, title: str, as_of: date, currency: str, scratch: Path
) -> bytes:
    """Return the workbook: an overview, then a sheet for each list.

    Every text is written as text: what looks like a formula stays as it is. The same lists
    give the same bytes.

    Parameters
    ----------
    lists : sequence of RunList
        As :func:`auction.run_lists.lists.run_lists` returns them.
    title : str
        What the workspace is called.
    as_of : datetime.date
        Planning date; stands for the date of making.
    currency : str
        What money is told in.
    scratch : Path
        Folder for temporary files.
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "tmpdir": str(scratch),
    }  # fmt: skip
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, options) as book:
        made = datetime.combine(as_of, datetime.min.time())
        book.set_properties({"title": cell_text(title)[:200], "created": made})
        writer = _Writer(book, as_of, currency)
        sheets = _shared(lists)
        names = SheetNames()
        overview = names.name("overview")
        named = [(names.name(sheet.name), sheet) for sheet in sheets]
        writer.sheet(overview, f"Run lists of {as_of}", _overview(named), {})
        for name, sheet in named:
            writer.sheet(name, sheet.title, sheet.rows, sheet.columns)
    return whole.getvalue()


class _Sheet:
    """The lists that share a sheet, as one table."""

    def __init__(self, name: str, title: str, lists: Sequence[RunList]) -> None:
        self.name, self.title, self.lists = name, title, lists
        shown = {"venue_id": "venue", "event_date": "date"} if len(lists) > 1 else {}
        columns: dict[str, str] = {}
        for each in lists:
            columns |= each.columns
        self.columns = {**shown, **columns}
        self.rows = pl.concat(
            [each.lots.with_columns(venue_id=pl.lit(each.venue_id)) for each in lists],
            how="diagonal",
        ).select(list(self.columns))


def _shared(lists: Sequence[RunList]) -> list[_Sheet]:
    """Share the lists out among sheets, so few that a program can show them."""

    def by(key: Any) -> list[list[RunList]]:
        groups: dict[Any, list[RunList]] = {}
        for each in lists:
            groups.setdefault(key(each), []).append(each)
        return list(groups.values())

    groups = [[each] for each in lists]
    name, title = _own_name, _own_title
    if len(groups) > MOST_SHEETS:
        groups = by(lambda each: (each.channel, each.venue_id))
        name, title = (lambda each: each.venue_id), (lambda each: f"{each.venue} ({each.venue_id})")
    if len(groups) > MOST_SHEETS:
        groups = by(lambda each: each.channel)
        name = title = lambda each: f"{each.channel} lists"
    return [_Sheet(name(group[0]), title(group[0]), group) for group in groups]


def _own_name(each: RunList) -> str:
    return f"{each.venue_id} {each.day}" if each.day else each.venue_id


def _own_title(each: RunList) -> str:
    called = each.venue_id if each.venue == each.venue_id else f"{each.venue} ({each.venue_id})"
    if each.day is None:
        return f"{called}: {each.lots.height} hand-overs"
    return f"{called} on {each.day}: {each.lots.height} lots, deliver by {each.deliver_by}"


def _overview(named: Sequence[tuple[str, _Sheet]]) -> pl.DataFrame:
    rows = [
        {
            "sheet": name, "channel": each.channel, "venue_id": each.venue_id,
            "venue": each.venue, "day": each.day, "lots": each.lots.height,
            "expected_gross": each.expected_gross, "deliver_by": each.deliver_by,
            "collect_by": each.collect_by,
        }
        for name, sheet in named
        for each in sheet.lists
    ]  # fmt: skip
    schema = {
        "sheet": pl.String, "channel": pl.String, "venue_id": pl.String, "venue": pl.String,
        "day": pl.Date, "lots": pl.Int64, "expected_gross": pl.Float64, "deliver_by": pl.Date,
        "collect_by": pl.Date,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _lines(rows: pl.DataFrame) -> list[int]:
    """Return how many lines each row needs; programs do not all work that out by themselves."""
    needed = [
        (pl.col(name).str.len_chars() / (_WIDTHS[name] - 2)).ceil().fill_null(1.0)
        for name in rows.columns
        if name in _WRAPPED
    ]
    if not needed:
        return [1] * rows.height
    most = rows.select(pl.max_horizontal(pl.lit(1.0), *needed).cast(pl.Int64)).to_series()
    return [min(lines, _MOST_LINES) for lines in most]


class _Writer:
    """Writes tables to sheets that print well."""

    def __init__(self, book: Any, as_of: date, currency: str) -> None:
        self.book, self.as_of, self.currency = book, as_of, currency
        self.big = book.add_format({"bold": True, "font_size": 14})
        self.plain = book.add_format()
        head = {
            "bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "bg_color": "#E8EEF4",
        }  # fmt: skip
        plain = {"valign": "top", "bottom": 4, "bottom_color": "#BBBBBB"}
        left = {"align": "left", "indent": 1}
        self.heads = {
            True: book.add_format({**head, "align": "right"}),
            False: book.add_format({**head, **left}),
        }
        self.text = book.add_format({**plain, **left})
        self.wrapped = book.add_format({**plain, **left, "text_wrap": True})
        self.date = book.add_format({**plain, **left, "num_format": "yyyy-mm-dd"})
        self.numbers = {
            code: book.add_format({**plain, "num_format": code})
            for code in sorted({"General", *_NUMBERS.values()})
        }

    def sheet(self, name: str, title: str, rows: pl.DataFrame, columns: dict[str, str]) -> None:
        """Write a table under a title."""
        heads = columns or _OVERVIEW
        for start in range(0, max(rows.height, 1), MOST_ROWS):
            part = "" if rows.height <= MOST_ROWS else f" {start // MOST_ROWS + 1}"
            sheet = self.book.add_worksheet(f"{name[: 31 - len(part)]}{part}")
            self._table(sheet, title, rows.slice(start, MOST_ROWS), heads)

    def _table(self, sheet: Any, title: str, rows: pl.DataFrame, heads: dict[str, str]) -> None:
        sheet.write_string(0, 0, cell_text(title), self.big)
        told = f"Money in {self.currency}; planned as of {self.as_of}"
        sheet.write_string(1, 0, cell_text(told), self.plain)
        sheet.set_row(_HEAD, 2 * _LINE)
        for row, lines in enumerate(_lines(rows), _HEAD + 1):
            if lines > 1:
                sheet.set_row(row, lines * _LINE)
        for place, (column, head) in enumerate(heads.items()):
            words = f"{head} ({self.currency})" if column == "expected_gross" else head
            form = self.heads[rows[column].dtype.is_numeric()]
            sheet.write_string(_HEAD, place, cell_text(words), form)
            sheet.set_column(place, place, _WIDTHS.get(column, 12))
            self._column(sheet, place, column, rows[column])
        self._print(sheet, title, rows.height, len(heads))

    def _column(self, sheet: Any, place: int, column: str, values: pl.Series) -> None:
        first = _HEAD + 1
        if values.dtype == pl.Date:
            for row, value in enumerate(values, first):
                if value is not None:
                    sheet.write_datetime(row, place, value, self.date)
        elif values.dtype.is_numeric():
            form = self.numbers[_NUMBERS.get(column, "General")]
            for row, value in enumerate(values, first):
                if value is not None:
                    sheet.write_number(row, place, value, form)
        else:
            form = self.wrapped if column in _WRAPPED else self.text
            for row, value in enumerate(values, first):
                if value is not None:
                    sheet.write_string(row, place, cell_text(value), form)

    def _print(self, sheet: Any, title: str, rows: int, columns: int) -> None:
        sheet.freeze_panes(_HEAD + 1, 2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.repeat_rows(_HEAD)
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, _HEAD + rows, columns - 1)
        sheet.set_header(f"&L{header_text(title)}")
        sheet.set_footer("&CPage &P of &N")
