"""What vehicles and dates must hold before a value is told for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from residual.column_kinds import day_of_place, of_kind
from residual.errors import Fault, InputError
from residual.features import Days, as_date, day_number
from residual.unit_faults import unit_faults

_REQUIRED: Final = ("vehicle_id", "make", "model")
#: Days on either side of a fit beyond which nothing is foretold.
_REACH: Final = 50 * 366


def check_vehicles(vehicles: pl.DataFrame) -> None:
    """Raise InputError for columns missing or of another kind, and for every unit at fault."""
    of_kind(vehicles, "vehicles")
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
    faults = unit_faults(vehicles, "vehicles", range(len(vehicles)))
    if "odometer" in vehicles.columns:
        odd = vehicles["odometer"].cast(pl.Float64)
        wrong = odd.is_not_null() & ~odd.is_finite()
        rule = "the odometer must be finite or null"
        faults += [
            Fault(rule, file="vehicles", row=r + 1, column="odometer", value=str(odd[r]))
            for r in wrong.arg_true().to_list()
        ]
    if faults:
        raise InputError(faults)


def days_of(vehicles: pl.DataFrame, on: dt.date | str, as_of: dt.date) -> Days:
    """Return the day of every vehicle, int64[n] since 1970: one date, or a column of dates.

    Raises
    ------
    InputError
        If `on` is neither, or a day lies more than fifty years off the day of the fit.
    """
    if isinstance(on, str) and on in vehicles.columns:
        days = _days_of_rows(vehicles[on])
        far = np.flatnonzero(np.abs(days - day_number(as_of)) > _REACH)
        if len(far):
            raise InputError([_too_far(as_of, vehicles[on][row], row, on) for row in far.tolist()])
        return days
    if isinstance(on, str) and not _is_iso(on):
        rule = "must be a date or the name of a date column"
        raise InputError([Fault(rule, column="on", value=on)])
    day = as_date(on, "on")
    check_reach([day], as_of, "on")
    return np.full(len(vehicles), day_number(day), dtype=np.int64)


def check_reach(days: Sequence[dt.date], as_of: dt.date, name: str) -> None:
    """Raise InputError for days of which a fit says nothing, fifty years or more away."""
    faults = [_too_far(as_of, day, None, name) for day in days if abs((day - as_of).days) > _REACH]
    if faults:
        raise InputError(faults)


def _too_far(as_of: dt.date, day: object, row: int | None, column: str) -> Fault:
    rule = f"must lie within 50 years of {as_of}, the day of the fit"
    if row is None:
        return Fault(rule, column=column, value=str(day))
    return Fault(rule, file="vehicles", row=row + 1, column=column, value=str(day))


def _days_of_rows(column: pl.Series) -> Days:
    if column.dtype not in (pl.Date, pl.Datetime, pl.Null):
        rule = f"must hold dates, not {column.dtype}"
        raise InputError([Fault(rule, file="vehicles", column=column.name)])
    if column.null_count():
        rule = "every row needs a date"
        empty = column.is_null().arg_true().to_list()
        raise InputError(
            [Fault(rule, file="vehicles", row=row + 1, column=column.name) for row in empty]
        )
    if column.dtype == pl.Datetime:
        column = column.to_frame().select(day_of_place(pl.col(column.name))).to_series()
    return column.cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64)


def _is_iso(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
