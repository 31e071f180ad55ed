"""A workspace from the shared US wholesale file: a lender's fleet on 25 January 2015.

Run as ``python tests/real/build_us_wholesale.py OUT`` to look at it. The workspace is written to
OUT; what the planner must not know (price and date of each sale) goes beside it, to
``OUT.hidden.parquet``, for the scorer.

What is real
    *History*: every sale of the file up to 2015-01-25, of all sellers and of the Canadian,
    Hawaiian and Puerto Rican sites too: 20,308 rows, 14 without a make or model left out.
    *Fleet*: lots sold 2015-01-26 to 2015-02-09 by lenders (see ``lenders.py``) in the contiguous
    states: 2,181 vehicles in 27 states, 2 of them written "unknown" for want of make and model.
    The owner's column names and units stay: odometer in miles with its sentinels 1 and 999,999,
    ``condition`` in its mix of 1-5 and ten-fold grades, state, trim, seller, mmr (the guide).
    The index is the CPI of used cars (CUSR0000SETA02), seasonally adjusted and of a late vintage,
    not the figures first published; scrap is the PPI of iron and steel scrap (WPU1012).

What is assumed
    Everything else, and the files say so: one auction site a state at the state's centre; an event
    a week on the weekday on which that state sold most before; capacity 1.2 times the fleet's own
    weekly count there, rounded up (the fleet was sold within 15 days: count * 7 / 15); fees of
    sites; two dealers, a dismantler and two hedges, with terms around the priors of DOMAIN.md;
    a loan balance of 110 % of the guide on every third vehicle; legal holds, pins and bans on a
    few vehicles, and one lane with a weekly limit, so that those rules have something to hold.
    Titles are clear. No-sales, reserves and numbers of bidders are not in the file.

The plan is to be proven to 1e-4: with slots as few as two a week, the best plan in whole numbers
lies some 5e-5 below what the linear relaxation can show.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from real.lenders import is_lender

AS_OF: Final = date(2015, 1, 25)
WINDOW: Final = (date(2015, 1, 26), date(2015, 2, 9))
WINDOW_DAYS: Final = (WINDOW[1] - WINDOW[0]).days + 1
WEEKS: Final = 4
CAPACITY_FACTOR: Final = 1.2
MARKET_SERIES: Final = "CUSR0000SETA02"
SCRAP_SERIES: Final = "WPU1012"
ROOT: Final = Path(__file__).resolve().parents[2]

#: Approximate centres of the contiguous states and the District of Columbia, degrees.
CENTRES: Final[dict[str, tuple[float, float]]] = {
    "al": (32.8, -86.8), "ar": (34.8, -92.4), "az": (34.3, -111.7), "ca": (37.2, -119.5),
    "co": (39.0, -105.5), "ct": (41.6, -72.7), "dc": (38.9, -77.0), "de": (39.0, -75.5),
    "fl": (28.6, -82.4), "ga": (32.6, -83.4), "ia": (42.1, -93.5), "id": (44.4, -114.6),
    "il": (40.0, -89.2), "in": (39.9, -86.3), "ks": (38.5, -98.4), "ky": (37.5, -85.3),
    "la": (31.1, -92.0), "ma": (42.3, -71.8), "md": (39.0, -76.8), "me": (45.4, -69.2),
    "mi": (44.3, -85.4), "mn": (46.3, -94.3), "mo": (38.4, -92.5), "ms": (32.7, -89.7),
    "mt": (47.1, -109.6), "nc": (35.6, -79.4), "nd": (47.4, -100.5), "ne": (41.5, -99.8),
    "nh": (43.7, -71.6), "nj": (40.2, -74.7), "nm": (34.4, -106.1), "nv": (39.3, -116.6),
    "ny": (42.9, -75.5), "oh": (40.3, -82.8), "ok": (35.6, -97.5), "or": (43.9, -120.6),
    "pa": (40.9, -77.8), "ri": (41.7, -71.6), "sc": (33.9, -80.9), "sd": (44.4, -100.2),
    "tn": (35.9, -86.4), "tx": (31.5, -99.3), "ut": (39.3, -111.7), "va": (37.5, -78.9),
    "vt": (44.1, -72.7), "wa": (47.4, -120.4), "wi": (44.6, -89.9), "wv": (38.6, -80.6),
    "wy": (43.0, -107.6),
}  # fmt: skip

#: What the owner's system would hand over of each unit.
OWNED: Final = (
    "lot_id", "year", "make", "model", "trim", "body", "transmission", "state", "condition",
    "odometer", "color", "interior", "seller", "mmr",
)  # fmt: skip

#: Assumed: fee and carrying of about $450 a unit (2001), the carrying being counted apart.
SITE: Final[dict[str, Any]] = {
    "channel": "auction",
    "format": "live",
    "accepts": "any",
    "fee_sale": 275.0,
    "fee_rate": 0.0,
    "fee_no_sale": 60.0,
    "tax_rate": 0.0,
    "settlement_days": 5.0,
    "entry_days": 1.0,
    "display_days": 0.0,
}

#: Assumed places and terms of those who buy outside the auctions.
BUYERS: Final = (
    {"venue_id": "dealer-west", "name": "Retail group, Los Angeles (assumed)", "channel": "dealer",
     "accepts": "sound", "region": "ca", "lat": 34.1, "lon": -118.2, "settlement_days": 3.0},
    {"venue_id": "dealer-east", "name": "Retail group, Atlanta (assumed)", "channel": "dealer",
     "accepts": "sound", "region": "ga", "lat": 33.7, "lon": -84.4, "settlement_days": 7.0,
     "weekly_units": 60.0},
    {"venue_id": "dismantler", "name": "Recycler, Columbus (assumed)", "channel": "dismantling",
     "accepts": "any", "region": "oh", "lat": 40.0, "lon": -83.0, "settlement_days": 0.0,
     "weekly_units": 25.0, "labour_rate": 28.0},
)  # fmt: skip

OFFERS: Final = (
    {"offer_id": "W-late", "venue_id": "dealer-west", "max_age_years": 6.0, "max_odometer": 90_000,
     "min_grade": 3.5, "guide_rate": 93.0, "min_units": 0, "max_units": 120,
     "valid_from": AS_OF, "valid_until": AS_OF + timedelta(days=28)},
    {"offer_id": "W-odyssey", "venue_id": "dealer-west", "make": "Honda", "model": "odyssey",
     "min_grade": 3.0, "guide_rate": 95.0, "min_units": 3, "max_units": 12,
     "valid_from": AS_OF, "valid_until": AS_OF + timedelta(days=21)},
    {"offer_id": "E-any", "venue_id": "dealer-east", "max_age_years": 10.0,
     "max_odometer": 120_000, "min_grade": 2.5, "guide_rate": 91.0, "min_units": 40,
     "max_units": 160, "valid_from": AS_OF, "valid_until": AS_OF + timedelta(days=28)},
    {"offer_id": "E-camry", "venue_id": "dealer-east", "make": "Toyota", "model": "CAMRY",
     "max_odometer": 60_000, "min_grade": 3.0, "price": 11_800.0, "min_units": 10,
     "max_units": 30, "valid_from": AS_OF + timedelta(days=7),
     "valid_until": AS_OF + timedelta(days=21)},
)  # fmt: skip

#: Assumed: a recycler paid $1,900 on average for salvage cars and about $200 for the oldest;
#: of 40-90 parts on the list 15-25 sell. Bundled here, money a bundle.
PARTS: Final = (
    ("*", "wheels and tyres", 160.0, 0.6, 0.6, None, "free"),
    ("*", "catalytic converter", 120.0, 0.9, 0.5, None, "free"),
    ("*", "doors and lids", 420.0, 0.45, 3.0, None, "free"),
    ("*", "seats and electronics", 260.0, 0.4, 2.5, "doors and lids", "free"),
    ("*", "engine", 750.0, 0.5, 5.0, None, "five_assemblies"),
    ("*", "transmission", 450.0, 0.4, 2.5, "engine", "five_assemblies"),
    ("*", "hulk", 180.0, 1.0, 0.0, None, "scrap"),
    ("SUV", "wheels and tyres", 280.0, 0.65, 0.6, None, "free"),
    ("SUV", "catalytic converter", 150.0, 0.9, 0.5, None, "free"),
    ("SUV", "doors and lids", 640.0, 0.5, 3.5, None, "free"),
    ("SUV", "engine", 1_200.0, 0.55, 6.0, None, "five_assemblies"),
    ("SUV", "transmission", 700.0, 0.5, 3.0, "engine", "five_assemblies"),
    ("SUV", "hulk", 240.0, 1.0, 0.0, None, "scrap"),
)

#: Assumed terms of an insurer and of a bank.
HEDGES: Final = (
    {"hedge_id": "floor-90", "kind": "unit_floor", "series": None, "strike": 0.90,
     "expiry": AS_OF + timedelta(days=28), "premium": 0.05, "lot": 1.0, "limit": 150.0,
     "counterparty": "Insurer (assumed)"},
    {"hedge_id": "cpi-put", "kind": "index_put", "series": MARKET_SERIES, "strike": 0.99,
     "expiry": AS_OF + timedelta(days=63), "premium": 350.0, "lot": 100_000.0, "limit": 60.0,
     "counterparty": "Bank (assumed)"},
)  # fmt: skip

SETTINGS: Final = """\
# US wholesale, 2015-01-25: real vehicles and sales; venues, offers, parts, hedges, holds and
# overrides are ASSUMED (tests/real/build_us_wholesale.py says from what).
title = "US lender fleet, January 2015"
as_of = 2015-01-25
currency = "USD"
seed = 7

