"""What a dealer offers: the table of offers."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

from auction.table_columns import both_or_neither, choice
from residual.tables import told

OFFER_KINDS: Final = ("standing", "consignment", "forward")


def _of_kind(kind: str) -> pl.Expr:
    return (pl.col("kind") == kind).fill_null(value=False)


class Offers(dy.Schema):
    """A dealer's bid for vehicles that meet its predicates: at once, forward or on consignment."""

    offer_id = dy.String(min_length=1, **told("short name of the offer", "O1"))
    venue_id = dy.String(min_length=1, **told("dealer who made it", "D-SUN"))
    kind = choice(
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
        return both_or_neither("package", "package_min_units")

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
