"""What each part of a plan adds to the mean and to the tail of its proceeds.

A part's share of the tail is what it brings on average in the scenarios in which the whole does
worst: the derivative of the CVaR as the part grows (Tasche, Journal of Banking and Finance 26,
2002). As the CVaR grows in proportion with the whole, the parts add up to it (Euler).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from auction.evaluate import Evaluation

_Array = NDArray[np.float64]


class Part(TypedDict):
    """What a part adds, money: cvar is its share of the CVaR, at_risk how far that lies below."""

    name: str
    units: int
    expected: float
    cvar: float
    at_risk: float


def by_group(evaluation: Evaluation, group: Iterable[str], alpha: float) -> list[Part]:
    """Return what the vehicles of each group add, sorted by name.

    Parameters
    ----------
    evaluation : Evaluation
        The plan on fresh scenarios.
    group : iterable of str, length V
        Group of each vehicle, such as its segment.
    alpha : float
        Level of the CVaR.
    """
    weights = evaluation.tail_weights(alpha)
    named = np.array(list(group), dtype=np.str_)
    return [
        _part(name, int((named == name).sum()), proceeds, weights)
        for name, proceeds in evaluation.by(named).items()
    ]


def by_hedge(evaluation: Evaluation, payoffs: Mapping[str, _Array], alpha: float) -> list[Part]:
    """Return what each hedge adds, sorted by name.

    Parameters
    ----------
    evaluation : Evaluation
        The plan on fresh scenarios.
    payoffs : mapping of str to float64[n]
        Pay-off of the lots bought of each hedge less their premiums, money.
    alpha : float
        Level of the CVaR.
    """
    weights = evaluation.tail_weights(alpha)
    return [_part(name, 0, payoffs[name], weights) for name in sorted(payoffs)]


def _part(name: str, units: int, proceeds: _Array, weights: _Array) -> Part:
    expected, tail = float(proceeds.mean()), float(proceeds @ weights)
    return Part(name=name, units=units, expected=expected, cvar=tail, at_risk=expected - tail)
