"""What the rows of the three tables behind a value must hold: vehicles, sales and index."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

DAMAGE_LEVELS: Final = ("none", "light", "heavy")
TITLE_LEVELS: Final = ("clear", "lien", "salvage", "missing")
CHANNELS: Final = ("auction", "dealer", "dismantling")
OUTCOMES: Final = ("sold", "no-sale", "withdrawn")

#: The words for the rules that span columns, for messages about a rejected row.
RULE_WORDS: Final[dict[str, str]] = {
    "age_known": "model_year or first_registered must be given",
    "damage_known": f"damage must be one of {', '.join(DAMAGE_LEVELS)}",
    "title_known": f"title_status must be one of {', '.join(TITLE_LEVELS)}",
    "channel_known": f"channel must be one of {', '.join(CHANNELS)}",
    "outcome_known": f"outcome must be one of {', '.join(OUTCOMES)}",
    "price_when_sold": "a sold row must have a price above zero",
    "closed_after_offered": "closed_on must not lie before offered_on",
    "released_after_date": "released_on must not lie before date",
}


class Vehicles(dy.Schema):
    """A unit to dispose of. Money in the one currency, odometer in km, grade 1-5 (5 best)."""

    vehicle_id = dy.String(primary_key=True, min_length=1)
    vin = dy.String(nullable=True)
    make = dy.String(min_length=1)
    model = dy.String(min_length=1)
    variant = dy.String(nullable=True)
    body = dy.String(nullable=True)
    powertrain = dy.String(nullable=True)
    segment = dy.String(nullable=True)
    model_year = dy.Int64(nullable=True, min=1900, max=2100)
    first_registered = dy.Date(nullable=True)
    odometer = dy.Float64(nullable=True, min=0)
    condition_grade = dy.Float64(nullable=True, min=1, max=5)
    damage = dy.String(nullable=True)
    repair_estimate = dy.Float64(nullable=True, min=0)
    region = dy.String(min_length=1)
    lat = dy.Float64(nullable=True, min=-90, max=90)
    lon = dy.Float64(nullable=True, min=-180, max=180)
    title_status = dy.String(nullable=True)
    guide_value = dy.Float64(nullable=True, min_exclusive=0)
    loan_balance = dy.Float64(nullable=True, min=0)
    recovered_on = dy.Date(nullable=True)
    available_from = dy.Date(nullable=True)
    run_count = dy.Int64(nullable=True, min=0)

    @dy.rule()
    def age_known(cls) -> pl.Expr:
        return pl.col("model_year").is_not_null() | pl.col("first_registered").is_not_null()

    @dy.rule()
    def damage_known(cls) -> pl.Expr:
        return pl.col("damage").is_null() | pl.col("damage").is_in(DAMAGE_LEVELS)

    @dy.rule()
    def title_known(cls) -> pl.Expr:
        return pl.col("title_status").is_null() | pl.col("title_status").is_in(TITLE_LEVELS)


class Sales(dy.Schema):
    """One offering in the past, whether it ended in a sale or not."""

    sale_id = dy.String(primary_key=True, min_length=1)
    vehicle_id = dy.String(nullable=True)
    run = dy.Int64(nullable=True, min=1)
    offered_on = dy.Date()
    closed_on = dy.Date(nullable=True)
    make = dy.String(min_length=1)
    model = dy.String(min_length=1)
    variant = dy.String(nullable=True)
    body = dy.String(nullable=True)
    powertrain = dy.String(nullable=True)
    segment = dy.String(nullable=True)
    model_year = dy.Int64(nullable=True, min=1900, max=2100)
    first_registered = dy.Date(nullable=True)
    odometer = dy.Float64(nullable=True, min=0)
    condition_grade = dy.Float64(nullable=True, min=1, max=5)
    damage = dy.String(nullable=True)
    region = dy.String(nullable=True)
    venue_id = dy.String(nullable=True)
    channel = dy.String(nullable=True)
    outcome = dy.String(nullable=True)
    price = dy.Float64(nullable=True)
    reserve = dy.Float64(nullable=True, min=0)
    opening_bid = dy.Float64(nullable=True, min=0)
    high_bid = dy.Float64(nullable=True, min=0)
    bidders = dy.Int64(nullable=True, min=0)
    guide_value = dy.Float64(nullable=True, min_exclusive=0)
    seller_kind = dy.String(nullable=True)

    @dy.rule()
    def age_known(cls) -> pl.Expr:
        return pl.col("model_year").is_not_null() | pl.col("first_registered").is_not_null()

    @dy.rule()
    def damage_known(cls) -> pl.Expr:
        return pl.col("damage").is_null() | pl.col("damage").is_in(DAMAGE_LEVELS)

    @dy.rule()
    def channel_known(cls) -> pl.Expr:
        return pl.col("channel").is_null() | pl.col("channel").is_in(CHANNELS)

    @dy.rule()
    def outcome_known(cls) -> pl.Expr:
        return pl.col("outcome").is_null() | pl.col("outcome").is_in(OUTCOMES)

    @dy.rule()
    def price_when_sold(cls) -> pl.Expr:
        unsold = pl.col("outcome").is_in(("no-sale", "withdrawn")).fill_null(value=False)
        return unsold | (pl.col("price") > 0).fill_null(value=False)

    @dy.rule()
    def closed_after_offered(cls) -> pl.Expr:
        return pl.col("closed_on").is_null() | (pl.col("closed_on") >= pl.col("offered_on"))


class Index(dy.Schema):
    """One monthly level of an outside market series, with the day it became known."""

    series = dy.String(min_length=1)
    segment = dy.String(nullable=True)
    date = dy.Date()
    released_on = dy.Date()
    value = dy.Float64(min_exclusive=0)

    @dy.rule()
    def released_after_date(cls) -> pl.Expr:
        return pl.col("released_on") >= pl.col("date")


def with_optional_columns(frame: pl.DataFrame, schema: type[dy.Schema]) -> pl.DataFrame:
    """Add the schema's absent optional columns as typed nulls; further columns stay.

    Parameters
    ----------
    frame : polars.DataFrame
        Rows as read, under canonical column names.
    schema : type of dataframely.Schema
        One of the schemas of this module.

    Returns
    -------
    polars.DataFrame
        The frame with every nullable column of the schema. A missing required column is not
        added, so that validation names it.
    """
    absent = [
        pl.lit(None, dtype=column.dtype).alias(name)
        for name, column in schema.columns().items()
        if column.nullable and name not in frame.columns
    ]
    return frame.with_columns(absent)
