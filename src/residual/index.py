"""Market level beyond the sample: forecast mean path and its uncertainty by horizon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.density import forecast_growth
from residual.features import Days, day_number
from residual.monthly import monthly, season_of
from residual.outside import market_name, readable, scrap_name
from residual.priors import Priors
from residual.student import standard_quantile

MONTH: Final = 30.44
_HORIZON: Final = 72
_MEMORY: Final = 240
_SHORTEST: Final = 24
_SEASON_MONTHS: Final = 48
_STALEST: Final = 24.0


@dataclass(frozen=True, slots=True)
class LevelForecast:
    """Change of a log level after `as_of`.

    Attributes
    ----------
    source : str
        Where the forecast comes from, in words.
    as_of : int
        Days since 1970-01-01.
    days : float64[k]
        Grid from `as_of` on.
    mean, variance : float64[k]
        Of the change since `as_of`; the variance never falls.
    tail : float64[k]
        1 / dof of the Student density of that change; 0 is normal.
    correlation : float64[k, k]
        Between the changes to different days of the grid: a change that goes on for months is
        seen in all of them.
    changes : dict of float
        Past monthly log changes by "YYYY-MM", for correlations; empty without a series.
    since_last : float
        Expected change from the last of them to `as_of`.
    """

    source: str
    as_of: int
    days: Floats
    mean: Floats
    variance: Floats
    tail: Floats
    correlation: Floats
    changes: dict[str, float]
    since_last: float = 0.0

    def mean_change(self, days: Days) -> Floats:
        """Expected change from `as_of` to each day; 0 for earlier days, held beyond the grid."""
        return np.asarray(np.interp(days.astype(np.float64), self.days, self.mean))

    def variance_of_change(self, days: Days) -> Floats:
        """Variance of that change; beyond the grid it grows at its last rate."""
        at = days.astype(np.float64)
        rate = (self.variance[-1] - self.variance[-2]) / (self.days[-1] - self.days[-2])
        inside = np.interp(at, self.days, self.variance)
        return np.asarray(inside + rate * np.maximum(at - self.days[-1], 0.0))

    def covariance_of_change(self, days: Days) -> Floats:
        """Covariance of the changes to different days, float64[d, d].

        Parameters
        ----------
        days : int64[d]
            In order of time.

        Notes
        -----
        Between days of the grid a Brownian bridge, beyond them independent steps: the diagonal
        is `variance_of_change`.
        """
        at = days.astype(np.float64)
        inside = np.clip(at, self.days[0], self.days[-1])
        left = np.clip(np.searchsorted(self.days, inside, side="right") - 1, 0, len(self.days) - 2)
        share = (inside - self.days[left]) / (self.days[left + 1] - self.days[left])
        root = np.sqrt(self.variance)
        grid = self.correlation * np.outer(root, root)
        weight = np.zeros((len(at), len(self.days)))
        rows = np.arange(len(at))
        weight[rows, left] = 1.0 - share
        weight[rows, left + 1] += share
        between: Floats = np.einsum("ia,ab,jb->ij", weight, grid, weight, optimize=False)
        # a difference of a change over one step of the grid
        step = np.diff(np.diag(grid)) + 2.0 * (np.diag(grid)[:-1] - np.diag(grid, 1))
        low, high = np.minimum.outer(share, share), np.maximum.outer(share, share)
        bridge = np.where(np.equal.outer(left, left), step[left] * low * (1.0 - high), 0.0)
        rate = (self.variance[-1] - self.variance[-2]) / (self.days[-1] - self.days[-2])
        beyond = rate * np.maximum(at - self.days[-1], 0.0)
        return np.asarray(between + bridge + np.minimum.outer(beyond, beyond))

    def tail_of_change(self, days: Days) -> Floats:
        """1 / dof of the Student density of that change; held beyond the grid."""
        return np.asarray(np.interp(days.astype(np.float64), self.days, self.tail))

    def quantile(self, probability: float, days: Days) -> Floats:
        """Quantile of the change since `as_of`.

        Parameters
        ----------
        probability : float
            In (0, 1).
        days : int64[n]
        """
        z = standard_quantile(probability, self.tail_of_change(days))
        return np.asarray(self.mean_change(days) + np.sqrt(self.variance_of_change(days)) * z)


def random_walk(
    as_of: int, monthly_volatility: float, source: str, tail: float = 0.2
) -> LevelForecast:
    """Zero drift and a variance that grows by a stated volatility.

    Parameters
    ----------
    as_of : int
    monthly_volatility : float
        Sd of the change of a month.
    source : str
    tail : float, optional
        1 / dof of the change at every horizon: the volatility itself is not known well, and
        what is not known of it does not average out over the months.
    """
    months = np.arange(_HORIZON + 1, dtype=np.float64)
    return LevelForecast(
        source,
        as_of,
        as_of + MONTH * months,
        np.zeros(_HORIZON + 1),
        monthly_volatility**2 * months,
        np.full(_HORIZON + 1, tail),
        walk_correlation(months),
        {},
    )


def walk_correlation(months: Floats) -> Floats:
    """Correlation of a random walk's levels at several times, float64[k, k]; 0 at none."""
    low, high = np.minimum.outer(months, months), np.maximum.outer(months, months)
    share = np.divide(low, high, out=np.zeros_like(low), where=high > 0.0)
    np.fill_diagonal(share, 1.0)
    return np.asarray(np.sqrt(share))


