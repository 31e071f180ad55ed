"""What the rows of the three tables behind a value must hold: vehicles, sales and index."""

from __future__ import annotations

from typing import Any, Final

import dataframely as dy
import polars as pl

#: Series of the index that are prices of metal in parts, not of vehicles.
PRECIOUS_METALS: Final = ("platinum", "palladium", "rhodium")
DAMAGE_LEVELS: Final = ("none", "light", "heavy")
TITLE_LEVELS: Final = ("clear", "lien", "salvage", "missing")
CHANNELS: Final = ("auction", "dealer", "dismantling")
OUTCOMES: Final = ("sold", "no-sale", "withdrawn", "open")

#: Past listings of dealers below which nothing is learnt of the time to a sale.
FEWEST_LISTINGS: Final = 50

#: The words for the rules that span columns, for messages about a rejected row.
RULE_WORDS: Final[dict[str, str]] = {
    "age_known": "model_year or first_registered must be given",
    "damage_known": f"damage must be one of {', '.join(DAMAGE_LEVELS)}",
    "title_known": f"title_status must be one of {', '.join(TITLE_LEVELS)}",
    "redemption_dated": "redeemable_until must be given with a redemption_chance",
    "redemption_paid": "redemption_amount or loan_balance must be given with a redemption_chance",
    "channel_known": f"channel must be one of {', '.join(CHANNELS)}",
    "outcome_known": f"outcome must be one of {', '.join(OUTCOMES)}",
    "price_when_sold": "a sold row must have a price above zero",
    "closed_after_offered": "closed_on must not lie before offered_on",
    "released_after_date": "released_on must not lie before date",
}


def told(description: str, example: str, unit: str = "", **further: object) -> dict[str, Any]:
    """Return what a column of a schema tells of itself.

    Parameters
    ----------
    description : str
        What a value means, in words for the owner of a file.
    example : str
        A value as a file may hold it.
    unit : str, optional
        What it is measured in.
    **further : object
        Further entries of the column's metadata.

    Returns
    -------
    dict
        The arguments ``description`` and ``metadata`` of a dataframely column.
    """
    return {
        "description": description,
        "metadata": {"unit": unit, "example": example, **further},
    }


def _redeemable() -> pl.Expr:
    return (pl.col("redemption_chance") > 0.0).fill_null(value=False)