[tables.vehicles]
file = "fleet.csv"
units = { odometer = "mi", condition_grade = "ten_fold" }
constants = { title_status = "clear" }
[tables.vehicles.columns]
vehicle_id = "lot_id"
model_year = "year"
variant = "trim"
region = "state"
condition_grade = "condition"
guide_value = "mmr"
loan_balance = "balance"
lat = "yard_lat"
lon = "yard_lon"

[tables.sales]
file = "history.csv"
units = { odometer = "mi", condition_grade = "ten_fold" }
constants = { channel = "auction" }
[tables.sales.columns]
sale_id = "lot_id"
offered_on = "sale_date"
model_year = "year"
variant = "trim"
region = "state"
venue_id = "state"
condition_grade = "condition"
guide_value = "mmr"
price = "sellingprice"

[tables.index]             # CUSR0000SETA02 is seasonally adjusted; rows are revised figures
file = "index.parquet"
columns = { released_on = "released" }

[tables.venues]            # one site a state; terms assumed
file = "venues.csv"

[tables.events]            # assumed calendar and capacities
file = "events.parquet"
columns = { date = "sale_day", capacity = "slots" }

[tables.offers]            # assumed
file = "offers.csv"
units = { max_odometer = "mi", guide_rate = "percent" }

[tables.parts]             # assumed
file = "parts.csv"

