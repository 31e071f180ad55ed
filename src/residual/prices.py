"""The distribution of prices around their locations: mean, spread and quantiles in money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual import level
from residual.curves import Floats
from residual.distribution import Forms
from residual.features import Days
from residual.guide import SUPPORT
from residual.requests import check_vehicles, days_of
from residual.student import standard_quantile

if TYPE_CHECKING:
    from residual.fitted import Fitted

#: Error of the level, in scales, up to which the shape is told with it.
_LARGEST: Final = 4.0


def predict(
    model: Fitted, vehicles: pl.DataFrame, on: dt.date | str, quantiles: Sequence[float]
) -> pl.DataFrame:
    """Forecast hammer prices given a sale; see `ResidualModel.predict`."""
    days = days_of(vehicles, on, model.as_of)
    check_vehicles(vehicles)
    place, group = model.locate(vehicles, days), model.group_of(vehicles)
    venue = np.zeros(len(vehicles))
    if "venue_id" in vehicles.columns:
        venue = model.venue_log_factor(vehicles["venue_id"].cast(pl.String).to_list())
    return pl.DataFrame(
        {
            "vehicle_id": vehicles["vehicle_id"],
            **model.prices(
                place.log_hammer + venue, place.scale, place.form, group, days, quantiles
            ),
            "support": pl.Series([SUPPORT[at] for at in place.support], dtype=pl.String),
        }
    )


def prices(
    model: Fitted,
    log_hammer: Floats,
    scale: Floats,
    form: Forms,
    group: NDArray[np.int64],
    days: Days,
    quantiles: Sequence[float],
) -> dict[str, Floats]:
    """Return mean, sd and quantiles in money; see `ResidualModel.prices`."""
    for probability in quantiles:
        if not 0.0 < probability < 1.0:
            raise ValueError(f"quantiles must lie in (0, 1), not {probability}")
    variance = model.level_variance(group, days)
    ratio = np.sqrt(variance) / scale
    first, second = model.shape.moments(scale, form)
    spread = np.sqrt(np.maximum(second * np.exp(variance) - first**2, 0.0))
    columns = {"mean": np.exp(log_hammer) * first, "sd": np.exp(log_hammer) * spread}
    tail = level.tail(model, group, days)
    for probability in quantiles:
        z = _quantile(model, probability, ratio, form, tail)
        log_price = np.maximum(log_hammer + scale * z - 0.5 * variance, model.least)
        columns[quantile_name(probability)] = np.exp(log_price)
    return columns


def middle(model: Fitted, scale: Floats, group: NDArray[np.int64], days: Days) -> Floats:
    """Log of the median hammer over its location, at the market's uncertainty of the day.

    Parameters
    ----------
    model : Fitted
    scale : float64[n]
        As of `residual.location.locate`.
    group : int64[n]
        As of `ResidualModel.group_of`.
    days : int64[n]
        In days since 1970-01-01.
    """
    variance = model.level_variance(group, days)
    # the same for every form
    any_form, nothing = np.zeros(len(variance), dtype=np.int64), np.zeros(len(variance))
    told = _quantile(model, 0.5, np.sqrt(variance) / scale, any_form, nothing)
    return scale * told - 0.5 * variance


def _quantile(
    model: Fitted, probability: float, ratio: Floats, form: Forms, tail: Floats
) -> Floats:
    """Standardised quantile with the level's error, of so many scales and 1 / dof.

    Notes
    -----
    The shape is told with a normal error of at most `_LARGEST` scales added; beyond, the error is
    all that counts. Its tails are fatter than normal: the quantile moves by what those of a
    Student density do whose tail thins with the square of the error's share of the variance, as
    the excess kurtosis of a sum does.
    """
    near = np.minimum(ratio, _LARGEST)
    told = model.shape.quantile(probability, near, form)
    total = np.sqrt(1.0 + ratio**2)
    share = ratio**2 / total**2
    fat = standard_quantile(probability, tail * share**2) - standard_quantile(probability, 0.0)
    return np.asarray(total * (told / np.sqrt(1.0 + near**2) + fat))


def quantile_name(probability: float) -> str:
    """Column name of a quantile: q05 for 0.05, q975 for 0.975."""
    digits = f"{probability:.6f}"
    if not 0.0 < float(digits) < 1.0:
        digits = f"{probability:.17f}"
    digits = digits.split(".")[1].rstrip("0")
    return "q" + digits.ljust(2, "0")