def market_and_scrap(
    index: pl.DataFrame | None, as_of: dt.date, priors: Priors
) -> tuple[LevelForecast, LevelForecast, float]:
    """Forecast the market and the scrap level, and the correlation of their changes.

    Parameters
    ----------
    index : polars.DataFrame or None
        Rows as in `residual.tables.Index`; only those released by `as_of` are read.
    as_of : datetime.date
    priors : Priors

    Raises
    ------
    InputError
        If columns are missing or it is not clear which series carries the market.
    """
    day = day_number(as_of)
    rows = None if index is None else readable(index, as_of)
    name = None if rows is None else market_name(rows, priors)
    metal = None if rows is None else scrap_name(rows)
    market = _forecast(rows, name, day, priors, priors.monthly_market_volatility)
    scrap = _forecast(rows, metal, day, priors, priors.monthly_scrap_volatility)
    return market, scrap, _correlation(market, scrap, priors)


def market_before(
    index: pl.DataFrame | None, day: dt.date, as_of: dt.date, priors: Priors
) -> LevelForecast:
    """Forecast the market as on an earlier day, from the series that carries it at `as_of`.

    Parameters
    ----------
    index : polars.DataFrame or None
        Only rows released by `day` are read.
    day, as_of : datetime.date
    priors : Priors
    """
    now = None if index is None else readable(index, as_of)
    name = None if now is None else market_name(now, priors)
    rows = None if index is None else readable(index, day)
    if rows is not None and name not in rows["series"]:
        rows = None
    return _forecast(rows, name, day_number(day), priors, priors.monthly_market_volatility)


def _forecast(
    rows: pl.DataFrame | None, name: str | None, as_of: int, priors: Priors, volatility: float
) -> LevelForecast:
    tail = 1.0 / priors.student_dof
    if rows is None or name is None:
        text = f"random walk, {volatility:g} a month (prior)"
        return random_walk(as_of, volatility, text, tail)
    series = monthly(rows.filter(pl.col("series") == name))
    if np.count_nonzero(series.seen) < _SHORTEST:
        text = f"random walk, {volatility:g} a month (prior; {name} is too short)"
        return random_walk(as_of, volatility, text, tail)
    start = float(np.clip((as_of - day_number(series.months[-1])) / MONTH, 0.0, _STALEST))
    change, season, words = series.change, np.zeros(int(start) + _HORIZON + 2), "damped growth"
    if name in priors.unadjusted and len(change) >= _SEASON_MONTHS:
        past, ahead = season_of(change, series.change_seen, len(season) - 1)
        change, season = change - past, np.concatenate([[0.0], np.cumsum(ahead)])
        words += " and season"
    density = forecast_growth(change, series.change_seen, volatility, start, _HORIZON)
    words += f", sd {density.now:.4f} next month and {density.long_run:.4f} in the long run"
    at = start + np.arange(_HORIZON + 1, dtype=np.float64)
    swing = np.interp(at, np.arange(len(season)), season)
    return LevelForecast(
        f"{name}: {words}",
        as_of,
        as_of + MONTH * np.arange(_HORIZON + 1, dtype=np.float64),
        density.mean + swing - swing[0],
        density.variance,
        density.tail,
        density.correlation,
        dict(zip(series.stamps[-_MEMORY:], series.change[-_MEMORY:].tolist(), strict=True)),
        density.before + float(swing[0]),
    )


def _correlation(market: LevelForecast, scrap: LevelForecast, priors: Priors) -> float:
    shared: Sequence[str] = sorted(set(market.changes) & set(scrap.changes))
    if len(shared) < 36:
        return priors.scrap_market_correlation
    pair = np.array([[market.changes[key], scrap.changes[key]] for key in shared])
    return float(np.clip(np.corrcoef(pair.T)[0, 1], -0.95, 0.95))
