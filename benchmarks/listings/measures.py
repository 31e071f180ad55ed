"""Scores of foretold times to a sale, with withdrawn listings censored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import norm

from benchmarks.listings.store import Flags, Floats

#: Days up to which the Brier score is integrated.
LONGEST: Final = 90
#: Days within which the share sold is held against what was foretold.
WITHIN: Final = (7, 14, 30, 60)
GROUPS: Final = 5
#: Chance that a share lies in its band if the forecast is right.
BAND: Final = 0.99


def kaplan_meier(days: Floats, ended: Flags, at: Floats) -> tuple[Floats, Floats]:
    """Share that has not ended after each day, and Greenwood's variance of its logarithm.

    Parameters
    ----------
    days : float64[n]
        Last day known of each.
    ended : bool[n]
        Whether it ended then; what is censored on a day was at risk that day.
    at : float64[k]

    Returns
    -------
    left, variance : float64[k]
        The variance is infinite where nothing is left.

    Notes
    -----
    Kaplan and Meier (Journal of the American Statistical Association 53, 1958).
    """
    moments, gone = np.unique(days[ended], return_counts=True)
    risk = days.size - np.searchsorted(np.sort(days), moments, side="left")
    kept = (risk - gone).astype(np.float64)
    with np.errstate(divide="ignore"):
        spread = np.cumsum(gone / (risk * kept))
    place = np.searchsorted(moments, at, side="right")
    left = np.append(1.0, np.cumprod(kept / risk))[place]
    return left, np.append(0.0, spread)[place]


def brier(left: Floats, days: Floats, sold: Flags, at: Floats) -> Floats:
    """Brier score at the end of each day, weighted by the inverse chance not to be censored.

    Parameters
    ----------
    left : float64[n, k]
        Foretold chance to be unsold after each day of `at`.
    days, sold : float64[n], bool[n]
        Last day on the list, and whether it ended by a sale.
    at : float64[k]

    Returns
    -------
    float64[k]

    Notes
    -----
    Graf, Schmoor, Sauerbrei and Schumacher (Statistics in Medicine 18, 1999). A sale comes before
    a withdrawal of the same day: who was withdrawn that day might have been sold on it.
    """
    moments = np.where(sold, days, days + 0.5)
    stays = kaplan_meier(moments, ~sold, np.concatenate([days - 0.25, at + 0.75]))[0]
    before, now = stays[: days.size], stays[days.size :]
    weight_sold = np.divide(1.0, before, out=np.zeros(days.size), where=sold)
    waiting = days[:, None] > at
    gone = sold[:, None] & ~waiting
    weight_now = np.divide(1.0, now, out=np.zeros(at.size), where=waiting.any(axis=0))
    weight = np.where(gone, weight_sold[:, None], waiting * weight_now)
    return np.asarray((weight * (left - waiting) ** 2).mean(axis=0))


def integrated(score: Floats, at: Floats) -> float:
    """Mean of a score over the days from the first to the last, by trapezoids."""
    return float(np.trapezoid(score, at) / (at[-1] - at[0]))


@dataclass(frozen=True, slots=True)
class Share:
    """Share sold within some days of a group: foretold, and seen with its band.

    Attributes
    ----------
    day, group : int
        The group is 0 for all listings, else 1 to `GROUPS` from the smallest chance on.
    listings : int
    foretold, seen, low, high : float
    """

    day: int
    group: int
    listings: int
    foretold: float
    seen: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        """Whether what was foretold lies within the band."""
        return self.low <= self.foretold <= self.high


def shares(chance: Floats, days: Floats, sold: Flags, day: int) -> list[Share]:
    """Shares sold over all and in groups of as many listings each, by foretold chance.

    Parameters
    ----------
    chance : float64[n]
        Foretold chance of a sale by the end of the day.
    days, sold : float64[n], bool[n]
    day : int

    Returns
    -------
    list of Share

    Notes
    -----
    The band is of the Kaplan-Meier estimate on the scale of ln(-ln), which keeps it within 0 and 1
    (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 1980).
    """
    order = np.argsort(chance, kind="stable")
    parts = [np.arange(chance.size), *np.array_split(order, GROUPS)]
    return [_share(chance[p], days[p], sold[p], day, place) for place, p in enumerate(parts)]


def _share(chance: Floats, days: Floats, sold: Flags, day: int, group: int) -> Share:
    left, variance = (float(v[0]) for v in kaplan_meier(days, sold, np.array([float(day)])))
    low, high = 0.0, 1.0
    if 0.0 < left < 1.0:
        wide = float(norm.ppf(0.5 + BAND / 2.0)) * np.sqrt(variance) / -np.log(left)
        low, high = (float(1.0 - left ** np.exp(side * wide)) for side in (-1.0, 1.0))
    return Share(day, group, chance.size, float(chance.mean()), 1.0 - left, low, high)
