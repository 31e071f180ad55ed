"""A control chart of standardised errors: smoothed from week to week, with limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

#: Share of what is known that a week leaves to the next.
KEPT: Final = 0.75
#: Standard errors that luck stays within: in all but 3 of 1,000 weeks, and in 99 of 100.
LUCK: Final = 3.0
STATED: Final = 2.5758293035489004
#: Fewer weeks say nothing of how far weeks lie apart.
_FEWEST_WEEKS: Final = 4


@dataclass(frozen=True, slots=True)
class Chart:
    """Errors by week.

    Attributes
    ----------
    week : int64[w]
        Weeks with a sale, in order.
    members : list of int64
        Rows of each week.
    sales : int64[w]
    mean : float64[w]
        Mean score of each week.
    smoothed : float64[w]
        Weighted mean of the weeks so far.
    limit, fan_limit : float64[w]
        What luck alone, and what luck with the market's stated error, leave of its size.
    """

    week: NDArray[np.int64]
    members: list[NDArray[np.int64]]
    sales: NDArray[np.int64]
    mean: Floats
    smoothed: Floats
    limit: Floats
    fan_limit: Floats

    def states(self) -> list[str]:
        """Return "steady", "moved" or "drifted" for each week."""
        size = np.abs(self.smoothed)
        told = np.where(size <= self.limit, "steady", "moved")
        outside = (size > self.limit) & (size > self.fan_limit)
        return [str(state) for state in np.where(outside, "drifted", told)]


def control(score: Floats, week: NDArray[np.int64], common: Floats, passing: float) -> Chart:
    """Smooth the mean scores of weeks, and tell how far luck may take them.

    Parameters
    ----------
    score : float64[n]
        Normal scores of prices in their forecasts: mean 0 and variance 1 where those are right.
    week : int64[n]
    common : float64[n]
        Share of a score's variance that is the error of the market level, as stated.
    passing : float
        Variance of what a week's scores have in common and the next week's have not.

    Returns
    -------
    Chart

    Notes
    -----
    An exponentially weighted moving average (Roberts, 1959) whose weeks also count by how surely
    they are known: week t has variance v_t = passing + s^2 / n_t and weight 0.75^(T - t) / v_t.
    Its variance is then sum(w_t^2 v_t) / sum(w_t)^2. The error of the level is taken to last, so
    that no averaging lessens it.
    """
    weeks, number, sales = np.unique(week, return_inverse=True, return_counts=True)
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.cumsum(sales)[:-1])
    mean = np.array([score[rows].mean() for rows in members])
    within = _within(score, number, mean)
    shared = np.array([common[rows].mean() for rows in members])
    variance = passing + within / sales
    smoothed, error = np.empty(len(weeks)), np.empty(len(weeks))
    top = weight = square = 0.0
    for place, now in enumerate(weeks):
        gap = int(now - weeks[place - 1]) if place else 0
        left = KEPT**gap
        own = 1.0 / variance[place]
        top, weight = left * top + own * mean[place], left * weight + own
        square = left**2 * square + own
        smoothed[place] = top / weight
        error[place] = square / weight**2
    return Chart(
        weeks.astype(np.int64),
        [rows.astype(np.int64) for rows in members],
        sales.astype(np.int64),
        mean,
        smoothed,
        LUCK * np.sqrt(error),
        STATED * np.sqrt(error + shared),
    )


def passing_variance(score: Floats, week: NDArray[np.int64], otherwise: float) -> float:
    """Variance of what the scores of a week have in common, a slow drift left aside.

    Parameters
    ----------
    score : float64[n]
    week : int64[n]
    otherwise : float
        Where there are too few weeks to tell.

    Notes
    -----
    Neighbouring weeks differ by twice that, and by what luck leaves of their means; the mean of
    the squared differences tells it.
    """
    weeks, number, sales = np.unique(week, return_inverse=True, return_counts=True)
    if len(weeks) < _FEWEST_WEEKS:
        return otherwise
    mean = np.bincount(number, weights=score) / sales
    luck = _within(score, number, mean) / sales
    apart = np.diff(mean) ** 2 - luck[1:] - luck[:-1]
    return max(float(apart.mean()) / 2.0, 0.0)


def _within(score: Floats, number: NDArray[np.int64], mean: Floats) -> float:
    """Variance of scores around the mean of their week; 1 where no week has two sales."""
    free = len(score) - len(mean)
    if free < 1:
        return 1.0
    # A handful of sales that happen to agree must not be taken for certainty.
    return (float(np.sum((score - mean[number]) ** 2)) + 10.0) / (free + 10.0)
