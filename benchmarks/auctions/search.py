"""The best reserves of all runs by trying every combination on lots whose bidders were drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.auctions.bidders import Floats, hammer, top_two
from benchmarks.auctions.terms import Terms

#: Reserves tried in each run, by the number of runs: everything, then finer around the best.
POINTS: Final = {1: 161, 2: 61, 3: 25}
#: Lots taken at a time, so that a table of all combinations by lots stays small.
_BLOCK: Final = 2048


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lots whose luck is settled, in units of the unit's median value today.

    Attributes
    ----------
    value : float64[n]
        Of the unit.
    bids : sequence of (float64[n], float64[n])
        Highest and second highest in each run; 0 where nobody stands.
    minds : sequence of float64[n]
        Uniform draws of the seller's mind in each run.
    """

    value: Floats
    bids: Sequence[tuple[Floats, Floats]]
    minds: Sequence[Floats]


def draw(rng: np.random.Generator, terms: Terms, runs: int, luck: Floats) -> Drawn:
    """Draw the bidders of lots whose own shocks are given.

    Parameters
    ----------
    rng : numpy.random.Generator
    terms : Terms
    runs : int
    luck : float64[n]
        Standardised shock of each unit; the market strays as well, and stays where it went.
    """
    market = terms.factor_scale * rng.standard_normal(len(luck))
    value = np.exp(terms.unit_scale * luck + market)
    bids = []
    for run in range(runs):
        here = value * np.exp(run * terms.step_log_value)
        highest, second = top_two(rng, rng.poisson(terms.arrival, len(luck)))
        bids.append((here * np.exp(terms.spread * highest), here * np.exp(terms.spread * second)))
    return Drawn(value, bids, [rng.random(len(luck)) for _ in range(runs)])


def mean_net(drawn: Drawn, terms: Terms, reserves: Sequence[Floats]) -> Floats:
    """Mean net worth under every combination of the reserves of the runs.

    Parameters
    ----------
    drawn : Drawn
    terms : Terms
    reserves : sequence of float64[k]
        Candidates of each run.

    Returns
    -------
    float64[k, ..., k]
        An axis for each run.
    """
    lots = len(drawn.value)
    total = np.zeros((len(reserves[0]), int(np.prod([len(one) for one in reserves[1:]]))))
    for start in range(0, lots, _BLOCK):
        here = slice(start, start + _BLOCK)
        fallback = terms.fallback * np.exp(len(reserves) * terms.step_log_value)
        later = fallback * drawn.value[None, here]
        for run in range(len(reserves) - 1, -1, -1):
            highest, second = (bid[here] for bid in drawn.bids[run])
            price = hammer(
                highest, second, reserves[run][:, None], drawn.minds[run][here],
                terms.accept_level, terms.accept_slope,
            )  # fmt: skip
            unsold = np.isnan(price)
            net = np.where(unsold, 0.0, terms.sold(price))
            onward = terms.unsold(later)
            if run == 0:
                total += net.sum(axis=1)[:, None] + unsold.astype(np.float64) @ onward.T
            else:
                both = net[:, None, :] + unsold[:, None, :] * onward[None, :, :]
                later = both.reshape(-1, both.shape[-1])
    return np.asarray(total / lots).reshape([len(one) for one in reserves])


def exhaustive(drawn: Drawn, terms: Terms, points: int) -> tuple[Floats, float]:
    """Best reserves of all runs, and their mean net worth.

    Parameters
    ----------
    drawn : Drawn
    terms : Terms
    points : int
        Reserves of each run: over everything, then between the neighbours of the best.
    """
    runs = len(drawn.bids)
    width = 2.5 * (np.hypot(terms.unit_scale, terms.factor_scale) + terms.spread)
    centre = terms.step_log_value * np.arange(runs)
    best, worth = np.exp(centre), 0.0
    for _ in range(2):
        tried = [np.exp(np.linspace(middle - width, middle + width, points)) for middle in centre]
        net = mean_net(drawn, terms, tried)
        at = np.unravel_index(int(net.argmax()), net.shape)
        best = np.array([one[place] for one, place in zip(tried, at, strict=True)])
        worth = float(net[at])
        centre, width = np.log(best), 2.0 * width / (points - 1)
    return best, worth
