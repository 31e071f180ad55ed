"""In which order a column writes its dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from auction.workspace.files.choice import choose

ISO: Final = "%Y-%m-%d"

#: Years that a date written in digits may have while its order is looked for.
YEARS: Final = (1900, 2199)

#: A time of day after a date, with its zone, in digits or in Chinese.
_TIME: Final = (
    r"(?:[Tt]|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:[Zz]|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?$"
    r"|\s*\d{1,2}[时時]\d{1,2}分(?:\d{1,2}秒)?$"
)

_COMPACT_TIME: Final = r"^(\d{8})[Tt]?\d{4}(?:\d{2})?[Zz]?$"

#: Formats by the shape of a date, each number written 9 and each word a.
_SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "9年9月9日": ("%Y年%m月%d日",),
    "9": ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
    **{
        f"9{mark}9{mark}9": (
            f"%Y{mark}%m{mark}%d",
            f"%d{mark}%m{mark}%Y",
            f"%m{mark}%d{mark}%Y",
            f"%d{mark}%m{mark}%y",
            f"%m{mark}%d{mark}%y",
            f"%y{mark}%m{mark}%d",
        )
        for mark in "-/."
    },
    **{
        f"9{mark}a{mark}9": tuple(
            form.format(mark, month)
            for month in ("b", "B")
            for form in ("%d{0}%{1}{0}%Y", "%Y{0}%{1}{0}%d", "%d{0}%{1}{0}%y", "%y{0}%{1}{0}%d")
        )
        for mark in "- /"
    },
    "a 9, 9": ("%b %d, %Y", "%B %d, %Y"),
    "9. a 9": ("%d. %B %Y", "%d. %b %Y"),
}


@dataclass(frozen=True, slots=True)
class DateOrder:
    """How a column writes its dates.

    Parameters
    ----------
    format : str
        strftime codes of the date.
    timed : bool
        Whether a time of day stands behind some dates; it is cut off.
    stated : bool
        Whether the owner said so.
    rival : str or None
        Another format that reads the dates otherwise and is not ruled out.
    example : str or None
        A date that the two read differently.
    disagree : bool
        Whether some dates only fit the one, and others only the rival or either.
    """

    format: str
    timed: bool = False
    stated: bool = False
    rival: str | None = None
    example: str | None = None
    disagree: bool = False

    @property
    def words(self) -> tuple[str, str]:
        """The rule and the remedy that ask for the order."""
        readings = " or ".join(
            f"{form} ({_told(self.example or '', form)})"
            for form in (self.format, self.rival or "")
        )
        why = "the dates of the column disagree" if self.disagree else "no date of the column tells"
        return f"is it {readings}? {why}", f'set date_format, such as "{self.format}"'

    def expression(self, column: pl.Expr) -> pl.Expr:
        """Return a text column as dates, null where it is not written so."""
        if self.stated and any(code in self.format for code in ("%H", "%I", "%T", "%M", "%s")):
            return (
                column.str.to_datetime(self.format, strict=False)
                .dt.replace_time_zone(None)
                .dt.date()
            )
        body = _without_time(column) if self.timed else column
        if self.format in _SHAPES["9"]:
            body = pl.when(body.str.contains(r"^\d{8}$")).then(body)
        return body.str.to_date(self.format, strict=False)


def _told(text: str, form: str) -> str:
    day: date | None = (
        pl.Series([text]).to_frame("t").select(DateOrder(form, timed=True).expression(pl.col("t")))
    ).item()
    return "" if day is None else f"{day.day} {day:%B %Y}"


def _without_time(column: pl.Expr) -> pl.Expr:
    return column.str.replace(_TIME, "").str.replace(_COMPACT_TIME, "$1")


def find_order(values: pl.Series) -> DateOrder:
    """Find how a column writes its dates.

    Parameters
    ----------
    values : polars.Series
        The column, text; null where a date is not known.

    Returns
    -------
    DateOrder
        The format that most values fit, and a rival if the data does not rule it out. ISO where
        nothing looks like a date.
    """
    texts = values.drop_nulls().unique()
    bodies = texts.to_frame("t").select(_without_time(pl.col("t"))).to_series()
    timed = bool((bodies != texts).any())
    bodies = bodies.unique().sort()
    shape = _shape(bodies)
    if shape is None:
        return DateOrder(ISO, timed=timed)
    frame = bodies.to_frame("t")
    readings = {
        form: frame.select(_plausible(DateOrder(form).expression(pl.col("t")))).to_series()
        for form in _SHAPES[shape]
    }
    choice = choose(bodies, readings)
    return DateOrder(
        choice.best,
        timed=timed,
        rival=choice.rival,
        example=choice.example,
        disagree=choice.disagree,
    )


def _shape(bodies: pl.Series) -> str | None:
    """Return the shape that most values have; of equals the first that is known."""
    shapes = bodies.str.replace_all(r"\d+", "9").str.replace_all(r"\p{L}{3,}\.?", "a")
    counts = dict(shapes.value_counts().iter_rows())
    known = [shape for shape in _SHAPES if shape in counts]
    return max(known, key=counts.__getitem__, default=None)


def _plausible(dates: pl.Expr) -> pl.Expr:
    return pl.when(dates.dt.year().is_between(*YEARS)).then(dates)
