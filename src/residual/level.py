"""The market level as a path to look at: what was seen, and a fan of what may come."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.index import MONTH, LevelForecast

_FAN: Final = (0.05, 0.25, 0.75, 0.95)
_STEPS: Final = 4
_EPOCH: Final = dt.date(1970, 1, 1)


def level_path(market: LevelForecast, initial_sd: float, ahead: int, back: int) -> pl.DataFrame:
    """Return past and forecast levels, 100 being the expected level at `as_of`.

    Parameters
    ----------
    market : LevelForecast
    initial_sd : float
        Sd of the error of the level at `as_of`.
    ahead, back : int
        Months of forecast, and at most so many of the past.

    Returns
    -------
    polars.DataFrame
        As of `residual.ResidualModel.market_path`.

    Notes
    -----
    The log level at a day is a Student variable, its mean of levels being the forecast's (half
    the variance is taken off); months seen stand at their first day.
    """
    past = _past(market, back)
    months = np.arange(ahead * _STEPS + 1) / _STEPS
    days = market.as_of + np.round(MONTH * months).astype(np.int64)
    variance = initial_sd**2 + market.variance_of_change(days)
    median = market.mean_change(days) - 0.5 * variance
    fan = {
        f"q{round(100 * chance):02}": 100.0
        * np.exp(market.quantile(chance, days, initial_sd) - 0.5 * variance)
        for chance in _FAN
    }
    forecast = pl.DataFrame(
        {
            "date": [_EPOCH + dt.timedelta(int(day)) for day in days],
            "kind": "forecast",
            "level": 100.0 * np.exp(median),
            **fan,
        }
    )
    return pl.concat([past, forecast], how="diagonal")


def _past(market: LevelForecast, back: int) -> pl.DataFrame:
    stamps = sorted(market.changes)[-back:]
    changes = np.array([market.changes[stamp] for stamp in stamps], dtype=np.float64)
    after = np.cumsum(changes[::-1])[::-1] - changes
    return pl.DataFrame(
        {
            "date": [dt.date.fromisoformat(f"{stamp}-01") for stamp in stamps],
            "kind": ["past"] * len(stamps),
            "level": 100.0 * np.exp(-market.since_last - after),
        },
        schema={"date": pl.Date, "kind": pl.String, "level": pl.Float64},
    )
