"""The price below which nothing is sold, where past sales show one."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats

#: Sales at the least price, and share of all sales, without which it is chance that none is lower.
_FEWEST: Final = 20
_SHARE: Final = 0.001
#: Share above which the least price is the ordinary one, and no bound.
_MOST: Final = 0.25


def least_price(log_price: Floats) -> float:
    """Log of the least price at which sales pile up; -inf where they do not.

    Parameters
    ----------
    log_price : float64[n]
        Of past sales.

    Notes
    -----
    Bids begin somewhere: at one dollar, or at the price of scrap. Errors around a location know
    of no such bound, so the lower quantiles of a unit that may fetch next to nothing would lie at
    a cent.
    """
    least = float(log_price.min())
    at_least = int(np.count_nonzero(log_price == least))
    enough = at_least >= max(_FEWEST, _SHARE * len(log_price))
    return least if enough and at_least <= _MOST * len(log_price) else -np.inf
