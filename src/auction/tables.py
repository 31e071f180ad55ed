"""The tables of the market: what a row is, its columns, units and rules."""

from __future__ import annotations

from typing import Any, Final

import dataframely as dy
import polars as pl

from residual.tables import CHANNELS, Index, PriceChanges, Sales, Vehicles, told

FORMATS = ("live", "timed", "sealed")
ACCEPTS = ("any", "sound", "damaged")
LEGAL_CLASSES = ("free", "five_assemblies", "traction_battery", "scrap", "not_for_sale")
#: The row of a parts list that stands for what is left of the vehicle.
HULK: Final = "hulk"
HEDGE_KINDS = ("unit_floor", "index_put")
ACTIONS = ("pin", "ban")
OFFER_KINDS = ("standing", "consignment", "forward")


def _choice(*values: str, description: str, example: str, nullable: bool = False) -> Any:
    """Return a text column that admits only the given values."""
    return dy.String(
        nullable=nullable,
        check={"one_of": lambda column: column.is_in(list(values))},
        **told(description, example, one_of=values),
    )


def _both_or_neither(first: str, second: str) -> pl.Expr:
    return pl.col(first).is_null() == pl.col(second).is_null()


def _of_kind(kind: str) -> pl.Expr:
    return (pl.col("kind") == kind).fill_null(value=False)


class Venues(dy.Schema):
    """A place where a vehicle can be turned into money: auction, dealer or dismantler."""

    venue_id = dy.String(
        min_length=1, **told("short name of the venue, used by events, offers and sales", "DAL")
    )
    name = dy.String(nullable=True, **told("its name in the report", "Dallas Metro Auction"))
    channel = _choice(*CHANNELS, description="auction, dealer or dismantling", example="auction")
    format = _choice(
        *FORMATS,
        nullable=True,
        description="how lots are sold: live, timed or sealed",
        example="live",
    )
    accepts = _choice(
        *ACCEPTS,
        nullable=True,
        description="which vehicles it takes: any, sound or damaged; any by default",
        example="any",
    )
    region = dy.String(
        min_length=1,
        **told(
            "region where it stands; may be left out where postcode or lat and lon lead to one",
            "TX",
        ),
    )
    postcode = dy.String(
        nullable=True,
        **told("postcode where it stands; the table places leads from it to a region", "75201"),
    )
    lat = dy.Float64(
        nullable=True, min=-90.0, max=90.0, **told("latitude, north positive", "32.78", "degrees")
    )
    lon = dy.Float64(
        nullable=True,
        min=-180.0,
        max=180.0,
        **told("longitude, east positive", "-96.80", "degrees"),
    )
    fee_sale = dy.Float64(
        min=0.0, **told("fee of the seller for each sale", "265", "money per sale")
    )
    fee_rate = dy.Float64(
        min=0.0,
        max=1.0,
        **told("fee of the seller in proportion to the price", "0.006", "share of the price"),
    )
    fee_no_sale = dy.Float64(
        min=0.0, **told("fee for each offering that does not sell", "45", "money per offering")
    )
    tax_rate = dy.Float64(
        min=0.0, max=1.0, **told("tax on the sale borne by the seller", "0.0", "share of the price")
    )
    settlement_days = dy.Float64(min=0.0, **told("from the sale to the money", "5", "days"))
    entry_days = dy.Float64(
        min=0.0, **told("before an event, by when a unit must have arrived", "3", "days")
    )
    display_days = dy.Float64(min=0.0, **told("on display before an event", "2", "days"))
    weekly_units = dy.Float64(
        nullable=True,
        min=0.0,
        **told("most units it takes in; no limit where not given", "25", "units per week"),
    )
    bidders = dy.Float64(
        nullable=True,
        min=0.0,
        **told(
            "mean number of bidders on a lot; estimated from sales where not given",
            "8.5",
            "bidders",
        ),
    )
    labour_rate = dy.Float64(
        nullable=True, min=0.0, **told("labour of a dismantler", "28", "money per hour")
    )

    @dy.rule()
    def lat_with_lon(cls) -> pl.Expr:
        """Give both coordinates or none."""
        return _both_or_neither("lat", "lon")


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
        return _both_or_neither("lat", "lon")


