"""Sealed bids: how often no rival lies above, which tells what the highest writes down."""

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


@lru_cache(maxsize=512)
def rivals_below(arrival: float, spread: float) -> _Floats:
    """Return the chance that no other bidder lies above, summed along the price up to each value.

    A lot is offered up to a few times, each time before as many.

    Parameters
    ----------
    arrival : float
        Mean of the Poisson number of bidders.
    spread : float
        Standard deviation of their log values.

    Returns
    -------
    float64[513]
        At even steps of ln(price / V), from -6.5 to 6.5 spreads, as `_core.outcomes` takes it.
    """
    step = 2.0 * _SPAN / _STEPS
    middle = _GRID[:-1] + 0.5 * step

    def slope(t: _Floats) -> _Floats:
        """Return that chance by the slope of the price in t."""
        return np.asarray(np.exp(-arrival * ndtr(-t) + spread * t) * spread)

    ends = slope(_GRID)
    simpson = step / 6.0 * (ends[:-1] + 4.0 * slope(middle) + ends[1:])
    return np.concatenate([[0.0], np.cumsum(simpson)])


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
    return place, np.stack([rivals_below(*kind) for kind in apart.tolist()])
