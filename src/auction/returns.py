"""What sales lose where some of them are undone after arbitration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.venue_terms import Venues
from residual.tables import with_optional_columns


@dataclass(frozen=True, slots=True)
class Returns:
    """The expected loss of a sale at each of N venues: fixed + share · price.

    A share ``return_rate`` of the sales is undone; each costs ``return_cost`` and sells again for
    ``return_discount`` less. The loss is taken in expectation, at the time of the sale.

    Parameters
    ----------
    fixed, share : float64[N]
        return_rate · return_cost, money, and return_rate · return_discount; 0 where a venue
        states no returns.
    """

    fixed: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, venues: pl.DataFrame) -> Returns:
        """Return the terms of venues.

        Parameters
        ----------
        venues : polars.DataFrame, N rows
            Columns of :class:`auction.tables.Venues`.
        """
        rate, cost, discount = (
            with_optional_columns(venues, Venues)[name].fill_null(0.0).to_numpy()
            for name in ("return_rate", "return_cost", "return_discount")
        )
        return cls(rate * cost, rate * discount)

    def loss(self, venue: NDArray[np.int64], price: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the expected loss of sales at venues, float64[m], money.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m]
            Money.
        """
        return np.asarray(self.share[venue] * price + self.fixed[venue])
