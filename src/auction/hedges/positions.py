"""Linear hedges: what they pay does not depend on the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Position:
    """A linear hedge that may be bought in whole lots.

    Parameters
    ----------
    hedge_id, counterparty : str
        Which instrument, written by whom.
    lots : int
        Lots at most.
    payoff : float64[n]
        Pay-off of one lot less its premium by scenario, money at the planning date.
    premium : float
        Price of a lot, which the pay-off is net of, money.
    bought : int
        Lots that are bought already: a plan has them whatever it does.
    owed : float
        Most that a lot can pay, money; what it takes of its counterparty's limit.
    """

    hedge_id: str
    counterparty: str
    lots: int
    payoff: NDArray[np.float64]
    premium: float = 0.0
    bought: int = 0
    owed: float = 0.0

    def __post_init__(self) -> None:
        if self.lots < 0:
            raise ValueError(f"hedge {self.hedge_id}: lots must not be negative")
        if not 0 <= self.bought <= self.lots:
            raise ValueError(f"hedge {self.hedge_id}: lots bought must lie in [0, {self.lots}]")
        if not 0.0 <= self.owed < np.inf:
            raise ValueError(f"hedge {self.hedge_id}: the most that a lot pays must be money >= 0")
        if self.payoff.ndim != 1 or not np.isfinite(self.payoff).all():
            raise ValueError(f"hedge {self.hedge_id}: the pay-off must be finite, one a scenario")


def index_put_payoff(
    strike: float,
    index_ratio: NDArray[np.float64],
    lot: float,
    premium: float,
    discount: float = 1.0,
) -> NDArray[np.float64]:
    """Return what one lot of an index put brings, less its premium.

    ``discount * lot * max(strike - ratio, 0) - premium``; the premium is paid at once.

    Parameters
    ----------
    strike : float
        Share of today's index level.
    index_ratio : float64[n]
        Index at expiry over its level today, by scenario.
    lot, premium : float
        Notional money of a lot; its price.
    discount : float
        Value today of one unit of money at expiry.

    Returns
    -------
    float64[n]
        Money at the planning date.
    """
    return discount * lot * np.maximum(strike - index_ratio, 0.0) - premium
