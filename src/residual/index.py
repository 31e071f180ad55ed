"""Market level beyond the sample: forecast mean path and its uncertainty by horizon."""

from __future__ import annotations

import datetime as dt
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.features import Days, day_number
from residual.priors import Priors

_LOG = logging.getLogger(__name__)
MONTH: Final = 30.44
_HORIZON: Final = 72
_MEMORY: Final = 240
_SHORTEST: Final = 24
_SEASON_MONTHS: Final = 48


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


def random_walk(as_of: int, monthly_volatility: float, source: str) -> LevelForecast:
    """Zero drift and independent increments with a stated volatility."""
    months = np.arange(_HORIZON + 1, dtype=np.float64)
    return LevelForecast(
        source,
        as_of,
        as_of + MONTH * months,
        np.zeros(_HORIZON + 1),
        monthly_volatility**2 * months,
        {},
    )


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
    rows = None if index is None else _readable(index, as_of)
    market_name = None if rows is None else _market_name(rows, priors)
    scrap_name = None if rows is None else _scrap_name(rows)
    market = _forecast(rows, market_name, day, priors, priors.monthly_market_volatility)
    scrap = _forecast(rows, scrap_name, day, priors, priors.monthly_scrap_volatility)
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
    now = None if index is None else _readable(index, as_of)
    name = None if now is None else _market_name(now, priors)
    rows = None if index is None else _readable(index, day)
    if rows is not None and name not in rows["series"]:
        rows = None
    return _forecast(rows, name, day_number(day), priors, priors.monthly_market_volatility)


def _readable(index: pl.DataFrame, as_of: dt.date) -> pl.DataFrame | None:
    absent = [name for name in ("series", "date", "value") if name not in index.columns]
    if absent:
        raise InputError(
            [Fault("the column is required", file="index", column=name) for name in absent]
        )
    released = pl.col("released_on") if "released_on" in index.columns else pl.col("date")
    rows = index.filter((released <= as_of) & (pl.col("date") <= as_of) & (pl.col("value") > 0))
    if "segment" in rows.columns:
        rows = rows.filter(pl.col("segment").is_null())
    return rows if len(rows) else None


def _market_name(rows: pl.DataFrame, priors: Priors) -> str | None:
    names = rows["series"].unique().sort().to_list()
    if priors.market_series is not None:
        if priors.market_series not in names:
            raise InputError(
                [
                    Fault(
                        "the market series has no row released by the planning date",
                        file="index",
                        column="series",
                        value=priors.market_series,
                    )
                ]
            )
        return priors.market_series
    if "market" in names:
        return "market"
    others = [name for name in names if "scrap" not in name.lower()]
    if len(others) > 1:
        raise InputError(
            [
                Fault(
                    "it must be clear which series carries the market",
                    file="index",
                    column="series",
                    value=", ".join(others),
                    remedy='call one of them "market" or set the prior market_series',
                )
            ]
        )
    return others[0] if others else None


def _scrap_name(rows: pl.DataFrame) -> str | None:
    names = [n for n in rows["series"].unique().sort().to_list() if "scrap" in n.lower()]
    return "scrap" if "scrap" in names else (names[0] if names else None)


def _forecast(
    rows: pl.DataFrame | None, name: str | None, as_of: int, priors: Priors, volatility: float
) -> LevelForecast:
    if rows is None or name is None:
        return random_walk(as_of, volatility, f"random walk, {volatility:g} a month (prior)")
    months, log_level = _monthly(rows.filter(pl.col("series") == name))
    if len(log_level) < _SHORTEST:
        text = f"random walk, {volatility:g} a month (prior; {name} is too short)"
        return random_walk(as_of, volatility, text)
    change = np.diff(log_level)[-_MEMORY:]
    season = name in priors.unadjusted and len(change) >= _SEASON_MONTHS
    mean, variance, words = _state_space(change, season=season)
    last = float(day_number(months[-1]))
    grid = as_of + MONTH * np.arange(_HORIZON + 1, dtype=np.float64)
    ahead = (grid - last) / MONTH
    steps = np.arange(len(mean), dtype=np.float64)
    path, spread = np.interp(ahead, steps, mean), np.interp(ahead, steps, variance)
    stamps = [month.strftime("%Y-%m") for month in months[1:]][-_MEMORY:]
    return LevelForecast(
        f"{name}: {words}",
        as_of,
        grid,
        path - path[0],
        spread - spread[0],
        dict(zip(stamps, change.tolist(), strict=True)),
        float(path[0]),
    )


