"""Prices of what is scarce, and the bound that any prices prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.problem import Problem, best_columns


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices that let every vehicle choose on its own.

    Parameters
    ----------
    weights : float64[n]
        Scenario weights of the measure: (1 - k)/n plus k times weights of the tail.
    caps : float64[k]
        Price of a unit of every capped thing, money, >= 0.
    most, least : float64[Q]
        Prices on an offer's maximum and minimum quantity, money a unit, >= 0.
    """

    weights: NDArray[np.float64]
    caps: NDArray[np.float64]
    most: NDArray[np.float64]
    least: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Priced:
    """What prices say of every column.

    Parameters
    ----------
    prices : Prices
        The prices.
    worth : float64[c]
        Weighted net less the price of what the column uses, money.
    reduced : float64[c]
        ``worth`` less the best worth of the column's vehicle, money, <= 0. A plan with the
        column is worth at most ``bound + reduced``.
    bound : float
        No plan of the whole problem is worth more, money.
    """

    prices: Prices
    worth: NDArray[np.float64]
    reduced: NDArray[np.float64]
    bound: float


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


def price_out(problem: Problem, prices: Prices) -> Priced:
    """Evaluate the Lagrangian dual at the prices.

    With weights w in the envelope of the measure and multipliers y >= 0 of the caps, weak
    duality gives, for every plan, ``measure <= sum_v max_o (w-value - y-cost) + y @ limit +
    sum_t width_t max(0, y_t - cost_t) + sum_q max(0, most_q a_q - least_q b_q) +
    sum_j lots_j max(0, w @ payoff_j)``, t being the steps of what only loses worth.

    Parameters
    ----------
    problem : Problem
        The whole problem, not a part of it.
    prices : Prices
        Any prices of the right sign.

    Returns
    -------
    Priced
    """
    worth = problem.value(prices.weights) - problem.use.T @ prices.caps
    if problem.minimums:
        toll = np.append(prices.most - prices.least, 0.0)
        worth = worth - toll[problem.offer]
    _, best = best_columns(problem, worth)
    bound = float(best.sum() + prices.caps @ problem.limit) + problem.steps.slack(prices.caps)
    offers = prices.most * problem.most - prices.least * problem.least
    bound += float(np.maximum(offers, 0.0).sum())
    bound += float(problem.lots @ np.maximum(problem.payoff @ prices.weights, 0.0))
    return Priced(prices, worth, worth - best[problem.vehicle], bound)
