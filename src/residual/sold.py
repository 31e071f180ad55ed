"""The sales that a fit learns from: which, in which order, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.errors import Fault, InputError
from residual.features import Days, ages

_REQUIRED: Final = ("make", "model", "price", "offered_on")
#: Fewer sales than this, or none within as many days, are told to the user.
_THIN: Final = 500
_STALE: Final = 45


def usable_sales(
    sales: pl.DataFrame, as_of: dt.date | None
) -> tuple[pl.DataFrame, Days, dict[str, int]]:
    """Rows sold by as_of in an order of their own, their dates, and the counts by reason."""
    absent = [name for name in _REQUIRED if name not in sales.columns]
    faults = [Fault("the column is required", file="sales", column=name) for name in absent]
    if not {"model_year", "first_registered"} & set(sales.columns):
        faults.append(Fault("model_year or first_registered must be given", file="sales"))
    if faults:
        raise InputError(faults)
    closed = pl.col("closed_on") if "closed_on" in sales.columns else pl.lit(None, dtype=pl.Date)
    rows = sales.with_row_index("_row").with_columns(
        pl.coalesce(closed, pl.col("offered_on")).cast(pl.Date).alias("_date")
    )
    if as_of is not None:
        rows = rows.filter(pl.col("_date") <= as_of)
    sold = rows
    if "outcome" in sales.columns:
        sold = rows.filter(pl.col("outcome").fill_null("sold") == "sold")
    counts = {"rows by as_of": len(rows), "not sold": len(rows) - len(sold)}
    faults = _bad_rows(sold)
    if faults:
        raise InputError(faults)
    if not len(sold):
        raise InputError([Fault("at least one sale by the planning date is needed", file="sales")])
    counts["sales used"] = len(sold)
    keys = [name for name in ("_date", "sale_id", "price", "make", "model") if name in sold.columns]
    sold = sold.sort([*keys, "_row"], maintain_order=True)
    days = sold["_date"].cast(pl.Int32).to_numpy().astype(np.int64)
    return sold.drop("_row", "_date"), days, counts


def _bad_rows(sold: pl.DataFrame) -> list[Fault]:
    price = sold["price"].cast(pl.Float64)
    bad = ~(price.is_not_null() & price.is_finite() & (price > 0)).fill_null(value=False)
    row = sold["_row"].to_list()
    faults = [
        Fault(
            "a sold row must have a finite price above zero",
            file="sales",
            row=row[i] + 1,
            column="price",
            value=str(price[i]),
        )
        for i in bad.arg_true().to_list()
    ]
    dated = sold["_date"].cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)
    if sold["_date"].null_count():
        return [*faults, Fault("every sale needs offered_on", file="sales", column="offered_on")]
    unknown = np.flatnonzero(np.isnan(ages(sold, dated)))
    return faults + [
        Fault("model_year or first_registered must be given", file="sales", row=row[i] + 1)
        for i in unknown.tolist()
    ]


def thin_or_stale(used: pl.DataFrame, days: Days, today: dt.date) -> list[str]:
    """Say where the sales are too few, or too old, to be trusted without a second look."""
    notes = []
    if used.height < _THIN:
        notes.append(f"only {used.height:,} sales to learn from")
    newest = dt.date(1970, 1, 1) + dt.timedelta(int(days.max()))
    if (today - newest).days > _STALE:
        notes.append(f"the newest sale is of {newest}, {(today - newest).days} days before {today}")
    return notes
