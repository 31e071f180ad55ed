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
from residual.index import LevelForecast, market_before
from residual.segments import segments
from residual.trial import Trial, initial_sd, walked


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
) -> Calibration:
    """Judge the trial as its forecast would have been stated before the later sales.

    The market is taken to move as it would have been foretold on the day before them, from the
    index values released by then.
    """
    late, day = trial.late, days[trial.late]
    cut = int(day.min())
    apart = len(late) < len(days)
    if apart:
        market = _foretold_market(trial, index, market, cut, days[trial.early])
        change, grown = market.mean_change(day), market.variance_of_change(day)
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
        shape,
        trial.priors,
        y[late],
        _labels(sales[late], units.take(late), group_column, blend),
    )


def _foretold_market(
    trial: Trial, index: pl.DataFrame | None, market: LevelForecast, cut: int, early: Days
) -> LevelForecast:
    """The market as it would have been forecast on the day before the later sales."""
    eve, today = (dt.date(1970, 1, 1) + dt.timedelta(day) for day in (cut - 1, market.as_of))
    then = market_before(index, eve, today, trial.priors)
    return then if then.changes else walked(then, trial.hedonic, early, trial.priors)


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
