"""The numbers of bidding that past lots make most likely, with stated priors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from residual.curves import Floats
from residual.distribution import UnitShock
from residual.lots import NAMES, Lots, likelihood

#: Sd of the priors of the numbers of `NAMES`; their means are those of `_start`.
PRIOR_SD: Final = np.array([1.0, 0.15, 0.3, 0.15, 1.0, 2.0, 0.5, 1.0, 1.0, 0.5])
_VENUE_SD: Final = 0.1
#: Chances at which the distribution of values is handed on.
MIDDLE: Final[Floats] = np.linspace(0.05, 0.95, 91)
_NODES: Final = 41
#: Lots that weigh as much as the shape told before, and the first rounds in which it moves.
_SHAPE_LOTS: Final = 400.0
_SHAPED: Final = 20
_ROUNDS: Final = 40
_CLOSE: Final = 0.03
_LONGEST, _SHORTEST = 0.7, 1e-3


@dataclass(frozen=True, slots=True)
class Likeliest:
    """What the likelihood says of the numbers of `residual.lots.NAMES`.

    Attributes
    ----------
    numbers, errors : float64[10]
        Where the posterior is highest, and standard deviations there, the venues' being free.
    worth : float64[g]
        What each venue adds to values, nought over all lots: its mean is part of `value`.
    quantiles : float64[91]
        Of values over all venues, at `MIDDLE`.
    value_error : float
        Of their mean.
    asked : float
        Where reserves lie over all venues.
    settled : bool
        Whether the steps ended.
    """

    numbers: Floats
    errors: Floats
    worth: Floats
    quantiles: Floats
    value_error: float
    asked: float
    settled: bool


def start(share: float, unit_ratio: float, bidders: float, shift: float) -> Floats:
    """Means of the priors: values below hammers by the order of bidders alone."""
    return np.array(
        [-share * shift, np.log(unit_ratio), np.log(share), 0.0, 0.0, 0.0, 0.8, 0.0,
         np.log(0.4), np.log(bidders)]
    )  # fmt: skip


def shock_nodes(shock: UnitShock) -> tuple[Floats, Floats]:
    """Evenly spread nodes of the unit's shock, and the chance around each."""
    fine = shock.quantile((np.arange(8000, dtype=np.float64) + 0.5) / 8000.0)
    edges = np.linspace(fine[0], fine[-1], _NODES + 1)
    place = np.clip(np.searchsorted(edges, fine, side="right") - 1, 0, _NODES - 1)
    count = np.bincount(place, minlength=_NODES)
    used = count > 0
    nodes = np.bincount(place, weights=fine, minlength=_NODES)[used] / count[used]
    return nodes, count[used] / len(fine)


