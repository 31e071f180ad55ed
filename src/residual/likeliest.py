"""The numbers of bidding that past lots make most likely, with stated priors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from residual.curves import Floats
from residual.distribution import UnitShock
from residual.information import PRIOR_SD, Information
from residual.lots import NAMES, Lots, likelihood

_VENUE_SD: Final = 0.1
#: Chances at which the distribution of values is handed on.
MIDDLE: Final[Floats] = np.linspace(0.05, 0.95, 91)
_NODES: Final = 41
#: Lots that weigh as much as the shape told before, and the first rounds in which it moves.
_SHAPE_LOTS: Final = 400.0
_SHAPED: Final = 20
#: Share of lots that have nothing to do with bids, and how many lots that weighs as much as.
STRAYS: Final = 0.01
_STRAY_LOTS: Final = 100.0
_ROUNDS: Final = 40
_CLOSE: Final = 0.03
_LONGEST, _SHORTEST = 0.7, 1e-3
#: Sd by which the bend of the likelihood is told, and the largest bias, in sd, that is taken off.
_BEND: Final = 0.5
_MOST: Final = 0.5


@dataclass(frozen=True, slots=True)
class Likeliest:
    """What the likelihood says of the numbers of `residual.lots.NAMES`.

    Attributes
    ----------
    numbers, errors : float64[10]
        Where the posterior is highest, the bias of few lots taken off, and standard deviations
        there, the venues' being free.
    worth : float64[g]
        What each venue adds to values, nought over all lots: its mean is part of `value`.
    quantiles : float64[91]
        Of values over all venues, at `MIDDLE`.
    value_error : float
        Of their mean.
    asked : float
        Where reserves lie over all venues.
    strays : float
        Share of lots that have nothing to do with bids.
    settled : bool
        Whether the steps ended.
    """

    numbers: Floats
    errors: Floats
    worth: Floats
    quantiles: Floats
    value_error: float
    asked: float
    strays: float
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
    The variance of their effects moves with them, as in `residual.mixed`. The share of lots that
    have nothing to do with bids moves as the shock does.

    Of numbers that few lots tell faintly the likeliest lean: their bias to the first order in one
    over the number of lots (Cox and Snell 1968) is taken off, as far as it comes from the way in
    which the lots tell least. With S the covariance, s a lot's score and w its second derivative
    along one sd of that way plus the square of the first, it is -S sum(s w) / 2.
    """
    nodes, weights = shock_nodes(shock)
    venues = lots.venues
    numbers = mean if begin is None else begin
    effects = np.zeros((venues, 2))
    variance = np.full(2, _VENUE_SD**2)

    def told(at: Floats, own: Floats) -> tuple[Floats, Floats, Floats]:
        return likelihood(lots, at, own[:, 0], own[:, 1], nodes, weights, strays)

    def density(log: Floats, at: Floats, own: Floats) -> float:
        squares = np.sum(((at - mean) / PRIOR_SD) ** 2) + np.sum(own**2 / variance)
        return float(np.sum(log)) - 0.5 * float(squares)

    expected, strays = _SHAPE_LOTS * weights, STRAYS
    settled = False
    log, slopes, mass = told(numbers, effects)
    for round_ in range(_ROUNDS):
        information = Information(lots, slopes, variance)
        gradient = slopes.sum(axis=0) - (numbers - mean) / PRIOR_SD**2
        own = information.gradient - effects / variance
        step, moves = information.solve(gradient, own)
        size = min(1.0, _LONGEST / float(np.max(np.abs(step))))
        settled = bool(np.all(np.abs(step) < _CLOSE * np.sqrt(np.diag(information.covariance))))
        if settled:
            break
        height, better = density(log, numbers, effects), False
        while not better and size > _SHORTEST:
            tried, own = numbers + size * step, effects + size * moves
            log, fresh, mass = told(tried, own)
            better = density(log, tried, own) > height
            size *= 0.5
        if not better:
            break
        numbers, effects, slopes = tried, own, fresh
        spread = np.sum(effects**2 + information.venue_variance, axis=0)
        variance = np.maximum((spread + _VENUE_SD**2) / (venues + 1.0), 1e-4)
        if round_ < _SHAPED:
            weights = (mass + expected) / (mass.sum() + _SHAPE_LOTS)
            nodes = _standardised(nodes, weights)
            found = len(lots) - float(mass.sum()) + STRAYS * _STRAY_LOTS
            strays = found / (len(lots) + _STRAY_LOTS)
            log, slopes, mass = told(numbers, effects)
    information = Information(lots, slopes, variance)

    def moved(way: Floats, turned: Floats) -> Floats:
        return told(numbers + way, effects + turned)[0]

    step, moves = _unbent(information, log, moved)
    numbers, effects = numbers + step, effects + moves
    information = Information(lots, told(numbers, effects)[1], variance)
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
        strays,
        settled,
    )


def _unbent(
    information: Information, log: Floats, moved: Callable[[Floats, Floats], Floats]
) -> tuple[Floats, Floats]:
    """What takes the bias of few lots off the numbers and the venues' effects.

    Parameters
    ----------
    information : Information
    log : float64[n]
        Log likelihood of each lot.
    moved : callable
        The same after such a change of the numbers and of the venues' effects.
    """
    way, turned = information.faintest()
    ahead, behind = (moved(size * way, size * turned) for size in (_BEND, -_BEND))
    bent = (ahead - 2.0 * log + behind) / _BEND**2 + information.by_lot(way, turned) ** 2
    step, moves = information.solve(*information.gathered(0.5 * bent))
    # far from what so many lots can tell the first order says nothing
    far = float(np.max(np.abs(step) / np.sqrt(np.diag(information.covariance))))
    size = _MOST / max(far, _MOST)
    return size * step, size * moves


def _standardised(nodes: Floats, weights: Floats) -> Floats:
    mean = float(weights @ nodes)
    return np.asarray((nodes - mean) / np.sqrt(float(weights @ (nodes - mean) ** 2)))
