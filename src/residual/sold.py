"""The sales that a fit learns from: which, in which order, and their days."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.column_kinds import of_kind
from residual.errors import Fault, InputError
from residual.features import Days
from residual.sale_faults import faults_of

_REQUIRED: Final = ("make", "model", "price", "offered_on")
#: A price this many times above or below the middle one is a slip of the hand, not a price.
BEYOND_BELIEF: Final = 1e6
#: Middle prices that money of any currency stays within.
_MONEY: Final = (1e-6, 1e15)
SET_ASIDE: Final = "prices beyond belief"


def usable_sales(
    sales: pl.DataFrame, as_of: dt.date | None
) -> tuple[pl.DataFrame, Days, dict[str, int]]:
    """Rows sold by as_of in an order of their own, their dates, and the counts by reason.

    Parameters
    ----------
    sales : polars.DataFrame
        As for `residual.fit`.
    as_of : datetime.date or None
        Rows closed later are left out; None takes all.

    Raises
    ------
    InputError
        With every fault that was found; see `residual.sale_faults`.
    """
    rows = _dated(sales)
    if as_of is not None:
        rows = rows.filter((pl.col("_date") <= as_of) | pl.col("_date").is_null())
    sold = rows
    if "outcome" in rows.columns:
        sold = rows.filter(pl.col("outcome").cast(pl.String).fill_null("sold") == "sold")
    counts = {"rows by as_of": len(rows), "not sold": len(rows) - len(sold)}
    faults = faults_of(rows, sold)
    if faults:
        raise InputError(faults)
    believed = _believed(sold)
    if len(believed) < len(sold):
        counts[SET_ASIDE] = len(sold) - len(believed)
    sold = believed
    if not len(sold):
        raise InputError([Fault("at least one sale by the planning date is needed", file="sales")])
    counts["sales used"] = len(sold)
    keys = [name for name in ("_date", "sale_id", "price", "make", "model") if name in sold.columns]
    sold = sold.sort([*keys, "_row"], maintain_order=True)
    days = sold["_date"].cast(pl.Int32).to_numpy().astype(np.int64)
    return sold.drop("_row", "_date"), days, counts


def _dated(sales: pl.DataFrame) -> pl.DataFrame:
    """Offerings of the right columns, with their places in `_row` and their days in `_date`."""
    sales = of_kind(sales, "sales")
    absent = [name for name in _REQUIRED if name not in sales.columns]
    faults = [Fault("the column is required", file="sales", column=name) for name in absent]
    if not {"model_year", "first_registered"} & set(sales.columns):
        faults.append(Fault("model_year or first_registered must be given", file="sales"))
    if faults:
        raise InputError(faults)
    dated = [name for name in ("closed_on", "offered_on") if name in sales.columns]
    return sales.with_row_index("_row").with_columns(
        pl.coalesce(dated).cast(pl.Date).alias("_date")
    )


def _believed(sold: pl.DataFrame) -> pl.DataFrame:
    """Sales but those whose price is no price of a vehicle, whatever the currency."""
    if not len(sold):
        return sold
    log = np.log(sold["price"].cast(pl.Float64).to_numpy())
    middle = float(np.median(log))
    if not _MONEY[0] <= np.exp(middle) <= _MONEY[1]:
        rule = "the middle price must lie between a millionth and a thousand million million"
        fault = Fault(rule, file="sales", column="price", value=f"{np.exp(middle):.3g}")
        raise InputError([fault])
    return sold.filter(pl.Series(np.abs(log - middle) <= np.log(BEYOND_BELIEF)))
