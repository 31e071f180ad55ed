"""In which order points of the frontier are planned, and what each of them starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from auction.allocation import Warm
from auction.risk import CVaR

P = TypeVar("P")


def walk(
    first: P,
    risk: CVaR,
    weights: Iterable[float],
    replan: Callable[[CVaR, Warm], P],
    warm_of: Callable[[P], Warm],
) -> Iterator[tuple[CVaR, P]]:
    """Plan a fleet at further weights of the tail, each from plans at weights around it.

    The ends come first, from the plan that is there; then the middle of what lies between two
    plans, from both, until none is left.

    Parameters
    ----------
    first : P
        The plan that is there.
    risk : CVaR
        Its appetite.
    weights : iterable of float
        Further weights.
    replan : callable
        Plans the fleet under an appetite from a start.
    warm_of : callable
        What a plan keeps for the next one.

    Yields
    ------
    (CVaR, P)
        Appetite and plan, in the order in which they are found.
    """
    own = risk.weight
    asked = sorted({*weights, own})
    # plans are not kept: each holds the whole problem
    done = {own: warm_of(first)}
    ends = [each for each in (asked[-1], asked[0]) if each != own]
    for weight in [*ends, *_middles(asked, own)]:
        appetite = replace(risk, weight=weight)
        below = max((each for each in done if each < weight), default=None)
        above = min((each for each in done if each > weight), default=None)
        if below is None or above is None:
            start = done[own]
        else:
            start = between(done[below], done[above], appetite)
        found = replan(appetite, start)
        done[weight] = warm_of(found)
        yield appetite, found


def between(one: Warm, other: Warm, risk: CVaR) -> Warm:
    """Return a start at a weight of the tail between those of two plans.

    Prices and weights of the scenarios are mixed in proportion. The worth of the best plan is
    convex in prices and weight together, so that the mixed prices prove a bound no higher than the
    line between those that the two plans have proven.

    Parameters
    ----------
    one, other : Warm
        What two plans of the same fleet on the same scenarios have kept.
    risk : CVaR
        Appetite of a weight between theirs.
    """
    span = other.risk.weight - one.risk.weight
    share = (risk.weight - one.risk.weight) / span
    near = one if share < 0.5 else other
    prices = {
        name: (1.0 - share) * price + share * other.prices.get(name, 0.0)
        for name, price in one.prices.items()
    }
    tails = {each.tobytes(): each for each in (*one.tails, *other.tails)}
    return replace(
        near,
        prices=prices,
        weights=(1.0 - share) * one.weights + share * other.weights,
        risk=risk,
        tails=tuple(tails.values()),
    )


def _middles(asked: list[float], own: float) -> Iterator[float]:
    """Yield the weights between the ends and the own one, the middle of each gap first."""
    place = asked.index(own)
    gaps = [(0, place), (place, len(asked) - 1)]
    while gaps:
        low, high = gaps.pop(0)
        if high - low > 1:
            middle = (low + high) // 2
            yield asked[middle]
            gaps += [(low, middle), (middle, high)]
