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
    """How many sales are undone at each of N venues, and what that costs.

    Each costs ``cost`` and sells again for ``discount`` less. A quote takes off the expected loss
    of a sale, fixed + share · price, at the time of the sale.

    Parameters
    ----------
    rate, cost, discount : float64[N]
        Share of the sales, money, and share of the price; 0 where a venue states none.
    """

    rate: NDArray[np.float64]
    cost: NDArray[np.float64]
    discount: NDArray[np.float64]

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
        return cls(rate, cost, discount)

    @property
    def fixed(self) -> NDArray[np.float64]:
        """What a sale is expected to lose whatever its price, float64[N], money."""
        return self.rate * self.cost

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of its price that a sale is expected to lose, float64[N]."""
        return self.rate * self.discount

    def loss(self, venue: NDArray[np.int64], price: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the expected loss of sales at venues, float64 like ``price``, money.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, ...]
            Money.
        """
        share, fixed = _along(self.share[venue], price), _along(self.fixed[venue], price)
        return np.asarray(share * price + fixed)

    def if_undone(
        self, venue: NDArray[np.int64], price: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the loss of sales at venues if they are undone, float64 like ``price``, money.

        Parameters
        ----------
        venue : int64[m]
            Positions among the venues.
        price : float64[m, ...]
            Money.
        """
        share, fixed = _along(self.discount[venue], price), _along(self.cost[venue], price)
        return np.asarray(share * price + fixed)

    def at(self, venue: int) -> Returns:
        """Return the terms of one venue alone."""
        return Returns(self.rate[[venue]], self.cost[[venue]], self.discount[[venue]])


def _along(values: NDArray[np.float64], price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape one value for each row of prices so that it meets all of them."""
    return values.reshape(-1, *(1,) * (price.ndim - 1))
