"""How value falls with age and odometer, and with a worse condition, as forecasts tell it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.features import YEAR, Recipe, believable_odometer

if TYPE_CHECKING:
    from residual.model import ResidualModel

CURVES: Final = {
    "curve": pl.String,
    "dimension": pl.String,
    "group": pl.String,
    "sales": pl.Int64,
    "at": pl.Float64,
    "value": pl.Float64,
    "relative": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
#: Oldest age, years, and highest reading, km, that curves reach to.
_OLDEST: Final = 20.0
_FURTHEST: Final = 300_000.0
#: Points of a curve over the odometer, at round readings.
_READINGS: Final = 12
_ROUND: Final = np.array([5_000.0, 10_000.0, 20_000.0, 25_000.0, 50_000.0])


def curves(model: ResidualModel) -> pl.DataFrame:
    """Tell how forecasts move with one trait of ordinary units, all others being as they are.

    Parameters
    ----------
    model : ResidualModel

    Returns
    -------
    polars.DataFrame
        curve ("age", the odometer at the typical reading of each age; "standing", the odometer
        at the reading of the first age; "odometer"; "grade"), dimension ("all", "make" or
        "group") and group, sales (how many of that group), at (years, km or grade), value
        (median price, geometric mean over the units), relative (to the first age, to the reading
        nearest to the middle one, or to the grade nearest to the middle one), and low and high,
        relative too, between which nine in ten prices of such a unit are foretold to lie.

    Notes
    -----
    Units drawn from the past sales are forecast for `as_of` again and again, each time with
    another age, reading or grade; nothing is asked of the equation itself. Their own guide values
    are left out, as those tell of one age, reading and grade alone.
    """
    kept = model.typical
    grids: list[tuple[str, str, str, list[int], Floats, int]] = []
    years = _years(*kept.ranges["age"][:2]) if "age" in kept.ranges else np.zeros(0)
    if len(years):
        grids.append(("age", "all", "all", kept.whole, years, 0))
        if "odometer" in kept.ranges:
            grids.append(("standing", "all", "all", kept.whole, years, 0))
        for kind, named in kept.groups.items():
            for name, rows in named.items() if len(named) > 1 else ():
                first, last = kept.group_sales[kind][name][1:]
                grids.append(("age", kind, name, rows, _years(max(first, years[0]), last), 0))
    if "odometer" in kept.ranges:
        low, high, middle = kept.ranges["odometer"]
        readings = _believed(_readings(low, min(high, _FURTHEST)), kept.ranges["age"][2])
        at = _nearest(readings, middle) if len(readings) else 0
        grids.append(("odometer", "all", "all", kept.whole, readings, at))
    if "grade" in kept.ranges:
        low, high, middle = kept.ranges["grade"]
        grades = np.arange(np.floor(2 * low), np.ceil(2 * high) + 1.0) / 2.0
        grids.append(("grade", "all", "all", kept.whole, grades, _nearest(grades, middle)))
    grids = [grid for grid in grids if len(grid[4]) > 1]
    if not grids:
        return pl.DataFrame(schema=CURVES)
    frame = kept.frame().drop("venue_id", "model_year", strict=False)
    asked = [_asked(frame[grid[3]], grid[0], grid[4], model) for grid in grids]
    # One forecast for all: it costs less than many.
    told = model.predict(
        pl.concat(asked).with_columns(vehicle_id=pl.lit("typical")), model.as_of, (0.05, 0.5, 0.95)
    )
    log = np.log(told.select("q05", "q50", "q95").to_numpy())
    frames, start = [], 0
    for (curve, kind, name, rows, grid, at), part in zip(grids, asked, strict=True):
        own = log[start : start + len(part)].reshape(len(rows), len(grid), 3)
        start += len(part)
        sales = model.counts["sales used"]
        if kind != "all":
            sales = int(kept.group_sales[kind][name][0])
        frames.append(_curve(own, grid, at).select(
            pl.lit(curve).alias("curve"), pl.lit(kind).alias("dimension"),
            pl.lit(name).alias("group"), pl.lit(sales, dtype=pl.Int64).alias("sales"), pl.all(),
        ))  # fmt: skip
    return pl.concat(frames)


def _curve(log: Floats, grid: Floats, at: int) -> pl.DataFrame:
    """Mean over the units of what each is worth against itself at the point of reference."""
    relative = np.exp(np.mean(log - log[:, at : at + 1, 1:2], axis=0))
    return pl.DataFrame(
        {
            "at": grid,
            "value": np.exp(np.mean(log[:, :, 1], axis=0)),
            "relative": relative[:, 1],
            "low": relative[:, 0],
            "high": relative[:, 2],
        }
    )


def _asked(frame: pl.DataFrame, curve: str, grid: Floats, model: ResidualModel) -> pl.DataFrame:
    """Every unit at every point of the grid, one unit after the other."""
    many = frame[np.repeat(np.arange(len(frame)), len(grid))]
    at = np.tile(grid, len(frame))
    kept = model.typical
    if curve in ("age", "standing"):
        reading = typical_reading(model.recipe, at if curve == "age" else np.full_like(at, grid[0]))
        many = many.with_columns(age=pl.Series(at))
        if "odometer" in kept.ranges:
            many = many.with_columns(odometer=pl.Series(reading))
    else:
        many = many.with_columns(age=pl.lit(kept.ranges["age"][2]))
        column = "condition_grade" if curve == "grade" else "odometer"
        many = many.with_columns(pl.Series(column, at))
        if curve == "grade" and "odometer" in kept.ranges:
            reading = typical_reading(model.recipe, np.full_like(at, kept.ranges["age"][2]))
            many = many.with_columns(odometer=pl.Series(reading))
    return registered(many, model.as_of)


def registered(frame: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    """Give units the day of registration that makes them as old, on a day, as their age says."""
    back = pl.duration(days=(pl.col("age") * YEAR).round(0).cast(pl.Int64))
    return frame.with_columns(first_registered=(pl.lit(on) - back).cast(pl.Date)).drop("age")


def typical_reading(recipe: Recipe, age: Floats) -> Floats:
    """Return the typical odometer, km, at each age; 0 where past sales held none."""
    if not len(recipe.typical_age):
        return np.zeros(len(age))
    return np.asarray(np.interp(age, recipe.typical_age, recipe.typical_odometer))


def _years(low: float, high: float) -> Floats:
    return np.arange(max(np.floor(low), 0.0), min(np.floor(high), _OLDEST) + 1.0)


def _readings(low: float, high: float) -> Floats:
    step = next((s for s in _ROUND if (high - low) / s <= _READINGS), _ROUND[-1])
    return np.asarray(np.arange(np.floor(low / step), np.floor(high / step) + 1.0) * step)


def _believed(readings: Floats, age: float) -> Floats:
    """Readings that are taken as they stand on a unit of that age."""
    taken = believable_odometer(readings, np.full(len(readings), age))
    return np.asarray(readings[taken == readings])


def _nearest(grid: Sequence[float] | Floats, value: float) -> int:
    return int(np.argmin(np.abs(np.asarray(grid) - value)))