[tables.tariffs]           # assumed: one lane with a weekly limit
file = "tariffs.csv"

[tables.hedges]            # assumed
file = "hedges.csv"

[tables.holds]             # assumed
file = "holds.csv"

[tables.overrides]         # assumed
file = "overrides.csv"

[horizon]
weeks = 4

[costs]
holding_per_day = 10.0
local_days = 1.0

[dismantling]
jurisdiction = "US"

[risk]
alpha = 0.95
weight = 0.3

[constraints]
max_sacrifice_rate = 0.1

[[limits]]
by = "channel"
group = "dealer"
max_share = 0.12

[[limits]]
by = "week"
max_share = 0.6

[[limits]]
by = "venue"
max_share = 0.25

[[limits]]
by = "counterparty"
group = "Insurer (assumed)"
max_units = 120

[solver]
gap = 5e-4
seconds = 120

[priors]
market_series = "CUSR0000SETA02"
unadjusted = ["WPU1012 scrap"]
"""


@dataclass(frozen=True, slots=True)
class Built:
    """Where the workspace stands and what it holds.

    Parameters
    ----------
    workspace, hidden : Path
        The folder, and the file of what the planner must not know.
    history, fleet, states : int
        Sales, vehicles, and the states in which the fleet stands.
    dropped, unnamed : int
        Sales left out and vehicles written "unknown" for want of a make or model.
    """

    workspace: Path
    hidden: Path
    history: int
    fleet: int
    states: int
    dropped: int
    unnamed: int


def build(out: Path, data: Path, hidden: Path | None = None) -> Built:
    """Write the workspace to ``out`` and the hidden part to ``hidden``.

    Parameters
    ----------
    out : Path
        Folder to make; it must not exist.
    data : Path
        Folder of the shared real data.
    hidden : Path, optional
        File for price and date of each sale; ``OUT.hidden.parquet`` beside the folder if not
        given. It must not lie within ``out``.

    Returns
    -------
    Built
    """
    hidden = hidden or out.with_name(out.name + ".hidden.parquet")
    if out.resolve() in hidden.resolve().parents:
        raise ValueError("the hidden part must not lie within the workspace")
    lots = pl.read_parquet(data / "us_wholesale_2014_2015.parquet").sort("lot_id")
    history, fleet = split(lots)
    named = named_sales(history)
    unnamed = fleet.height - fleet.drop_nulls(["make", "model"]).height
    fleet = fleet.with_row_index("place").with_columns(
        pl.col("make", "model").fill_null("unknown"),
        balance=pl.when(pl.col("place") % 3 == 0).then((1.1 * pl.col("mmr")).round(0)),
    )
    out.mkdir(parents=True)
    fleet.select(*OWNED, "balance", *yard()).write_csv(out / "fleet.csv")
    named.write_csv(out / "history.csv")
    fleet.select(
        pl.col("lot_id").alias("vehicle_id"), "state", "sale_date", "sellingprice", "mmr"
    ).write_parquet(hidden)
    index_rows(pl.read_parquet(data / "price_indices.parquet")).write_parquet(out / "index.parquet")
    counts = dict(fleet.group_by("state").len().sort("state").iter_rows())
    venues(counts).write_csv(out / "venues.csv")
    events(counts, history).write_parquet(out / "events.parquet")
    pl.DataFrame(OFFERS).select(
        "offer_id", "venue_id", "make", "model", pl.lit(None, pl.String).alias("body"),
        "max_age_years", "max_odometer", "min_grade", "price", "guide_rate", "min_units",
        "max_units", "valid_from", "valid_until",
    ).write_csv(out / "offers.csv")  # fmt: skip
    names = ["group", "part", "price", "chance", "labour_hours", "needs", "legal_class"]
    pl.DataFrame(PARTS, schema=names, orient="row").write_csv(out / "parts.csv")
    pl.DataFrame(HEDGES).write_csv(out / "hedges.csv")
    pl.DataFrame(
        {"from_region": ["nc"], "to_region": ["ga"], "cost": [310.0], "days": [1.5],
         "weekly_units": [10.0]}
    ).write_csv(out / "tariffs.csv")  # fmt: skip
    holds(fleet).write_csv(out / "holds.csv")
    overrides(fleet).write_csv(out / "overrides.csv")
    (out / "disposal.toml").write_text(SETTINGS, encoding="utf-8")
    return Built(
        workspace=out,
        hidden=hidden,
        history=named.height,
        dropped=history.height - named.height,
        fleet=fleet.height,
        states=len(counts),
        unnamed=unnamed,
    )


def split(lots: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the file into the history of all sellers and the fleet of the lenders."""
    history = lots.filter(pl.col("sale_date") <= AS_OF)
    fleet = lots.filter(
        pl.col("sale_date").is_between(*WINDOW),
        pl.col("state").is_in(sorted(CENTRES)),
        is_lender("seller"),
    )
    return history, fleet


