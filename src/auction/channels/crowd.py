"""The bidders of single lots, drawn: what the hammer falls at, or a seller takes afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from _core import norm_ppf
from auction.channels.sealed import sealed_bids

_Floats = NDArray[np.float64]
#: No bidder comes: the logarithm of a price of nothing.
_NOBODY: Final = -np.inf
#: Nobody haggles about a reserve that stands so many spreads or more above the value.
_HOPELESS: Final = 6.5


@dataclass(frozen=True, slots=True)
class Crowd:
    """Those who bid on b lots, and those who sell them.

    Parameters
    ----------
    arrival : float64[b]
        Mean number of bidders.
    spread : float64[b]
        Standard deviation of their log values.
    accept_level, accept_slope : float64[b]
        Log odds that a bid which just misses the reserve is taken, -inf for never, and their
        change with ln(bid / reserve).
    sealed : bool[b]
        Whether the highest pays its own bid, made under seal.
    """

    arrival: _Floats
    spread: _Floats
    accept_level: _Floats
    accept_slope: _Floats
    sealed: NDArray[np.bool_]

    def hammer(
        self, bidders: _Floats, seller: _Floats, log_value: _Floats, reserve: _Floats, threads: int
    ) -> _Floats:
        """Return what each lot is sold for in n scenarios, 0 where it is not, float64[b, n].

        In an open auction the price is the second highest value or the reserve, whichever is
        more. Where the highest lies below the reserve the seller may take the second highest,
        but for a reserve 6.5 spreads above the value: there quotes count no such sale.

        Parameters
        ----------
        bidders : float64[b, 2, n]
            Uniform draws of the two highest bidders.
        seller : float64[b, n]
            Uniform draws of the seller's mind.
        log_value : float64[b, n]
            ln of the unit's value to its bidders.
        reserve : float64[b]
            Money.
        threads : int
            Of the kernels.
        """
        first, second = two_highest(bidders, self.arrival, self.spread, threads)
        log_reserve = np.log(reserve)[:, None]
        reached = log_value + first >= log_reserve
        price = np.where(reached, np.maximum(np.exp(log_value + second), reserve[:, None]), 0.0)
        haggles = np.flatnonzero(self.accept_level > _NOBODY)
        if haggles.size:
            above = log_reserve[haggles] - log_value[haggles]
            open_to = ~reached[haggles] & (above < _HOPELESS * self.spread[haggles, None])
            open_to &= second[haggles] > _NOBODY
            missed = log_value[haggles] + second[haggles] - log_reserve[haggles]
            missed = np.where(open_to, missed, 0.0)
            level, slope = self.accept_level[haggles, None], self.accept_slope[haggles, None]
            taken = open_to & (seller[haggles] < expit(level + slope * missed))
            offer = np.exp(log_value[haggles] + second[haggles])
            price[haggles] = np.where(taken, offer, price[haggles])
        for lot in np.flatnonzero(self.sealed):
            won = reached[lot]
            value = log_value[lot, won]
            price[lot, won] = np.exp(value) * sealed_bids(
                first[lot, won], log_reserve[lot] - value, self.arrival[lot], self.spread[lot]
            )
        return price


def two_highest(
    draws: _Floats, arrival: _Floats, spread: _Floats, threads: int
) -> tuple[_Floats, _Floats]:
    """Return the log values of the two highest bidders relative to V, -inf where absent.

    The expected numbers of bidders above the highest and the second-highest value are the
    first two points of a unit Poisson process; a point beyond the mean number of bidders is
    a bidder who did not come. ``draws`` is float64[b, 2, n]; two float64[b, n] come back.
    """
    highest = -np.log(draws[:, 0])
    next_highest = highest - np.log(draws[:, 1])
    values = []
    for count in (highest, next_highest):
        share = count / arrival[:, None]
        value = -spread[:, None] * norm_ppf(np.minimum(share, 1.0), threads)
        values.append(np.where(share < 1.0, value, _NOBODY))
    return values[0], values[1]
