"""Whether value ever rises with age or with odometer, for every unit that is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.values.columns import Floats
from residual import ResidualModel
from residual.features import ages, believable_odometer

#: A rise by less than this share is rounding.
TOLERANCE: Final = 1e-9
_YEARS: Final = range(26)
_KILOMETRES: Final = range(0, 400_001, 10_000)
_BLOCK: Final = 20_000

Grid = Callable[[pl.DataFrame], Iterator[pl.DataFrame]]


def rises(model: ResidualModel, judged: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count the units and grid steps at which the median rises.

    Parameters
    ----------
    model : ResidualModel
    judged : polars.DataFrame
        Each unit is valued on the day of its sale.

    Returns
    -------
    dict
        For each grid: "units" that rise anywhere, "steps" between neighbours that rise, and
        "steps beyond sentinels", those of them at which neither end is an odometer that is not
        believed (10 km or less, or less than 200 km a year).
    """
    grids: dict[str, Grid] = {"odometer": _odometers}
    if "model_year" in judged.columns:
        grids["model year"] = _model_years
    if "first_registered" in judged.columns:
        grids["registration"] = _registrations
        grids["registration, model year"] = _both
    units = judged.drop("price", "guide_value", strict=False).rename({"sale_id": "vehicle_id"})
    return {name: _count(model, units, grid) for name, grid in grids.items()}


def _count(model: ResidualModel, units: pl.DataFrame, grid: Grid) -> dict[str, int]:
    found = {"units": 0, "steps": 0, "steps beyond sentinels": 0}
    for start in range(0, len(units), _BLOCK):
        block = units[start : start + _BLOCK]
        risen = np.zeros(len(block), dtype=bool)
        before: Floats | None = None
        trusted_before = np.ones(len(block), dtype=bool)
        for shifted in grid(block):
            median = model.predict(shifted, on="offered_on", quantiles=(0.5,))["q50"].to_numpy()
            trusted = _trusted(shifted)
            if before is not None:
                up = median > before * (1.0 + TOLERANCE)
                risen |= up
                found["steps"] += int(up.sum())
                found["steps beyond sentinels"] += int((up & trusted & trusted_before).sum())
            before, trusted_before = median, trusted
        found["units"] += int(risen.sum())
    return found


def _trusted(units: pl.DataFrame) -> NDArray[np.bool_]:
    days = units["offered_on"].cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64)
    odometer = units["odometer"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    unknown = np.isnan(odometer)
    trusted: NDArray[np.bool_] = unknown | ~np.isnan(
        believable_odometer(odometer, ages(units, days))
    )
    return trusted


def _odometers(units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for reading in _KILOMETRES:
        yield units.with_columns(odometer=pl.lit(float(reading)))


def _model_years(units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    known = units.drop("first_registered", strict=False)
    newest = pl.col("offered_on").dt.year().cast(pl.Int64) + 1
    for years in _YEARS:
        yield known.with_columns(model_year=newest - years)


def _registrations(units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for years in _YEARS:
        yield units.with_columns(first_registered=_registered(years))


def _both(units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for years in _YEARS:
        year = pl.col("model_year") - years
        yield units.with_columns(first_registered=_registered(years), model_year=year)


def _registered(years: int) -> pl.Expr:
    return pl.col("first_registered").cast(pl.Date).dt.offset_by(f"-{years}y")
