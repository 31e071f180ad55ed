"""Where the market and its groups may go: changes, their spread, and a path to look at."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days
from residual.groups import OTHER
from residual.index import MONTH, LevelForecast
from residual.student import standard_quantile

if TYPE_CHECKING:
    from residual.fitted import Fitted

_FAN: Final = (0.05, 0.25, 0.75, 0.95)
_STEPS: Final = 4
_EPOCH: Final = dt.date(1970, 1, 1)


def change(model: Fitted, group: NDArray[np.int64], days: Days) -> Floats:
    """Expected change of the log level of groups; see `ResidualModel.level_change`."""
    own = model.segments.mean_change(group, _months(model, days))
    return model.market.mean_change(days) + own


def variance(model: Fitted, group: NDArray[np.int64] | None, days: Days) -> Floats:
    """Variance of the error of the log level; see `ResidualModel.level_variance`."""
    months = _months(model, days)
    if group is None:
        own = model.segments.common_variance(months)
    else:
        own = model.segments.variance_of_change(group, months)
        own = own + model.segments.level_error[group] ** 2
    own = own + _before(model, days)
    return np.asarray(model.initial_sd**2 + model.market.variance_of_change(days) + own)


def _before(model: Fitted, days: Days) -> Floats:
    """Variance of the level before the first sale, of which the sales tell nothing."""
    months = np.maximum(model.hedonic.time_knots[0] - days, 0.0) / MONTH
    return np.asarray(months * model.priors.monthly_market_volatility**2)


def tail(model: Fitted, group: NDArray[np.int64] | None, days: Days) -> Floats:
    """1 / dof of the Student density of that error: of its parts, by their shares of it."""
    market = model.market.variance_of_change(days)
    whole = variance(model, group, days)
    share = np.divide(market, whole, out=np.zeros_like(whole), where=whole > 0.0)
    other = 1.0 / model.priors.student_dof
    return np.asarray(other + share * (model.market.tail_of_change(days) - other))


def level_path(model: Fitted, ahead: int, back: int, group: str | None) -> pl.DataFrame:
    """Return past and forecast levels, 100 being the expected level at `as_of`.

    Parameters
    ----------
    model : Fitted
    ahead, back : int
        Months of forecast, and at most so many of the past.
    group : str or None
        A group of vehicles instead of the whole market.

    Returns
    -------
    polars.DataFrame
        As of `residual.ResidualModel.market_path`.

    Notes
    -----
    The log level at a day is a Student variable, its mean of levels being the forecast's (half
    the variance is taken off); months seen stand at their first day.
    """
    market = model.market
    months = np.arange(ahead * _STEPS + 1) / _STEPS
    days = market.as_of + np.round(MONTH * months).astype(np.int64)
    place, mean, past = None, market.mean_change(days), _past(market, back)
    if group is not None:
        place = np.full(len(days), _place(model, group))
        mean, past = change(model, place, days), past.clear()
    spread = variance(model, place, days)
    middle = mean - 0.5 * spread
    scale, weight = np.sqrt(spread), tail(model, place, days)
    fan = {
        f"q{round(100 * chance):02}": 100.0
        * np.exp(middle + scale * standard_quantile(chance, weight))
        for chance in _FAN
    }
    forecast = pl.DataFrame(
        {
            "date": [_EPOCH + dt.timedelta(int(day)) for day in days],
            "kind": "forecast",
            "level": 100.0 * np.exp(middle),
            **fan,
        }
    )
    return pl.concat([past, forecast], how="diagonal")


def _place(model: Fitted, group: str) -> int:
    names = [*model.groups, OTHER]
    if group not in names:
        raise ValueError(f"group must be one of {', '.join(names)}, not {group}")
    return names.index(group)


def _months(model: Fitted, days: Days) -> Floats:
    return np.asarray(np.maximum((days - model.market.as_of) / MONTH, 0.0))


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
