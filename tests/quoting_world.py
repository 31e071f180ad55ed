"""A made-up world in which every number of a quote can be worked out: book, fleet, venues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

import residual
from auction.channels.quotes import BRIDGE
from auction.fee_terms import Fees
from auction.market import Market
from auction.offer_terms import Offers
from auction.options import Options
from auction.part_terms import Parts
from auction.reconditioning_terms import Reconditioning
from auction.situation import planning_dates
from auction.tables import Events, Hedges, Holds, Tariffs
from auction.venue_terms import Venues
from auction.workspace.config import AuctionRules, Costs
from residual import ResidualModel, UnitShock, ValueBook

AS_OF = dt.date(2026, 6, 1)
SEGMENTS = ("car", "van")

_VEHICLE = {
    "run_count": pl.Int64,
    "vehicle_id": pl.String,
    "make": pl.String,
    "model": pl.String,
    "body": pl.String,
    "segment": pl.String,
    "model_year": pl.Int64,
    "first_registered": pl.Date,
    "odometer": pl.Float64,
    "condition_grade": pl.Float64,
    "damage": pl.String,
    "region": pl.String,
    "lat": pl.Float64,
    "lon": pl.Float64,
    "title_status": pl.String,
    "guide_value": pl.Float64,
    "loan_balance": pl.Float64,
    "available_from": pl.Date,
    "worth": pl.Float64,
}
_UNIT = {
    "make": "Ford",
    "model": "Focus",
    "body": "hatchback",
    "segment": "car",
    "model_year": 2020,
    "odometer": 60_000.0,
    "condition_grade": 4.0,
    "region": "north",
    "lat": 40.0,
    "lon": -75.0,
    "worth": 10_000.0,
}
_VENUE = {
    "channel": "auction",
    "region": "north",
    "lat": 40.0,
    "lon": -75.0,
    "fee_sale": 250.0,
    "fee_rate": 0.01,
    "fee_no_sale": 60.0,
    "tax_rate": 0.02,
    "settlement_days": 5.0,
    "entry_days": 0.0,
    "display_days": 0.0,
    "bidders": 6.0,
}
_OFFER = {
    "max_age_years": 99.0,
    "max_odometer": 1e9,
    "min_grade": 1.0,
    "min_units": 0,
    "max_units": 99,
    "valid_from": AS_OF,
}
_PART = {"chance": 1.0, "labour_hours": 0.0, "legal_class": "free"}
_HEDGE = {
    "kind": "unit_floor", "strike": 0.9, "premium": 0.03, "lot": 1.0, "limit": 9.0,
    "counterparty": "Insurer",
}  # fmt: skip


def day(days: int) -> dt.date:
    """Return the date so many days after the planning date."""
    return AS_OF + dt.timedelta(days=days)


def _rows(schema: Any, usual: dict[str, Any], rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    full = [{**dict.fromkeys(schema), **usual, **row} for row in rows]
    return pl.DataFrame(full, schema=schema)


def fleet(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return vehicles; what a row does not say is an ordinary car worth 10,000."""
    return _rows(_VEHICLE, _UNIT, rows)


