"""Where a level may stand months ahead: sums of simulated growth, told as Student densities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from residual.curves import Floats
from residual.growth import LAGS, Growth, fit_growth
from residual.student import describe, standard_quantile
from residual.volatility import CAP, FLOOR

#: Months after which a month counts half, one for each autoregression of the pool.
MEMORIES: Final = (60.0, 120.0, 240.0)
#: Paths of each autoregression; the second half mirrors the first.
_PATHS: Final = 4096
#: One path in so many tells correlations, which need fewer than tails do.
_THINNED: Final = 4
_SEED: Final = 20_240_229
_LARGEST_SUM: Final = 0.97


@dataclass(frozen=True, slots=True)
class Density:
    """Densities of the change of a log level over 0, 1, ... months.

    Attributes
    ----------
    mean, variance, tail : float64[k + 1]
        The variance never falls; the tail is 1 / dof of a Student density.
    correlation : float64[k + 1, k + 1]
        Between the changes over different horizons; that over none counts as apart.
    before : float
        Expected change from the last month seen to the start.
    now, long_run : float
        Sd of the next month's shock, and the one to which it reverts.
    """

    mean: Floats
    variance: Floats
    tail: Floats
    correlation: Floats
    before: float
    now: float
    long_run: float


def forecast_growth(
    change: Floats, seen: Floats, expected_sd: float, start: float, months: int
) -> Density:
    """Forecast a log level from a start that may lie some months after the last one seen.

    Parameters
    ----------
    change : float64[n]
        Past monthly log changes, finite, n >= LAGS.
    seen : float64[n]
        1 where the change was observed, 0 where it was filled in.
    expected_sd : float
        Sd of a month's shock, where few months are there to tell.
    start : float
        Months from the last month seen to the start, at least 0.
    months : int
        How far the forecast reaches beyond the start.

    Notes
    -----
    The linear pool of one autoregression per memory. A start between two months takes its
    densities from both, by how near it lies.
    """
    fits = [fit_growth(change, seen, memory, expected_sd) for memory in MEMORIES]
    whole = int(start)
    share = start - whole
    paths = simulate_growth(fits, whole + 1 + months)
    told = [_told(paths[at : at + months + 1] - paths[at]) for at in (whole, whole + 1)]
    mean, variance, tail, correlation = (
        (1.0 - share) * first + share * second for first, second in zip(*told, strict=True)
    )
    tail[0] = tail[1]
    level = paths[whole : whole + 2].mean(axis=1)
    shocks = [fit.volatility for fit in fits]
    return Density(
        mean,
        np.maximum.accumulate(variance),
        tail,
        correlation,
        float((1.0 - share) * level[0] + share * level[1]),
        float(np.sqrt(np.mean([each.chance @ each.following for each in shocks]))),
        float(np.sqrt(np.mean([each.long_run for each in shocks]))),
    )


def _told(paths: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, variance, tail and correlations of changes, a row of paths for each horizon."""
    some = paths[:, ::_THINNED]
    away = some - some.mean(axis=1, keepdims=True)
    product: Floats = np.einsum("ij,kj->ik", away, away)
    size = np.sqrt(np.diag(product))
    correlation = np.eye(len(paths))
    moved = np.flatnonzero(size > 0.0)
    within = np.ix_(moved, moved)
    correlation[within] = product[within] / np.outer(size[moved], size[moved])
    return (*describe(paths), correlation)


def simulate_growth(fits: Sequence[Growth], months: int) -> Floats:
    """Simulate sums of future changes, an equal number of paths for each fit.

    Parameters
    ----------
    fits : sequence of Growth
    months : int

    Returns
    -------
    float64[months + 1, m]
        Cumulated, from 0 on. The draws are fixed: the same fits give the same bits.

    Notes
    -----
    A path draws its coefficients and the parameters of its volatility from their posterior, so
    that what is not known of them widens the forecast with the horizon.
    """
    return np.concatenate([_paths(fit, stream, months) for stream, fit in enumerate(fits)], axis=1)


def _paths(fit: Growth, stream: int, months: int) -> Floats:
    from _core.rng import uniforms

    coefficients, place = _parameters(fit, stream)
    grid = fit.volatility
    response, persistence = grid.response[place], grid.persistence[place]
    half = _PATHS // 2
    u = uniforms(_SEED, stream, np.array([LAGS + 2], dtype=np.uint64), months, half)[0]
    u = _student(u, grid.dof[place[:half]])
    variance = grid.following[place]
    recent = np.repeat(fit.last[:, None], _PATHS, axis=1)
    out = np.zeros((months + 1, _PATHS))
    for month in range(months):
        shock = np.sqrt(variance) * np.concatenate([u[month], -u[month]])
        change = coefficients[LAGS] + (coefficients[:LAGS] * recent).sum(axis=0) + shock
        variance = (
            (1.0 - persistence) * grid.long_run
            + (persistence - response) * variance
            + response * np.clip(shock**2, FLOOR * grid.long_run, CAP * grid.long_run)
        )
        recent = np.concatenate([change[None], recent[:-1]])
        out[month + 1] = out[month] + change
    return out


def _parameters(
    fit: Growth, stream: int
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Coefficients of each path, and its place on the grid of the volatility."""
    from _core.rng import normals, uniforms

    half = _PATHS // 2
    units = np.arange(LAGS + 2, dtype=np.uint64)
    shift = fit.factor @ normals(_SEED, stream, units[:-1], 1, half)[:, 0, :]
    coefficients = fit.coefficients[:, None] + np.concatenate([shift, -shift], axis=1)
    # growth must not run away
    total = coefficients[:LAGS].sum(axis=0)
    coefficients[:LAGS] /= np.maximum(total / _LARGEST_SUM, 1.0)
    # ranks instead of the draws themselves spread the paths evenly over the grid
    rank = np.argsort(uniforms(_SEED, stream, units[-1:], 1, half)[0, 0], kind="stable")
    upper = np.cumsum(fit.volatility.chance)
    place = np.searchsorted(upper, (rank + 0.5) / half * upper[-1])
    return coefficients, np.tile(place, 2)


def _student(u: Floats, dof: Floats) -> Floats:
    """Student draws of variance 1 from uniforms, each column with its own degrees of freedom."""
    below = np.linspace(-8.3, 0.0, 1024)
    score = np.concatenate([below, -below[-2::-1]])
    normal, out = ndtri(u), np.empty_like(u)
    for each in np.unique(dof):
        columns = dof == each
        table = standard_quantile(ndtr(below), 1.0 / each)
        table = np.concatenate([table, -table[-2::-1]])
        out[:, columns] = np.interp(normal[:, columns], score, table)
    return out
