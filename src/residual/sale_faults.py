"""What is wrong with rows of sales: each fault with its row, so that all can be mended at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from residual.errors import Fault
from residual.tables import OUTCOMES, RULE_WORDS
from residual.unit_faults import unit_faults

#: Days that the dates of sales may lie off the middle one: forty years.
_FURTHEST: Final = 40 * 365
_FILE: Final = "sales"


def faults_of(rows: pl.DataFrame, sold: pl.DataFrame) -> list[Fault]:
    """List everything that is wrong with offerings.

    Parameters
    ----------
    rows : polars.DataFrame
        Offerings with their place in the file, from 0, in `_row`, and their day in `_date`.
    sold : polars.DataFrame
        Those of them that count as sold.

    Returns
    -------
    list of Fault
        By rule, within a rule by row.
    """
    price = sold["price"].cast(pl.Float64)
    day = sold["_date"]
    middle = day.cast(pl.Int32).median()
    faults = _told(sold, "price", ~(price.is_finite() & (price > 0)).fill_null(value=False),
                   "a sold row must have a finite price above zero")  # fmt: skip
    faults += _told(sold, "offered_on", day.is_null(), "every sale needs offered_on")
    if isinstance(middle, float):
        far = (day.cast(pl.Int32) - middle).abs() > _FURTHEST
        said = f"dates must lie within 40 years of {_iso(middle)}, the middle of the sales"
        faults += _told(sold.with_columns(_day="_date"), "_day", far, said, name="offered_on")
    faults += unit_faults(sold, _FILE, sold["_row"].to_list())
    if "closed_on" in sold.columns:
        early = sold["closed_on"].cast(pl.Date) < sold["offered_on"].cast(pl.Date)
        faults += _told(sold, "closed_on", early, RULE_WORDS["closed_after_offered"])
    if "outcome" in rows.columns:
        odd = ~rows["outcome"].cast(pl.String).is_in(OUTCOMES)
        faults += _told(rows, "outcome", odd, RULE_WORDS["outcome_known"])
    if "sale_id" in rows.columns:
        again = ~rows["sale_id"].is_first_distinct() & rows["sale_id"].is_not_null()
        faults += _told(rows, "sale_id", again, "the sale_id stands already in an earlier row")
    return faults


def _told(
    rows: pl.DataFrame, column: str, wrong: pl.Series, rule: str, name: str | None = None
) -> list[Fault]:
    """One fault for each row that is wrong."""
    picked = rows.filter(wrong.fill_null(value=False)).select("_row", column)
    return [
        Fault(rule, file=_FILE, row=row + 1, column=name or column,
              value=None if value is None else str(value))
        for row, value in picked.iter_rows()
    ]  # fmt: skip


def _iso(day: float) -> str:
    return str(np.datetime64(int(day), "D"))