def _monthly(rows: pl.DataFrame) -> tuple[list[dt.date], Floats]:
    """Last level of each month, in order; a gap is bridged on the log scale."""
    monthly = (
        rows.sort("date")
        .group_by(pl.col("date").dt.truncate("1mo").alias("month"), maintain_order=True)
        .agg(pl.col("value").last())
        .sort("month")
        .upsample("month", every="1mo")
        .with_columns(pl.col("value").log().interpolate())
    )
    return monthly["month"].to_list(), monthly["value"].to_numpy().astype(np.float64)


def _state_space(change: Floats, *, season: bool) -> tuple[Floats, Floats, str]:
    """Cumulated forecast of monthly changes: a fading trend, noise, and a season if asked.

    Notes
    -----
    change[t] = s[t] + e[t], s[t] = phi s[t-1] + n[t], no long-run drift, by maximum likelihood
    (`statsmodels` UnobservedComponents). With A_j = phi + ... + phi^j and B_j = 1 + ... +
    phi^(j-1), the change over h months has mean A_h E[s] and variance A_h^2 var(s) +
    var(n) sum_j B_j^2 + h var(e).
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    seasonal = [{"period": 12, "harmonics": 3}] if season else None
    size = float(np.std(change)) or 1e-6
    model = UnobservedComponents(
        change / size,
        irregular=True,
        autoregressive=1,
        freq_seasonal=seasonal,
        stochastic_freq_seasonal=[False] if season else None,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = model.fit(disp=False, maxiter=200)
        converged = bool(result.mle_retvals.get("converged", False))
        if not converged:
            result = model.fit(result.params, method="nm", disp=False, maxiter=2000)
            converged = bool(result.mle_retvals.get("converged", False))
    words = "damped trend" + (" and season" if season else "")
    if not converged:
        _LOG.warning("the index model did not converge; its last parameters are used")
        words += " (not converged)"
    values = dict(zip(model.param_names, np.asarray(result.params).tolist(), strict=True))
    phi = float(np.clip(values["ar.L1"], -0.99, 0.99))
    place = model.k_states - 1
    unsure = float(result.filtered_state_cov[place, place, -1])
    path = np.asarray(result.get_forecast(_HORIZON + 12).predicted_mean)
    mean = np.concatenate([[0.0], np.cumsum(path)])
    steps = np.arange(1, _HORIZON + 13, dtype=np.float64)
    fading = phi * (1.0 - phi**steps) / (1.0 - phi)
    piled = np.cumsum(((1.0 - phi**steps) / (1.0 - phi)) ** 2)
    variance = fading**2 * unsure + values["sigma2.ar"] * piled + values["sigma2.irregular"] * steps
    full = np.concatenate([[0.0], np.maximum.accumulate(variance)])
    return size * mean, size**2 * full, words


def _correlation(market: LevelForecast, scrap: LevelForecast, priors: Priors) -> float:
    shared: Sequence[str] = sorted(set(market.changes) & set(scrap.changes))
    if len(shared) < 36:
        return priors.scrap_market_correlation
    pair = np.array([[market.changes[key], scrap.changes[key]] for key in shared])
    return float(np.clip(np.corrcoef(pair.T)[0, 1], -0.95, 0.95))