class Vehicles(dy.Schema):
    """A unit to dispose of. Money in the one currency, odometer in km, grade 1-5 (5 best)."""

    vehicle_id = dy.String(
        primary_key=True, min_length=1, **told("the lender's own number of the unit", "R0042")
    )
    vin = dy.String(
        nullable=True,
        **told(
            "vehicle identification number; check digit, year and maker are looked at",
            "1HGCM82633A004352",
        ),
    )
    make = dy.String(min_length=1, **told("maker, spelt as in the other table", "Toyota"))
    model = dy.String(min_length=1, **told("model, spelt as in the other table", "Camry"))
    variant = dy.String(nullable=True, **told("trim or version within the model", "SE"))
    body = dy.String(nullable=True, **told("kind of body", "sedan"))
    powertrain = dy.String(nullable=True, **told("what drives it", "petrol"))
    segment = dy.String(
        nullable=True,
        **told(
            "group whose market moves together; named by events, limits and index series",
            "mid-size sedan",
        ),
    )
    model_year = dy.Int64(
        nullable=True,
        min=1900,
        max=2100,
        **told("model year; this or first_registered must be given", "2019", "year"),
    )
    first_registered = dy.Date(
        nullable=True,
        **told("day of first registration; this or model_year must be given", "2019-04-17", "date"),
    )
    odometer = dy.Float64(
        nullable=True,
        min=0,
        **told(
            "reading of the odometer; sentinels such as 999,999 count as not known", "84300", "km"
        ),
    )
    condition_grade = dy.Float64(
        nullable=True, min=1, max=5, **told("condition report, 5 best", "3.5", "grade 1-5")
    )
    damage = dy.String(
        nullable=True,
        **told("how badly damaged: none, light or heavy", "light", one_of=DAMAGE_LEVELS),
    )
    repair_estimate = dy.Float64(
        nullable=True, min=0, **told("what putting it right would cost", "1200", "money")
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
        nullable=True,
        min=-90,
        max=90,
        **told("latitude of where it stands, north positive", "32.78", "degrees"),
    )
    lon = dy.Float64(
        nullable=True,
        min=-180,
        max=180,
        **told("longitude of where it stands, east positive", "-96.80", "degrees"),
    )
    title_status = dy.String(
        nullable=True,
        **told(
            "state of the papers: clear, lien, salvage or missing", "clear", one_of=TITLE_LEVELS
        ),
    )
    guide_value = dy.Float64(
        nullable=True,
        min_exclusive=0,
        **told("value that a price guide gives the unit", "14250", "money"),
    )
    loan_balance = dy.Float64(
        nullable=True, min=0, max=1e15, **told("what the borrower still owes", "16800", "money")
    )
    recovered_on = dy.Date(
        nullable=True, **told("day on which the lender took it back", "2026-05-11", "date")
    )
    available_from = dy.Date(
        nullable=True, **told("first day on which it may be sold", "2026-06-08", "date")
    )
    redemption_chance = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        **told(
            "chance that the borrower redeems it by redeemable_until if it is not sold before",
            "0.12",
            "share",
        ),
    )
    redeemable_until = dy.Date(
        nullable=True,
        **told("last day on which the borrower may redeem it", "2026-06-20", "date"),
    )
    redemption_amount = dy.Float64(
        nullable=True,
        min=0,
        max=1e15,
        **told("what is paid when it is redeemed; loan_balance where not given", "16250", "money"),
    )
    run_count = dy.Int64(
        nullable=True, min=0, **told("offerings so far without a sale", "1", "runs")
    )

    @dy.rule()
    def age_known(cls) -> pl.Expr:
        return pl.col("model_year").is_not_null() | pl.col("first_registered").is_not_null()

    @dy.rule()
    def damage_known(cls) -> pl.Expr:
        return pl.col("damage").is_null() | pl.col("damage").is_in(DAMAGE_LEVELS)

    @dy.rule()
    def title_known(cls) -> pl.Expr:
        return pl.col("title_status").is_null() | pl.col("title_status").is_in(TITLE_LEVELS)

    @dy.rule()
    def redemption_dated(cls) -> pl.Expr:
        return ~_redeemable() | pl.col("redeemable_until").is_not_null()

    @dy.rule()
    def redemption_paid(cls) -> pl.Expr:
        told = pl.col("redemption_amount").is_not_null() | pl.col("loan_balance").is_not_null()
        return ~_redeemable() | told


