"""Damaged vehicles offered in New Zealand: every offering with its last bid, and what was known.

A lot that does not sell comes back under its number: its daily bids begin anew, after days without
one or from nought. Each such stretch is an offering; its price is the last bid seen, which lies at
or below the hammer. Offerings without a bid, and those that were open when the file ends, tell no
price and are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

#: Days without a page after which a lot counts as offered anew.
_AWAY: Final = 3
#: Words of the damage text, each a column that tells whether it stands there.
DAMAGES: Final = (
    "Selling Registered", "Front Damage", "Rear Damage", "Left Side Damage", "Right Side Damage",
    "Left Front Damage", "Right Front Damage", "Left Rear Damage", "Right Rear Damage",
    "Roof Damage", "Structural Damage", "Chassis Damage", "Suspension Damage", "Engine Damage",
    "Underbody Damage", "Interior Damage", "Ignition Damage", "Water Damage", "Fire Damage",
    "Fire - Entire Vehicle", "Burnt 100%", "Glass Broken", "Airbags Deployed", "Rolled", "Drives",
    "Stolen & Recovered", "Vandalised - Interior", "Malicious/Vandalised", "Dismantled - Interior",
    "Impact Heavy - Front", "Impact Medium - Front", "Impact Light - Front", "Impact Heavy - Rear",
    "Impact Medium - Rear", "Impact Light - Rear", "Impact Heavy - Left Side",
    "Impact Heavy - Right Side", "Impact Light - Left Side", "Impact Light - Right Side",
    "Impact Heavy - Entire Vehicle", "Has Key", "No Keys",
)  # fmt: skip


def offerings(folder: Path) -> pl.DataFrame:
    """Every offering with a bid, by lot and run.

    Returns
    -------
    polars.DataFrame
        vehicle_id (the lot), run (1 for the first), offered_on (its last day, when the last bid
        was seen) and price; sorted by vehicle_id and run.
    """
    paths = pl.read_parquet(folder / "nz_damaged_bidpaths.parquet").sort("lot_id", "scrape_date")
    day, bid = pl.col("scrape_date"), pl.col("price_nzd")
    away = (day - day.shift(1)).dt.total_days() > _AWAY
    fallen = bid < bid.forward_fill().shift(1)
    anew = (away | fallen).fill_null(value=False).over("lot_id")
    runs = paths.with_columns(run=1 + anew.cast(pl.Int64).cum_sum().over("lot_id"))
    ends = runs.group_by("lot_id", "run").agg(
        offered_on=day.max(), price=bid.filter(bid > 0.0).last()
    )
    over = pl.col("offered_on") < paths["scrape_date"].max()
    told = ends.filter(over, pl.col("price").is_not_null())
    return told.rename({"lot_id": "vehicle_id"}).sort("vehicle_id", "run")


def damaged(folder: Path) -> pl.DataFrame:
    """Every offering with what its page said, columns as in `residual.tables.Sales`."""
    lots = pl.read_parquet(folder / "nz_damaged_lots.parquet")
    told = pl.col("Damage description").fill_null("").str.split(",")
    words = told.list.eval(pl.element().str.strip_chars())
    traits = lots.select(
        vehicle_id="lot_id",
        make="Manufacturer",
        model="Model",
        variant=pl.col("slug").str.replace(r"^\d+-", ""),
        body=pl.col("slug").str.extract(r"([a-z]+)$"),
        model_year=pl.col("year").cast(pl.Int64),
        odometer="mileage_km",
        powertrain="Fuel Type",
        transmission=pl.col("Transmission").str.split(",").list.first(),
        seats=pl.col("Seats").cast(pl.Float64, strict=False),
        keys=pl.col("Keys").cast(pl.Float64, strict=False),
        damages=words.list.len().cast(pl.Float64),
        **{_column(word): words.list.contains(word).cast(pl.Float64) for word in DAMAGES},
    )
    rows = offerings(folder).join(traits, on="vehicle_id", how="inner")
    return (
        rows.with_columns(
            sale_id=pl.format("{}-{}", "vehicle_id", "run"), offered_before=pl.col("run") - 1.0
        )
        .filter(
            pl.col("make").is_not_null(),
            pl.col("model").is_not_null(),
            pl.col("model_year") <= pl.col("offered_on").dt.year() + 1,
        )
        .sort("offered_on", "sale_id")
    )


def sales(folder: Path) -> pl.DataFrame:
    """What every contender is given: none learns a lot by its number, or is told its earlier bids.

    That a lot came back, and how often, stands in `offered_before`; `vehicle_id` only tells which
    past offerings are of one unit.
    """
    return damaged(folder).drop("run")


def _column(word: str) -> str:
    """Name of the column of a word of the damage text."""
    return "_".join("".join(c if c.isalnum() else " " for c in word.lower()).split())
