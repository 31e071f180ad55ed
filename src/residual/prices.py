"""The distribution of prices around their locations: mean, spread and quantiles in money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.features import Days
from residual.guide import SUPPORT
from residual.requests import check_vehicles, days_of

if TYPE_CHECKING:
    from residual.fitted import Fitted


def predict(
    model: Fitted, vehicles: pl.DataFrame, on: dt.date | str, quantiles: Sequence[float]
) -> pl.DataFrame:
    """Forecast hammer prices given a sale; see `ResidualModel.predict`."""
    days = days_of(vehicles, on)
    check_vehicles(vehicles)
    place = model.locate(vehicles, days)
    venue = np.zeros(len(vehicles))
    if "venue_id" in vehicles.columns:
        venue = model.venue_log_factor(vehicles["venue_id"].cast(pl.String).to_list())
    return pl.DataFrame(
        {
            "vehicle_id": vehicles["vehicle_id"],
            **model.prices(place.log_hammer + venue, place.scale, days, quantiles),
            "support": [SUPPORT[level] for level in place.support],
        }
    )


def prices(
    model: Fitted, log_hammer: Floats, scale: Floats, days: Days, quantiles: Sequence[float]
) -> dict[str, Floats]:
    """Return mean, sd and quantiles in money; see `ResidualModel.prices`."""
    for probability in quantiles:
        if not 0.0 < probability < 1.0:
            raise ValueError(f"quantiles must lie in (0, 1), not {probability}")
    variance = model.initial_sd**2 + model.market.variance_of_change(days)
    ratio = np.sqrt(variance) / scale
    first, second = model.shape.moments(scale)
    spread = np.sqrt(np.maximum(second * np.exp(variance) - first**2, 0.0))
    columns = {"mean": np.exp(log_hammer) * first, "sd": np.exp(log_hammer) * spread}
    for probability in quantiles:
        z = model.shape.quantile(probability, ratio)
        columns[quantile_name(probability)] = np.exp(log_hammer + scale * z - 0.5 * variance)
    return columns


def middle(model: Fitted, scale: Floats, days: Days) -> Floats:
    """Log of the median hammer over its location, at the market's uncertainty of the day.

    Parameters
    ----------
    model : Fitted
    scale : float64[n]
        As of `residual.location.locate`.
    days : int64[n]
        In days since 1970-01-01.
    """
    variance = model.initial_sd**2 + model.market.variance_of_change(days)
    return scale * model.shape.quantile(0.5, np.sqrt(variance) / scale) - 0.5 * variance


def quantile_name(probability: float) -> str:
    """Column name of a quantile: q05 for 0.05, q975 for 0.975."""
    digits = f"{probability:.6f}".split(".")[1].rstrip("0")
    return "q" + digits.ljust(2, "0")
