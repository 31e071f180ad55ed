"""Bidders drawn one by one: what the formulas are held against, and nothing of theirs in it."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
#: Log odds at or below which no seller takes a bid under the reserve.
NEVER: Final = -40.0


def top_two(rng: np.random.Generator, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Draw the two highest of so many standard normal bidders of each lot.

    Parameters
    ----------
    rng : numpy.random.Generator
    number : int64[n]
        Bidders of each lot.

    Returns
    -------
    highest, second : float64[n]
        -inf where there is no such bidder.
    """
    order = np.argsort(-number, kind="stable")
    # lots by falling number: those that the k-th bidder comes to stand first
    come = len(number) - np.cumsum(np.bincount(number))
    highest, second = np.full((2, len(number)), -np.inf)
    for lots in come[come > 0].tolist():
        bid = rng.standard_normal(lots)
        np.maximum(second[:lots], np.minimum(highest[:lots], bid), out=second[:lots])
        np.maximum(highest[:lots], bid, out=highest[:lots])
    back = np.empty_like(order)
    back[order] = np.arange(len(number))
    return highest[back], second[back]


def hammer(
    highest: Floats,
    second: Floats,
    reserve: Floats | float,
    mind: Floats | None = None,
    level: float = NEVER,
    slope: float = 0.0,
) -> Floats:
    """Price of each lot in the units of the bids: NaN where it is not sold.

    Parameters
    ----------
    highest, second : float64[n]
    reserve : float or float64[k, 1]
    mind : float64[n], optional
        Uniform draws of sellers who may take the second highest where the highest misses the
        reserve.
    level, slope : float
        Log odds that they do where it just misses the reserve, and their change with ln of its
        ratio; never at -40 or less.
    """
    price = np.where(highest >= reserve, np.maximum(second, reserve), np.nan)
    if mind is None or level <= NEVER:
        return price
    with np.errstate(divide="ignore"):
        odds = level + slope * np.log(second / reserve)
    taken = (highest < reserve) & (np.log(mind / (1.0 - mind)) < odds)
    return np.where(taken, second, price)
