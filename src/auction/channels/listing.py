"""What a listed unit brings: chances of a sale by week at an asking price, money by week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auction.fee_schedule import FeeSchedules
from auction.returns import Returns
from residual import unsold_share

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The weeks of a listing of some days; the last week may be short.

    Parameters
    ----------
    start, end : float64[n]
        Days since the listing at which each week begins and ends.
    exposure : float64[n]
        What the baseline hazard adds up to over each week.
    """

    start: Floats
    end: Floats
    exposure: Floats

    @property
    def middle(self) -> Floats:
        """Day of the listing to which a sale of each week is dated, float64[n]."""
        return np.asarray((self.start + self.end) / 2.0)

    @property
    def length(self) -> float:
        """Days on the list at most."""
        return float(self.end[-1])


def sale_chances(exposure: Floats, log_rate: Floats, frailty: float = 0.0) -> tuple[Floats, Floats]:
    """Return the chance of a sale in each week, and of none.

    Parameters
    ----------
    exposure : float64[n]
        Baseline hazard summed over each week.
    log_rate : float64[..., n]
        ln of what the hazard of each week is multiplied by.
    frailty : float, optional
        Variance of the listing's own factor, as of `residual.TimeToSale`; 0 where it is known.

    Returns
    -------
    sold : float64[..., n]
    unsold : float64[...]
        With S the survival, sold = S(w - 1) - S(w) and unsold = S(n).
    """
    survival = unsold_share(np.cumsum(exposure * np.exp(log_rate), axis=-1), frailty)
    before = np.concatenate([np.ones_like(survival[..., :1]), survival[..., :-1]], axis=-1)
    return before - survival, survival[..., -1]


@dataclass(frozen=True, slots=True)
class Money:
    """What m listings bring and cost, by week of the sale.

    Parameters
    ----------
    worth, holding : float64[m, n]
        Worth today of one unit of money from a sale in each week, and of keeping the unit until
        then.
    worth_unsold, holding_unsold : float64[m]
        The same where it stays unsold.
    trade : float64[m]
        What the trade pays for an unsold unit at the market's forecast.
    sale_fees, no_sale_fees : FeeSchedules
        Of the dealer alone, by the price of the sale, and by the last price asked.
    tax_rate : float
        Share of a price.
    returns : Returns
        Of the dealer alone.
    """

    worth: Floats
    holding: Floats
    worth_unsold: Floats
    holding_unsold: Floats
    trade: Floats
    sale_fees: FeeSchedules
    no_sale_fees: FeeSchedules
    tax_rate: float
    returns: Returns

    def kept(self, price: Floats) -> Floats:
        """Return what is left of prices after fees and tax, float64 like ``price``."""
        fixed, rate = self.sale_fees.terms(_only(price), price)
        return np.asarray((1.0 - rate - self.tax_rate) * price - fixed)

    def kept_on_the_mean(self, price: Floats) -> Floats:
        """Return the same less what returns are expected to take off, float64 like ``price``."""
        return np.asarray(self.kept(price) - self.returns.loss(_only(price), price))

    def fee_no_sale(self, last: Floats) -> Floats:
        """Return the fee of what stays unsold at the last prices asked, float64 like ``last``."""
        return self.no_sale_fees.fee(_only(last), last)

    def net(
        self, rows: slice, price: Floats, sold: Floats, unsold: Floats, deviation: Floats
    ) -> Floats:
        """Expected net of m of the listings at c lists of prices and k deviations of the market.

        Parameters
        ----------
        rows : slice
            The m listings.
        price : float64[m, c, n]
            Asked in each week.
        sold, unsold : float64[m, c, k, n], float64[m, c, k]
            Chances.
        deviation : float64[m, k]
            Log deviations.

        Returns
        -------
        float64[m, c, k]
        """
        kept = self.kept_on_the_mean(price)
        weekly = self.worth[rows, None, :] * kept - self.holding[rows, None, :]
        traded = (self.trade[rows, None] * np.exp(deviation))[:, None, :]
        trade = traded - self.fee_no_sale(price[:, :, -1])[:, :, None]
        rest = self.worth_unsold[rows, None, None] * trade - self.holding_unsold[rows, None, None]
        return np.asarray(np.einsum("mckn,mcn->mck", sold, weekly) + unsold * rest)

    def bridge(self, price: Floats, sold: Floats, unsold: Floats, traded: Floats) -> dict[str, Any]:
        """Items of the way from gross to net, each float64[m].

        Parameters
        ----------
        price, sold : float64[m, n]
            Asked in each week, and the chance of a sale.
        unsold : float64[m]
            Chance of none.
        traded : float64[m]
            Mean over the markets of that chance times exp(deviation).
        """
        paid, rest = sold * price, self.trade * traded
        gross = paid.sum(axis=1) + rest
        now, sales = (self.worth * paid).sum(axis=1), (self.worth * sold).sum(axis=1)
        first = self.sale_fees.rate[0, 0] * now + self.sale_fees.fixed[0, 0] * sales
        beyond = self.sale_fees.excess(_only(price), price)
        fees = first + (self.worth * sold * beyond).sum(axis=1)
        return {
            "gross": gross,
            "fees": fees + self.fee_no_sale(price[:, -1]) * self.worth_unsold * unsold,
            "tax": self.tax_rate * now,
            "returns": self.returns.share[0] * now + self.returns.fixed[0] * sales,
            "holding": (self.holding * sold).sum(axis=1) + self.holding_unsold * unsold,
            "finance": gross - now - self.worth_unsold * rest,
        }


def _only(price: Floats) -> NDArray[np.int64]:
    """Name the only venue of a schedule for each row of prices."""
    return np.zeros(price.shape[0], dtype=np.int64)
