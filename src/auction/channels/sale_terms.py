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
        How many sales are undone after arbitration, and what that costs.
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
