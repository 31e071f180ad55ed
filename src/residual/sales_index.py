"""The market's level from the sales themselves, joined with an outside series."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.features import Days
from residual.segment_blocks import block_means
from residual.segment_filter import filter_walks

_STEPS: Final = np.geomspace(1e-3, 6e-2, 12)
_PASSING: Final = np.array([0.0, 0.01, 0.02, 0.04])
_PRIOR_SD: Final = 0.5
#: Shared months over which two indices are brought to one level.
_SHARED: Final = 3


def index_of_sales(
    residual: Floats,
    day: Days,
    weight: Floats,
    as_of: dt.date,
    expected_volatility: float,
    series: str = "market",
) -> pl.DataFrame:
    """Monthly index of the market from what the equation of values leaves without its level.

    Parameters
    ----------
    residual : float64[n]
        ln price less all effects but those of time.
    day : int64[n]
        Days since 1970-01-01; sales after `as_of` are not read.
    weight : float64[n]
        1 / variance of each residual. Rows that are not finite, or weigh nothing, are not read.
    as_of : datetime.date
    expected_volatility : float
        Prior median of the sd of a month's change, above 0.
    series : str, optional

    Returns
    -------
    polars.DataFrame
        Rows as in `residual.tables.Index` from the first month with a sale to the last, 100 in
        the last; none without sales. They are released on `as_of`, as each rests on all sales.

    Notes
    -----
    A walk seen through the robust mean of each calendar month, with an error common to its sales;
    step and error are those of the largest marginal likelihood times prior. Levels are smoothed
    (Rauch, Tung and Striebel 1965).
    """
    sound = np.isfinite(residual) & np.isfinite(weight) & (weight > 0.0)
    rows = np.flatnonzero(sound & (day <= (as_of - dt.date(1970, 1, 1)).days))
    month = day[rows].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if not len(rows):
        return _rows(series, month, np.zeros(0), as_of)
    last = int(month.max())
    centre = float(np.median(residual[rows]))
    zero = np.zeros(len(rows), dtype=np.int64)
    mean, precision = block_means(residual[rows] - centre, last - month, zero, weight[rows], 1)
    step, passing = _parameters(mean, precision, expected_volatility)
    level = _smoothed(mean[0], precision[0], step, passing)
    return _rows(series, np.arange(last + 1 - len(level), last + 1), level - level[-1], as_of)


def joined_index(outside: pl.DataFrame, sales: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Prolong an outside series by the index of the sales where nothing is released yet.

    Parameters
    ----------
    outside : polars.DataFrame
        Rows of one series as in `residual.tables.Index`, one a month; those released later than
        `as_of` are not read.
    sales : polars.DataFrame
        As of `index_of_sales`.
    as_of : datetime.date

    Returns
    -------
    polars.DataFrame
        The outside rows, and before and after them the months that sales alone know, brought to
        the outside level over the nearest three months that both know. Without a month in common
        the outside rows alone.
    """
    columns = ["series", "date", "released_on", "value"]
    known = outside.filter(
        pl.col("released_on") <= as_of, pl.col("value") > 0, pl.col("value").is_finite()
    )
    known = known.select(columns).sort("date")
    ours = sales.select(columns).sort("date")
    ours = ours.filter(pl.col("released_on") <= as_of)
    month = pl.col("date").dt.truncate("1mo")
    both = known.with_columns(month=month).join(
        ours.with_columns(month=month), on="month", suffix="_sales"
    )
    if both.is_empty():
        return known
    both = both.sort("month").with_columns(gap=(pl.col("value") / pl.col("value_sales")).log())
    parts = [known]
    for edge, side in (
        (both.head(_SHARED), month < known["date"][0].replace(day=1)),
        (both.tail(_SHARED), month > known["date"][-1].replace(day=1)),
    ):
        factor = float(np.exp(np.mean(edge["gap"].to_numpy())))
        added = ours.filter(side).with_columns(
            series=pl.lit(known["series"][0]), value=pl.col("value") * factor
        )
        parts.append(added)
    return pl.concat(parts).sort("date")


def _parameters(mean: Floats, precision: Floats, expected: float) -> tuple[float, float]:
    step, passing = (grid.ravel() for grid in np.meshgrid(_STEPS, _PASSING, indexing="ij"))
    nothing = np.zeros(1)
    found = filter_walks(mean, precision, step, passing, nothing, nothing)
    prior = -0.5 * (np.log(step / expected) / _PRIOR_SD) ** 2
    best = int(np.argmax(found.likelihood[0] + prior))
    return float(step[best]), float(passing[best])


def _smoothed(mean: Floats, precision: Floats, step: float, passing: float) -> Floats:
    """Levels given all months, of a walk that may begin anywhere near 0."""
    months = len(mean)
    level, variance = np.zeros(months), np.zeros(months)
    at, p = 0.0, (12.0 + 0.5 * months) * step**2
    for month in range(months):
        p += step**2 if month else 0.0
        if precision[month] > 0.0:
            gain = p / (p + 1.0 / precision[month] + passing**2)
            at, p = at + gain * (mean[month] - at), p * (1.0 - gain)
        level[month], variance[month] = at, p
    for month in range(months - 2, -1, -1):
        share = variance[month] / (variance[month] + step**2)
        level[month] += share * (level[month + 1] - level[month])
    return level


def _rows(series: str, month: Days, log_level: Floats, as_of: dt.date) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "series": pl.Series([series] * len(month), dtype=pl.String),
            "date": pl.Series(month.astype("datetime64[M]").astype("datetime64[D]")).cast(pl.Date),
            "released_on": pl.Series([as_of] * len(month), dtype=pl.Date),
            "value": 100.0 * np.exp(log_level),
        }
    )
