"""Whether a model still fits: later prices against its forecasts, week by week."""

from __future__ import annotations

import datetime as dt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from residual.calibration import INTERVALS, PARTS, Calibration, counted_error, in_order
from residual.control import STATED, Chart, control, passing_variance
from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.features import Days, day_number
from residual.segments import segments
from residual.sold import usable_sales

if TYPE_CHECKING:
    from residual.model import ResidualModel

#: A segment with fewer sales has no line of its own.
FEWEST: Final = 30
#: Share of the total spread that the market's own error is taken to be at most.
_MOST_COMMON: Final = 0.9
_CUTS: Final = tuple(k / PARTS for k in range(1, PARTS))
#: Normal score of the middle of each twentieth of a forecast.
_SCORES: Final = np.array([NormalDist().inv_cdf((k + 0.5) / PARTS) for k in range(PARTS)])
#: Relative error below which a price counts as foretold exactly.
_EXACT: Final = 1e-4
_EPOCH: Final = dt.date(1970, 1, 1)
DRIFT: Final = {
    "dimension": pl.String,
    "group": pl.String,
    "week": pl.Int64,
    "first": pl.Date,
    "sales": pl.Int64,
    "price_error": pl.Float64,
    "standardised": pl.Float64,
    "smoothed": pl.Float64,
    "smoothed_price_error": pl.Float64,
    "limit": pl.Float64,
    "fan_limit": pl.Float64,
    "price_limit": pl.Float64,
    "price_fan_limit": pl.Float64,
    "inside_90": pl.Float64,
    "inside_90_error": pl.Float64,
    "state": pl.String,
    "spread": pl.String,
    "statement": pl.String,
}


def drift(model: ResidualModel, newer_sales: pl.DataFrame) -> pl.DataFrame:
    """Hold sales that the model has not seen against what it foretold of them.

    Parameters
    ----------
    model : ResidualModel
    newer_sales : polars.DataFrame
        Rows as for `residual.fit`; those that closed by the model's `as_of`, and those not sold,
        are left out.

    Returns
    -------
    polars.DataFrame
        A row for each segment and week with a sale, the last week of a segment telling how
        things stand: dimension ("all", "group", "grade", "age", "make", "seller_kind") and
        group, week (after `as_of`, from 1), first (its first day), sales, price_error (median of
        price / forecast - 1: above zero, prices were higher than foretold), standardised (mean
        of the normal scores of the prices in their forecasts; 0 and a spread of 1 where the
        model is right), smoothed (its mean with weights falling by a quarter a week), limit
        (what luck leaves of that in all but 3 of 1,000 weeks), fan_limit (what luck and the
        error of the market level that the model states leave in 99 of 100),
        smoothed_price_error, price_limit and price_fan_limit (the same in shares of the price),
        inside_90 and inside_90_error (share of all prices so far inside their 90 % interval, and
        its standard error), state, spread and statement (in words).

    Raises
    ------
    InputError
        If `newer_sales` cannot be read, or none closed after `as_of`.

    Notes
    -----
    State "steady": within luck. "moved": prices as a whole lie off by more than luck, yet within
    the error of the market level that the model states; a new fit would catch it. "drifted": off
    by more than the model held possible, so that its risk is understated too. Spread "kept":
    the share inside the interval is within luck of 90 %; "narrow": fewer; "wide": more.
    """
    used, days, _ = usable_sales(newer_sales, None)
    later = days > day_number(model.as_of)
    if not later.any():
        fault = Fault(f"no sale closed after {model.as_of}, the day of the model", file="sales")
        raise InputError([fault])
    rows, days = used.filter(pl.Series(later)), days[later]
    tested = _foretold(model, rows, days)
    return drift_table(tested, model, day_number(model.as_of) + 1)


def drift_of_trial(model: ResidualModel) -> pl.DataFrame:
    """Hold the later sales of the fit's own trial against what the earlier ones foretold.

    Returns
    -------
    polars.DataFrame
        As `drift`, weeks counted from the first of the later sales; empty where the trial had no
        later sales.
    """
    if not model.tested.later:
        return pl.DataFrame(schema=DRIFT)
    return drift_table(model.tested, model, int(model.tested.days.min()))


