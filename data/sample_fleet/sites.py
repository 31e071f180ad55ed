"""Where vehicles can go: auction sites with their calendar, dealers with offers, dismantlers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from sample_fleet.places import REGIONS
from sample_fleet.seeds import AS_OF
from sample_fleet.size import SAMPLE, Size

EVENT_WEEKS = 10


@dataclass(frozen=True)
class Site:
    """An auction site; `factor` (log, against Columbus) is hidden from the sample's reader."""

    venue_id: str
    name: str
    format: str
    accepts: str
    region: str
    fees: tuple[float, float, float]
    settlement_days: int
    entry_days: int
    display_days: int
    bidders: float
    factor: float
    weekday: int
    every: int
    capacity: int


# The three best rooms are small, the three weakest have space left: the squeeze of the sample.
SITES = (
    Site("DAL", "Dallas Metro Auction", "live", "any", "TX",
         (265, 0.006, 45), 5, 3, 2, 8.5, 0.045, 2, 1, 10),
    Site("LAX", "Los Angeles Basin Auction", "live", "any", "CA",
         (290, 0.005, 50), 5, 4, 2, 8.0, 0.035, 3, 1, 12),
    Site("ATL", "Atlanta Peach Auction", "live", "any", "GA",
         (240, 0.005, 40), 4, 3, 2, 7.0, 0.020, 1, 1, 14),
    Site("CMH", "Columbus Auto Exchange", "live", "any", "OH",
         (225, 0.004, 35), 4, 3, 1, 6.0, 0.0, 1, 1, 18),
    Site("CHI", "Chicago Sealed Bid Sale", "sealed", "any", "IL",
         (180, 0.0, 20), 7, 5, 5, 4.5, -0.020, 4, 2, 34),
    Site("EWR", "Newark Online Timed Sale", "timed", "any", "NJ",
         (150, 0.004, 0), 7, 2, 4, 4.0, -0.030, 0, 1, 19),
    Site("PHX", "Phoenix Select Auction", "live", "sound", "AZ",
         (310, 0.006, 75), 4, 5, 2, 6.5, 0.050, 3, 2, 10),
    Site("HOU", "Houston Salvage Pool", "timed", "damaged", "TX",
         (130, 0.010, 15), 6, 2, 5, 5.0, 0.030, 4, 1, 12),
    Site("ORL", "Orlando Salvage Pool", "timed", "damaged", "FL",
         (140, 0.008, 15), 6, 3, 5, 4.0, 0.010, 2, 2, 20),
)  # fmt: skip
HIDES_BIDDERS = ("CHI", "EWR", "ORL")
# venue_id, name, region, fee on sale, settlement days, entry days, units a week, labour rate
OTHERS = (
    ("D-SUN", "Sunbelt Used Car Group", "dealer", "FL", 60, 10, 2, 20, None),
    ("D-LKS", "Great Lakes Pre-Owned", "dealer", "IL", 75, 12, 2, 15, None),
    ("D-PAC", "Pacific Value Motors", "dealer", "CA", 50, 14, 3, 15, None),
    ("D-LSR", "Lone Star Truck Centre", "dealer", "TX", 80, 7, 2, 12, None),
    ("X-RST", "Rust Belt Auto Parts", "dismantling", "OH", 35, 21, 1, 6, 38.0),
    ("X-GLF", "Gulf Recyclers", "dismantling", "TX", 35, 21, 1, 6, 36.0),
)
# Single-segment days: venue, week, segment, capacity
SPECIALS = (("PHX", 2, "premium", 8), ("PHX", 6, "premium", 8), ("DAL", 4, "pickup", 8))
OFFERS = (
    # make, model, body, oldest, most km, least grade, price, guide rate, units, valid weeks
    ("O1", "D-SUN", None, None, "sedan", 9, 190_000, 2.5, None, 0.91, 0, 25, 0, 8),
    ("O2", "D-SUN", "Nissan", "Altima", None, 8, 170_000, 3.0, 7_250.0, None, 3, 8, 0, 6),
    ("O3", "D-LKS", None, None, "suv", 7, 150_000, 3.0, None, 0.92, 5, 20, 0, 8),
    ("O4", "D-LKS", "Ford", "Escape", None, 10, 200_000, 2.0, 4_900.0, None, 0, 6, 1, 7),
    ("O5", "D-PAC", "Toyota", None, None, 8, 170_000, 3.0, None, 0.93, 0, 12, 0, 5),
    ("O6", "D-PAC", None, None, None, 5, 120_000, 2.0, None, 0.85, 0, 30, 0, 8),
    ("O7", "D-LSR", None, None, "pickup", 10, 220_000, 2.5, None, 0.93, 4, 16, 1, 8),
)


