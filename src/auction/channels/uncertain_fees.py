"""What is charged on average where a price moves with the unit's own shock.

A price is max(floor, level · exp(y + s · shock)) at a deviation y of its market. What a schedule
charges beyond the terms of its first tier is a sum of steps: each threshold adds a fixed fee and a
share of the price to all prices above it. So the chance that the price lies above each
threshold, and its mean there, are all that is needed; they are told by equally likely strata of
the shock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.fee_schedule import FeeSchedules
from auction.situation import unit_nodes
from residual import ValueBook

_Floats = NDArray[np.float64]

#: Strata of the shock: so many that a step of a schedule is met to a five-hundredth of it.
_STRATA = 512
#: Spread in logs below which a unit has no shock of its own.
_STILL = 1e-12


@dataclass(frozen=True, slots=True)
class UncertainPrices:
    """Prices of m units at k deviations of their markets.

    Parameters
    ----------
    level, floor : float64[m]
        Price of the median unit at the forecast, and the least price, money.
    deviation : float64[m, k]
        Log deviations of the market.
    scale : float64[m]
        Standard deviation of each unit's own shock, in logs.
    form : int64[m]
        Shape of the shock, see ``ValueBook.form``.
    """

    level: _Floats
    floor: _Floats
    deviation: _Floats
    scale: _Floats
    form: NDArray[np.int64]


def mean_excess(
    book: ValueBook, schedules: FeeSchedules, venue: NDArray[np.int64], prices: UncertainPrices
) -> _Floats:
    """Return the mean over the units' shocks of ``schedules.excess``, float64[m, k].

    Parameters
    ----------
    book : ValueBook
        Holds the distributions of the shock.
    schedules : FeeSchedules
    venue : int64[m]
        Positions among the venues.
    prices : UncertainPrices
        m units at k deviations.
    """
    total = np.zeros(prices.deviation.shape)
    if schedules.tiers == 1:
        return total
    shock, _ = unit_nodes(book, _STRATA)
    own = np.exp(prices.scale[:, None] * shock[prices.form])
    above = np.zeros((own.shape[0], _STRATA + 1))
    above[:, :-1] = np.cumsum(own[:, ::-1], axis=1)[:, ::-1]
    scale = np.maximum(prices.scale, _STILL)[:, None]
    middle = prices.level[:, None] * np.exp(prices.deviation)

    def beyond(threshold: _Floats) -> tuple[_Floats, _Floats]:
        """Chance that the market's price is above a threshold, and its mean there times it."""
        with np.errstate(divide="ignore"):
            log_share = np.log(threshold[:, None] / middle)
        place = _first_above(shock, prices.form, log_share / scale)
        chance = (_STRATA - place) / _STRATA
        return chance, middle * np.take_along_axis(above, place, axis=1) / _STRATA

    chance, money = beyond(prices.floor)
    mean = _mean(book, prices)
    # scaled to the mean that quotes reckon with, so that a threshold below all prices counts whole
    scaled = mean / (prices.floor[:, None] * (1.0 - chance) + money)
    steps = zip(
        schedules.above[venue, 1:].T,
        np.diff(schedules.fixed, axis=1)[venue].T,
        np.diff(schedules.rate, axis=1)[venue].T,
        strict=True,
    )
    for threshold, fixed, rate in steps:
        chance, money = beyond(threshold)
        sure = (prices.floor > threshold)[:, None]
        total += fixed[:, None] * np.where(sure, 1.0, chance)
        total += rate[:, None] * np.where(sure, mean, scaled * money)
    return total


def _mean(book: ValueBook, prices: UncertainPrices) -> _Floats:
    """Return the mean price at each deviation on the strata that quotes use, float64[m, k]."""
    shock, weight = unit_nodes(book)
    own = np.exp(prices.scale[:, None] * shock[prices.form])
    middle = prices.level[:, None] * np.exp(prices.deviation)
    paid = np.maximum(middle[:, :, None] * own[:, None, :], prices.floor[:, None, None])
    return np.asarray(paid @ weight)


def _first_above(shock: _Floats, form: NDArray[np.int64], least: _Floats) -> NDArray[np.int64]:
    """Return the first stratum above each value, int64 like ``least``."""
    place = np.empty(least.shape, dtype=np.int64)
    for each in range(shock.shape[0]):
        rows = form == each
        place[rows] = np.searchsorted(shock[each], least[rows], side="right")
    return place
