"""Bidders and the split of the spread, found again in simulated offerings, and how surely."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import norm

from benchmarks.auctions.bidders import Floats
from benchmarks.auctions.offerings import World, offerings
from residual.distribution import UnitShock, fit_shape, second_highest_moments
from residual.likeliest import Likeliest, most_likely, shock_nodes, start
from residual.lots import NAMES, Lots, likelihood
from residual.priors import Priors

#: Nobody counted bidders; few and many of them, reserves all over the place. A file as most are:
#: reserves close to the value, half of the lots with their bidders. And the first with rows that
#: have nothing to do with bids, which the likelihood allows for: shown, not judged.
WORLDS: Final = (
    World("hidden, 3 bidders", rate=3.0, share=0.6, noise=1.0, counted=0.0),
    World("hidden, 5 bidders", rate=5.0, share=0.5, noise=1.0, counted=0.0),
    World("half counted, 8 bidders", rate=8.0, share=0.5, noise=0.4, counted=0.5),
    World("hidden, 3 bidders, strays", rate=3.0, share=0.6, noise=1.0, counted=0.0, strays=0.01),
)
#: Lots of a repetition, and those that the information of one lot is a mean over.
LOTS: Final = 5_000
_MANY: Final = 50_000
_STEP: Final = 1e-4
#: As good as none.
_NO_STRAYS: Final = 1e-12
_TWO_SIDED: Final = 1.959963984540054
_TOLD: Final = ("value", "unit", "share", "known", "reserve", "rate")


@dataclass(frozen=True, slots=True)
class Recovered:
    """One number of one world over all repetitions.

    Attributes
    ----------
    world, number : str
        The number as in `residual.lots.NAMES`; unit, share, reserve and rate are logarithms.
    truth, bias, error : float
        Mean and root mean square of estimate less truth.
    bound : float
        Cramér-Rao bound of the standard error.
    covered : float
        Share of the repetitions whose 95 % interval holds the truth.
    settled : float
        Share of the repetitions in which the search ended.
    judged : bool
        Whether it is held to the targets: every row follows from bids.
    """

    world: str
    number: str
    truth: float
    bias: float
    error: float
    bound: float
    covered: float
    settled: float
    judged: bool


def recovery(
    repetitions: int,
    seed: int,
    say: Callable[[str], None],
    worlds: tuple[World, ...] = WORLDS,
    lots: int = LOTS,
    many: int = _MANY,
) -> list[Recovered]:
    """Estimate each world so many times.

    Parameters
    ----------
    repetitions : int
    seed : int
    say : callable
        Told of progress.
    worlds : tuple of World
    lots, many : int
        Of a repetition; for the bound.
    """
    shock = fit_shape(norm.ppf((np.arange(40_000) + 0.5) / 40_000), 0.0, 6.0, 5.0).shock
    found: list[Recovered] = []
    for place, world in enumerate(worlds):
        say(f"recovery: {world.name}")
        bound = bounds(np.random.default_rng((seed, 2, place)), world, shock, lots, many)
        rngs = [np.random.default_rng((seed, 3, place, at)) for at in range(repetitions)]
        told = [most_likely(offerings(rng, world, lots), _prior(), shock) for rng in rngs]
        found += _recovered(world, told, bound)
    return found


def _recovered(world: World, told: list[Likeliest], bound: Floats) -> Iterator[Recovered]:
    """Hold all estimates of a world against its truth, number by number."""
    truth = world.numbers()
    estimates, errors = np.array([_estimate(one) for one in told]).swapaxes(0, 1)
    off = estimates - truth
    inside = np.abs(off) <= _TWO_SIDED * errors
    settled = float(np.mean([one.settled for one in told]))
    for name in (*_TOLD, *(("drawn",) if world.counted else ())):
        at = NAMES.index(name)
        yield Recovered(
            world.name, name, float(truth[at]), float(off[:, at].mean()),
            float(np.sqrt(np.mean(off[:, at] ** 2))), float(bound[at]),
            float(inside[:, at].mean()), settled, world.strays == 0.0,
        )  # fmt: skip


def bounds(
    rng: np.random.Generator, world: World, shock: UnitShock, lots: int, many: int = _MANY
) -> Floats:
    """Cramér-Rao bounds of the standard errors of all numbers, from so many lots.

    Parameters
    ----------
    rng : numpy.random.Generator
    world : World
    shock : UnitShock
    lots : int
    many : int
        Simulated lots over which the information is averaged.

    Returns
    -------
    float64[10]
        NaN for numbers of which the world tells nothing.

    Notes
    -----
    The expected information is the mean outer product of the scores of single lots at the truth
    (Cramér 1946; Rao 1945), the scores being central differences of the log likelihood. All
    numbers are taken to be unknown together; neither priors nor the venue's own effects enter.
    """
    nodes, weights = shock_nodes(shock)
    truth, drawn = world.numbers(), offerings(rng, world, many)
    strays = max(world.strays, _NO_STRAYS)
    scores = np.column_stack(
        [_score(drawn, truth, at, nodes, weights, strays) for at in range(len(truth))]
    )
    moved = np.abs(scores).max(axis=0) > 0.0
    information = scores[:, moved].T @ scores[:, moved] * (lots / many)
    bound = np.full(len(truth), np.nan)
    bound[moved] = np.sqrt(np.diag(np.linalg.inv(information)))
    return bound


def _score(
    lots: Lots, truth: Floats, at: int, nodes: Floats, weights: Floats, strays: float
) -> Floats:
    step, venue = np.zeros(len(truth)), np.zeros(1)
    step[at] = _STEP
    up, down = (
        likelihood(lots, numbers, venue, venue, nodes, weights, strays)[0]
        for numbers in (truth + step, truth - step)
    )
    return np.asarray((up - down) / (2.0 * _STEP))


def _prior() -> Floats:
    """Means of the priors as a fit has them; no world's truth is one of them."""
    priors = Priors()
    share, bidders = priors.bidder_spread_share, priors.reference_bidders
    shift, sd = second_highest_moments(bidders)
    return start(share, float(np.sqrt(1.0 - (share * sd) ** 2)), bidders, shift)


def _estimate(told: Likeliest) -> tuple[Floats, Floats]:
    """Numbers and errors with the venue's own effect put in: there is but one venue."""
    numbers, errors = told.numbers.copy(), told.errors.copy()
    numbers[NAMES.index("value")] = told.quantiles.mean()
    errors[NAMES.index("value")] = told.value_error
    numbers[NAMES.index("asked")] = told.asked
    return numbers, errors
