"""How well later sales were foretold by earlier ones: counts, errors and coverage by group."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats

#: Parts of equal chance into which a forecast distribution is cut.
PARTS: Final = 20
#: Central intervals that are judged, per cent, and the first and last part of each.
INTERVALS: Final = {50: (5, 14), 80: (2, 17), 90: (1, 18)}
#: Groups with fewer sales are joined.
_FEWEST_GROUP: Final = 30
_WEEKS_AHEAD: Final = ((1, 4), (5, 8), (9, 13), (14, 26), (27, None))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where the price of each later sale fell in the distribution foretold of it.

    Attributes
    ----------
    days, week : int64[n]
        Day of the sale, and its week after the last sale that was learnt from, from 1.
    error : float64[n]
        ln price less ln of the median foretold.
    part : int64[n]
        Twentieth of the distribution, by chance, in which the price fell: 0 lowest, 19 highest.
    log_price : float64[n]
        ln of the median foretold.
    labels : dict of str to list of str or None
        Words of each sale by the dimension it is counted under.
    later : bool
        Whether the equation of values, and the market's course, knew earlier days alone.
    apart : bool
        Whether the spread, and how much a guide value counts, were told from other weeks than
        those they are judged on.
    """

    days: NDArray[np.int64]
    week: NDArray[np.int64]
    error: Floats
    part: NDArray[np.int64]
    log_price: Floats
    labels: dict[str, list[str | None]]
    later: bool
    apart: bool

    def table(self) -> pl.DataFrame:
        """Return the counts, errors and coverage, over all sales and by group.

        Returns
        -------
        polars.DataFrame
            dimension ("all", "group", "grade", "age", "make", "seller_kind", "guide", "price",
            "ahead"), group, joined (whether it is what is left of the dimension, of groups too
            small and of sales without a word), sales, first and last (days of sale), price_low
            and price_high (least and greatest median foretold, money), median_error
            (signed: above zero, forecasts were too high) and median_absolute_error (relative to the
            price), then for each interval inside_50 (share of the prices inside it) and
            inside_50_error (standard error, sales of a week taken to err together), parts (how many
            prices fell into each twentieth of the forecast), part_error (standard error of the
            share in a twentieth, likewise, the root of the mean square over all), later and apart.
        """
        every = np.ones(len(self.days), dtype=np.bool_)
        rows = [self._row("all", "all", every)]
        for dimension, labels in self._dimensions().items():
            named = np.array([label or "" for label in labels])
            names = list(dict.fromkeys(label for label in labels if label))
            keep = [name for name in names if np.count_nonzero(named == name) >= _FEWEST_GROUP]
            keep.sort(key=in_order)
            rows += [self._row(dimension, name, named == name) for name in keep]
            rest = ~np.isin(named, keep)
            if keep and rest.any():
                rows.append(self._row(dimension, "other", rest, joined=True))
        return pl.DataFrame(rows, schema=_SCHEMA)

    def _dimensions(self) -> dict[str, list[str | None]]:
        return {**self.labels, "price": self._price_bands(), "ahead": self._ahead()}

    def _price_bands(self) -> list[str | None]:
        """Quarters of the sales by the price foretold, cheapest first."""
        edges = np.quantile(self.log_price, [0.25, 0.5, 0.75])
        quarter = np.searchsorted(edges, self.log_price, side="left")
        names = [f"{k + 1} of 4" for k in range(4)]
        return [names[place] for place in quarter]

    def _ahead(self) -> list[str | None]:
        names = []
        for week in self.week:
            first, last = next(b for b in _WEEKS_AHEAD if b[1] is None or week <= b[1])
            names.append(f"{first}+" if last is None else f"{first}-{last}")
        return list(names)

    def _row(
        self, dimension: str, name: str, rows: NDArray[np.bool_], *, joined: bool = False
    ) -> dict[str, object]:
        error, part, week = self.error[rows], self.part[rows], self.week[rows]
        relative = np.exp(-error) - 1.0
        row: dict[str, object] = {
            "dimension": dimension,
            "group": name,
            "joined": joined,
            "sales": len(error),
            "first": _date(self.days[rows].min()),
            "last": _date(self.days[rows].max()),
            "price_low": float(np.exp(self.log_price[rows].min())),
            "price_high": float(np.exp(self.log_price[rows].max())),
            "median_error": float(np.median(relative)),
            "median_absolute_error": float(np.median(np.abs(relative))),
        }
        for level, (low, high) in INTERVALS.items():
            inside = (part >= low) & (part <= high)
            row[f"inside_{level}"] = float(inside.mean())
            row[f"inside_{level}_error"] = share_error(inside, week)
        row["parts"] = np.bincount(part, minlength=PARTS).tolist()
        each = [share_error(part == place, week) for place in range(PARTS)]
        row["part_error"] = float(np.sqrt(np.mean(np.square(each))))
        return {**row, "later": self.later, "apart": self.apart}


_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "dimension": pl.String,
    "group": pl.String,
    "joined": pl.Boolean,
    "sales": pl.Int64,
    "first": pl.Date,
    "last": pl.Date,
    "price_low": pl.Float64,
    "price_high": pl.Float64,
    "median_error": pl.Float64,
    "median_absolute_error": pl.Float64,
    **{
        f"inside_{level}{suffix}": pl.Float64
        for level in INTERVALS
        for suffix in ("", "_error")
    },
    "parts": pl.List(pl.Int64),
    "part_error": pl.Float64,
    "later": pl.Boolean,
    "apart": pl.Boolean,
}  # fmt: skip


def share_error(inside: NDArray[np.bool_], week: NDArray[np.int64]) -> float:
    """Return the standard error of a share whose sales err together within a week.

    Parameters
    ----------
    inside : bool[n]
    week : int64[n]

    Notes
    -----
    Root of the sum over w weeks of (sum of inside - share)^2 times w / (w - 1), over n, as for a
    mean of clusters; never below that of independent sales at the share (k + 1) / (n + 2).
    """
    _, number, sales = np.unique(week, return_inverse=True, return_counts=True)
    return counted_error(np.bincount(number[inside], minlength=len(sales)), sales)


def counted_error(inside: NDArray[np.int64], sales: NDArray[np.int64]) -> float:
    """Return the error of `share_error` from counts of each week.

    Parameters
    ----------
    inside, sales : int64[w]
        Prices inside, and all sales, of each week.
    """
    hits, count, weeks = int(inside.sum()), int(sales.sum()), len(sales)
    sums = inside - sales * (hits / count)
    few = weeks / max(weeks - 1, 1)
    clustered = float(np.sqrt(few * np.sum(sums**2))) / count
    share = (hits + 1.0) / (count + 2.0)
    return max(clustered, float(np.sqrt(share * (1.0 - share) / count)))


def in_order(name: str) -> tuple[int, str]:
    """Place of a group: by the number that it begins with, then by its letters."""
    digits = re.match(r"\d{1,9}", name)
    return (int(digits[0]) if digits else 0, name)


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(int(day))
