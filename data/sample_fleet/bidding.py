"""Run past auctions: who came, what they bid, what the seller wanted, and what came of it."""

from __future__ import annotations

import numpy as np
import polars as pl

from sample_fleet import worth
from sample_fleet.seeds import as_dates
from sample_fleet.sites import SITES
from sample_fleet.units import log_level, log_unit_shock

MOST_BIDDERS = 28
WITHDRAWN_SHARE = 0.025
RERUN_LOSS = 0.007
# A seller starts hopeful, sees most of what the bidders see, and comes down run by run.
ASKING = np.array([0.028, 0.020, 0.021, 0.018])
# Dealers wait for their price; owners of many want the yard cleared.
SELLER_ASKING = {"dealer": 0.025, "fleet": -0.018, "lease": -0.018, "lender": -0.012}
SEEN = np.array([0.75, 0.84, 0.90, 0.93])


def increment(amount: np.ndarray) -> np.ndarray:
    """Return the bid step (USD) at an amount."""
    return np.where(amount < 2_000, 10.0, np.where(amount < 10_000, 25.0, 50.0))


def to_step(amount: np.ndarray) -> np.ndarray:
    """Return amounts rounded to the bid step, at least one step."""
    step = increment(amount)
    return np.maximum((amount / step).round(), 1) * step


def to_step_below(amount: np.ndarray) -> np.ndarray:
    """Return amounts cut down to the bid step, at least one step."""
    step = increment(amount)
    return np.maximum(np.floor(amount / step), 1) * step


def top_two(
    rng: np.random.Generator, location: np.ndarray, sigma: np.ndarray, mean_bidders: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the number of bidders and their two highest values (0 where there is none)."""
    count = np.minimum(rng.poisson(mean_bidders), MOST_BIDDERS)
    noise = rng.standard_normal((len(location), MOST_BIDDERS))
    noise = np.where(np.arange(MOST_BIDDERS)[None, :] < count[:, None], noise, -np.inf)
    best = np.sort(noise, axis=1)[:, -2:]
    values = np.exp(location[:, None] + sigma[:, None] * best)
    return count, values[:, 1], values[:, 0]


def reserves(
    rng: np.random.Generator,
    units: pl.DataFrame,
    level: np.ndarray,
    mean_bidders: np.ndarray,
    run: np.ndarray,
) -> np.ndarray:
    """Return what the seller wants at least: its guess at the hammer price, run by run lower."""
    grade = units["condition_grade"].to_numpy()
    guess = level + SEEN[run - 1] * log_unit_shock(units)
    guess += worth.second_highest(mean_bidders) * worth.bidder_spread(grade)
    slack = 0.03 + 0.15 * worth.total_spread(grade)
    manner = np.array([SELLER_ASKING[kind] for kind in units["seller_kind"]])
    ask = ASKING[run - 1] * (grade / 3) + manner
    return to_step(np.exp(guess + ask + slack * rng.standard_normal(units.height)))


def run_auctions(
    rng: np.random.Generator,
    units: pl.DataFrame,
    site: np.ndarray,
    on: np.ndarray,
    run: np.ndarray,
) -> pl.DataFrame:
    """Offer each unit once.

    Parameters
    ----------
    units : DataFrame
        Vehicles with their hidden columns.
    site, on, run : int64[n]
        Index into SITES, day since 1970, number of the run (1 = first).

    Returns
    -------
    DataFrame
        The units with the columns of an offering; a no-sale shows the bid it ended at.
    """
    level = log_level(units, on) - RERUN_LOSS * (run - 1)
    factor = np.array([s.factor for s in SITES])[site]
    location = level + log_unit_shock(units) + factor
    sigma = worth.bidder_spread(units["condition_grade"].to_numpy())
    busy = np.array([s.bidders for s in SITES])[site]
    count, highest, second = top_two(rng, location, sigma, busy)
    reserve = reserves(rng, units, level + factor, busy, run)
    opening = to_step(reserve * rng.uniform(0.45, 0.75, len(on)))
    withdrawn = rng.random(len(on)) < WITHDRAWN_SHARE
    sold = ~withdrawn & (highest >= reserve)
    price = np.maximum(to_step_below(second), reserve)
    bid = np.where(highest >= opening, np.maximum(to_step_below(second), opening), np.nan)
    length = np.array([{"live": 0, "timed": 4, "sealed": 2}[s.format] for s in SITES])[site]
    outcome = np.where(withdrawn, "withdrawn", np.where(sold, "sold", "no-sale"))
    return units.with_columns(
        run=pl.Series(run),
        offered_on=pl.Series(as_dates(on)),
        closed_on=pl.Series(as_dates(on + length)),
        venue_id=pl.Series(np.array([s.venue_id for s in SITES])[site]),
        outcome=pl.Series(outcome),
        price=pl.Series(np.where(sold, price, np.nan)).fill_nan(None),
        reserve=pl.Series(reserve),
        opening_bid=pl.Series(opening),
        high_bid=pl.Series(np.where(withdrawn, np.nan, np.where(sold, price, bid))).fill_nan(None),
        bidders=pl.Series(count).cast(pl.Int64),
        _withdrawn=pl.Series(withdrawn),
    )
