"""Prices of what is scarce, and the bound that any prices prove."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auction.allocation.problem import CLOSED, FREE, Problem

#: Price of a unit of a closed offer, in scales of the problem.
SHUT = 1e4


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices that let every vehicle choose on its own.

    Parameters
    ----------
    weights : float64[n]
        Scenario weights of the measure: (1 - k)/n plus k times weights of the tail; with a
        price m of the floor k + m times, so that they sum to 1 + m.
    caps : float64[k]
        Price of a unit of every capped thing, money, >= 0.
    most, least : float64[Q]
        Prices on an offer's maximum and minimum quantity, money a unit, >= 0.
    floor : float
        Price m of the floor: what the objective loses by each unit of money of it, >= 0.
    """

    weights: NDArray[np.float64]
    caps: NDArray[np.float64]
    most: NDArray[np.float64]
    least: NDArray[np.float64]
    floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Priced:
    """What prices say of every vehicle and column.

    Parameters
    ----------
    problem : Problem
        The problem.
    prices : Prices
        The prices.
    best : int64[V]
        Best column of each vehicle.
    top, second : float64[V]
        Worth of the best and of the second best column of each vehicle, money; minus infinity
        where there is no second.
    bound : float
        No plan of the whole problem is worth more, money.
    """

    problem: Problem
    prices: Prices
    best: NDArray[np.int64]
    top: NDArray[np.float64]
    second: NDArray[np.float64]
    bound: float

    @property
    def worth(self) -> NDArray[np.float64]:
        """Weighted net less the price of what the column uses, money, float64[c]."""
        return self.worth_of(np.arange(self.problem.column.size))

    @property
    def reduced(self) -> NDArray[np.float64]:
        """Worth less the best worth of the column's vehicle, money <= 0, float64[c].

        A plan with the column is worth at most ``bound + reduced``.
        """
        return self.reduced_of(np.arange(self.problem.column.size))

    def worth_of(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the worth of some columns, money."""
        return self.problem.choices.worths(columns, *at(self.problem, self.prices))

    def reduced_of(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the reduced worth of some columns, money."""
        reduced: NDArray[np.float64] = (
            self.worth_of(columns) - self.top[self.problem.vehicle[columns]]
        )
        return reduced

    def near(self, floor: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the columns that are worth at least their vehicle's floor, ascending.

        Parameters
        ----------
        floor : float64[V]
            Money; infinite for vehicles that are not asked for.
        """
        asked = np.flatnonzero(self.top >= floor)
        prices = at(self.problem, self.prices)
        found: NDArray[np.int64] = self.problem.choices.above(asked, floor[asked], *prices)[1]
        return found


def at(
    problem: Problem, prices: Prices
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return prices as the kernel of choices takes them: of basis functions, caps and offers."""
    return problem.options.moments(prices.weights), prices.caps, prices.most - prices.least


def no_prices(problem: Problem) -> Prices:
    """Return the prices at which nothing is scarce and all scenarios weigh the same."""
    count = problem.options.scenarios
    minimums = len(problem.minimums)
    return Prices(
        np.full(count, 1.0 / count),
        np.zeros(problem.limit.shape[0]),
        np.zeros(minimums),
        np.zeros(minimums),
    )


def settled(problem: Problem, prices: Prices) -> Prices:
    """Return prices at which no vehicle goes to an offer that is closed.

    Parameters
    ----------
    problem : Problem
        With what is decided of its offers.
    prices : Prices
        Any prices.
    """
    closed = problem.openings == CLOSED
    if not closed.any():
        return prices
    return replace(
        prices,
        most=np.where(closed, SHUT * problem.scale, prices.most),
        least=np.where(closed, 0.0, prices.least),
    )


def price_out(problem: Problem, prices: Prices, threads: int = 1) -> Priced:
    """Evaluate the Lagrangian dual at the prices.

    With weights w in the envelope of the measure and multipliers y >= 0 of the caps, weak
    duality gives, for every plan, ``measure <= sum_v max_o (w-value - y-cost) + y @ limit +
    sum_t width_t max(0, y_t - (1 + m) cost_t) + sum_q max(0, most_q a_q - least_q b_q) +
    sum_j lots_j max(0, w @ payoff_j) - m floor``, t being the steps of what only loses worth,
    the maximum left out where units are promised,
    and m >= 0 the multiplier of ``CVaR >= floor``: what it adds to the objective is linear in
    scenario weights of the tail, so w may be (1 - k)/n plus k + m times such weights.

    Parameters
    ----------
    problem : Problem
        The whole problem, not a part of it.
    prices : Prices
        Any prices of the right sign.
    threads : int
        At least 1.

    Returns
    -------
    Priced
    """
    best, top, second = problem.choices.best(*at(problem, prices), threads)
    bound = float(top.sum() + prices.caps @ problem.limit)
    bound += problem.steps.slack(prices.caps, 1.0 + prices.floor)
    offers = prices.most * problem.most - prices.least * problem.least
    free = (problem.openings == FREE) & ~problem.promised
    offers = np.where(free, np.maximum(offers, 0.0), offers)
    bound += float(offers[problem.openings != CLOSED].sum())
    bound += float(problem.lots @ np.maximum(problem.payoff @ prices.weights, 0.0))
    if problem.risk.floor is not None:
        bound -= prices.floor * problem.risk.floor
    return Priced(problem, prices, best, top, second, bound)
