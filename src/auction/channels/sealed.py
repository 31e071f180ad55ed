"""Sealed bids: how often no rival lies above, which tells what the highest writes down."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_Floats = NDArray[np.float64]
#: Bidders' values are counted so many spreads around V, in so many steps.
_SPAN: Final = 6.5
_STEPS: Final = 512
_STEP: Final = 2.0 * _SPAN / _STEPS
_GRID: Final = np.linspace(-_SPAN, _SPAN, _STEPS + 1)
_MIDDLE: Final = _GRID[:-1] + 0.5 * _STEP
#: Tables that are worked out at once: few enough to stay near the processor.
_AT_ONCE: Final = 64
#: Chance that a bidder lies above.
_ABOVE, _ABOVE_MIDDLE = ndtr(-_GRID), ndtr(-_MIDDLE)


def rivals_below(arrival: _Floats, spread: _Floats) -> _Floats:
    """Return the chance that no other bidder lies above, summed along the price up to each value.

    Parameters
    ----------
    arrival : float64[T]
        Mean of the Poisson number of bidders.
    spread : float64[T]
        Standard deviation of their log values.

    Returns
    -------
    float64[T, 513]
        At even steps of ln(price / V), from -6.5 to 6.5 spreads, as `_core.outcomes` takes it.
    """
    found = np.zeros((arrival.size, _STEPS + 1))
    for first in range(0, arrival.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        rate, width = arrival[part, None], spread[part, None]
        # that chance by the slope of the price in t
        ends = np.exp(-rate * _ABOVE + width * _GRID) * width
        middle = np.exp(-rate * _ABOVE_MIDDLE + width * _MIDDLE) * width
        simpson = _STEP / 6.0 * (ends[:, :-1] + 4.0 * middle + ends[:, 1:])
        np.cumsum(simpson, axis=1, out=found[part, 1:])
    return found


def tables_of_rivals(
    sealed: NDArray[np.bool_], arrival: _Floats, spread: _Floats
) -> tuple[NDArray[np.int64], _Floats]:
    """Return the tables that lots under seal need, each once.

    Parameters
    ----------
    sealed : bool[b]
        Whether the highest of a lot pays its own bid, made under seal.
    arrival, spread : float64[b]
        Bidders of each lot.

    Returns
    -------
    int64[b], float64[T, 513]
        Table of each lot, -1 for none, and the tables.
    """
    place = np.full(sealed.size, -1)
    kinds = np.stack([arrival[sealed], spread[sealed]], axis=1)
    if not len(kinds):
        return place, np.zeros((0, _STEPS + 1))
    apart, place[sealed] = np.unique(kinds, axis=0, return_inverse=True)
    return place, rivals_below(*apart.T)
