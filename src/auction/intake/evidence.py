"""What the values of a column look like, whatever its name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import polars as pl

from auction.workspace.files import DateOrder, NumberStyle, find_order, find_style

#: Rows looked at; taken evenly over the file.
LOOKED_AT: Final = 20_000

#: A share of values that makes a rule of it; the rest are slips.
MOST: Final = 0.9

US_STATES: Final = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "DC",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "PR",
    ]
)


@dataclass(frozen=True)
class Evidence:
    """The values of one column of a file.

    Parameters
    ----------
    header : str
        The column.
    values : polars.Series
        As read, blanks cut and nulls made.
    style : NumberStyle, optional
        How the file writes its numbers, where another column proves it.
    """

    header: str
    values: pl.Series
    style: NumberStyle | None = None

    @cached_property
    def known(self) -> pl.Series:
        """Values that are given."""
        return self.values.drop_nulls()

    @property
    def empty(self) -> bool:
        """Whether no value is given."""
        return self.known.is_empty()

    @property
    def null_share(self) -> float:
        """Share of rows without a value."""
        return self.values.null_count() / max(len(self.values), 1)

    @cached_property
    def texts(self) -> pl.Series:
        """Known values as text."""
        return self.known.cast(pl.String)

    @cached_property
    def distinct(self) -> int:
        """Number of different values."""
        return self.known.n_unique()

    @property
    def unique(self) -> bool:
        """Whether no value stands twice and none is missing."""
        return not self.empty and self.distinct == len(self.values)

    @cached_property
    def numbers(self) -> pl.Series:
        """Known values as numbers, in whatever style they are written; empty if most are none."""
        found = pl.Series([], dtype=pl.Float64)
        if self.known.dtype.is_numeric():
            found = self.known.cast(pl.Float64).drop_nans()
        elif self.known.dtype == pl.String:
            style = find_style(self.known)
            style = self.style if self.style and style.rival is not None else style
            written = self.known.to_frame("t").select(style.expression(pl.col("t"))).to_series()
            found = written.cast(pl.Float64, strict=False).drop_nulls().drop_nans()
        return found if len(found) >= MOST * len(self.known) else found.clear()

    @cached_property
    def dates(self) -> pl.Series:
        """Known values as dates; empty if most are none."""
        if self.known.dtype == pl.Date:
            return self.known
        if self.known.dtype != pl.String or self._share(r"\d") < MOST:
            return pl.Series([], dtype=pl.Date)
        frame = self.known.to_frame("t")
        found = frame.select(self._order.expression(pl.col("t"))).to_series().drop_nulls()
        return found if len(found) >= MOST * len(self.known) else found.clear()

    @property
    def first_date(self) -> date | None:
        """First date, None where the values are none."""
        found = self.dates.min()
        return found if isinstance(found, date) else None

    @property
    def last_date(self) -> date | None:
        """Last date, None where the values are none."""
        found = self.dates.max()
        return found if isinstance(found, date) else None

    @property
    def middle(self) -> float:
        """Median of the numbers, 0 where there are none."""
        found = self.numbers.median()
        return float(found) if isinstance(found, float | int) else 0.0

    @property
    def date_doubt(self) -> str:
        """Between which orders of the dates the data leaves open; empty where it does not."""
        if self.known.dtype != pl.String or self.dates.is_empty() or self._order.rival is None:
            return ""
        return f"{self._order.format} or {self._order.rival}"

    @cached_property
    def _order(self) -> DateOrder:
        return find_order(self.known)

    @property
    def years(self) -> bool:
        """Whether the values are years of cars."""
        numbers = self.numbers
        if numbers.is_empty():
            return False
        fit = (numbers.is_between(1950, 2060) & (numbers == numbers.round(0))).mean()
        return isinstance(fit, float) and fit >= MOST

    @property
    def vins(self) -> bool:
        """Whether the values have the form of VINs."""
        return self._share(r"(?i)^[A-HJ-NPR-Z0-9]{17}$") >= MOST and self._share(r"\d") >= MOST

    @property
    def states(self) -> bool:
        """Whether the values are states of the USA by their letters."""
        if self.empty or self.values.dtype != pl.String:
            return False
        share = self.texts.str.to_uppercase().is_in(sorted(US_STATES)).mean()
        return isinstance(share, float) and share >= MOST

    def words_among(self, allowed: tuple[str, ...]) -> bool:
        """Tell whether every value is one of some words."""
        return not self.empty and bool(self.texts.is_in(list(allowed)).all())

    def _share(self, pattern: str) -> float:
        share = self.texts.str.contains(pattern).mean() if not self.empty else 0.0
        return share if isinstance(share, float) else 0.0

    def describe(self) -> str:
        """Return what the values look like, in a few words."""
        if self.empty:
            return "no value is given"
        if not self.dates.is_empty():
            return f"dates {self.first_date} to {self.last_date}"
        if not self.numbers.is_empty():
            low, middle, high = (
                self.numbers.quantile(q, "nearest") or 0.0 for q in (0.01, 0.5, 0.99)
            )
            return f"numbers, mostly {low:,.6g} to {high:,.6g}, median {middle:,.6g}"
        return f"{self.distinct:,} different texts"


def gather(frame: pl.DataFrame) -> tuple[dict[str, Evidence], NumberStyle | None]:
    """Look at each column of a file, at rows spread evenly over it.

    Parameters
    ----------
    frame : polars.DataFrame
        As read.

    Returns
    -------
    columns : dict
        Evidence by header.
    style : NumberStyle or None
        How numbers are written, where one column proves what another leaves open.
    """
    step = max(1, frame.height // LOOKED_AT)
    looked_at = frame.gather_every(step) if step > 1 else frame
    found = {
        name: find_style(values.drop_nulls())
        for name, values in zip(frame.columns, looked_at.iter_columns(), strict=True)
        if values.dtype == pl.String and _mostly_numbers(values)
    }
    proven = [style for style in found.values() if not style.plain and style.rival is None]
    doubtful = any(style.rival is not None for style in found.values())
    agree = proven and all(
        (style.decimal, style.thousands) == (proven[0].decimal, proven[0].thousands)
        for style in proven
    )
    if agree and any(_contradicts(looked_at[name], proven[0]) for name in found):
        agree = False
    style = proven[0] if agree and doubtful else None
    columns = {name: Evidence(name, looked_at[name], style) for name in frame.columns}
    return columns, style


def _contradicts(values: pl.Series, style: NumberStyle) -> bool:
    """Tell whether a column holds numbers, most of which a style does not read."""
    frame = values.drop_nulls().to_frame("t")
    text = pl.col("t")
    other = find_style(frame["t"])
    read, otherwise = frame.select(
        style.expression(text).is_not_null().mean().alias("read"),
        other.expression(text).is_not_null().mean().alias("otherwise"),
    ).row(0)
    return bool(read < otherwise and otherwise >= MOST)


def _mostly_numbers(values: pl.Series) -> bool:
    share = values.drop_nulls().str.contains(r"^[+-]?[\d.,' ]*\d[\d.,' ]*$").mean()
    return isinstance(share, float) and share >= MOST