class Events(dy.Schema):
    """A dated slot at an auction venue."""

    event_id = dy.String(min_length=1, **told("short name of the event", "DAL-0624"))
    venue_id = dy.String(min_length=1, **told("auction venue that holds it", "DAL"))
    date = dy.Date(**told("day of the event", "2026-06-24", "date"))
    capacity = dy.Int64(min=0, **told("units that can be offered", "40", "units"))
    segment = dy.String(
        nullable=True, **told("the only segment taken; any where not given", "electric")
    )


class Offers(dy.Schema):
    """A dealer's bid for vehicles that meet its predicates: at once, forward or on consignment."""

    offer_id = dy.String(min_length=1, **told("short name of the offer", "O1"))
    venue_id = dy.String(min_length=1, **told("dealer who made it", "D-SUN"))
    kind = _choice(
        *OFFER_KINDS,
        nullable=True,
        description="standing: buys at a price that is fixed; consignment: sells from its list; "
        "forward: commits itself to buy later, at the market's price then but not below a floor; "
        "standing where not given",
        example="standing",
    )
    vehicle_id = dy.String(
        nullable=True, **told("only this unit, for a price by unit; any where not given", "R0042")
    )
    make = dy.String(nullable=True, **told("only this make; any where not given", "Nissan"))
    model = dy.String(nullable=True, **told("only this model; any where not given", "Altima"))
    body = dy.String(nullable=True, **told("only this body; any where not given", "sedan"))
    max_age_years = dy.Float64(nullable=True, min=0.0, **told("oldest unit taken", "8", "years"))
    max_odometer = dy.Float64(
        nullable=True, min=0.0, **told("highest reading taken", "170000", "km")
    )
    min_grade = dy.Float64(
        nullable=True, min=1.0, max=5.0, **told("poorest condition taken", "3.0", "grade 1-5")
    )
    price = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        **told(
            "what is paid, by a forward at the least; this or guide_rate, not both",
            "7250",
            "money per unit",
        ),
    )
    guide_rate = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        **told(
            "what is paid in proportion to guide_value, by a forward at the least; this or price",
            "0.91",
            "share of guide_value",
        ),
    )
    market_rate = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        max=2.0,
        **told(
            "forward: what is paid in proportion to the market's price of the unit on the day of "
            "the hand-over",
            "0.95",
            "share of the hammer price then expected of the unit",
        ),
    )
    fee_rate = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told("consignment: what the dealer keeps of the price", "0.06", "share of the price"),
    )
    list_days = dy.Float64(
        nullable=True,
        min=1,
        max=366,
        **told(
            "consignment: longest time on the list, before the unit goes to the trade", "60", "days"
        ),
    )
    min_units = dy.Int64(min=0, **told("fewest units that the dealer takes at all", "3", "units"))
    max_units = dy.Int64(min=1, **told("most units", "8", "units"))
    package = dy.String(
        nullable=True,
        **told("offers of the dealer that are taken together or not at all", "FLEET-A"),
    )
    package_min_units = dy.Int64(
        nullable=True,
        min=1,
        **told(
            "fewest units of all offers of the package together; with fewer it takes none",
            "40",
            "units",
        ),
    )
    valid_from = dy.Date(**told("first day of the offer", "2026-06-01", "date"))
    valid_until = dy.Date(**told("last day of the offer", "2026-07-12", "date"))

    @dy.rule()
    def price_xor_guide_rate(cls) -> pl.Expr:
        """Give a price or a rate of the guide, not both."""
        one = pl.col("price").is_null() != pl.col("guide_rate").is_null()
        return one | _of_kind("consignment")

    @dy.rule()
    def consignment_unpriced(cls) -> pl.Expr:
        """Let the list price of a consignment be chosen."""
        unpriced = pl.col("price").is_null() & pl.col("guide_rate").is_null()
        return ~_of_kind("consignment") | unpriced

    @dy.rule()
    def consignment_terms(cls) -> pl.Expr:
        """Give the fee and the time of a consignment."""
        stated = pl.col("fee_rate").is_not_null() & pl.col("list_days").is_not_null()
        return ~_of_kind("consignment") | stated

    @dy.rule()
    def forward_terms(cls) -> pl.Expr:
        """Give the share of the market's price that a forward pays, and no other kind."""
        return _of_kind("forward") == pl.col("market_rate").is_not_null()

    @dy.rule()
    def package_terms(cls) -> pl.Expr:
        """Name the package and give its fewest units, or neither."""
        return _both_or_neither("package", "package_min_units")

    @dy.rule()
    def package_counts(cls) -> pl.Expr:
        """Let the package alone ask for a number of units."""
        return pl.col("package").is_null() | (pl.col("min_units") == 0)

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

    group = dy.String(
        min_length=1,
        **told(
            "vehicles that yield the part: 'make model', a make, a body, or * for all",
            "Toyota Camry",
        ),
    )
    part = dy.String(
        min_length=1, **told("the part, or hulk for what is left", "catalytic converter")
    )
    price = dy.Float64(min=0.0, **told("what it sells for", "220", "money per part"))
    chance = dy.Float64(
        min=0.0, max=1.0, **told("chance that it is recovered and sold", "0.85", "share")
    )
    chance_light = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told("chance on a vehicle with light damage; by default chance", "0.7", "share"),
    )
    chance_heavy = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told(
            "chance on a vehicle with heavy damage, 0 for a part that does not survive it; by "
            "default chance_light, or else chance",
            "0.3",
            "share",
        ),
    )
    labour_hours = dy.Float64(min=0.0, **told("labour to take it off", "0.6", "hours"))
    needs = dy.String(
        nullable=True, **told("parts to be removed first, parted by semicolons", "door;seat")
    )
    legal_class = _choice(
        *LEGAL_CLASSES,
        description="what the law makes of it: free, five_assemblies, traction_battery, scrap for "
        "what is smelted at a price that moves with the scrap market, or not_for_sale for what "
        "nobody may sell and only comes off for the parts behind it",
        example="free",
    )

    @dy.rule()
    def not_for_sale_unpriced(cls) -> pl.Expr:
        """Give no price to what may not be sold."""
        return (pl.col("legal_class") != "not_for_sale") | (pl.col("price") == 0.0)


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