def named_sales(lots: pl.DataFrame) -> pl.DataFrame:
    """Lots with a make and a model, as the owner's system would hand over past sales."""
    return lots.drop_nulls(["make", "model"]).select(*OWNED, "sale_date", "sellingprice")


def yard() -> tuple[pl.Expr, pl.Expr]:
    """Where a unit stands: the centre of its state."""
    lat = {state: place[0] for state, place in CENTRES.items()}
    lon = {state: place[1] for state, place in CENTRES.items()}
    state = pl.col("state")
    return (
        state.replace_strict(lat, return_dtype=pl.Float64).alias("yard_lat"),
        state.replace_strict(lon, return_dtype=pl.Float64).alias("yard_lon"),
    )


def venues(counts: dict[str, int]) -> pl.DataFrame:
    """One auction site a state at its centre, and the buyers outside the auctions."""
    sites: Iterable[dict[str, Any]] = (
        {**SITE, "venue_id": state, "name": f"Auctions of {state.upper()} (assumed site)",
         "region": state, "lat": CENTRES[state][0], "lon": CENTRES[state][1]}
        for state in counts
    )  # fmt: skip
    free = {name: 0.0 for name, value in SITE.items() if isinstance(value, float)}
    return pl.DataFrame(
        [*sites, *({**free, **buyer} for buyer in BUYERS)], infer_schema_length=None
    ).select(
        "venue_id", "name", "channel", "format", "accepts", "region", "lat", "lon", "fee_sale",
        "fee_rate", "fee_no_sale", "tax_rate", "settlement_days", "entry_days", "display_days",
        "weekly_units", "labour_rate",
    )  # fmt: skip


