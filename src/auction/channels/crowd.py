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
        shape = seller.shape
        lot = np.repeat(np.arange(shape[0]), shape[1])
        draws = (bidders[:, 0].ravel(), bidders[:, 1].ravel(), seller.ravel())
        return self.prices(lot, draws, log_value.ravel(), reserve, threads).reshape(shape)

    def prices(
        self,
        lot: NDArray[np.int64],
        draws: tuple[_Floats, _Floats, _Floats],
        log_value: _Floats,
        reserve: _Floats,
        threads: int,
    ) -> _Floats:
        """Return what lots are sold for in some scenarios each, as :meth:`hammer`, float64[m].

        Parameters
        ----------
        lot : int64[m]
            Lot of each case, never falling.
        draws : (float64[m], float64[m], float64[m])
            Uniform draws of the two highest bidders and of the seller's mind.
        log_value : float64[m]
            ln of the unit's value to its bidders.
        reserve : float64[b]
            Money, by lot.
        threads : int
            Of the kernels.
        """
        spread, asked = self.spread[lot], reserve[lot]
        log_reserve = np.log(reserve)[lot]
        first, second = _values(draws[0], draws[1], self.arrival[lot], spread, threads)
        reached = log_value + first >= log_reserve
        price = np.where(reached, np.maximum(np.exp(log_value + second), asked), 0.0)
        if (self.accept_level > _NOBODY).any():
            open_to = ~reached & (self.accept_level > _NOBODY)[lot] & (second > _NOBODY)
            open_to &= log_reserve - log_value < _HOPELESS * spread
            case = np.flatnonzero(open_to)
            offer = log_value[case] + second[case]
            level, slope = self.accept_level[lot[case]], self.accept_slope[lot[case]]
            taken = draws[2][case] < expit(level + slope * (offer - log_reserve[case]))
            price[case[taken]] = np.exp(offer[taken])
        for sealed in np.flatnonzero(self.sealed):
            start, end = np.searchsorted(lot, [sealed, sealed + 1])
            won = start + np.flatnonzero(reached[start:end])
            value = log_value[won]
            price[won] = np.exp(value) * sealed_bids(
                first[won], log_reserve[won] - value, self.arrival[sealed], self.spread[sealed]
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
    return _values(draws[:, 0], draws[:, 1], arrival[:, None], spread[:, None], threads)


def _values(
    one: _Floats, other: _Floats, arrival: _Floats, spread: _Floats, threads: int
) -> tuple[_Floats, _Floats]:
    """Return the two highest values by the draws of the one and the other."""
    highest = -np.log(one)
    next_highest = highest - np.log(other)
    values = []
    for count in (highest, next_highest):
        share = count / arrival
        value = -spread * norm_ppf(np.minimum(share, 1.0), threads)
        values.append(np.where(share < 1.0, value, _NOBODY))
    return values[0], values[1]
