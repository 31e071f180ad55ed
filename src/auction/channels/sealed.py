"""Sealed bids: the highest wins and pays what it wrote down."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_Floats = NDArray[np.float64]
#: Bidders' values are counted so many spreads around V, in so many steps.
_SPAN: Final = 6.5
_STEPS: Final = 512
_GRID: Final = np.linspace(-_SPAN, _SPAN, _STEPS + 1)


def sealed_bids(log_value: _Floats, log_reserve: _Floats, arrival: float, spread: float) -> _Floats:
    """Return what bidders write down who know the reserve but not how many others bid.

    Parameters
    ----------
    log_value : float64[m]
        ln of the bidder's own value over V, at or above the reserve.
    log_reserve : float64[m]
        ln of the reserve over V.
    arrival : float
        Mean of the Poisson number of bidders.
    spread : float
        Standard deviation of their log values.

    Returns
    -------
    float64[m]
        Bids in units of V, from the reserve to the bidder's own value.

    Notes
    -----
    In the symmetric equilibrium a bidder with value v bids what the highest of the others is
    expected to hold, the reserve at least, given that v is above it (Vickrey 1961; a Poisson
    number of bidders as in McAfee and McMillan 1987):
    v - int exp(-(u(x) - u(v))) dx from the reserve to v, with u(x) the mean number of bidders
    above x. Sale chance and mean price are then those of an open auction (Myerson 1981), the
    price varies less.
    """
    below = _rivals_below(float(arrival), float(spread))
    own = np.clip(log_value / spread, -_SPAN, _SPAN)
    # Below the table everybody lies above, so that the integrand is that of a bare price.
    least = np.minimum(log_reserve / spread, own)
    nobody = np.exp(-arrival) * (
        np.exp(-_SPAN * spread) - np.exp(spread * np.minimum(least, -_SPAN))
    )
    gap = np.interp(own, _GRID, below) - np.interp(np.maximum(least, -_SPAN), _GRID, below) + nobody
    value = np.exp(log_value)
    bid = value - gap * np.exp(arrival * ndtr(-own))
    return np.asarray(np.clip(bid, np.exp(np.minimum(log_reserve, log_value)), value))


@lru_cache(maxsize=512)
def _rivals_below(arrival: float, spread: float) -> _Floats:
    """Return the chance that no other bidder lies above, summed along the price up to each value.

    A lot is offered up to a few times, each time before as many.
    """
    step = 2.0 * _SPAN / _STEPS
    middle = _GRID[:-1] + 0.5 * step

    def slope(t: _Floats) -> _Floats:
        """Return that chance by the slope of the price in t."""
        return np.asarray(np.exp(-arrival * ndtr(-t) + spread * t) * spread)

    ends = slope(_GRID)
    simpson = step / 6.0 * (ends[:-1] + 4.0 * slope(middle) + ends[1:])
    return np.concatenate([[0.0], np.cumsum(simpson)])
