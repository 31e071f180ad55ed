"""On what terms auction venues sell: fees, tax, returns, and what sellers take below a reserve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.fee_schedule import FeeSchedules
from auction.returns import Returns
from auction.situation import Situation
from auction.venue_terms import Venues
from residual.tables import with_optional_columns

_Floats = NDArray[np.float64]
_Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """Terms of the N auction venues, in the order of the market.

    Parameters
    ----------
    sale, no_sale : FeeSchedules
        By the price of a sale, by the reserve of an offering that does not sell.
    returns : Returns
        What a sale loses on the mean by those that are undone after arbitration.
    return_rate : float64[N]
        Share of the sales that are.
    tax_rate : float64[N]
        Share of the price.
    settlement_days : float64[N]
        From the sale to the money.
    sealed : bool[N]
        Whether bids are sealed, and the highest pays what it bid.
    accept_level : float64[N]
        Log odds that a bid which just misses the reserve is taken; -inf where none ever is.
    accept_slope : float
        Change of the log odds with ln(bid / reserve).
    """

    sale: FeeSchedules
    no_sale: FeeSchedules
    returns: Returns
    return_rate: _Floats
    tax_rate: _Floats
    settlement_days: _Floats
    sealed: NDArray[np.bool_]
    accept_level: _Floats
    accept_slope: float

    @classmethod
    def of(cls, situation: Situation) -> SaleTerms:
        """Return the terms of a situation's auction venues.

        Bids below a reserve are taken as often as past offerings show. Sealed bids are told the
        reserve, so that nobody bids less.
        """
        market = situation.market
        venues = with_optional_columns(market.places("auction"), Venues)
        sealed = (venues["format"] == "sealed").fill_null(value=False).to_numpy()
        level, slope = np.full(venues.height, -np.inf), 0.0
        haggling = situation.haggling
        if haggling is not None and haggling.identified:
            level, slope = np.where(sealed, -np.inf, haggling.level), haggling.slope
        return cls(
            sale=market.sale_fees("auction"),
            no_sale=market.no_sale_fees("auction"),
            returns=market.returns("auction"),
            return_rate=venues["return_rate"].fill_null(0.0).to_numpy(),
            tax_rate=venues["tax_rate"].to_numpy(),
            settlement_days=venues["settlement_days"].to_numpy(),
            sealed=sealed,
            accept_level=level,
            accept_slope=slope,
        )

    def charged_on_sales(self) -> tuple[_Floats, _Floats, _Floats]:
        """Return thresholds, money and shares of the price that sales lose, float64[N, J] each.

        Fees, tax and the expected loss by returns together.
        """
        beside = self.tax_rate + self.returns.share
        fixed = self.sale.fixed + self.returns.fixed[:, None]
        return self.sale.above, fixed, self.sale.rate + beside[:, None]

    def undone(self, venue: _Codes, price: _Floats) -> _Floats:
        """Return what sales at some prices lose if they are undone, float64[m, n], money.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, n]
            Money.
        """
        rate = np.maximum(self.return_rate[venue], np.finfo(np.float64).tiny)[:, None]
        share, fixed = self.returns.share[venue, None], self.returns.fixed[venue, None]
        return np.asarray((share * price + fixed) / rate)

    def accepts(self, venue: _Codes, floor: _Floats) -> tuple[_Floats, _Floats]:
        """Return level and slope of the odds that a bid below the reserve is taken.

        Nobody haggles over a unit whose price somebody guarantees.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        floor : float64[m]
            Guaranteed price, 0 without one, money.
        """
        level = np.where(floor > 0.0, -np.inf, self.accept_level[venue])
        return level, np.full(venue.size, self.accept_slope)
