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
    count = problem.options.vehicle.size
    slot_price, scarcest_price, scarcest_more = (np.full(count, np.nan) for _ in range(3))
    scarcest = np.full(count, -1, dtype=np.int64)
    each = np.concatenate([prices.caps, prices.most - prices.least, [np.nan]])
    tolls = np.append(prices.most - prices.least, 0.0)
    taken = _taken(problem, chosen)
    for columns in problem.blocks():
        row, cost, most, units = problem.choices.dearest(columns.start, columns.stop, prices.caps)
        offer = problem.offer[columns]
        toll = tolls[offer]
        bids = toll > most
        thing = np.where(bids, len(problem.rules) + offer, row)
        more = np.where(bids, 1.0, units) - taken(problem.vehicle[columns], thing)
        option = problem.column[columns]
        slot_price[option] = cost + toll
        scarcest[option] = thing
        scarcest_price[option] = each[thing]
        scarcest_more[option] = np.where(thing >= 0, more, np.nan)
    return Charges(prices.weights, slot_price, scarcest, scarcest_price, scarcest_more)


def _taken(
    problem: Problem, chosen: NDArray[np.int64]
) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]:
    """Return what tells the units that a vehicle's choice uses of a thing."""
    rules = len(problem.rules)
    things = rules + len(problem.minimums)
    use, offer = problem.use[:, chosen], problem.offer[chosen]
    vehicle = np.repeat(np.arange(chosen.size), np.diff(use.indptr))
    placed = np.flatnonzero(offer >= 0)
    key = np.concatenate([vehicle * things + use.indices, placed * things + rules + offer[placed]])
    units = np.concatenate([use.data, np.ones(placed.size)])
    order = np.argsort(key, kind="stable")
    key, units = np.append(key[order], -1), np.append(units[order], 0.0)

    def used(vehicles: NDArray[np.int64], thing: NDArray[np.int64]) -> NDArray[np.float64]:
        wanted = vehicles * things + thing
        place = np.searchsorted(key[:-1], wanted)
        return np.where((key[place] == wanted) & (thing >= 0), units[place], 0.0)

    return used
