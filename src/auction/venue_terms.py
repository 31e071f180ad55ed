"""Where vehicles can be sold, and what it costs there: the table of venues."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from auction.table_columns import both_or_neither, choice
from residual.tables import CHANNELS, told

FORMATS = ("live", "timed", "sealed")
ACCEPTS = ("any", "sound", "damaged")


class Venues(dy.Schema):
    """A place where a vehicle can be turned into money: auction, dealer or dismantler."""

    venue_id = dy.String(
        min_length=1, **told("short name of the venue, used by events, offers and sales", "DAL")
    )
    name = dy.String(nullable=True, **told("its name in the report", "Dallas Metro Auction"))
    channel = choice(*CHANNELS, description="auction, dealer or dismantling", example="auction")
    format = choice(
        *FORMATS,
        nullable=True,
        description="how lots are sold: live, timed or sealed",
        example="live",
    )
    accepts = choice(
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
        min=0.0,
        **told(
            "fee of the seller for each sale; where fees has rows for sales at the venue, they "
            "count in its place",
            "265",
            "money per sale",
        ),
    )
    fee_rate = dy.Float64(
        min=0.0,
        max=1.0,
        **told(
            "fee of the seller in proportion to the price; where fees has rows for sales at the "
            "venue, they count in its place",
            "0.006",
            "share of the price",
        ),
    )
    fee_least = dy.Float64(
        nullable=True,
        min=0.0,
        **told("the fee of a sale is no less; no bound where not given", "150", "money per sale"),
    )
    fee_most = dy.Float64(
        nullable=True,
        min=0.0,
        **told("the fee of a sale is no more; no bound where not given", "900", "money per sale"),
    )
    fee_no_sale = dy.Float64(
        min=0.0,
        **told(
            "fee for each offering that does not sell; where fees has rows for no-sales at the "
            "venue, they count in its place",
            "45",
            "money per offering",
        ),
    )
    return_rate = dy.Float64(
        nullable=True,
        min=0.0,
        max_exclusive=1.0,
        **told(
            "sales that are undone after arbitration; none where not given",
            "0.02",
            "share of the sales",
        ),
    )
    return_cost = dy.Float64(
        nullable=True,
        min=0.0,
        **told(
            "what each return costs, such as transport back and handling; nothing where not given",
            "180",
            "money per return",
        ),
    )
    return_discount = dy.Float64(
        nullable=True,
        min=0.0,
        max=1.0,
        **told(
            "what a returned unit loses at its second sale; nothing where not given",
            "0.08",
            "share of the price",
        ),
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
        return both_or_neither("lat", "lon")

    @dy.rule()
    def fee_bounds_in_order(cls) -> pl.Expr:
        """Put the least fee of a sale below the most."""
        return (pl.col("fee_least") <= pl.col("fee_most")).fill_null(value=True)
