"""Two years of past offerings: first runs, re-runs of what stayed unsold, and the file's flaws."""

from __future__ import annotations

import numpy as np
import polars as pl

from sample_fleet.bidding import run_auctions
from sample_fleet.places import REGIONS, miles
from sample_fleet.seeds import AS_OF, days, stream
from sample_fleet.sites import HIDES_BIDDERS, SITES
from sample_fleet.size import SAMPLE, Size
from sample_fleet.units import Profile, draw_units, guide_values

FIRST_DAY = "2024-06-03"
MOST_RUNS = 4
CODES = {"lender": "B", "lease": "L", "fleet": "F", "dealer": "D"}
RERUN_SHARE = 0.88  # of the unsold; the rest leaves the auction lane
PROFILES = {
    "lender": (Profile(0.5, 6.6, 3.2, 16, -0.40, 0.05, 0.24), 1840),
    "lease": (Profile(1.8, 3.3, 0.9, 6, 0.25, 0.005, 0.10), 1225),
    "fleet": (Profile(0.7, 2.9, 1.6, 9, 0.10, 0.02, 0.14), 1020),
    "dealer": (Profile(1.0, 8.2, 3.8, 18, -0.15, 0.03, 0.16), 1225),
}
SALE_COLUMNS = (
    "sale_id", "vehicle_id", "run", "offered_on", "closed_on", "make", "model", "variant",
    "body", "powertrain", "segment", "model_year", "first_registered", "odometer",
    "condition_grade", "damage", "colour", "region", "venue_id", "channel", "outcome", "price",
    "reserve", "opening_bid", "high_bid", "bidders", "guide_value", "seller_kind",
)  # fmt: skip
ROUND_ODOMETERS = (1.0, 999_999.0)


def choose_sites(rng: np.random.Generator, units: pl.DataFrame) -> np.ndarray:
    """Return the index of the site each unit goes to: near ones first, wrecks to salvage pools."""
    names = list(REGIONS)
    far = np.array([[miles(REGIONS[r][:2], REGIONS[s.region][:2]) for s in SITES] for r in names])
    row = units["region"].replace_strict(names, list(range(len(names)))).to_numpy()
    pull = np.exp(-far[row] / 400) * np.array([s.capacity / s.every for s in SITES])
    damage = units["damage"].to_numpy()
    accepts = np.array([s.accepts for s in SITES])
    sound = damage == "none"
    pull[np.ix_(sound, accepts == "damaged")] = 0.0
    pull[np.ix_(~sound, accepts == "sound")] = 0.0
    pull[np.ix_(damage == "heavy", accepts == "damaged")] *= 12.0
    edge = np.cumsum(pull, axis=1)
    return (edge < rng.random(units.height)[:, None] * edge[:, -1:]).sum(axis=1)


def next_event(site: np.ndarray, earliest: np.ndarray) -> np.ndarray:
    """Return the first day not before `earliest` on the weekday of each unit's site."""
    weekday = np.array([s.weekday for s in SITES])[site]
    return earliest + (weekday - (earliest - days("2024-06-03"))) % 7


def offer_until_sold(
    rng: np.random.Generator, units: pl.DataFrame, first: np.ndarray, most_runs: np.ndarray
) -> pl.DataFrame:
    """Return every offering of the units that closed before the planning date, run after run.

    Parameters
    ----------
    first : int64[n]
        Day since 1970 from which a unit can be offered.
    most_runs : int64[n]
        Runs after which the seller gives up.
    """
    site, run = choose_sites(rng, units), np.ones(units.height, dtype=np.int64)
    on, rounds = next_event(site, first), []
    for _ in range(MOST_RUNS):
        offered = run_auctions(rng, units, site, on, run)
        rounds.append(offered.filter(pl.col("closed_on") < AS_OF))
        unsold = (offered["outcome"] != "sold").to_numpy()
        again = unsold & (rng.random(len(on)) < RERUN_SHARE) & (run < most_runs)
        moved = np.where(rng.random(len(on)) < 0.15, choose_sites(rng, units), site)
        later = next_event(moved, on + rng.integers(6, 20, len(on)))
        run = np.where(offered["_withdrawn"].to_numpy(), run, run + 1)
        units, site, on, run, most_runs = (
            units.filter(again), moved[again], later[again], run[again], most_runs[again],
        )  # fmt: skip
    return pl.concat(rounds)


def past_offerings(size: Size = SAMPLE) -> pl.DataFrame:
    """Return the offerings of two years, hidden columns included, before any flaw is put in."""
    parts = []
    for seller, (profile, usual) in PROFILES.items():
        rng, n = stream(f"history {seller}"), round(usual * size.past)
        first = np.sort(rng.integers(days(FIRST_DAY), days(AS_OF) - 1, n))
        units = draw_units(rng, first, profile, seller)
        names = pl.Series([f"{CODES[seller]}{i:05d}" for i in range(1, n + 1)])
        units = units.with_columns(vehicle_id=names, guide_value=guide_values(rng, units, first))
        parts.append(offer_until_sold(rng, units, first, np.full(n, MOST_RUNS)))
    return pl.concat(parts)


def blank(column: str, rows: np.ndarray) -> pl.Expr:
    """Return the column with nothing in the marked rows."""
    return pl.when(pl.Series(rows)).then(None).otherwise(pl.col(column)).alias(column)


def _with_gaps(rng: np.random.Generator, sales: pl.DataFrame) -> pl.DataFrame:
    n = sales.height
    hidden = pl.col("venue_id").is_in(HIDES_BIDDERS) | (pl.col("outcome") == "withdrawn")
    return sales.with_columns(
        blank("condition_grade", rng.random(n) < 0.015),
        blank("odometer", rng.random(n) < 0.01),
        blank("guide_value", rng.random(n) < 0.04),
        blank("first_registered", rng.random(n) < 0.12),
        blank("reserve", rng.random(n) < 0.03),
        blank("colour", rng.random(n) < 0.02),
        pl.when(hidden).then(None).otherwise(pl.col("bidders")).alias("bidders"),
        pl.when(pl.col("outcome") == "withdrawn").then(None).otherwise(pl.col("closed_on"))
        .alias("closed_on"),
    )  # fmt: skip


def _with_absurdities(rng: np.random.Generator, sales: pl.DataFrame) -> pl.DataFrame:
    """Return the sales with the wrong values that real files carry: sentinels, lost decimals."""
    odometer, price = sales["odometer"].to_numpy().copy(), sales["price"].to_numpy().copy()
    rows = rng.choice(sales.height, 24, replace=False)
    odometer[rows] = np.repeat(ROUND_ODOMETERS, 12)
    sold = np.flatnonzero(np.isfinite(price))
    slips = rng.choice(sold, 8, replace=False)
    price[slips] = np.where(
        np.arange(8) < 3,
        price[slips] * 10,
        np.where(np.arange(8) < 6, (price[slips] / 10).round(), 1.0),
    )
    return sales.with_columns(
        pl.Series("odometer", odometer).fill_nan(None),
        pl.Series("price", price.round(2)).fill_nan(None),
    )


def sales_table(offerings: pl.DataFrame) -> pl.DataFrame:
    """Return the sales as a lender would hand them over, in order of date."""
    rng = stream("flaws")
    ordered = offerings.sort("offered_on", "vehicle_id", "run")
    ordered = ordered.with_columns(
        sale_id=pl.Series([f"S{i:06d}" for i in range(1, ordered.height + 1)]),
        channel=pl.lit("auction"),
    )
    return _with_absurdities(rng, _with_gaps(rng, ordered)).select(SALE_COLUMNS)