def venues(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return venues; what a row does not say is an auction in the fleet's own region."""
    return _rows(Venues.create_empty().schema, _VENUE, rows)


def fees(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return tiers of fees for sales; a tier starts at 0 and charges nothing unless said."""
    return _rows(Fees.create_empty().schema, {"above": 0.0, "fee": 0.0}, rows)


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return events with ten slots each; `days` stands for the date."""
    dated = [{"date": day(row["days"]), **row} for row in rows]
    for row in dated:
        row.pop("days", None)
    return _rows(Events.create_empty().schema, {"capacity": 10}, dated)


def offers(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return standing offers for any unit, valid for a year unless said otherwise."""
    return _rows(Offers.create_empty().schema, {**_OFFER, "valid_until": day(365)}, rows)


def parts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return a parts table; a part is certain, free and comes off at once unless said."""
    return _rows(Parts.create_empty().schema, _PART, rows)


def reconditioning(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return work on any unit; what a row does not say is done at once, for nothing."""
    return _rows(Reconditioning.create_empty().schema, {"cost": 0.0, "days": 0.0}, rows)


def tariffs(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return lanes."""
    return _rows(Tariffs.create_empty().schema, {}, rows)


def hedges(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return hedges; what a row does not say is a unit floor at 90 % for 3 %."""
    return _rows(Hedges.create_empty().schema, _HEDGE, rows)


def holds(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return legal bars."""
    return _rows(Holds.create_empty().schema, {"kind": "police"}, rows)


def normal_shock() -> UnitShock:
    """Return a shock that is all but standard normal, cut off at 3."""
    core = np.concatenate([np.linspace(0.01, 0.09, 17), np.linspace(0.1, 0.99, 179)])
    rate = float(norm.expect(lambda x: x - norm.ppf(0.99), lb=norm.ppf(0.99))) / 0.01
    return UnitShock(norm.ppf(core), rate, rate, 3.0)


@dataclass(frozen=True)
class VenueFactors:
    """Stands for the value model, of which quoting asks the venue's factor alone."""

    log_factor: dict[str, float] = field(default_factory=dict)

    def venue_log_factor(self, venue_ids: list[str]) -> NDArray[np.float64]:
        """Return the log factors of venues, 0 for those not named."""
        return np.array([self.log_factor.get(venue, 0.0) for venue in venue_ids])

    def kind_of(self, sales: pl.DataFrame) -> NDArray[np.int64]:
        """Return the segment of each sale as the test gives it, the first where it gives none."""
        if "segment" not in sales.columns:
            return np.zeros(sales.height, dtype=np.int64)
        return np.array([SEGMENTS.index(name) for name in sales["segment"]], dtype=np.int64)

    def venue_value_factor(
        self, venue_ids: list[str], bidders: Sequence[float]
    ) -> NDArray[np.float64]:
        """Return the same factors: here busy rooms and good ones are two things."""
        assert len(bidders) == len(venue_ids)
        return self.venue_log_factor(venue_ids)


def make_book(
    vehicles: pl.DataFrame,
    dates: Sequence[dt.date],
    *,
    n: int = 64,
    seed: int = 7,
    factor_sd: float = 0.05,
    still: bool = False,
    daily_fall: float = 0.0005,
    unit_scale: float = 0.12,
    spread: float = 0.1,
    log_factor: dict[str, float] | None = None,
) -> ValueBook:
    """Return values of a fleet, each vehicle's by its `worth` alone.

    The market's factors have a standard deviation of `factor_sd` at every date: the same path
    at all dates where `still`, else drawn anew for each date.
    """
    days = np.array([(date - AS_OF).days for date in dates], dtype=np.float64)
    draw = np.random.default_rng(seed)
    shape = (len(SEGMENTS), 1 if still else len(dates), n)
    factor = np.broadcast_to(
        factor_sd * draw.standard_normal(shape), (len(SEGMENTS), len(dates), n)
    )
    scrap = 0.1 * draw.standard_normal((len(dates), n))
    worth = vehicles["worth"].to_numpy()
    model = VenueFactors(log_factor or {})
    return ValueBook(
        vehicle_ids=vehicles["vehicle_id"].to_list(),
        dates=list(dates),
        as_of=AS_OF,
        log_value=np.log(worth)[:, None] - daily_fall * days[None, :],
        unit_scale=np.full(worth.size, unit_scale),
        sale_spread=np.full(worth.size, spread),
        shocks=(normal_shock(),),
        form=np.zeros(worth.size, dtype=np.int64),
        group=np.array([SEGMENTS.index(name) for name in vehicles["segment"]], dtype=np.int64),
        group_names=list(SEGMENTS),
        segment=vehicles["segment"].to_list(),
        factor=np.ascontiguousarray(factor),
        scrap=scrap,
        index_ratio=np.exp(0.05 * draw.standard_normal((len(dates), n))),
        seed=seed,
        vehicles=vehicles,
        model=cast("ResidualModel", model),
    )


def book_for(vehicles: pl.DataFrame, market: Market, **terms: Any) -> residual.ValueBook:
    """Return a book at the dates that quoting a market needs."""
    return make_book(vehicles, planning_dates(market, AS_OF), **terms)


def plain_market(**changes: Any) -> Market:
    """Return one auction venue A with events in 10 and 24 days, changed as said."""
    terms: dict[str, Any] = {
        "venues": venues({"venue_id": "A"}),
        "events": events(
            {"event_id": "A-10", "venue_id": "A", "days": 10},
            {"event_id": "A-24", "venue_id": "A", "days": 24},
        ),
        "weeks": 6,
        "auction": AuctionRules(reserve_levels=(1.0,)),
        "costs": Costs(),
    }
    return Market(**{**terms, **changes})


def bridge_error(options: Options) -> float:
    """Return the largest difference of the bridge from expected_net, money."""
    frame = options.frame
    total = np.zeros(frame.height)
    for name, sign in BRIDGE.items():
        total += sign * frame[name].to_numpy()
    return float(np.abs(total - frame["expected_net"].to_numpy()).max(initial=0.0))


def of_vehicle(options: Options, vehicle_id: str) -> pl.DataFrame:
    """Return the options of one vehicle."""
    return options.frame.filter(pl.col("vehicle_id") == vehicle_id)


def uses_of(options: Options, option: int) -> dict[str, float]:
    """Return the resources that one option takes."""
    column = options.use[:, [option]].toarray()[:, 0]
    return {
        resource.resource_id: float(units)
        for resource, units in zip(options.resources, column, strict=True)
        if units
    }