def _auction_row(site: Site) -> dict[str, object]:
    lat, lon, *_ = REGIONS[site.region]
    return {
        "venue_id": site.venue_id,
        "name": site.name,
        "channel": "auction",
        "format": site.format,
        "accepts": site.accepts,
        "region": site.region,
        "lat": lat,
        "lon": lon,
        "fee_sale": float(site.fees[0]),
        "fee_rate": site.fees[1],
        "fee_no_sale": float(site.fees[2]),
        "tax_rate": 0.0026 if site.region == "OH" else 0.0,
        "settlement_days": site.settlement_days,
        "entry_days": site.entry_days,
        "display_days": site.display_days,
        "bidders": site.bidders,
    }


def venues(size: Size = SAMPLE) -> pl.DataFrame:
    """Return the auction sites, the dealers and the dismantlers."""
    rows = [_auction_row(site) for site in SITES]
    for venue_id, name, channel, region, fee, settles, entry, weekly, labour in OTHERS:
        lat, lon, *_ = REGIONS[region]
        rows.append(
            {
                "venue_id": venue_id,
                "name": name,
                "channel": channel,
                "accepts": "any" if channel == "dismantling" else "sound",
                "region": region,
                "lat": lat + 0.3,
                "lon": lon - 0.25,
                "fee_sale": float(fee),
                "fee_rate": 0.0,
                "fee_no_sale": 0.0,
                "tax_rate": 0.0026 if region == "OH" else 0.0,
                "settlement_days": settles,
                "entry_days": entry,
                "display_days": 0,
                "weekly_units": size.scaled(weekly),
                "labour_rate": labour,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _slots(site: Site) -> list[tuple[date, str | None, int]]:
    first = AS_OF + timedelta(days=site.weekday)
    skip = 0 if site.every == 1 or site.venue_id != "ORL" else 1
    weeks = range(skip, EVENT_WEEKS, site.every)
    return [(first + timedelta(weeks=w), None, site.capacity) for w in weeks]


def events(size: Size = SAMPLE) -> pl.DataFrame:
    """Return ten weeks of dated slots; three days are kept for one segment."""
    slots = [(site.venue_id, *slot) for site in SITES for slot in _slots(site)]
    for venue_id, week, segment, capacity in SPECIALS:
        slots.append((venue_id, AS_OF + timedelta(weeks=week, days=5), segment, capacity))
    slots.sort(key=lambda slot: (slot[1], slot[0]))
    return pl.DataFrame(
        [
            {
                "event_id": f"{venue_id}-{on:%m%d}",
                "venue_id": venue_id,
                "date": on,
                "capacity": size.scaled(capacity),
                "segment": segment,
            }
            for venue_id, on, segment, capacity in slots
        ],
        infer_schema_length=None,
    )


def offers(size: Size = SAMPLE) -> pl.DataFrame:
    """Return the dealers' standing bids: a price, or a rate of the guide value."""
    names = (
    "offer_id", "venue_id", "make", "model", "body", "max_age_years", "max_odometer",
    "min_grade", "price", "guide_rate", "min_units", "max_units",
)  # fmt: skip
    rows = [
        dict(zip(names, offer, strict=False))
        | {
            "min_units": size.scaled(offer[10]),
            "max_units": size.scaled(offer[11]),
            "valid_from": AS_OF + timedelta(weeks=offer[12]),
            "valid_until": AS_OF + timedelta(weeks=offer[13], days=-1),
        }
        for offer in OFFERS
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
