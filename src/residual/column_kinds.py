"""What kind of values the columns of a table must hold before anything is read from them."""

from __future__ import annotations

from typing import Final

import polars as pl

from residual.errors import Fault, InputError

_DATES: Final = ("offered_on", "closed_on", "first_registered")
_NUMBERS: Final = (
    "price", "model_year", "odometer", "condition_grade", "guide_value", "reserve", "list_price",
    "opening_bid", "high_bid", "bidders", "run",
)  # fmt: skip
_TEXTS: Final = (
    "sale_id", "vehicle_id", "make", "model", "variant", "body", "powertrain", "segment", "region",
    "venue_id", "channel", "seller_kind", "damage", "outcome",
)  # fmt: skip
_MEND: Final = {
    "dates": "turn it into dates, such as by str.to_date",
    "numbers": "turn it into numbers, such as by cast(Float64)",
    "texts": "turn it into texts",
}


def of_kind(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """Return the table with its days as dates, once every column is of its kind.

    Parameters
    ----------
    frame : polars.DataFrame
        Rows as in `residual.tables.Sales` or `residual.tables.Vehicles`; a column may be absent
        or hold nulls alone.
    file : str
        What the table is called in messages.

    Returns
    -------
    polars.DataFrame
        A time of day is taken off, a time zone likewise: the day is that of the place.

    Raises
    ------
    InputError
        Naming every column that holds anything else: dates written as texts could be read in
        more than one way, and a price written as a text in as many.
    TypeError
        If it is no table of polars.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{file} must be a polars.DataFrame, not {type(frame).__name__}")
    faults = [
        Fault(f"must hold {kind}, not {dtype}", file=file, column=name, remedy=_MEND[kind])
        for kind, names in (("dates", _DATES), ("numbers", _NUMBERS), ("texts", _TEXTS))
        for name, dtype in frame.schema.items()
        if name in names and not _is_of(dtype, kind) and frame[name].null_count() < len(frame)
    ]
    faults += [
        Fault("must hold plain values, not objects", file=file, column=name, remedy="drop it")
        for name, dtype in frame.schema.items()
        if dtype == pl.Object
    ]
    if faults:
        raise InputError(faults)
    days = {name: dtype for name, dtype in frame.schema.items() if name in _DATES}
    return frame.with_columns(
        day_of_place(pl.col(name)) if dtype == pl.Datetime else pl.lit(None, pl.Date).alias(name)
        for name, dtype in days.items()
        if dtype != pl.Date
    )


def day_of_place(moments: pl.Expr) -> pl.Expr:
    """Day of each point in time as a calendar of its own time zone has it."""
    return moments.dt.replace_time_zone(None).cast(pl.Date)


def _is_of(dtype: pl.DataType, kind: str) -> bool:
    if kind == "dates":
        return dtype in (pl.Date, pl.Datetime)
    if kind == "numbers":
        return dtype.is_numeric()
    return not (dtype.is_nested() or dtype == pl.Binary)
