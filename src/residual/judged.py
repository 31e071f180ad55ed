"""The trial judged as its forecast would have been stated before the later sales."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from residual.blend import Blend
from residual.calibration import Calibration
from residual.curves import Floats
from residual.distribution import HammerShape
from residual.features import Days, Units
from residual.foretold import Foretold, calibrate
from residual.groups import group_codes
from residual.index import MONTH, LevelForecast, market_before
from residual.own_markets import leftovers, markets
from residual.segment_index import SegmentIndices
from residual.segments import segments
from residual.trial import Trial, initial_sd


def trial_calibration(
    trial: Trial,
    index: pl.DataFrame | None,
    market: LevelForecast,
    shape: HammerShape,
    sales: pl.DataFrame,
    days: Days,
    y: Floats,
    units: Units,
    group_column: str,
    groups: tuple[str, ...],
) -> Calibration:
    """Judge the trial as its forecast would have been stated before the later sales.

    The market is taken to move as it would have been foretold on the day before them, from the
    index values released by then.
    """
    late, day = trial.late, days[trial.late]
    cut = int(day.min())
    apart = len(late) < len(days)
    if apart:
        known = sales[trial.early]
        market, own = _foretold_markets(
            trial, index, market, cut, known, y[trial.early], group_column, groups
        )
        group = group_codes(sales[late], group_column, groups)
        months = np.maximum(day - market.as_of, 0) / MONTH
        change = market.mean_change(day) + own.mean_change(group, months)
        grown = market.variance_of_change(day) + own.variance_of_change(group, months)
        grown = grown + own.level_error[group] ** 2
        initial = initial_sd(trial, trial.hedonic, market, days[trial.early], trial.priors)
    else:
        # the equation has seen the level of every day: nothing is left to foretell
        change, grown = np.zeros(len(late)), market.variance_of_change(market.as_of + day - cut)
        initial = float(
            np.sqrt(trial.hedonic.level_sd**2 + trial.passing_sd**2 + trial.priors.level_error**2)
        )
    blend = None if trial.blend is None else trial.blend.moved(change)
    foretold = Foretold(day, trial.block, cut, trial.plain(change), blend, later=apart)
    return calibrate(
        foretold,
        initial**2 + np.maximum(grown, 0.0),
        trial.scale_plain,
        trial.scale_guided,
        trial.skew,
        shape,
        trial.priors,
        y[late],
        _labels(sales[late], units.take(late), group_column, blend),
    )


def _foretold_markets(
    trial: Trial,
    index: pl.DataFrame | None,
    market: LevelForecast,
    cut: int,
    known: pl.DataFrame,
    y: Floats,
    group_column: str,
    groups: tuple[str, ...],
) -> tuple[LevelForecast, SegmentIndices]:
    """The markets as they would have been forecast on the day before the later sales."""
    eve, today = (dt.date(1970, 1, 1) + dt.timedelta(day) for day in (cut - 1, market.as_of))
    then = market_before(index, eve, today, trial.priors)
    error = y - trial.hedonic.value(trial.known)
    left = leftovers(trial.hedonic, trial.known, error, trial.settled.relative(trial.known))
    return markets(left, known, group_column, groups, then, index, eve, today, trial.priors)


def _labels(
    sales: pl.DataFrame, units: Units, group_column: str, blend: Blend | None
) -> dict[str, list[str | None]]:
    """What the later sales are counted under: their segments, and whether a guide was used."""
    labels = segments(sales, units, group_column)
    if blend is not None:
        known = np.zeros(len(sales), dtype=np.bool_)
        known[blend.rows] = True
        labels["guide"] = ["with" if one else "without" for one in known]
    return labels
