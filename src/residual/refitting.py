"""A model fitted anew when sales have come in: the same bits as a fit on all of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from residual.errors import Fault, InputError
from residual.features import as_date
from residual.fitting import fit
from residual.sold import usable_sales

if TYPE_CHECKING:
    from residual.model import ResidualModel

#: Share of the sales a model learnt from that must be there again.
_ENOUGH: Final = 0.8


def refit(
    model: ResidualModel,
    new: pl.DataFrame,
    past: pl.DataFrame | None,
    index: pl.DataFrame | None,
    as_of: dt.date | str | None,
) -> ResidualModel:
    """Fit a model anew; see `ResidualModel.refit`."""
    sales = new if past is None else joined(past, new)
    today = None if as_of is None else as_date(as_of, "as_of")
    if today is not None and today < model.as_of:
        rule = f"must not lie before {model.as_of}, up to which the model has read sales"
        raise InputError([Fault(rule, column="as_of", value=today.isoformat())])
    _refuse_forgotten(model, sales)
    fitted = fit(sales, index, today, model.priors, tuple(model.bidding.sealed))
    if fitted.as_of < model.as_of:
        rule = f"the last sale closed on {fitted.as_of}, but the model is as of {model.as_of}"
        remedy = "name as_of"
        raise InputError([Fault(rule, file="sales", column="closed_on", remedy=remedy)])
    return fitted


def joined(past: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Put new offerings beside past ones.

    Parameters
    ----------
    past, new : polars.DataFrame
        As for `residual.fit`; columns that one of them lacks are null there.

    Returns
    -------
    polars.DataFrame
        Where both have a sale_id a new row takes the place of the past one of the same id: an
        offering that was open has been sold since, or a price was mended. Without one, rows are
        added as they are.

    Raises
    ------
    InputError
        If a column is of another kind in the two tables, or a sale_id of the new one is missing
        or stands twice.
    """
    if "sale_id" in past.columns and "sale_id" in new.columns:
        ids = new["sale_id"]
        if ids.null_count() or ids.is_duplicated().any():
            rule = "every new sale needs a sale_id of its own"
            raise InputError([Fault(rule, file="sales", column="sale_id")])
        known = ids.cast(pl.String).to_frame()
        past = past.with_columns(pl.col("sale_id").cast(pl.String))
        new = new.with_columns(pl.col("sale_id").cast(pl.String))
        past = past.join(known, on="sale_id", how="anti", maintain_order="left")
    faults = []
    for name in past.columns:
        pair = [table.schema[name] for table in (past, new) if name in table.columns]
        kinds = {_kind(dtype) for dtype in pair if dtype != pl.Null}
        if len(kinds) > 1:
            rule = f"is {pair[0]} in the past sales and {pair[1]} in the new"
            faults.append(Fault(rule, file="sales", column=name))
    if faults:
        raise InputError(faults)
    return pl.concat([past, new], how="diagonal_relaxed")


def _kind(dtype: pl.DataType) -> str:
    """What a column is told as: numbers of any width are of one kind."""
    return "number" if dtype.is_numeric() else str(dtype)


def _refuse_forgotten(model: ResidualModel, sales: pl.DataFrame) -> None:
    """Refuse the new sales alone: a model does not keep the rows it has learnt from."""
    known = model.counts["sales used"]
    try:
        again = usable_sales(sales, model.as_of)[2]["sales used"]
    except InputError as error:
        if any(fault.column is not None or fault.row is not None for fault in error.faults):
            raise
        again = 0
    if again < _ENOUGH * known:
        rule = f"hold {again:,} of the {known:,} sales by {model.as_of} that the model learnt from"
        remedy = "a model keeps no rows: give the earlier sales as past"
        raise InputError([Fault(rule, file="sales", remedy=remedy)])