def _foretold(model: ResidualModel, rows: pl.DataFrame, days: Days) -> Calibration:
    """Where each price fell in its forecast."""
    named = rows.with_columns(
        vehicle_id=pl.int_range(pl.len()).cast(pl.String),
        _day=pl.Series(days).cast(pl.Int32).cast(pl.Date),
    )
    told = model.predict(named, "_day", _CUTS)
    quantiles = np.log(told.drop("vehicle_id", "mean", "sd", "support").to_numpy())
    log_price = np.log(rows["price"].cast(pl.Float64).to_numpy())
    middle = quantiles[:, PARTS // 2 - 1]
    return Calibration(
        days,
        (days - day_number(model.as_of) - 1) // 7 + 1,
        log_price - middle,
        np.sum(log_price[:, None] > quantiles, axis=1),
        middle,
        segments(rows, model.read(rows, days), model.group_column),
        later=True,
        apart=True,
    )


def drift_table(tested: Calibration, model: ResidualModel, start: int) -> pl.DataFrame:
    """Return the rows of `drift` for sales whose weeks are counted from a day on.

    Parameters
    ----------
    tested : Calibration
    model : ResidualModel
        Tells how far the market level may err, and how far weeks lie apart.
    start : int
        First day of week 1, in days since 1970-01-01.
    """
    # A price foretold as good as exactly lies in the middle, however narrow its forecast.
    exact = np.abs(tested.error) < _EXACT
    score = np.where(exact, 0.0, _SCORES[tested.part])
    part = np.where(exact, PARTS // 2, tested.part)
    # One standardised unit as a share of the price: of the trial, as newer sales may be off.
    unit = float(np.median(np.abs(model.tested.error)) / np.median(np.abs(_SCORES)))
    stated = min((model.initial_sd / max(unit, 1e-12)) ** 2, _MOST_COMMON)
    passing = passing_variance(_SCORES[model.tested.part], model.tested.week, stated)
    ahead = model.market.as_of + np.maximum(tested.days - start, 0)
    level = model.level_variance(None, ahead)
    common = np.minimum(level / max(unit, 1e-12) ** 2, _MOST_COMMON)
    frames = []
    for dimension, group, rows in _groups(tested):
        chart = control(score[rows], tested.week[rows], common[rows], passing)
        kept = _kept(part[rows], chart)
        frames.append(_rows(dimension, group, chart, tested.error[rows], kept, start, unit))
    return pl.concat(frames)


def _groups(tested: Calibration) -> list[tuple[str, str, Days]]:
    every = np.arange(len(tested.days), dtype=np.int64)
    out = [("all", "all", every)]
    for dimension, labels in tested.labels.items():
        named = np.array([label or "" for label in labels])
        for name in sorted({label for label in labels if label}, key=in_order):
            rows = np.flatnonzero(named == name).astype(np.int64)
            if len(rows) >= FEWEST:
                out.append((dimension, name, rows))
    return out


def _kept(part: Days, chart: Chart) -> list[tuple[float, float, str]]:
    """Share of the prices so far inside the 90 % interval, its standard error, and a verdict."""
    low, high = INTERVALS[90]
    inside = (part >= low) & (part <= high)
    hits = np.array([np.count_nonzero(inside[rows]) for rows in chart.members], dtype=np.int64)
    out = []
    for weeks in range(1, len(hits) + 1):
        share = float(hits[:weeks].sum() / chart.sales[:weeks].sum())
        error = counted_error(hits[:weeks], chart.sales[:weeks])
        off = share - 0.9
        verdict = "kept" if abs(off) <= STATED * error else "wide" if off > 0.0 else "narrow"
        out.append((share, error, verdict))
    return out


def _rows(
    dimension: str,
    group: str,
    chart: Chart,
    error: Floats,
    kept: list[tuple[float, float, str]],
    start: int,
    unit: float,
) -> pl.DataFrame:
    states = chart.states()
    price = np.array([np.median(np.expm1(error[place])) for place in chart.members])
    moved = np.expm1(chart.smoothed * unit)
    who = "All sales" if dimension == "all" else f"{dimension.replace('_', ' ')} {group}"
    return pl.DataFrame(
        {
            "dimension": [dimension] * len(states),
            "group": [group] * len(states),
            "week": chart.week,
            "first": [_EPOCH + dt.timedelta(start + 7 * (int(w) - 1)) for w in chart.week],
            "sales": chart.sales,
            "price_error": price,
            "standardised": chart.mean,
            "smoothed": chart.smoothed,
            "smoothed_price_error": moved,
            "limit": chart.limit,
            "fan_limit": chart.fan_limit,
            "price_limit": np.expm1(chart.limit * unit),
            "price_fan_limit": np.expm1(chart.fan_limit * unit),
            "inside_90": [share for share, _, _ in kept],
            "inside_90_error": [error for _, error, _ in kept],
            "state": states,
            "spread": [verdict for _, _, verdict in kept],
            "statement": [
                f"{who}, week {week}: {_level_words(state, off)}{_spread_words(verdict, share)}"
                for state, week, off, (share, _, verdict) in zip(
                    states, chart.week.tolist(), moved.tolist(), kept, strict=True
                )
            ],
        },
        schema=DRIFT,
    )


def _level_words(state: str, off: float) -> str:
    way = "above" if off > 0 else "below"
    return (
        f"prices lie {abs(off):.1%} {way} the forecast, "
        + {
            "steady": "no more than luck leaves.",
            "moved": "more than luck leaves, yet within the error of the market level that the "
            "model states: fit anew to catch it.",
            "drifted": "more than the model held possible: it has drifted. Fit anew, and take the "
            "risk to be larger than stated until then.",
        }[state]
    )


def _spread_words(verdict: str, share: float) -> str:
    if verdict == "kept":
        return ""
    width = "narrow" if verdict == "narrow" else "wide"
    return f" {share:.0%} of the prices so far lie in the 90 % interval: it is too {width}."
