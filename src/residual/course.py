"""Values of vehicles at later dates: for a unit that stands still, or one that is driven."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.features import YEAR, Days, as_date, day_number
from residual.guide import SUPPORT
from residual.location import Location
from residual.model import ResidualModel
from residual.requests import check_reach, check_vehicles

#: Vehicles whose values are told at once.
BLOCK: Final = 8192
#: Nobody drives a vehicle further in a year.
_MOST_DRIVEN: Final = 500_000.0


def forecast(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    dates: Sequence[dt.date | str],
    as_of: dt.date | str | None = None,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    km_per_year: float | None = None,
) -> pl.DataFrame:
    """Forecast what each vehicle would fetch at each of several dates.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
        Rows as in `residual.tables.Vehicles`, vehicle_id unique; odometers and guide values are
        those of `as_of`.
    dates : sequence of datetime.date or str
        Strictly increasing, none before `as_of`.
    as_of : datetime.date or str, optional
        The model's if not given, and not before it.
    quantiles : sequence of float
        Probabilities in (0, 1).
    km_per_year : float, optional
        How far units are driven, km; they stand still if not given.

    Returns
    -------
    polars.DataFrame
        vehicle_id, date, mean, sd, a column per quantile and support, as of
        `ResidualModel.predict`, of which the first date is the same where it is `as_of`: a row
        for each vehicle and date, in their order.

    Raises
    ------
    InputError
        If dates are not increasing, one lies before `as_of`, or vehicles are at fault.
    ValueError
        If a quantile does not lie in (0, 1), or `km_per_year` is below zero or beyond reason.

    Notes
    -----
    What a guide value adds today is kept, as is the spread of the unit itself; the market's own
    uncertainty grows. A unit that stands still keeps its reading; one that is driven and has no
    believable reading is taken to have the typical one of its age at each date.
    """
    blocks = list(forecast_blocks(model, vehicles, dates, as_of, quantiles, km_per_year))
    return pl.concat(blocks)


def forecast_blocks(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    dates: Sequence[dt.date | str],
    as_of: dt.date | str | None = None,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    km_per_year: float | None = None,
    block: int = BLOCK,
) -> Iterator[pl.DataFrame]:
    """Yield the rows of `forecast` for so many vehicles at a time, at least one table.

    Parameters
    ----------
    model, vehicles, dates, as_of, quantiles, km_per_year
        As for `forecast`.
    block : int
        Vehicles at a time; what is told of one does not depend on it beyond the sixth digit.
    """
    today = model.as_of if as_of is None else as_date(as_of, "as_of")
    calendar = [as_date(date, "dates") for date in dates]
    check_reach([today, *calendar], model.as_of, "dates")
    _check(model, vehicles, calendar, today, km_per_year)
    check_vehicles(vehicles)
    days = np.array([day_number(date) for date in calendar], dtype=np.int64)
    for start in range(0, max(len(vehicles), 1), block):
        rows = vehicles.slice(start, block)
        place, log_hammer = course(model, rows, day_number(today), days, km_per_year)
        yield _table(model, rows, calendar, days, place, log_hammer, quantiles)


def course(
    model: ResidualModel, vehicles: pl.DataFrame, today: int, days: Days, driven: float | None
) -> tuple[Location, Floats]:
    """Location today, and ln hammer of each unit at each date at its venue, float64[n, d].

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
        Checked rows.
    today : int
        Day to which odometers and guide values belong, since 1970-01-01.
    days : int64[d]
    driven : float or None
        Kilometres a year; None for units that stand still.
    """
    if driven is None:
        place, log_hammer = model.path(vehicles, today, days)
    else:
        place, log_hammer = _driven(model, vehicles, today, days, driven)
    if "venue_id" in vehicles.columns:
        venue = model.venue_log_factor(vehicles["venue_id"].cast(pl.String).to_list())
        log_hammer = log_hammer + venue[:, None]
    return place, log_hammer


def _driven(
    model: ResidualModel, vehicles: pl.DataFrame, today: int, days: Days, driven: float
) -> tuple[Location, Floats]:
    start = np.full(len(vehicles), today, dtype=np.int64)
    place = model.locate(vehicles, start)
    bare = vehicles.drop("guide_value", strict=False)
    added = place.log_hammer - model.locate(bare, start).log_hammer
    units = model.read(vehicles, start)
    log_hammer = np.empty((len(vehicles), len(days)))
    for column, day in enumerate(days.tolist()):
        # a reading that is not believed would be, once a year's driving is added to it
        reading = units.odometer + driven * (day - today) / YEAR
        odometer = pl.Series("odometer", np.where(units.odometer_missing, np.nan, reading))
        later = bare.with_columns(odometer.fill_nan(None))
        at = np.full(len(vehicles), day, dtype=np.int64)
        log_hammer[:, column] = model.locate(later, at).log_hammer + added
    return place, log_hammer


def _table(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    calendar: list[dt.date],
    days: Days,
    place: Location,
    log_hammer: Floats,
    quantiles: Sequence[float],
) -> pl.DataFrame:
    many, count = len(days), len(vehicles)
    prices = model.prices(
        log_hammer.ravel(),
        np.repeat(place.scale, many),
        np.repeat(place.form, many),
        np.repeat(model.group_of(vehicles), many),
        np.tile(days, count),
        quantiles,
    )
    support = [SUPPORT[level] for level in place.support]
    ids = vehicles["vehicle_id"].cast(pl.String)
    each = pl.Series(np.repeat(np.arange(count), many), dtype=pl.UInt32)
    return pl.DataFrame(
        {
            "vehicle_id": ids.gather(each),
            "date": pl.Series(calendar * count, dtype=pl.Date),
            **prices,
            "support": pl.Series(support, dtype=pl.String).gather(each),
        }
    )


def _check(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    dates: Sequence[dt.date],
    today: dt.date,
    driven: float | None,
) -> None:
    if driven is not None and not (math.isfinite(driven) and 0.0 <= driven <= _MOST_DRIVEN):
        raise ValueError(f"km_per_year must lie in [0, {_MOST_DRIVEN:,.0f}], not {driven}")
    faults = []
    if today < model.as_of:
        rule = f"the model has read sales up to {model.as_of}, after the day of the forecast"
        remedy = "forecast from a later day, or fit a model as of that day"
        faults.append(Fault(rule, column="as_of", value=today.isoformat(), remedy=remedy))
    if not dates:
        faults.append(Fault("at least one date is needed", column="dates"))
    elif dates[0] < today or any(later <= earlier for earlier, later in pairwise(dates)):
        faults.append(Fault(f"dates must increase from {today.isoformat()} on", column="dates"))
    if "vehicle_id" in vehicles.columns and vehicles["vehicle_id"].is_duplicated().any():
        faults.append(Fault("vehicle_id must be unique", file="vehicles", column="vehicle_id"))
    if faults:
        raise InputError(faults)
