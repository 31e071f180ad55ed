"""Bidders drawn one by one: what the formulas are held against, and nothing of theirs in it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


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


def hammer(highest: Floats, second: Floats, reserve: Floats | float) -> Floats:
    """Price of each lot in the units of the bids: NaN where the highest misses the reserve."""
    return np.where(highest >= reserve, np.maximum(second, reserve), np.nan)
