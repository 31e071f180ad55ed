"""Where a unit lies: its log hammer at the reference venue, today and on later days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.covariates import guide_values, scale_columns
from residual.curves import Floats
from residual.distribution import Forms
from residual.features import Days, Units
from residual.guide import Beside, support_of
from residual.skew import forms_of

if TYPE_CHECKING:
    from residual.fitted import Fitted


@dataclass(frozen=True, slots=True)
class Location:
    """Log hammer location of each unit at the reference venue, and its scale.

    Attributes
    ----------
    log_hammer : float64[n]
        ln hammer given a sale that the equation of values tells, at the forecast market level:
        the zero of the standardised shape. The median lies a little beside it, see
        `ResidualModel.value_effects`.
    scale : float64[n]
        Total scale of ln hammer around it, the market's uncertainty apart.
    form : int64[n]
        Form of the distribution around it, among those of `HammerShape`.
    support : int64[n]
        Place in `residual.guide.SUPPORT`.
    """

    log_hammer: Floats
    scale: Floats
    form: Forms
    support: NDArray[np.int64]


def read(model: Fitted, vehicles: pl.DataFrame, days: Days) -> Units:
    """Read covariates of vehicles at their dates; see `ResidualModel.read`."""
    if "channel" not in vehicles.columns and "auction" in model.recipe.levels.get("channel", []):
        vehicles = vehicles.with_columns(pl.lit("auction").alias("channel"))
    return model.recipe.read(vehicles, days)


def locate(model: Fitted, vehicles: pl.DataFrame, days: Days) -> Location:
    """Locate the log hammer of units; see `ResidualModel.locate`."""
    units = read(model, vehicles, days)
    ahead = model.level_change(model.group_of(vehicles), days)
    value = bare = model.hedonic.value(units, without=("venue_id",)) + ahead
    if model.remainder is not None:
        value = bare + model.remainder.value(model.hedonic, units)
    value = value + model.lift.of(units)
    support = support_of(units)
    ignorance = model.hedonic.ignorance(units)
    columns = scale_columns(units, value - model.centre)
    scale = model.scale_plain.scale(columns, ignorance, units.codes)
    form, _ = forms_of(model.skew, columns, ignorance, np.log(scale))
    log_guide = guide_values(vehicles, model.centre)
    if model.guide is None or np.isnan(log_guide).all():
        return Location(value, scale, form, support)
    beside = Beside(units, model.hedonic, bare, value, log_guide)
    gap = model.guide.gap(beside)
    added = model.guide.added(beside, gap)
    columns = scale_columns(units, value + added - model.centre, gap)
    guided = model.scale_guided.scale(columns, ignorance, units.codes)
    guided_form, _ = forms_of(model.skew, columns, ignorance, np.log(guided))
    known = np.isfinite(log_guide)
    return Location(
        value + added, np.where(known, guided, scale), np.where(known, guided_form, form), support
    )


def path(model: Fitted, vehicles: pl.DataFrame, today: int, days: Days) -> tuple[Location, Floats]:
    """Locate units today and on later days; see `ResidualModel.path`."""
    start = np.full(len(vehicles), today, dtype=np.int64)
    place = locate(model, vehicles, start)
    moved = model.hedonic.ageing(read(model, vehicles, start), days)
    group = model.group_of(vehicles)[:, None]
    market = model.level_change(group, days[None, :])
    return place, place.log_hammer[:, None] + moved + market - model.level_change(
        group, start[:, None]
    )
