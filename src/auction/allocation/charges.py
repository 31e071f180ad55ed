"""What each option would pay for the scarce things it uses, and for which one most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.prices import Prices
from auction.allocation.problem import Problem


@dataclass(frozen=True, slots=True)
class Charges:
    """Prices of scarce things, laid on the options.

    Parameters
    ----------
    weights : float64[n]
        Weight of each scenario in the measure at the plan, summing to one.
    slot_price : float64[m]
        Price of all that an option uses, money; NaN for an option that may not be taken.
    scarcest : int64[m]
        Row of the shadow prices that the largest part of it goes to; -1 for none.
    """

    weights: NDArray[np.float64]
    slot_price: NDArray[np.float64]
    scarcest: NDArray[np.int64]


def lay_on(problem: Problem, prices: Prices) -> Charges:
    """Lay prices on every option that may be taken.

    Parameters
    ----------
    problem : Problem
        The problem.
    prices : Prices
        What a unit of each scarce thing costs.

    Returns
    -------
    Charges
    """
    rows = problem.use.indices
    part = problem.use.data * prices.caps[rows]
    column = np.repeat(np.arange(problem.column.size), np.diff(problem.use.indptr))
    cost = np.bincount(column, weights=part, minlength=problem.column.size)
    toll = np.append(prices.most - prices.least, 0.0)[problem.offer]
    # within a column the dearest comes first, of equals the one told first
    priced = np.flatnonzero(part > 0.0)
    order = priced[np.lexsort((rows[priced], -part[priced], column[priced]))]
    first = order[np.unique(column[order], return_index=True)[1]]
    dearest = np.full(problem.column.size, -1, dtype=np.int64)
    most = np.zeros(problem.column.size)
    dearest[column[first]], most[column[first]] = rows[first], part[first]
    dearest = np.where(toll > most, len(problem.rules) + problem.offer, dearest)
    slot_price = np.full(problem.options.vehicle.size, np.nan)
    scarcest = np.full(problem.options.vehicle.size, -1, dtype=np.int64)
    slot_price[problem.column] = cost + toll
    scarcest[problem.column] = dearest
    return Charges(prices.weights, slot_price, scarcest)
