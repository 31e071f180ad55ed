"""What vehicles and dates must hold before a value is told for them."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.errors import Fault, InputError
from residual.features import Days, day_number

_REQUIRED: Final = ("vehicle_id", "make", "model")


def check_vehicles(vehicles: pl.DataFrame) -> None:
    """Raise InputError for missing columns and for units whose age cannot be told."""
    faults = [
        Fault("the column is required", file="vehicles", column=name)
        for name in _REQUIRED
        if name not in vehicles.columns
    ]
    dated = [n for n in ("first_registered", "model_year") if n in vehicles.columns]
    if not dated:
        faults.append(Fault("model_year or first_registered must be given", file="vehicles"))
    if faults:
        raise InputError(faults)
    unknown = vehicles.select(pl.all_horizontal(pl.col(dated).is_null()).alias("x"))["x"]
    faults = [
        Fault("model_year or first_registered must be given", file="vehicles", row=row + 1)
        for row in unknown.arg_true().to_list()
    ]
    if "odometer" in vehicles.columns:
        odd = vehicles["odometer"].cast(pl.Float64)
        wrong = odd.is_not_null() & ~odd.is_finite()
        faults += [
            Fault("the odometer must be finite or null", file="vehicles", row=r + 1)
            for r in wrong.arg_true().to_list()
        ]
    if faults:
        raise InputError(faults)


def days_of(vehicles: pl.DataFrame, on: dt.date | str) -> Days:
    """Return the day of every vehicle, int64[n] since 1970: one date, or a column of dates."""
    if isinstance(on, str) and on in vehicles.columns:
        column = vehicles[on].cast(pl.Date)
        if column.null_count():
            raise InputError([Fault("every row needs a date", file="vehicles", column=on)])
        return column.cast(pl.Int32).to_numpy().astype(np.int64)
    if isinstance(on, str):
        try:
            on = dt.date.fromisoformat(on)
        except ValueError as error:
            fault = Fault("must be a date or the name of a date column", column="on", value=str(on))
            raise InputError([fault]) from error
    return np.full(len(vehicles), day_number(on), dtype=np.int64)
