"""What each option would pay for the scarce things it uses, and for which one most."""

from __future__ import annotations

from collections.abc import Callable
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
    scarcest_price : float64[m]
        Price of a unit of that, money; NaN for none.
    scarcest_more : float64[m]
        Units of it that the option uses beyond those that the vehicle's choice does.
    """

    weights: NDArray[np.float64]
    slot_price: NDArray[np.float64]
    scarcest: NDArray[np.int64]
    scarcest_price: NDArray[np.float64]
    scarcest_more: NDArray[np.float64]


def lay_on(problem: Problem, prices: Prices, chosen: NDArray[np.int64]) -> Charges:
    """Lay prices on every option that may be taken.

    Parameters
    ----------
    problem : Problem
        The problem.
    prices : Prices
        What a unit of each scarce thing costs.
    chosen : int64[V]
        Column that each vehicle takes.

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
    owned = _uses(problem)
    columns = np.arange(problem.column.size)
    more = owned(columns, dearest) - owned(chosen[problem.vehicle], dearest)
    each = np.concatenate([prices.caps, prices.most - prices.least, [np.nan]])[dearest]
    slot_price, scarcest_price, scarcest_more = (
        np.full(problem.options.vehicle.size, np.nan) for _ in range(3)
    )
    scarcest = np.full(problem.options.vehicle.size, -1, dtype=np.int64)
    slot_price[problem.column] = cost + toll
    scarcest[problem.column] = dearest
    scarcest_price[problem.column] = each
    scarcest_more[problem.column] = np.where(dearest >= 0, more, np.nan)
    return Charges(prices.weights, slot_price, scarcest, scarcest_price, scarcest_more)


def _uses(
    problem: Problem,
) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]:
    """Return what tells the units that a column uses of a thing, as the shadow prices count it."""
    rules, count = len(problem.rules), problem.column.size
    things = rules + len(problem.minimums)
    column = np.repeat(np.arange(count), np.diff(problem.use.indptr))
    placed = np.flatnonzero(problem.offer >= 0)
    key = np.concatenate(
        [column * things + problem.use.indices, placed * things + rules + problem.offer[placed]]
    )
    units = np.concatenate([problem.use.data, np.ones(placed.size)])
    order = np.argsort(key, kind="stable")
    key, units = np.append(key[order], -1), np.append(units[order], 0.0)

    def used(columns: NDArray[np.int64], thing: NDArray[np.int64]) -> NDArray[np.float64]:
        wanted = columns * things + thing
        place = np.searchsorted(key[:-1], wanted)
        return np.where((key[place] == wanted) & (thing >= 0), units[place], 0.0)

    return used
