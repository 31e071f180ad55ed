"""The value of units as named factors: what makes it, and what waiting does to it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.effects import level_words, long_table, part_errors
from residual.features import Days, day_number
from residual.fitted import Fitted
from residual.prices import middle
from residual.requests import check_vehicles, days_of


def effects_of(model: Fitted, vehicles: pl.DataFrame, on: dt.date | str) -> pl.DataFrame:
    """Return one factor per named effect; see `ResidualModel.effects_of`."""
    parts = _parts(model, vehicles, days_of(vehicles, on, model.as_of))
    factors = {name: np.exp(part) for name, part in parts.items()}
    return pl.DataFrame({"vehicle_id": vehicles["vehicle_id"], **factors})


def value_effects(model: Fitted, vehicles: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    """Return factors with levels and intervals; see `ResidualModel.value_effects`."""
    days = days_of(vehicles, on, model.as_of)
    parts = _parts(model, vehicles, days)
    units = model.read(vehicles, days)
    errors = part_errors(model.hedonic, units)
    errors["market"] = np.sqrt(model.level_variance(model.group_of(vehicles), days))
    words = level_words(vehicles, units, on)
    return long_table(vehicles["vehicle_id"].cast(pl.String), parts, errors, words)


def waiting_effects(
    model: Fitted, vehicles: pl.DataFrame, today: dt.date, on: pl.Series
) -> pl.DataFrame:
    """Return what standing still does to values; see `ResidualModel.waiting_effects`."""
    start = np.full(len(vehicles), day_number(today), dtype=np.int64)
    days = on.cast(pl.Date).cast(pl.Int32).cast(pl.Int64).to_numpy()
    later, place = np.unique(days, return_inverse=True)
    moved = model.hedonic.ageing(model.read(vehicles, start), later)
    # the season is the market's: a unit that stands still only ever loses by its age
    season = model.hedonic.level(days.astype(np.float64)) - model.hedonic.level(
        start.astype(np.float64)
    )
    group = model.group_of(vehicles)
    market = season + model.level_change(group, days) - model.level_change(group, start)
    spread = model.level_variance(group, days) - model.level_variance(group, start)
    scale = model.locate(vehicles, start).scale
    moved_middle = middle(model, scale, group, days) - middle(model, scale, group, start)
    return pl.DataFrame(
        {
            "vehicle_id": vehicles["vehicle_id"],
            "ageing": np.exp(moved[np.arange(len(vehicles)), place] - season),
            "market": np.exp(market),
            "market_sd": np.sqrt(np.maximum(spread, 0.0)),
            "middle": np.exp(moved_middle),
        }
    )


def _parts(model: Fitted, vehicles: pl.DataFrame, days: Days) -> dict[str, Floats]:
    """Contributions to the log median hammer at the reference venue."""
    check_vehicles(vehicles)
    units = model.read(vehicles, days)
    parts = model.hedonic.parts(units)
    parts.pop("venue_id", None)
    group = model.group_of(vehicles)
    parts["market"] = parts["market"] + model.level_change(group, days)
    if model.remainder is not None:
        parts["boosted remainder"] = model.remainder.value(model.hedonic, units)
    place, lift = model.locate(vehicles, days), model.lift.of(units)
    parts["guide"] = place.log_hammer - lift - sum(parts.values(), np.zeros(len(units)))
    parts["middle of the spread"] = lift + middle(model, place.scale, group, days)
    return parts
