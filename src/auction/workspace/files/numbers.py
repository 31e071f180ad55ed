"""What marks the decimals and the thousands of a column's numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from auction.workspace.files.choice import choose

NONE: Final = "none"

#: What stands for each mark of thousands: every kind of blank, every kind of apostrophe.
_MARKS: Final[dict[str, str]] = {
    ",": ",",
    ".": r"\.",
    " ": "[ \u00a0\u2007\u2009\u202f]",
    "'": "['’]",
}

#: Where a number is marked at all; a blank or an apostrophe only between digits.
_MARKED: Final = r"[.,]\d|\d[.,]|\d['’ \u00a0\u2007\u2009\u202f]\d"

#: A number whose mark could be one of thousands.
_THREE: Final = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a column writes its numbers.

    Parameters
    ----------
    decimal : str
        Decimal mark.
    thousands : str
        Mark of the thousands, a blank for every kind of blank, or ``none``.
    rival : NumberStyle or None
        Another style that reads some numbers otherwise and is not ruled out.
    example : str or None
        A number that the two read differently.
    disagree : bool
        Whether some numbers only fit the one, and others only the rival or either.
    telling : bool
        Whether the desk should see the style though it is plain: some number has three digits
        behind its mark, as thousands have.
    """

    decimal: str = "."
    thousands: str = NONE
    rival: NumberStyle | None = None
    example: str | None = None
    disagree: bool = False
    telling: bool = field(default=False, compare=False)

    @property
    def plain(self) -> bool:
        """Whether numbers are written as a programmer would."""
        return (self.decimal, self.thousands) == (".", NONE)

    @property
    def words(self) -> tuple[str, str]:
        """The rule and the remedy that ask for the style."""
        example = self.example or ""
        readings = [style.plain_text(example) for style in (self, self.rival or self)]
        why = "the numbers of the column disagree" if self.disagree else (
            "no number of the column tells"
        )  # fmt: skip
        marks = sorted({self.decimal, (self.rival or self).decimal})
        remedy = " or ".join(f'decimal = "{mark}"' for mark in marks)
        return f"is it {' or '.join(readings)}? {why}", f"set {remedy}"

    def plain_text(self, text: str) -> str:
        """Return a number as a programmer would write it."""
        plain = pl.DataFrame({"t": [text]}).select(self.expression(pl.col("t"))).item()
        return str(plain)

    def expression(self, column: pl.Expr) -> pl.Expr:
        """Return a text column with its numbers in plain style, null where they do not fit."""
        bare = column
        if self.thousands != NONE:
            bare = bare.str.replace_all(_MARKS[self.thousands], "")
        if self.decimal == ",":
            bare = bare.str.replace(",", ".", literal=True)
        return pl.when(column.str.contains(self._pattern)).then(bare)

    @property
    def _pattern(self) -> str:
        whole = r"\d+"
        if self.thousands != NONE:
            mark = _MARKS[self.thousands]
            whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:{mark}\d{{3}})+)"
        if self.thousands == ",":
            whole = rf"(?:{whole}|[1-9]\d?(?:,\d{{2}})+,\d{{3}})"
        point = _MARKS[self.decimal]
        return rf"^[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?$"


def find_style(
    values: pl.Series,
    *,
    decimal: str = "detect",
    thousands: str = "detect",
    whole: bool = False,
    bounds: tuple[float | None, float | None] = (None, None),
) -> NumberStyle:
    """Find how a column writes its numbers.

    Parameters
    ----------
    values : polars.Series
        The column, text; null where a number is not known.
    decimal, thousands : str
        What the owner says of it; ``detect`` where nothing.
    whole : bool
        Whether the column holds whole numbers: 1.234 is then no decimal.
    bounds : tuple
        Least and greatest value that the column can have, None where there is none: 45.123 is
        then no latitude of 45,123 degrees.

    Returns
    -------
    NumberStyle
        The style that most values fit, and a rival if the data does not rule it out.
    """
    marked = values.drop_nulls()
    marked = marked.filter(marked.str.contains(_MARKED)).unique().sort()
    telling = bool(marked.str.contains(_THREE).any())
    styles = [replace(style, telling=telling) for style in _candidates(marked, decimal, thousands)]
    if len(styles) == 1 or marked.is_empty():
        return styles[0]
    frame = marked.to_frame("t")
    readings = {
        _key(style): frame.select(
            _possible(style.expression(pl.col("t")).cast(pl.Float64, strict=False), whole, bounds)
        ).to_series()
        for style in styles
    }
    choice = choose(marked, readings)
    by_key = {_key(style): style for style in styles}
    best = by_key[choice.best]
    if choice.rival is None:
        return best
    return replace(
        best, rival=by_key[choice.rival], example=choice.example, disagree=choice.disagree
    )


def _key(style: NumberStyle) -> str:
    return f"{style.decimal}{style.thousands}"


def _candidates(marked: pl.Series, decimal: str, thousands: str) -> list[NumberStyle]:
    """Return the styles that the owner allows and the marks in the column suggest."""
    found = {
        mark for mark, pattern in _MARKS.items() if marked.str.contains(rf"\d{pattern}\d").any()
    }
    styles = []
    for point, other in ((".", ","), (",", ".")):
        if decimal not in ("detect", point) or thousands == point:
            continue
        marks = [mark for mark in (other, " ", "'") if mark in found] or [NONE]
        if thousands != "detect":
            marks = [thousands]
        styles += [NumberStyle(point, mark) for mark in marks]
    return styles


def _possible(numbers: pl.Expr, whole: bool, bounds: tuple[float | None, float | None]) -> pl.Expr:
    least, greatest = bounds
    kept = numbers.is_finite()
    if whole:
        kept &= numbers == numbers.round(0)
    if least is not None:
        kept &= numbers >= least
    if greatest is not None:
        kept &= numbers <= greatest
    return pl.when(kept).then(numbers)
