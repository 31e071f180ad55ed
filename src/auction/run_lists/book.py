"""The workbook of run lists, as a desk mails them out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from auction.run_lists.lists import MONEY, RunList
from auction.sheet_text import SheetNames, cell_text, header_text
from auction.workbooks import Sheet, workbook

if TYPE_CHECKING:
    from rustpy_xlsxwriter import Format

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


def run_list_book(lists: Sequence[RunList], *, title: str, as_of: date, currency: str) -> bytes:
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
    """
    look = _Look(as_of, currency)
    names = SheetNames()
    overview = names.name("overview")
    named = [(names.name(shared.name), shared) for shared in _shared(lists)]
    sheets = look.sheets(overview, f"Run lists of {as_of}", _overview(named), _OVERVIEW)
    for name, shared in named:
        sheets += look.sheets(name, shared.title, shared.rows, shared.columns)
    return workbook(sheets, datetime.combine(as_of, datetime.min.time()), cell_text(title)[:200])


class _Shared:
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


def _shared(lists: Sequence[RunList]) -> list[_Shared]:
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
    return [_Shared(name(group[0]), title(group[0]), group) for group in groups]


def _own_name(each: RunList) -> str:
    return f"{each.venue_id} {each.day}" if each.day else each.venue_id


def _own_title(each: RunList) -> str:
    called = each.venue_id if each.venue == each.venue_id else f"{each.venue} ({each.venue_id})"
    if each.day is None:
        return f"{called}: {each.lots.height} hand-overs"
    return f"{called} on {each.day}: {each.lots.height} lots, deliver by {each.deliver_by}"


def _overview(named: Sequence[tuple[str, _Shared]]) -> pl.DataFrame:
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


class _Look:
    """Sheets that print well."""

    def __init__(self, as_of: date, currency: str) -> None:
        from rustpy_xlsxwriter import Format

        def plain() -> Format:
            return (
                Format().set_align("top").set_border_bottom("dotted")
                .set_border_bottom_color("#BBBBBB")
            )  # fmt: skip

        def left() -> Format:
            return plain().set_align("left").set_indent(1)

        self.told = f"Money in {currency}; planned as of {as_of}"
        self.currency = currency
        self.big = Format().set_bold().set_font_size(14)
        self.plain = Format()
        self.head = (
            Format().set_bold().set_text_wrap().set_align("center").set_align("bottom")
            .set_border_bottom("thin").set_background_color("#E8EEF4")
        )  # fmt: skip
        self.text, self.wrapped = left(), left().set_text_wrap()
        self.date = left().set_num_format("yyyy-mm-dd")
        self.numbers = {
            code: plain().set_num_format(code) for code in {"General", *_NUMBERS.values()}
        }

    def sheets(
        self, name: str, title: str, rows: pl.DataFrame, heads: dict[str, str]
    ) -> list[Sheet]:
        """Return a table under a title, on as many sheets as it needs."""
        sheets = []
        for start in range(0, max(rows.height, 1), MOST_ROWS):
            part = "" if rows.height <= MOST_ROWS else f" {start // MOST_ROWS + 1}"
            some = rows.slice(start, MOST_ROWS).select(list(heads))
            sheets.append(self._sheet(f"{name[: 31 - len(part)]}{part}", title, some, heads))
        return sheets

    def _sheet(self, name: str, title: str, rows: pl.DataFrame, heads: dict[str, str]) -> Sheet:
        heights = {_HEAD: 2.0 * _LINE} | {
            row: float(lines * _LINE)
            for row, lines in enumerate(_lines(rows), _HEAD + 1)
            if lines > 1
        }
        return Sheet(
            name,
            rows,
            heads=[
                f"{head} ({self.currency})" if column == "expected_gross" else head
                for column, head in heads.items()
            ],
            widths=[float(_WIDTHS.get(column, 12)) for column in heads],
            formats=[self._format(rows[column]) for column in heads],
            head=self.head,
            row=_HEAD,
            frozen=2,
            above=[(0, title, self.big), (1, self.told, self.plain)],
            heights=heights,
            page={
                "landscape": True,
                "paper_size": _A4,
                "margins": {"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6},
                "repeat_rows": _HEAD,
                "fit_to_pages": (1, 0),
                "print_area": (0, 0, _HEAD + rows.height, len(heads) - 1),
                "header": f"&L{header_text(title)}",
                "footer": "&CPage &P of &N",
            },
        )

    def _format(self, values: pl.Series) -> Format:
        if values.dtype == pl.Date:
            return self.date
        if values.dtype.is_numeric():
            return self.numbers[_NUMBERS.get(values.name, "General")]
        return self.wrapped if values.name in _WRAPPED else self.text
