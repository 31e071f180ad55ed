"""Store listings in China as they were known at a cut, and those put up after it.

``withdrawDate`` is set for sold cars and equals ``pullDate``; the others were withdrawn unsold on
``pullDate`` and are censored there. Columns are those of `benchmarks.values.files.china`.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.values.files import china

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Only columns that say how a listing ended; no forecast is shown them.
HIDDEN: Final = ("closed_on", "paid", "sold", "told_prices")


@dataclass(frozen=True, slots=True)
class Split:
    """What is learnt from and what is judged.

    Attributes
    ----------
    cut : datetime.date
        Last day that is known.
    sales : polars.DataFrame
        As in `residual.tables.Sales`: listings put up by the cut, as they stood that day.
    price_changes : polars.DataFrame
        As in `residual.tables.PriceChanges`: new prices of these listings by the cut.
    judged : polars.DataFrame, n rows
        Listings put up later: what is known of them on their first day.
    days : float64[n]
        Last day on the list of the listings judged, the first being day 0.
    sold : bool[n]
        Whether they were sold that day; else they were withdrawn.
    """

    cut: dt.date
    sales: pl.DataFrame
    price_changes: pl.DataFrame
    judged: pl.DataFrame
    days: Floats
    sold: Flags


def read(folder: Path) -> pl.DataFrame:
    """Every listing with how it ended: columns of `china`, and `HIDDEN`."""
    ends = pl.read_parquet(folder / "cn_store_sales_2020_2021.parquet").select(
        sale_id=pl.col("carid").cast(pl.String),
        closed_on="pullDate",
        paid=pl.col("target") * 1e4,
        sold=pl.col("withdrawDate").is_not_null(),
        told_prices="updatePriceTimeJson",
    )
    cars = china(folder).rename({"price": "list_price"})
    return (
        cars.with_columns(venue_id="region", channel=pl.lit("dealer"))
        .join(ends, on="sale_id", how="inner", validate="1:1")
        .filter(pl.col("first_registered") <= pl.col("offered_on"))
        .sort("offered_on", "sale_id")
    )


def split(listings: pl.DataFrame, cut: dt.date, until: dt.date) -> Split:
    """Split at a cut: nothing that came to be known after it is learnt from.

    Parameters
    ----------
    listings : polars.DataFrame
        As of `read`.
    cut : datetime.date
    until : datetime.date
        Last day on which a listing that is judged was put up.

    Returns
    -------
    Split
    """
    past = listings.filter(pl.col("offered_on") <= cut)
    still = pl.col("closed_on") > cut
    sales = past.with_columns(
        closed_on=pl.when(~still).then("closed_on"),
        price=pl.when(~still & pl.col("sold")).then("paid"),
        outcome=pl.when(still)
        .then(pl.lit("open"))
        .when(pl.col("sold"))
        .then(pl.lit("sold"))
        .otherwise(pl.lit("withdrawn")),
    ).drop("paid", "sold", "told_prices")
    later = listings.filter(pl.col("offered_on") > cut, pl.col("offered_on") <= until)
    days = (later["closed_on"] - later["offered_on"]).dt.total_days()
    return Split(
        cut,
        sales,
        _new_prices(past).filter(pl.col("date") <= cut),
        later.drop(HIDDEN),
        days.to_numpy().astype(np.float64),
        later["sold"].to_numpy(),
    )


def times(sales: pl.DataFrame, cut: dt.date) -> tuple[Floats, Flags]:
    """Days on the list by the cut of each listing, and whether it was sold by then."""
    end = sales["closed_on"].fill_null(cut)
    days = (end - sales["offered_on"]).dt.total_days().to_numpy().astype(np.float64)
    return days, (sales["outcome"] == "sold").to_numpy()


def _new_prices(listings: pl.DataFrame) -> pl.DataFrame:
    """Every new price, a row each."""
    rows = [
        (car, dt.date.fromisoformat(day), float(price) * 1e4)
        for car, told in listings.select("sale_id", "told_prices").iter_rows()
        for day, price in json.loads(told).items()
    ]
    names = {"sale_id": pl.String, "date": pl.Date, "price": pl.Float64}
    return pl.DataFrame(rows, schema=names, orient="row")
