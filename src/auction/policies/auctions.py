"""What a desk that knows auctions alone can do with a fleet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auction.allocation.incumbent import gain_order
from auction.allocation.problem import Problem


def held(problem: Problem) -> NDArray[np.bool_]:
    """Return the columns that keep a vehicle back, bool[c]."""
    return problem.options.table.held[problem.column]


def auctioned(problem: Problem) -> NDArray[np.bool_]:
    """Return the columns of auctions and of keeping back, without work on vehicles, bool[c].

    A vehicle that no auction is open to, such as one pinned elsewhere, has all that is.
    """
    frame = problem.options.table.read(["channel", "reconditioning_id"], problem.column)
    auction = (frame["channel"] == "auction").to_numpy()
    open_to = np.zeros(problem.vehicles, dtype=np.bool_)
    open_to[problem.vehicle[auction]] = True
    kept = auction | held(problem) | ~open_to[problem.vehicle]
    return np.asarray(kept & frame["reconditioning_id"].is_null().to_numpy())


def sold_first(problem: Problem) -> NDArray[np.int64]:
    """Return the columns of `auctioned`, the largest gain over keeping back first.

    Keeping back comes last, so that it is left to vehicles that find no room.
    """
    kept, hold = auctioned(problem), held(problem)
    order = gain_order(problem, problem.mean)
    order = order[kept[order]]
    return np.concatenate([order[~hold[order]], order[hold[order]]])
