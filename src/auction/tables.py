"""The tables of the market: what a row is, its columns, units and rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import dataframely as dy
import polars as pl

from residual.tables import CHANNELS, Index, Sales, Vehicles
from residual.tables import RULE_WORDS as VALUE_RULE_WORDS

FORMATS = ("live", "timed", "sealed")
ACCEPTS = ("any", "sound", "damaged")
LEGAL_CLASSES = ("free", "five_assemblies", "traction_battery", "scrap")
HEDGE_KINDS = ("unit_floor", "index_put")
ACTIONS = ("pin", "ban")


def _choice(*values: str, nullable: bool = False) -> Any:
    """Return a text column that admits only the given values."""
    return dy.String(
        nullable=nullable,
        check={"one_of": lambda column: column.is_in(list(values))},
        metadata={"one_of": values},
    )


def _both_or_neither(first: str, second: str) -> pl.Expr:
    return pl.col(first).is_null() == pl.col(second).is_null()


class Venues(dy.Schema):
    """A place where a vehicle can be turned into money: auction, dealer or dismantler."""

    venue_id = dy.String(min_length=1)
    name = dy.String(nullable=True)
    channel = _choice(*CHANNELS)
    format = _choice(*FORMATS, nullable=True)
    accepts = _choice(*ACCEPTS, nullable=True)
    region = dy.String(min_length=1)
    lat = dy.Float64(nullable=True, min=-90.0, max=90.0)
    lon = dy.Float64(nullable=True, min=-180.0, max=180.0)
    fee_sale = dy.Float64(min=0.0, description="money per sale")
    fee_rate = dy.Float64(min=0.0, max=1.0, description="share of the price")
    fee_no_sale = dy.Float64(min=0.0, description="money per offering that does not sell")
    tax_rate = dy.Float64(min=0.0, max=1.0, description="share of the price borne by the seller")
    settlement_days = dy.Float64(min=0.0, description="days from sale to money")
    entry_days = dy.Float64(min=0.0, description="days before an event by which a unit must be in")
    display_days = dy.Float64(min=0.0, description="days on display before an event")
    weekly_units = dy.Float64(nullable=True, min=0.0, description="units taken in a week")
    bidders = dy.Float64(nullable=True, min=0.0, description="mean number of bidders a lot")
    labour_rate = dy.Float64(nullable=True, min=0.0, description="money per hour, dismantlers")

    @dy.rule()
    def lat_with_lon(cls) -> pl.Expr:
        """Give both coordinates or none."""
        return _both_or_neither("lat", "lon")


class Events(dy.Schema):
    """A dated slot at an auction venue."""

    event_id = dy.String(min_length=1)
    venue_id = dy.String(min_length=1)
    date = dy.Date()
    capacity = dy.Int64(min=0, description="units that can be offered")
    segment = dy.String(nullable=True, description="the only segment taken; null: any")


class Offers(dy.Schema):
    """A dealer's standing bid for vehicles that meet its predicates."""

    offer_id = dy.String(min_length=1)
    venue_id = dy.String(min_length=1)
    make = dy.String(nullable=True)
    model = dy.String(nullable=True)
    body = dy.String(nullable=True)
    max_age_years = dy.Float64(nullable=True, min=0.0)
    max_odometer = dy.Float64(nullable=True, min=0.0, description="km")
    min_grade = dy.Float64(nullable=True, min=1.0, max=5.0)
    price = dy.Float64(nullable=True, min_exclusive=0.0, description="money a unit")
    guide_rate = dy.Float64(nullable=True, min_exclusive=0.0, description="share of guide_value")
    min_units = dy.Int64(min=0)
    max_units = dy.Int64(min=1)
    valid_from = dy.Date()
    valid_until = dy.Date()

    @dy.rule()
    def price_xor_guide_rate(cls) -> pl.Expr:
        """Give a price or a rate of the guide, not both."""
        return pl.col("price").is_null() != pl.col("guide_rate").is_null()

    @dy.rule()
    def min_units_within_max(cls) -> pl.Expr:
        """Ask for no more units than are taken."""
        return pl.col("min_units") <= pl.col("max_units")

    @dy.rule()
    def valid_period(cls) -> pl.Expr:
        """End no earlier than the start."""
        return pl.col("valid_from") <= pl.col("valid_until")


class Parts(dy.Schema):
    """A part that can be taken off a vehicle of a model group."""

    group = dy.String(min_length=1, description="'make model', make, body or '*'")
    part = dy.String(min_length=1)
    price = dy.Float64(min=0.0, description="money a part")
    chance = dy.Float64(min=0.0, max=1.0, description="that it is recovered and sold")
    labour_hours = dy.Float64(min=0.0)
    needs = dy.String(nullable=True, description="parts removed first, parted by ';'")
    legal_class = _choice(*LEGAL_CLASSES)


