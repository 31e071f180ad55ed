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
        Weight of each scenario in the measure at the plan, summing to one. Where the floor
        has a price m, weights and prices here are those of the proof over 1 + m: of two
        options the same one wins, and what is compared stays money of the proceeds.
    slot_price : float64[m]
        Price of all that an option uses, money; NaN for an option that may not be taken.
    scarcest : int32[m]
        Row of the shadow prices that the largest part of it goes to; -1 for none.
    scarcest_more : float64[m]
        Units of it that the option uses beyond those that the vehicle's choice does.
    each : float64[k + Q + 1]
        Price of a unit of each scarce thing, money; NaN at the end, for none.
    """

    weights: NDArray[np.float64]
    slot_price: NDArray[np.float64]
    scarcest: NDArray[np.int32]
    scarcest_more: NDArray[np.float64]
    each: NDArray[np.float64]

    def scarcest_price(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the price of a unit of the scarcest of what options use.

        Parameters
        ----------
        rows : int64[j]
            The options.

        Returns
        -------
        float64[j]
            Money; NaN for none.
        """
        return self.each[self.scarcest[rows]]


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
    prices = in_proceeds(prices)
    slot_price, scarcest_more = np.empty(count), np.empty(count)
    scarcest = np.empty(count, dtype=np.int32)
    if problem.column.size < count:
        scarcest[:] = -1
        for money in (slot_price, scarcest_more):
            money[:] = np.nan
    unit = np.concatenate([problem.units, np.ones(len(problem.minimums)), [np.nan]])
    each = np.concatenate([prices.caps, prices.most - prices.least, [np.nan]]) / unit
    tolls = np.append(prices.most - prices.least, 0.0)
    things, amounts = _taken(problem, chosen)
    for columns in problem.blocks():
        row, cost, most, units = problem.choices.dearest(columns.start, columns.stop, prices.caps)
        vehicle, option = problem.vehicle[columns], _range(problem.column[columns])
        if problem.minimums:
            offer = problem.offer[columns]
            toll = tolls[offer]
            bids = toll > most
            row = np.where(bids, len(problem.rules) + offer, row)
            units = np.where(bids, 1.0, units)
            cost = cost + toll
        for thing, amount in zip(things, amounts, strict=True):
            units -= np.where(thing[vehicle] == row, amount[vehicle], 0.0)
        units *= unit[row]
        slot_price[option] = cost
        scarcest[option] = row
        scarcest_more[option] = units
    return Charges(prices.weights, slot_price, scarcest, scarcest_more, each)


def in_proceeds(prices: Prices) -> Prices:
    """Return prices over one and the price of the floor: money of the proceeds.

    Parameters
    ----------
    prices : Prices
        Money of the objective.

    Returns
    -------
    Prices
        Without a price of the floor; its weights sum to one.
    """
    if prices.floor == 0.0:
        return prices
    whole = 1.0 + prices.floor
    return Prices(
        prices.weights / whole, prices.caps / whole, prices.most / whole, prices.least / whole
    )


def _taken(
    problem: Problem, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what each vehicle's choice uses, thing by thing: things and units, [most, V].

    The offer that it goes to comes last; a choice that uses fewer things is filled up with -2.
    """
    use, offer = problem.use[:, chosen], problem.offer[chosen]
    count = np.diff(use.indptr)
    vehicle = np.repeat(np.arange(chosen.size), count)
    place = np.arange(vehicle.size) - use.indptr[vehicle]
    most = int(count.max(initial=0)) + bool(problem.minimums)
    things = np.full((most, chosen.size), -2, dtype=np.int64)
    units = np.zeros((most, chosen.size))
    things[place, vehicle], units[place, vehicle] = use.indices, use.data
    if problem.minimums:
        placed = offer >= 0
        things[-1, placed] = len(problem.rules) + offer[placed]
        units[-1, placed] = 1.0
    return things, units


def _range(option: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Return options that follow one another as a slice, which is written to much faster."""
    if option.size and option.size == option[-1] - option[0] + 1:
        return slice(int(option[0]), int(option[-1]) + 1)
    return option