class Sales(dy.Schema):
    """One offering in the past, whether it ended in a sale or not."""

    sale_id = dy.String(primary_key=True, min_length=1, **told("number of the offering", "S000123"))
    vehicle_id = dy.String(
        nullable=True, **told("unit that was offered; joins the runs of one unit", "B00042")
    )
    run = dy.Int64(
        nullable=True,
        min=1,
        **told("which offering of the unit it was, the first being 1", "1", "runs"),
    )
    offered_on = dy.Date(**told("day of the offering", "2026-03-03", "date"))
    closed_on = dy.Date(
        nullable=True,
        **told(
            "day on which the outcome stood; by default that of the offering", "2026-03-05", "date"
        ),
    )
    make = dy.String(min_length=1, **told("maker, spelt as in the other table", "Toyota"))
    model = dy.String(min_length=1, **told("model, spelt as in the other table", "Camry"))
    variant = dy.String(nullable=True, **told("trim or version within the model", "SE"))
    body = dy.String(nullable=True, **told("kind of body", "sedan"))
    powertrain = dy.String(nullable=True, **told("what drives it", "petrol"))
    segment = dy.String(
        nullable=True,
        **told(
            "group whose market moves together; named by events, limits and index series",
            "mid-size sedan",
        ),
    )
    model_year = dy.Int64(
        nullable=True,
        min=1900,
        max=2100,
        **told("model year; this or first_registered must be given", "2019", "year"),
    )
    first_registered = dy.Date(
        nullable=True,
        **told("day of first registration; this or model_year must be given", "2019-04-17", "date"),
    )
    odometer = dy.Float64(
        nullable=True, min=0, **told("reading of the odometer then", "84300", "km")
    )
    condition_grade = dy.Float64(
        nullable=True, min=1, max=5, **told("condition report then, 5 best", "3.5", "grade 1-5")
    )
    damage = dy.String(
        nullable=True,
        **told("how badly damaged then: none, light or heavy", "light", one_of=DAMAGE_LEVELS),
    )
    region = dy.String(nullable=True, **told("region where it was sold from", "TX"))
    postcode = dy.String(
        nullable=True,
        **told("postcode where it stood; the table places leads from it to a region", "75201"),
    )
    venue_id = dy.String(nullable=True, **told("venue where it was offered", "DAL"))
    channel = dy.String(
        nullable=True,
        **told("way it was offered: auction, dealer or dismantling", "auction", one_of=CHANNELS),
    )
    outcome = dy.String(
        nullable=True,
        **told(
            "sold, no-sale, withdrawn, or open while still on offer; sold where not given",
            "sold",
            one_of=OUTCOMES,
        ),
    )
    price = dy.Float64(nullable=True, **told("hammer price; required where sold", "13900", "money"))
    reserve = dy.Float64(
        nullable=True,
        min=0,
        **told("price below which the seller would not sell", "13500", "money"),
    )
    list_price = dy.Float64(
        nullable=True,
        min_exclusive=0,
        **told(
            "price first asked by a dealer; later ones stand in price_changes", "15900", "money"
        ),
    )
    opening_bid = dy.Float64(nullable=True, min=0, **told("first bid called", "9000", "money"))
    high_bid = dy.Float64(
        nullable=True, min=0, **told("highest bid, sold or not", "13900", "money")
    )
    bidders = dy.Int64(nullable=True, min=0, **told("bidders on the lot", "6", "bidders"))
    guide_value = dy.Float64(
        nullable=True,
        min_exclusive=0,
        **told("value that a price guide gave the unit then", "14250", "money"),
    )
    seller_kind = dy.String(nullable=True, **told("kind of seller", "lender"))

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
        unsold = pl.col("outcome").is_in(("no-sale", "withdrawn", "open")).fill_null(value=False)
        return unsold | (pl.col("price") > 0).fill_null(value=False)

    @dy.rule()
    def closed_after_offered(cls) -> pl.Expr:
        return pl.col("closed_on").is_null() | (pl.col("closed_on") >= pl.col("offered_on"))


class PriceChanges(dy.Schema):
    """A new asking price of a unit on a dealer's list."""

    sale_id = dy.String(min_length=1, **told("offering in sales", "S000123"))
    date = dy.Date(**told("day from which the price was asked", "2026-03-20", "date"))
    price = dy.Float64(min_exclusive=0, **told("price asked from then on", "14900", "money"))


class Index(dy.Schema):
    """One monthly level of an outside market series, with the day it became known."""

    series = dy.String(
        min_length=1,
        **told("name of the series; market is the level of the whole market", "market"),
    )
    segment = dy.String(
        nullable=True, **told("the only segment that the series is about", "electric")
    )
    date = dy.Date(**told("day or month that the value is about", "2026-04-01", "date"))
    released_on = dy.Date(
        **told(
            "day on which the value became known; nothing released after as_of is read",
            "2026-05-13",
            "date",
        )
    )
    value = dy.Float64(min_exclusive=0, **told("level of the series", "148.2", "index points"))

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
