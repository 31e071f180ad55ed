"""The formulas of sale chance, price and net against auctions that are held one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from scipy.special import ndtr
from scipy.stats import binom

from _core import bids, reference_auction
from benchmarks.auctions.bidders import Floats, hammer, top_two
from benchmarks.auctions.terms import Terms, policy

ARRIVALS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 20.0)
SPREADS: Final = (0.05, 0.15, 0.3, 0.6)
#: ln of the reserve over the value, in spreads.
RESERVES: Final = (-2.5, -1.0, 0.0, 1.0, 2.0)
#: Share of the price, and money per sale in units of the value.
FEES: Final = ((0.0, 0.0), (0.06, 0.0), (0.0, 0.03), (0.09, 0.05))
#: Further tiers of the fee: above which price, money, share of the whole price.
STEPS: Final = ((0.9, 0.02, 0.03), (1.15, 0.08, 0.0), (1.4, 0.08, 0.02))
#: Log odds that a bid which just misses the reserve is taken, and their slope in ln of its ratio.
HAGGLING: Final = (1.5, 12.0)
#: Shares of the best reserve that are asked.
TILTS: Final = (0.85, 1.0, 1.1)
RUNS: Final = (1, 3)
#: Chance that any cell at all lies outside although every formula is right.
FAMILY: Final = 0.01


#: Highest and second highest of each lot, and the seller's mind.
_Lots: TypeAlias = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure told by a formula and by simulated auctions.

    Attributes
    ----------
    what : str
    arrival, spread : float
    terms : str
    told, simulated : float
    chance : float
        Of a simulation at least so far off, two-sided, if the formula is right.
    """

    what: str
    arrival: float
    spread: float
    terms: str
    told: float
    simulated: float
    chance: float


def closed_forms(
    auctions: int,
    seed: int,
    say: Callable[[str], None],
    arrivals: tuple[float, ...] = ARRIVALS,
    spreads: tuple[float, ...] = SPREADS,
) -> list[Cell]:
    """Hold so many auctions for each pair of bidders and spread, and all terms on them.

    Parameters
    ----------
    auctions : int
        For each cell; cells of one pair share their auctions, which Bonferroni's bound allows.
    seed : int
    say : callable
        Told of progress.
    arrivals, spreads : tuple of float
    """
    cells: list[Cell] = []
    for number, arrival in enumerate(arrivals):
        say(f"closed forms: {arrival:g} bidders")
        for place, spread in enumerate(spreads):
            rng = np.random.default_rng((seed, number, place))
            runs = [_bids(rng, arrival, spread, auctions) for _ in range(max(RUNS))]
            cells += _sales(arrival, spread, *runs[0][:2])
            cells += _nets(arrival, spread, runs)
    return cells


def outside(cells: list[Cell]) -> list[Cell]:
    """Cells outside the band that holds all of them with a chance of 99 % (Bonferroni)."""
    return [cell for cell in cells if cell.chance < FAMILY / len(cells)]


def _bids(rng: np.random.Generator, arrival: float, spread: float, auctions: int) -> _Lots:
    highest, second = top_two(rng, rng.poisson(arrival, auctions))
    return np.exp(spread * highest), np.exp(spread * second), rng.random(auctions)


def _sales(arrival: float, spread: float, highest: Floats, second: Floats) -> Iterator[Cell]:
    for reserve in RESERVES:
        log = np.array([reserve * spread])
        price = hammer(highest, second, float(np.exp(log[0])))
        sold = np.isfinite(price)
        for name, formula in (("kernel", bids.sale), ("twin", reference_auction.sale)):
            chance, revenue = formula(log, np.array([arrival]), np.array([spread]))
            terms = f"reserve {reserve:+g} spreads, {name}"
            count, of = int(sold.sum()), len(sold)
            p = float(chance[0])
            odd = 2.0 * min(binom.cdf(count, of, p), binom.sf(count - 1, of, p))
            yield Cell("sale chance", arrival, spread, terms, p, count / of, min(1.0, float(odd)))
            earned = np.where(sold, price, 0.0)
            yield _mean("expected price", arrival, spread, terms, float(revenue[0]), earned)


def _nets(arrival: float, spread: float, lots: list[_Lots]) -> Iterator[Cell]:
    """Expected net of one run and of several, on all terms, at the best reserves and others."""
    still, one = np.zeros(1), np.ones(1)
    usual = Terms(
        arrival, spread, fee_no_sale=0.006, step_log_value=-0.02, step_discount=0.995,
        step_cost=0.012,
    )  # fmt: skip
    level, slope = HAGGLING
    cases = [
        (f"fees {rate:g} and {fixed:g}", replace(usual, fee_rate=rate, fee_sale=fixed))
        for rate, fixed in FEES
    ]
    cases.append(("fees in tiers", replace(usual, fee_rate=0.01, tiers=STEPS)))
    haggles = replace(usual, fee_rate=0.06, accept_level=level, accept_slope=slope)
    cases.append(("haggling", haggles))
    for name, terms in cases:
        for runs in RUNS:
            for tilt in TILTS:
                reserve, told = policy(terms, runs, still, one, tilt)
                words = f"{runs} run{'s' * (runs > 1)}, {name}, tilt {tilt:g}"
                earned = followed(terms, reserve, lots[:runs])
                yield _mean("expected net", arrival, spread, words, told, earned)


def followed(terms: Terms, reserve: Floats, lots: list[_Lots]) -> Floats:
    """Net worth of each lot under a reserve for each run, its bids in units of the first value."""
    runs = len(lots)
    worth = np.full(len(lots[0][0]), terms.fallback * np.exp(runs * terms.step_log_value))
    for run in range(runs - 1, -1, -1):
        fallen = np.exp(run * terms.step_log_value)
        highest, second, mind = lots[run]
        price = hammer(
            highest * fallen, second * fallen, float(reserve[run]), mind, terms.accept_level,
            terms.accept_slope,
        )  # fmt: skip
        worth = np.where(np.isfinite(price), terms.sold(price), terms.unsold(worth))
    return worth


def _mean(
    what: str, arrival: float, spread: float, terms: str, told: float, earned: Floats
) -> Cell:
    mean = float(earned.mean())
    error = float(earned.std()) / np.sqrt(len(earned))
    chance = 2.0 * float(ndtr(-abs(mean - told) / error))
    return Cell(what, arrival, spread, terms, told, mean, chance)
