"""A forecast that needs no model: the median of past prices of the same make, model and year."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.features import tidy_text

#: Finest first; the last holds for every row.
_LEVELS: Final = (("make", "model", "year"), ("make", "model"), ("make",), ())
#: Past sales that a median needs.
_FEWEST: Final = 3


def naive_prices(past: pl.DataFrame, rows: pl.DataFrame) -> Floats:
    """Return the median price of past sales like each row.

    Parameters
    ----------
    past : polars.DataFrame
        Sold rows with make, model, price, and model_year or first_registered; at least one.
    rows : polars.DataFrame
        n rows to foretell.

    Returns
    -------
    float64[n]
        Of the same make, model and model year where three such sales are known; else of the make
        and model, else of the make, else of all. Time, wear and condition do not enter.
    """
    known, asked = _keyed(past).with_columns(past["price"].cast(pl.Float64)), _keyed(rows)
    out = np.full(len(rows), np.nan)
    for keys in _LEVELS:
        if not keys:
            return np.where(np.isnan(out), float(np.median(known["price"].to_numpy())), out)
        table = known.group_by(keys).agg(pl.col("price").median(), pl.len())
        table = table.filter(pl.col("len") >= _FEWEST).select(*keys, "price")
        found = asked.join(table, on=keys, how="left", maintain_order="left")["price"]
        out = np.where(np.isnan(out), found.fill_null(float("nan")).to_numpy(), out)
    return out


def _keyed(frame: pl.DataFrame) -> pl.DataFrame:
    year = pl.lit(None, dtype=pl.Int32)
    if "first_registered" in frame.columns:
        year = pl.col("first_registered").cast(pl.Date).dt.year()
    if "model_year" in frame.columns:
        year = pl.coalesce(pl.col("model_year").cast(pl.Int32), year)
    return frame.select(make=tidy_text(pl.col("make")), model=tidy_text(pl.col("model")), year=year)