def most_likely(
    lots: Lots, mean: Floats, shock: UnitShock, begin: Floats | None = None
) -> Likeliest:
    """Numbers of greatest posterior density, by Newton steps with the scores' outer products.

    Parameters
    ----------
    lots : Lots
    mean : float64[10]
        Of the normal priors.
    shock : UnitShock
    begin : float64[10], optional
        Where the search begins; `mean` if not given.

    Notes
    -----
    The information is the sum of outer products of the lots' scores (Berndt, Hall, Hall and
    Hausman 1974) and the priors' precision; a step that lowers the posterior is halved. Venues
    are eliminated by themselves, so any number of them costs no more than going through lots.
    The variance of their effects moves with them, as in `residual.mixed`.
    """
    nodes, weights = shock_nodes(shock)
    venues = lots.venues
    numbers = mean if begin is None else begin
    effects = np.zeros((venues, 2))
    variance = np.full(2, _VENUE_SD**2)

    def told(at: Floats, own: Floats) -> tuple[float, Floats, Floats]:
        log, slopes, mass = likelihood(lots, at, own[:, 0], own[:, 1], nodes, weights)
        return float(np.sum(log)), slopes, mass

    def prior(at: Floats, own: Floats) -> float:
        squares = np.sum(((at - mean) / PRIOR_SD) ** 2) + np.sum(own**2 / variance)
        return -0.5 * float(squares)

    expected = _SHAPE_LOTS * weights
    settled = False
    log, slopes, mass = told(numbers, effects)
    for round_ in range(_ROUNDS):
        information = _Information(lots, slopes, variance)
        gradient = slopes.sum(axis=0) - (numbers - mean) / PRIOR_SD**2
        step, moves = information.solve(gradient, effects)
        size = min(1.0, _LONGEST / float(np.max(np.abs(step))))
        settled = bool(np.all(np.abs(step) < _CLOSE * np.sqrt(np.diag(information.covariance))))
        if settled:
            break
        height, better = log + prior(numbers, effects), False
        while not better and size > _SHORTEST:
            tried, own = numbers + size * step, effects + size * moves
            log, fresh, mass = told(tried, own)
            better = log + prior(tried, own) > height
            size *= 0.5
        if not better:
            break
        numbers, effects, slopes = tried, own, fresh
        spread = np.sum(effects**2 + information.venue_variance, axis=0)
        variance = np.maximum((spread + _VENUE_SD**2) / (venues + 1.0), 1e-4)
        if round_ < _SHAPED:
            weights = (mass + expected) / (mass.sum() + _SHAPE_LOTS)
            nodes = _standardised(nodes, weights)
            log, slopes, mass = told(numbers, effects)
    information = _Information(lots, slopes, variance)
    share = np.bincount(lots.venue, minlength=venues) / len(lots)
    mean_worth = float(share @ effects[:, 0])
    middle = np.interp(MIDDLE, np.cumsum(weights) - 0.5 * weights, nodes)
    unit = float(np.exp(numbers[NAMES.index("unit")]))
    return Likeliest(
        numbers,
        np.sqrt(np.diag(information.covariance)),
        effects[:, 0] - mean_worth,
        float(numbers[NAMES.index("value")]) + mean_worth + unit * middle,
        information.mean_error(share),
        float(numbers[NAMES.index("asked")]) + float(share @ effects[:, 1]),
        settled,
    )


def _standardised(nodes: Floats, weights: Floats) -> Floats:
    mean = float(weights @ nodes)
    return np.asarray((nodes - mean) / np.sqrt(float(weights @ (nodes - mean) ** 2)))


class _Information:
    """Information of numbers and venues together, the venues eliminated."""

    def __init__(self, lots: Lots, slopes: Floats, variance: Floats) -> None:
        venues, place = lots.venues, lots.venue
        own = slopes[:, [NAMES.index("value"), NAMES.index("asked")]]
        cross = np.empty((venues, len(NAMES), 2))
        block = np.empty((venues, 2, 2))
        self.gradient = np.empty((venues, 2))
        for j in range(2):
            self.gradient[:, j] = np.bincount(place, weights=own[:, j], minlength=venues)
            for i in range(len(NAMES)):
                product = slopes[:, i] * own[:, j]
                cross[:, i, j] = np.bincount(place, weights=product, minlength=venues)
            for i in range(2):
                product = own[:, i] * own[:, j]
                block[:, i, j] = np.bincount(place, weights=product, minlength=venues)
        block += np.diag(1.0 / variance)
        self.variance = variance
        self.block, self.cross = np.linalg.inv(block), cross
        self.through = np.einsum("gij,gjk->gik", cross, self.block)
        whole = np.einsum("ni,nj->ij", slopes, slopes) + np.diag(1.0 / PRIOR_SD**2)
        self.covariance = np.linalg.inv(whole - np.einsum("gik,gjk->ij", self.through, cross))

    @property
    def venue_variance(self) -> Floats:
        """Posterior variances of each venue's two effects, the numbers being free."""
        more = np.einsum("gik,ij,gjk->gk", self.through, self.covariance, self.through)
        return np.asarray(np.einsum("gkk->gk", self.block) + more)

    def mean_error(self, share: Floats) -> float:
        """Error of the number "value" with the mean effect of the venues on it."""
        toward = -np.einsum("g,gi->i", share, self.through[:, :, 0])
        toward[NAMES.index("value")] += 1.0
        own = float(np.sum(share**2 * self.block[:, 0, 0]))
        return float(np.sqrt(toward @ self.covariance @ toward + own))

    def solve(self, gradient: Floats, effects: Floats) -> tuple[Floats, Floats]:
        """Newton step of the numbers, and of the venues' effects."""
        own = self.gradient - effects / self.variance
        step = self.covariance @ (gradient - np.einsum("gik,gk->i", self.through, own))
        left = own - np.einsum("gik,i->gk", self.cross, step)
        return step, np.einsum("gij,gj->gi", self.block, left)
