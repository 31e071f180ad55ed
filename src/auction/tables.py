"""The tables of the market: what a row is, its columns, units and rules."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

from auction.appraisal_table import Appraisals
from auction.commitment_terms import Commitments
from auction.fee_terms import Fees
from auction.hedge_terms import Hedges
from auction.offer_terms import Offers
from auction.part_terms import Parts
from auction.reconditioning_terms import Reconditioning
from auction.table_columns import both_or_neither, choice
from auction.venue_terms import Venues
from residual.tables import CHANNELS, Index, PriceChanges, Sales, Vehicles, told

ACTIONS = ("pin", "ban")


class Places(dy.Schema):
    """Where the vehicles and venues of a postcode stand."""

    postcode = dy.String(
        min_length=1,
        **told("postcode, or the first characters of several; the longest that fits counts", "752"),
    )
    region = dy.String(min_length=1, **told("region that it belongs to", "TX"))
    lat = dy.Float64(
        nullable=True, min=-90.0, max=90.0, **told("latitude, north positive", "32.78", "degrees")
    )
    lon = dy.Float64(
        nullable=True,
        min=-180.0,
        max=180.0,
        **told("longitude, east positive", "-96.80", "degrees"),
    )

    @dy.rule()
    def lat_with_lon(cls) -> pl.Expr:
        """Give both coordinates or none."""
        return both_or_neither("lat", "lon")


class Events(dy.Schema):
    """A dated slot at an auction venue."""

    event_id = dy.String(min_length=1, **told("short name of the event", "DAL-0624"))
    venue_id = dy.String(min_length=1, **told("auction venue that holds it", "DAL"))
    date = dy.Date(**told("day of the event", "2026-06-24", "date"))
    capacity = dy.Int64(min=0, **told("units that can be offered", "40", "units"))
    segment = dy.String(
        nullable=True, **told("the only segment taken; any where not given", "electric")
    )


class Tariffs(dy.Schema):
    """Cost and capacity of moving a unit from one region to another."""

    from_region = dy.String(min_length=1, **told("region of the vehicle", "AZ"))
    to_region = dy.String(min_length=1, **told("region of the venue", "CA"))
    cost = dy.Float64(min=0.0, **told("price of the move", "410", "money per unit"))
    days = dy.Float64(min=0.0, **told("time on the way", "2", "days"))
    weekly_units = dy.Float64(
        nullable=True,
        min=0.0,
        **told("most units moved; no limit where not given", "6", "units per week"),
    )


class Holds(dy.Schema):
    """A legal bar on a vehicle, with its end."""

    vehicle_id = dy.String(min_length=1, **told("vehicle that may not be sold", "R0034"))
    kind = dy.String(min_length=1, **told("why, such as redemption or police", "redemption"))
    until = dy.Date(**told("last day of the bar", "2026-08-26", "date"))


class Overrides(dy.Schema):
    """The desk's word on a vehicle: pin it to a place or ban it from one."""

    vehicle_id = dy.String(min_length=1, **told("vehicle that the desk speaks of", "R0003"))
    action = choice(*ACTIONS, description="pin it to a place or ban it from one", example="pin")
    venue_id = dy.String(nullable=True, **told("the venue meant", "DAL"))
    channel = choice(*CHANNELS, nullable=True, description="the channel meant", example="auction")
    event_id = dy.String(nullable=True, **told("the event meant", "DAL-0624"))
    reason = dy.String(
        min_length=1,
        **told("why; told in the plan", "Promised to the dealer group that visits this sale"),
    )
    who = dy.String(min_length=1, **told("who decided it", "remarketing manager"))

    @dy.rule()
    def override_target(cls) -> pl.Expr:
        """Say where."""
        return (
            pl.col("venue_id").is_not_null()
            | pl.col("channel").is_not_null()
            | pl.col("event_id").is_not_null()
        )


#: Every table of a workspace by name, in the order in which they are read.
SCHEMAS: Final[dict[str, type[dy.Schema]]] = {
    "vehicles": Vehicles,
    "sales": Sales,
    "price_changes": PriceChanges,
    "index": Index,
    "places": Places,
    "venues": Venues,
    "fees": Fees,
    "events": Events,
    "offers": Offers,
    "reconditioning": Reconditioning,
    "parts": Parts,
    "tariffs": Tariffs,
    "hedges": Hedges,
    "holds": Holds,
    "overrides": Overrides,
    "commitments": Commitments,
    "appraisals": Appraisals,
}

#: The columns that tell a row from every other one of its table.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "vehicles": ("vehicle_id",),
    "sales": ("sale_id",),
    "price_changes": ("sale_id", "date"),
    "index": ("series", "segment", "date", "released_on"),
    "places": ("postcode",),
    "venues": ("venue_id",),
    "fees": ("venue_id", "charged_on", "above"),
    "events": ("event_id",),
    "offers": ("offer_id",),
    "reconditioning": ("reconditioning_id",),
    "parts": ("group", "part"),
    "tariffs": ("from_region", "to_region"),
    "hedges": ("hedge_id",),
    "holds": ("vehicle_id", "kind"),
}
