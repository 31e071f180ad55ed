"""The markets of groups of vehicles, from what the equation of values leaves of their sales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import YEAR, Days, Units
from residual.groups import OTHER, group_codes
from residual.hedonic import Hedonic
from residual.index import LevelForecast, random_walk
from residual.moving import DRIFTING, drift_at
from residual.outside import market_levels, segment_levels
from residual.priors import Priors
from residual.sales_index import index_of_sales, volatility_against
from residual.segment_blocks import block_means, month_blocks
from residual.segment_index import SegmentIndices, drift_priors, segment_indices


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What the equation of values leaves of sales, and what it took for the course of time.

    Attributes
    ----------
    day : int64[n]
    residual : float64[n]
        ln price less its value, with what levels gained and lost against the market left in.
    level : float64[n]
        Market level of the equation at each day, without its season.
    weight : float64[n]
        1 / variance of the residual.
    """

    day: Days
    residual: Floats
    level: Floats
    weight: Floats


def leftovers(hedonic: Hedonic, units: Units, error: Floats, spread: Floats) -> Leftovers:
    """Take the course of time back out of the errors of a fit.

    Parameters
    ----------
    hedonic : Hedonic
    units : Units
    error : float64[n]
        ln price less the value that the fit gives it.
    spread : float64[n]
        Scale of each error over that of an ordinary one.
    """
    days = units.day.astype(np.float64)
    drift = np.zeros(len(units))
    for key in DRIFTING:
        effects = hedonic.effects.get(f"{key} drift")
        if effects is not None:
            drift = drift + drift_at(effects, units.codes[key], days, hedonic.drift_knots)
    level = np.asarray(np.interp(days, hedonic.time_knots, hedonic.effects["time"]))
    return Leftovers(units.day, error + drift, level, 1.0 / (spread * hedonic.scale) ** 2)


def markets(
    left: Leftovers,
    sales: pl.DataFrame,
    column: str,
    groups: Sequence[str],
    told: LevelForecast,
    index: pl.DataFrame | None,
    day: dt.date,
    as_of: dt.date,
    priors: Priors,
) -> tuple[LevelForecast, SegmentIndices]:
    """Forecast the market, and the markets of groups beside it.

    Parameters
    ----------
    left : Leftovers
        Of n sales.
    sales : polars.DataFrame
        The same n rows.
    column, groups
        As of `residual.groups`.
    told : LevelForecast
        What an outside series says, if there is one.
    index : polars.DataFrame or None
    day : datetime.date
        Day of the forecast; nothing released later is read.
    as_of : datetime.date
        Day on which it is told which series carries the market.
    priors : Priors

    Returns
    -------
    market : LevelForecast
        Without an outside series a walk as lively as the sales show it.
    segments : SegmentIndices
        Of the groups, the last being that of all others.
    """
    series = market_levels(index, day, as_of, priors) if told.changes else {}
    market = told if series else _walk_of_sales(left, told.as_of, priors)
    outside = segment_levels(index, day, series, groups)
    return market, own_markets(left, sales, column, groups, told.as_of, series, outside, priors)


def _walk_of_sales(left: Leftovers, as_of: int, priors: Priors) -> LevelForecast:
    shown = index_of_sales(
        left.residual + left.level, left.day, left.weight, as_of, priors.monthly_market_volatility
    )
    tail = 1.0 / priors.student_dof
    text = f"random walk, {shown.volatility:.4f} a month as the sales show it"
    return replace(random_walk(as_of, shown.volatility, text, tail), changes=shown.changes)


def own_markets(
    left: Leftovers,
    sales: pl.DataFrame,
    column: str,
    groups: Sequence[str],
    as_of: int,
    series: dict[str, float],
    outside: Floats | None,
    priors: Priors,
) -> SegmentIndices:
    """Estimate the markets of groups, the last being that of all others.

    Parameters
    ----------
    left : Leftovers
        Of n sales.
    sales : polars.DataFrame
        The same n rows.
    column, groups
        As of `residual.groups`.
    as_of : int
    series : dict of float
        Log level by month of the series that carries the forecast of the market; empty where
        the sales do.
    outside : float64[groups + 1, months] or None
        As for `residual.segment_index.segment_indices`.
    priors : Priors

    Notes
    -----
    The market of the sales is taken out as the mean of each month. Where many of the sales are
    of electric vehicles that market itself is expected to fall against a series of all vehicles,
    and their own group no further against it. Drifts of groups are told against that of the sales
    of the last year together, as these are their market.
    """
    names = (*groups, OTHER)
    code = group_codes(sales, column, tuple(groups))
    share = _shares(code, left.day, len(names))
    drift = float(share @ drift_priors(names)[0])
    found = segment_indices(
        left.residual - _market(left, as_of),
        left.day,
        code,
        left.weight,
        as_of,
        names,
        priors.monthly_segment_volatility,
        outside,
        common_drift=drift,
    )
    sold = np.where(share > 0.0, share @ found.drift, 0.0)
    found = replace(found, drift=found.drift - sold)
    if not series:
        return found
    strays = volatility_against(
        series,
        left.residual + left.level,
        left.day,
        left.weight,
        as_of,
        priors.monthly_segment_volatility,
    )
    return replace(found, common_drift=drift, common_volatility=strays)


def _market(left: Leftovers, as_of: int) -> Floats:
    """Robust mean of all residuals of the month of each sale."""
    block = np.maximum(month_blocks(left.day, as_of), 0)
    zero = np.zeros(len(block), dtype=np.int64)
    mean, _ = block_means(left.residual, block, zero, left.weight, 1)
    return np.asarray(mean[0, ::-1][block])


def _shares(code: NDArray[np.int64], day: Days, count: int) -> Floats:
    """Share of each group in the sales of the last year."""
    late = code[day > day.max() - YEAR]
    return np.asarray(np.bincount(late, minlength=count) / len(late))
