"""Which sales of dealers are undone after arbitration, scenario by scenario."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from _core import uniforms, unit_keys
from auction.channels.channel import LUCK_STREAM
from auction.returns import Returns
from auction.situation import Situation


def undone(
    situation: Situation,
    returns: Returns,
    rows: NDArray[np.int64],
    venue: NDArray[np.int64],
    scenarios: int,
) -> NDArray[np.bool_]:
    """Return which sales are undone.

    Parameters
    ----------
    situation : Situation
        The fleet with a fresh book.
    returns : Returns
        Of the venues.
    rows, venue : int64[b]
        Units sold, and positions among the venues.
    scenarios : int
        n of them.

    Returns
    -------
    bool[b, n]
        Each unit has luck of its own, whatever else is sold.
    """
    if not returns.rate[venue].any():
        return np.zeros((rows.size, scenarios), dtype=np.bool_)
    keys = unit_keys([situation.book.vehicle_ids[row] for row in rows])
    # the first number of a unit's luck tells when it is sold from a list
    luck = uniforms(situation.book.seed, LUCK_STREAM, keys, 2, scenarios, threads=situation.threads)
    return np.asarray(luck[:, 1] < returns.rate[venue, None])
