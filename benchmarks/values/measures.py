"""What a forecast is worth: errors of its median and of its whole spread, and where it is off."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Final

import numpy as np
import polars as pl

from benchmarks.values.columns import Floats
from benchmarks.values.forecasts import LEVELS, Forecast
from residual.features import ages
from residual.scoring import (
    bias,
    coverage,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_pinball,
    median_absolute_percentage_error,
    pit_distance,
)

_LEVELS: Final = np.array(LEVELS)
_MEDIAN: Final = LEVELS.index(0.5)


@dataclass(frozen=True, slots=True)
class Measures:
    """Scores of one contender on the units judged at one cut.

    Attributes
    ----------
    mae : float
        Mean absolute error of the median, in money.
    mape, median_ape : float
        Mean and median absolute error of the median, in % of the price.
    bias : float
        Mean of ln median - ln price.
    pinball_log : float
        Mean pinball loss of ln price over the 19 quantiles, times 1,000.
    pinball_money : float
        The same of the price, in money.
    coverage : float
        Share of prices within the 90 % interval, in %.
    pit : float
        Kolmogorov-Smirnov distance of the probability integral transform, at the 19 levels.
    point_mae, point_mape, point_median_ape : float
        As without "point", of the point forecast of its own where there is one; else the same.
    """

    mae: float
    mape: float
    median_ape: float
    bias: float
    pinball_log: float
    pinball_money: float
    coverage: float
    pit: float
    point_mae: float
    point_mape: float
    point_median_ape: float


def measure(price: Floats, forecast: Forecast) -> Measures:
    """Score a forecast.

    Parameters
    ----------
    price : float64[n]
    forecast : Forecast
    """
    log, quantiles = np.log(price), forecast.quantiles
    median = np.exp(quantiles[:, _MEDIAN])
    point = median if forecast.point is None else np.exp(forecast.point)
    return Measures(
        mean_absolute_error(price, median),
        mean_absolute_percentage_error(price, median),
        median_absolute_percentage_error(price, median),
        bias(log, quantiles[:, _MEDIAN]),
        1000.0 * mean_pinball(log, quantiles, _LEVELS),
        mean_pinball(price, np.exp(quantiles), _LEVELS),
        100.0 * coverage(log, quantiles[:, 0], quantiles[:, -1]),
        pit_distance(log, quantiles, _LEVELS),
        mean_absolute_error(price, point),
        mean_absolute_percentage_error(price, point),
        median_absolute_percentage_error(price, point),
    )


def mean_of(measured: list[Measures]) -> Measures:
    """Mean of each measure over cuts; of the bias, the mean of its size."""
    values = {
        field.name: float(np.mean([getattr(one, field.name) for one in measured]))
        for field in fields(Measures)
    }
    values["bias"] = float(np.mean([abs(one.bias) for one in measured]))
    return Measures(**values)


def errors_of_best(measures: Measures) -> dict[str, float]:
    """Return all measures, those of the median or of the point forecast, whichever is smaller."""
    values = asdict(measures)
    for name in ("mae", "mape", "median_ape"):
        values[name] = min(values[name], values.pop(f"point_{name}"))
    return values


def by_segment(
    rows: pl.DataFrame, forecast: Forecast, bands: Floats, seller_kind: str, least: int
) -> pl.DataFrame:
    """Coverage of the 90 % interval in every segment that is large enough.

    Parameters
    ----------
    rows : polars.DataFrame
        The units judged.
    forecast : Forecast
    bands : float64[k]
        Prices between which the bands of price lie; a unit's band is that of its median.
    seller_kind : str
        Column that tells kinds of sellers apart.
    least : int
        Fewest units of a segment.

    Returns
    -------
    polars.DataFrame
        by, segment, units, coverage (%), ordered by the first two.
    """
    price = np.log(rows["price"].to_numpy())
    inside = (price >= forecast.quantiles[:, 0]) & (price <= forecast.quantiles[:, -1])
    band = np.searchsorted(bands, np.exp(forecast.quantiles[:, _MEDIAN]), side="right")
    told = _segments(rows, seller_kind) | {"price band": pl.Series([f"band {b + 1}" for b in band])}
    parts = [
        pl.DataFrame({"by": by, "segment": names.cast(pl.String), "inside": inside})
        for by, names in told.items()
    ]
    return (
        pl.concat(parts)
        .drop_nulls("segment")
        .group_by("by", "segment")
        .agg(units=pl.len(), coverage=100.0 * pl.col("inside").mean())
        .filter(pl.col("units") >= least)
        .sort("by", "segment")
    )


_AGE_BANDS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15)


def _segments(rows: pl.DataFrame, seller_kind: str) -> dict[str, pl.Series]:
    days = rows["offered_on"].cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64)
    place = np.searchsorted(_AGE_BANDS, ages(rows, days))
    bounds = ["new", *map(str, _AGE_BANDS), "more"]
    age = pl.Series([f"{bounds[p]} to {bounds[p + 1]}" for p in place.tolist()])
    told = {"age": age, "make": rows["make"], "seller kind": rows[seller_kind]}
    if "condition_grade" in rows.columns:
        told["grade"] = rows["condition_grade"].cast(pl.Float64).round(0).cast(pl.Int64)
    return told