class Tariffs(dy.Schema):
    """Cost and capacity of moving a unit from one region to another."""

    from_region = dy.String(min_length=1)
    to_region = dy.String(min_length=1)
    cost = dy.Float64(min=0.0, description="money a unit")
    days = dy.Float64(min=0.0)
    weekly_units = dy.Float64(nullable=True, min=0.0)


class Hedges(dy.Schema):
    """An instrument that passes price risk on."""

    hedge_id = dy.String(min_length=1)
    kind = _choice(*HEDGE_KINDS)
    series = dy.String(nullable=True)
    strike = dy.Float64(min_exclusive=0.0, description="share of the forecast, or of the index")
    expiry = dy.Date(
        nullable=True,
        description="index put: day it pays; unit floor: last day of a unit's first run, whose "
        "further runs and fallback stay covered",
    )
    premium = dy.Float64(min=0.0, description="share of the forecast, or money a lot")
    lot = dy.Float64(min_exclusive=0.0, description="notional money a lot; 1 for a unit floor")
    limit = dy.Float64(min=0.0, description="lots or units on offer")
    counterparty = dy.String(min_length=1)

    @dy.rule()
    def index_put_expires(cls) -> pl.Expr:
        """Give an index put the date at which it pays."""
        return (pl.col("kind") != "index_put") | pl.col("expiry").is_not_null()


class Holds(dy.Schema):
    """A legal bar on a vehicle, with its end."""

    vehicle_id = dy.String(min_length=1)
    kind = dy.String(min_length=1)
    until = dy.Date(description="last day of the bar")


class Overrides(dy.Schema):
    """The desk's word on a vehicle: pin it to a place or ban it from one."""

    vehicle_id = dy.String(min_length=1)
    action = _choice(*ACTIONS)
    venue_id = dy.String(nullable=True)
    channel = _choice(*CHANNELS, nullable=True)
    event_id = dy.String(nullable=True)
    reason = dy.String(min_length=1)
    who = dy.String(min_length=1)

    @dy.rule()
    def override_target(cls) -> pl.Expr:
        """Say where."""
        return (
            pl.col("venue_id").is_not_null()
            | pl.col("channel").is_not_null()
            | pl.col("event_id").is_not_null()
        )


@dataclass(frozen=True, slots=True)
class RuleWords:
    """How a rule over several columns is told.

    Parameters
    ----------
    column : str
        The column to point at.
    remedy : str
        What to do about it.
    rule : str
        What is required, in words.
    """

    column: str
    remedy: str
    rule: str


#: Every table of a workspace by name, in the order in which they are read.
SCHEMAS: Final[dict[str, type[dy.Schema]]] = {
    "vehicles": Vehicles,
    "sales": Sales,
    "index": Index,
    "venues": Venues,
    "events": Events,
    "offers": Offers,
    "parts": Parts,
    "tariffs": Tariffs,
    "hedges": Hedges,
    "holds": Holds,
    "overrides": Overrides,
}

#: The columns that tell a row from every other one of its table.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "vehicles": ("vehicle_id",),
    "sales": ("sale_id",),
    "index": ("series", "segment", "date", "released_on"),
    "venues": ("venue_id",),
    "events": ("event_id",),
    "offers": ("offer_id",),
    "parts": ("group", "part"),
    "tariffs": ("from_region", "to_region"),
    "hedges": ("hedge_id",),
    "holds": ("vehicle_id", "kind"),
}

#: The column to point at and the remedy for the rules of the value model's tables.
_VALUE_RULES: Final[dict[str, tuple[str, str]]] = {
    "age_known": ("model_year", "give one of the two"),
    "damage_known": ("damage", "use one of these words"),
    "title_known": ("title_status", "use one of these words"),
    "channel_known": ("channel", "use one of these words"),
    "outcome_known": ("outcome", "use one of these words"),
    "price_when_sold": ("price", "give the hammer price or mend the outcome"),
    "closed_after_offered": ("closed_on", "put the two dates in order"),
    "released_after_date": ("released_on", "give the day on which the value became known"),
}

RULE_WORDS: Final[dict[str, RuleWords]] = {
    **{
        rule: RuleWords(*_VALUE_RULES.get(rule, ("", "")), rule=words)
        for rule, words in VALUE_RULE_WORDS.items()
    },
    "lat_with_lon": RuleWords(
        "lat", "give both coordinates or none", "lat and lon must be given together"
    ),
    "price_xor_guide_rate": RuleWords(
        "price",
        "keep the one that the dealer offered",
        "exactly one of price and guide_rate must be given",
    ),
    "min_units_within_max": RuleWords(
        "min_units", "lower min_units or raise max_units", "must not be above max_units"
    ),
    "valid_period": RuleWords(
        "valid_until", "put the two dates in order", "must not be before valid_from"
    ),
    "index_put_expires": RuleWords("expiry", "give the expiry", "is required for an index_put"),
    "override_target": RuleWords(
        "venue_id",
        "say where the vehicle is pinned to or banned from",
        "one of venue_id, channel and event_id must be given",
    ),
}