class Hedges(dy.Schema):
    """An instrument that passes price risk on."""

    hedge_id = dy.String(min_length=1, **told("short name of the instrument", "UF88"))
    kind = _choice(
        *HEDGE_KINDS,
        description="unit_floor: a floor under one unit; index_put: a put on a series of index",
        example="unit_floor",
    )
    series = dy.String(nullable=True, **told("series of index that an index_put pays on", "market"))
    strike = dy.Float64(
        min_exclusive=0.0,
        **told("floor: share of the forecast; put: share of the index today", "0.88", "share"),
    )
    expiry = dy.Date(
        nullable=True,
        **told(
            "index put: day it pays; unit floor: last day of a unit's first run, whose further "
            "runs and fallback stay covered",
            "2026-07-27",
            "date",
        ),
    )
    premium = dy.Float64(
        min=0.0,
        **told("floor: share of the forecast; put: money a lot", "0.11", "share, or money per lot"),
    )
    lot = dy.Float64(
        min_exclusive=0.0,
        **told("notional amount of a lot; 1 for a unit floor", "1", "money per lot"),
    )
    limit = dy.Float64(min=0.0, **told("lots or units on offer", "60", "lots or units"))
    counterparty = dy.String(min_length=1, **told("who has to pay", "Insurer A"))

    @dy.rule()
    def index_put_expires(cls) -> pl.Expr:
        """Give an index put the date at which it pays."""
        return (pl.col("kind") != "index_put") | pl.col("expiry").is_not_null()


class Holds(dy.Schema):
    """A legal bar on a vehicle, with its end."""

    vehicle_id = dy.String(min_length=1, **told("vehicle that may not be sold", "R0034"))
    kind = dy.String(min_length=1, **told("why, such as redemption or police", "redemption"))
    until = dy.Date(**told("last day of the bar", "2026-08-26", "date"))


class Overrides(dy.Schema):
    """The desk's word on a vehicle: pin it to a place or ban it from one."""

    vehicle_id = dy.String(min_length=1, **told("vehicle that the desk speaks of", "R0003"))
    action = _choice(*ACTIONS, description="pin it to a place or ban it from one", example="pin")
    venue_id = dy.String(nullable=True, **told("the venue meant", "DAL"))
    channel = _choice(*CHANNELS, nullable=True, description="the channel meant", example="auction")
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
    "price_changes": ("sale_id", "date"),
    "index": ("series", "segment", "date", "released_on"),
    "places": ("postcode",),
    "venues": ("venue_id",),
    "events": ("event_id",),
    "offers": ("offer_id",),
    "parts": ("group", "part"),
    "tariffs": ("from_region", "to_region"),
    "hedges": ("hedge_id",),
    "holds": ("vehicle_id", "kind"),
}