def slots(count: int) -> int:
    """Weekly capacity of a state in which ``count`` vehicles of the fleet were sold."""
    return math.ceil(CAPACITY_FACTOR * count * 7 / WINDOW_DAYS)


def events(counts: dict[str, int], history: pl.DataFrame) -> pl.DataFrame:
    """An event a week in each state, on the weekday on which most was sold there before."""
    days = (
        history.group_by("state", pl.col("sale_date").dt.weekday().alias("weekday"))
        .len()
        .sort("state", "len", "weekday", descending=[False, True, False])
        .unique("state", keep="first", maintain_order=True)
    )
    weekday = dict(days.select("state", "weekday").iter_rows())
    rows = [
        {
            "event_id": f"{state}-{week + 1}",
            "venue_id": state,
            "sale_day": AS_OF + timedelta(days=7 * week + weekday[state]),
            "slots": slots(count),
        }
        for state, count in counts.items()
        for week in range(WEEKS)
    ]
    return pl.DataFrame(rows)


def index_rows(prices: pl.DataFrame) -> pl.DataFrame:
    """Levels of used cars and of scrap, each known from the 16th of the next month.

    Rows up to June 2015 are written: those released after the planning date are there to be
    left out by the reader.
    """
    names = {MARKET_SERIES: MARKET_SERIES, SCRAP_SERIES: f"{SCRAP_SERIES} scrap"}
    return (
        prices.filter(
            pl.col("series").is_in(list(names)),
            pl.col("date").is_between(date(1990, 1, 1), date(2015, 6, 30)),
        )
        .sort("series", "date")
        .select(
            pl.col("series").replace(names),
            "date",
            pl.col("date").dt.offset_by("1mo15d").alias("released"),
            "value",
        )
    )


def holds(fleet: pl.DataFrame) -> pl.DataFrame:
    """Assumed legal bars: every 60th vehicle for ten days, every 400th beyond the horizon."""
    place = pl.col("place")
    until = (
        pl.when(place % 400 == 7)
        .then(AS_OF + timedelta(days=90))
        .when(place % 60 == 7)
        .then(AS_OF + timedelta(days=10))
    )
    return fleet.select(
        pl.col("lot_id").alias("vehicle_id"), pl.lit("redemption").alias("kind"), until=until
    ).drop_nulls("until")


def overrides(fleet: pl.DataFrame) -> pl.DataFrame:
    """Assumed word of the desk: pins to the home site, bans from dealers and from a site."""
    rows: list[dict[str, str | None]] = []
    for place, vehicle, state in fleet.select("place", "lot_id", "state").iter_rows():
        said: dict[str, str | None] | None = None
        if place % 150 == 11:
            said = {"action": "pin", "venue_id": state, "channel": None, "reason": "yard next door"}
        elif place % 40 == 12:
            said = {"action": "ban", "venue_id": None, "channel": "dealer", "reason": "recall open"}
        elif place % 90 == 13:
            said = {"action": "ban", "venue_id": state, "channel": None, "reason": "known there"}
        if said is not None:
            rows.append({"vehicle_id": vehicle, **said, "event_id": None, "who": "desk (assumed)"})
    return pl.DataFrame(
        rows, schema_overrides={"event_id": pl.String, "channel": pl.String, "venue_id": pl.String}
    )


def data_folder() -> Path:
    """Folder of the real data: DISPOSAL_REAL_DATA, else beside the project."""
    return Path(os.environ.get("DISPOSAL_REAL_DATA", ROOT / ".." / "shared" / "data"))


def main() -> None:
    """Build the workspace named on the command line and tell what it holds."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tests/real/build_us_wholesale.py OUT")
    sys.stdout.write(f"{build(Path(sys.argv[1]), data_folder())}\n")


if __name__ == "__main__":
    main()
