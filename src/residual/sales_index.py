"""The market's level from the sales themselves, alone or against an outside series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days
from residual.segment_blocks import block_means
from residual.segment_filter import filter_walks

_STEPS: Final = np.geomspace(1e-3, 6e-2, 14)
_PASSING: Final = np.array([0.0, 0.01, 0.02, 0.04])
#: Sd of ln of the volatility around the expected one.
_PRIOR_SD: Final = 0.5
#: Likewise, of how far the sales stray from a series: fleets differ widely in that.
_STRAYING_SD: Final = 0.8


@dataclass(frozen=True, slots=True)
class SalesIndex:
    """Monthly index of the market as the sales show it.

    Attributes
    ----------
    stamps : list of str
        Months as "YYYY-MM", from the first with a sale to the last.
    log_level : float64[k]
        Smoothed; 0 in the last month.
    volatility : float
        Sd of a month's step (its geometric mean over the posterior).
    """

    stamps: list[str]
    log_level: Floats
    volatility: float

    @property
    def changes(self) -> dict[str, float]:
        """Log changes from month to month, by the later month."""
        return dict(zip(self.stamps[1:], np.diff(self.log_level).tolist(), strict=True))


def index_of_sales(
    residual: Floats, day: Days, weight: Floats, as_of: int, expected_volatility: float
) -> SalesIndex:
    """Tell the index of the market from what the equation of values leaves without its level.

    Parameters
    ----------
    residual : float64[n]
        ln price less all effects but those of time.
    day : int64[n]
        Days since 1970-01-01; sales after `as_of` are not read.
    weight : float64[n]
        1 / variance of each residual. Rows that are not finite, or weigh nothing, are not read.
    as_of : int
    expected_volatility : float
        Prior median of the sd of a month's change.

    Notes
    -----
    A walk seen through the robust mean of each calendar month, with an error common to its sales.
    Step and error are weighed by marginal likelihood times prior; levels are smoothed under the
    likeliest (Rauch, Tung and Striebel 1965).
    """
    month, mean, precision = _by_month(residual, day, weight, as_of)
    step, passing, chance = _parameters(mean, precision, expected_volatility, _PRIOR_SD)
    best = int(np.argmax(chance))
    level = _smoothed(mean, precision, float(step[best]), float(passing[best]))
    stamps = np.datetime_as_string(month.astype("datetime64[M]"))
    return SalesIndex(
        [str(stamp) for stamp in stamps],
        level - level[-1:],
        float(np.exp(chance @ np.log(step))),
    )


def volatility_against(
    series: Mapping[str, float],
    residual: Floats,
    day: Days,
    weight: Floats,
    as_of: int,
    expected_volatility: float,
) -> float:
    """Sd of a month's step of the market of the sales against an outside series.

    Parameters
    ----------
    series : mapping of float
        Log level by month "YYYY-MM". Sales of other months are not read.
    residual, day, weight, as_of, expected_volatility
        As for `index_of_sales`.
    """
    month, mean, precision = _by_month(residual, day, weight, as_of)
    stamps = np.datetime_as_string(month.astype("datetime64[M]"))
    level = np.array([series.get(str(stamp), np.nan) for stamp in stamps], dtype=np.float64)
    known = np.isfinite(level)
    away = np.where(known, mean - level, 0.0)
    precision = np.where(known, precision, 0.0)
    centre = float(np.sum(away * precision)) / max(float(precision.sum()), 1e-300)
    step, _, chance = _parameters(away - centre, precision, expected_volatility, _STRAYING_SD)
    return float(np.exp(chance @ np.log(step)))


def _by_month(
    residual: Floats, day: Days, weight: Floats, as_of: int
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Calendar months since 1970, the mean residual of each and its precision."""
    sound = np.isfinite(residual) & np.isfinite(weight) & (weight > 0.0)
    rows = np.flatnonzero(sound & (day <= as_of))
    month = day[rows].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if not len(rows):
        return month, np.zeros(0), np.zeros(0)
    last = int(month.max())
    centre = float(np.median(residual[rows]))
    zero = np.zeros(len(rows), dtype=np.int64)
    mean, precision = block_means(residual[rows] - centre, last - month, zero, weight[rows], 1)
    return np.arange(last + 1 - mean.shape[1], last + 1), mean[0], precision[0]


def _parameters(
    mean: Floats, precision: Floats, expected: float, prior_sd: float
) -> tuple[Floats, Floats, Floats]:
    """Steps, passing errors and the probability of each pair."""
    step, passing = (grid.ravel() for grid in np.meshgrid(_STEPS, _PASSING, indexing="ij"))
    nothing = np.zeros(1)
    found = filter_walks(mean[None, :], precision[None, :], step, passing, nothing, nothing)
    prior = -0.5 * (np.log(step / max(expected, float(_STEPS[0]))) / prior_sd) ** 2
    total = found.likelihood[0] + prior
    chance = np.exp(total - total.max())
    return step, passing, np.asarray(chance / chance.sum())


def _smoothed(mean: Floats, precision: Floats, step: float, passing: float) -> Floats:
    """Levels given all months, of a walk that may begin anywhere near 0."""
    months = len(mean)
    level, variance = np.zeros(months), np.zeros(months)
    at, p = 0.0, 1.0
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
