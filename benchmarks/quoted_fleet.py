"""A made-up fleet of any size and forty auction events, quoted block by block.

Run as a module it tells, as JSON, how many options it saw, the seconds and the peak memory.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Sequence
from typing import Final, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from auction import Market, planning_dates, quote_blocks
from auction.tables import Events
from auction.venue_terms import Venues
from auction.workspace.config import AuctionRules
from residual import ResidualModel, UnitShock, ValueBook

AS_OF: Final = dt.date(2026, 6, 1)
SITES, SALES = 8, 5
EVENTS: Final = SITES * SALES
SCENARIOS: Final = 1_024
_REGIONS: Final = ("north", "south", "west")


class _NoFactors:
    """Stands for a value model to which all venues are alike."""

    def venue_value_factor(
        self, venue_ids: Sequence[str], bidders: Sequence[float]
    ) -> NDArray[np.float64]:
        """Return no factor for any venue."""
        return np.zeros(len(venue_ids)) * len(bidders)


def market(reserve_levels: tuple[float, ...]) -> Market:
    """Return eight sites with five sales each, all of them within reach of every unit."""
    draw = np.random.default_rng(40)
    sites = pl.DataFrame(
        {
            "venue_id": [f"S{site}" for site in range(SITES)],
            "channel": ["auction"] * SITES,
            "region": [_REGIONS[site % len(_REGIONS)] for site in range(SITES)],
            "lat": draw.uniform(35.0, 45.0, SITES),
            "lon": draw.uniform(-95.0, -80.0, SITES),
            "fee_sale": draw.uniform(150.0, 350.0, SITES),
            "fee_rate": draw.uniform(0.0, 0.03, SITES),
            "fee_no_sale": np.full(SITES, 45.0),
            "tax_rate": np.zeros(SITES),
            "settlement_days": np.full(SITES, 5.0),
            "entry_days": np.full(SITES, 3.0),
            "display_days": np.full(SITES, 2.0),
            "bidders": draw.uniform(3.0, 9.0, SITES),
        }
    )
    sales = [
        (f"S{site}-{sale}", f"S{site}", AS_OF + dt.timedelta(days=24 + 7 * sale + site % 3))
        for site in range(SITES)
        for sale in range(SALES)
    ]
    events = pl.DataFrame(sales, schema=["event_id", "venue_id", "date"], orient="row")
    return Market(
        venues=_complete(sites, Venues),
        events=_complete(events.with_columns(capacity=pl.lit(10_000)), Events),
        weeks=10,
        auction=AuctionRules(reserve_levels=reserve_levels),
    )


def _complete(frame: pl.DataFrame, schema: type[Venues | Events]) -> pl.DataFrame:
    """Return a table with all columns of its schema."""
    return pl.concat([schema.create_empty(), frame], how="diagonal_relaxed")


def book(vehicles: int, there: Market) -> ValueBook:
    """Return values of a fleet; no two units are worth the same or as hard to tell."""
    draw = np.random.default_rng(7)
    dates = planning_dates(there, AS_OF)
    fleet = pl.DataFrame(
        {
            "vehicle_id": [f"V{unit:07}" for unit in range(vehicles)],
            "make": ["Ford"] * vehicles,
            "model": ["Focus"] * vehicles,
            "region": np.array(_REGIONS)[draw.integers(0, len(_REGIONS), vehicles)],
            "lat": draw.uniform(35.0, 45.0, vehicles),
            "lon": draw.uniform(-95.0, -80.0, vehicles),
        }
    )
    days = np.array([(date - AS_OF).days for date in dates])
    scale = draw.uniform(0.08, 0.4, vehicles)
    shape = (2, days.size, SCENARIOS)
    core = np.concatenate([np.linspace(0.01, 0.09, 17), np.linspace(0.1, 0.99, 179)])
    return ValueBook(
        vehicle_ids=fleet["vehicle_id"].to_list(),
        dates=dates,
        as_of=AS_OF,
        log_value=draw.normal(9.2, 0.5, vehicles)[:, None] - 0.0006 * days,
        unit_scale=scale,
        sale_spread=0.7 * scale,
        shocks=(UnitShock.from_quantiles(norm.ppf(core), 0.5, 0.3),),
        form=np.zeros(vehicles, dtype=np.int64),
        group=draw.integers(0, 2, vehicles),
        group_names=["car", "van"],
        segment=["car"] * vehicles,
        factor=0.05 * draw.standard_normal(shape),
        scrap=0.1 * draw.standard_normal(shape[1:]),
        index_ratio=np.exp(0.05 * draw.standard_normal(shape[1:])),
        seed=7,
        vehicles=fleet,
        model=cast("ResidualModel", _NoFactors()),
    )


def quoted(values: ValueBook, there: Market, threads: int) -> int:
    """Quote a fleet, one block after the other, and return the number of options."""
    return sum(options.vehicle.size for options in quote_blocks(values, there, threads=threads))


def main(vehicles: int, threads: int) -> None:
    """Quote a fleet and tell what it took."""
    there = market((1.0,))
    values = book(vehicles, there)
    start = time.perf_counter()
    options = quoted(values, there, threads)
    told = {
        "options": options,
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time(),
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
