"""Rolling origin: past sales foretold by what was known before them, again and again."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from residual.backtest_scores import LEVELS, SCHEMA, pit_counts, score_rows, transform
from residual.calibration import PARTS, share_error
from residual.covariates import guide_values
from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.features import Days, as_date, day_number
from residual.fitting import fit
from residual.model import ResidualModel
from residual.naive import naive_prices
from residual.prices import quantile_name
from residual.priors import Priors
from residual.segments import as_written, segments
from residual.sold import usable_sales

#: Groups with fewer forecasts are not scored by themselves.
FEWEST: Final = 100
#: Weeks of the horizon that are told apart.
_AHEAD: Final = ((1, 4), (5, 8), (9, 13), (14, 26), (27, 52), (53, None))
#: What only the outcome of an offering tells.
_OUTCOME: Final = ("price", "outcome", "high_bid", "bidders", "closed_on")
_SHOWN: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_SPELLED: Final = ("make", "seller_kind", "segment", "body")
_EPOCH: Final = dt.date(1970, 1, 1)

Told = Callable[[int, int, dt.date], None]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Sales as they would have been foretold; make one with `residual.backtest`.

    Attributes
    ----------
    start : datetime.date
        First origin.
    every, ahead : int
        Weeks between origins, and weeks that each foretells.
    rows : polars.DataFrame
        As of `table`.
    log_quantiles : float64[n, k]
        ln of the quantiles foretold of each row, at `residual.backtest_scores.LEVELS`.
    learnt : dict of int
        Sales that the model of each origin learnt from, by the origin's day as ISO text.
    notes : tuple of str
        What the reader should know of the test.
    """

    start: dt.date
    every: int
    ahead: int
    rows: pl.DataFrame
    log_quantiles: Floats
    learnt: dict[str, int]
    notes: tuple[str, ...]

    def table(self) -> pl.DataFrame:
        """Return a row for each sale and origin that foretold it.

        Returns
        -------
        polars.DataFrame
            origin, sale_id (where the sales have one), date, week (of the horizon, from 1),
            price, mean, sd, q05, q10, q25, q50, q75, q90, q95, pit (chance foretold of a price
            no higher), support, guide_value (null where there is none), naive (see
            `residual.naive.naive_prices`), and the segments: group, grade, age, make,
            seller_kind, guide, price_band (quarter of the median foretold) and horizon.
        """
        return self.rows

    def scores(self, fewest: int = FEWEST) -> pl.DataFrame:
        """Return the scores over all and by segment.

        Parameters
        ----------
        fewest : int
            Groups with fewer forecasts are left out.

        Returns
        -------
        polars.DataFrame
            dimension, group, forecaster (model, naive, guide, and model_beside_guide for the
            model over just the rows with a guide value), forecasts, mae (money), mape and
            median_ape (per cent), bias_ln (mean of ln forecast less ln price), and for the model
            pinball_ln, pinball, crps, coverage_50, _80, _90 with standard errors, and ks. The
            median is the forecast that is held against the price.
        """
        every = np.ones(len(self.rows), dtype=np.bool_)
        found = self._scored("all", "all", every)
        for dimension in self._dimensions():
            words = self.rows[dimension]
            for group in _in_order(words.drop_nulls().unique().to_list()):
                rows = (words == group).fill_null(value=False).to_numpy()
                if np.count_nonzero(rows) >= fewest:
                    found += self._scored(dimension, group, rows)
        return pl.DataFrame(found, schema=SCHEMA)

    def by_origin(self) -> pl.DataFrame:
        """Return the scores of each origin, columns as of `scores`, the group being its day."""
        found = []
        for origin in self.rows["origin"].unique().sort():
            rows = (self.rows["origin"] == origin).to_numpy()
            found += self._scored("origin", origin.isoformat(), rows)
        return pl.DataFrame(found, schema=SCHEMA)

    def pit_counts(self) -> list[int]:
        """How many prices fell into each twentieth of what was foretold of them, lowest first."""
        return pit_counts(self.rows["pit"].to_numpy())

    def pit_error(self) -> float:
        """Standard error of the share in a twentieth, sales of a week taken to err together."""
        part = np.minimum((self.rows["pit"].to_numpy() * PARTS).astype(np.int64), PARTS - 1)
        week = self.rows["date"].cast(pl.Int32).to_numpy().astype(np.int64) // 7
        each = [share_error(part == place, week) for place in range(PARTS)]
        return float(np.sqrt(np.mean(np.square(each))))

    def record(self) -> dict[str, Any]:
        """Return the settings, scores and counts as one object that JSON can hold."""
        origins = self.by_origin().drop("dimension").rename({"group": "origin"})
        return {
            "format": "residual-auction backtest",
            "version": 1,
            "start": self.start.isoformat(),
            "every_weeks": self.every,
            "ahead_weeks": self.ahead,
            "forecasts": len(self.rows),
            "learnt": self.learnt,
            "pit_counts": self.pit_counts(),
            "pit_error": self.pit_error(),
            "scores": _plain(self.scores()),
            "origins": _plain(origins),
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Tell in a few lines how good the forecasts were."""
        span = f"backtest from {self.start}, weeks apart {self.every}, weeks ahead {self.ahead}"
        lines = [f"{span}: origins {len(self.learnt)}, forecasts {len(self.rows):,}"]
        every = self._scored("all", "all", np.ones(len(self.rows), dtype=np.bool_))
        for row in every:
            name = row["forecaster"].replace("_", " ")
            lines.append(
                f"{name}: mean absolute error {row['mae']:,.0f}, {row['mape']:.1f} %, median "
                f"{row['median_ape']:.1f} %, bias {row['bias_ln']:+.4f} in ln "
                f"({row['forecasts']:,} forecasts)"
            )
        model = every[0]
        inside = ", ".join(f"{level} %: {model[f'coverage_{level}']:.1%}" for level in (50, 80, 90))
        lines.append(f"inside the intervals {inside}; distance from even {model['ks']:.3f}")
        lines.append(f"pinball of ln price {model['pinball_ln']:.5f}, CRPS {model['crps']:,.0f}")
        return "\n".join([*lines, *self.notes])

    def _dimensions(self) -> list[str]:
        known = ("group", "grade", "age", "make", "seller_kind", "guide", "price_band", "horizon")
        return [name for name in known if name in self.rows.columns]

    def _scored(self, dimension: str, group: str, rows: Any) -> list[dict[str, Any]]:
        table = self.rows.filter(pl.Series(rows, dtype=pl.Boolean))
        return score_rows(table, self.log_quantiles[rows], dimension, group)


def backtest(
    sales: pl.DataFrame,
    index: pl.DataFrame | None = None,
    *,
    start: dt.date | str,
    every: int = 4,
    ahead: int | None = None,
    priors: Priors | None = None,
    progress: Told | None = None,
) -> Backtest:
    """Foretell past sales from what was known before them.

    Parameters
    ----------
    sales : polars.DataFrame
        As for `residual.fit`.
    index : polars.DataFrame, optional
        As for `residual.fit`; each origin sees what was released by its day. Series that were
        revised later are seen as they are now.
    start : datetime.date or str
        First origin.
    every : int
        Weeks from one origin to the next.
    ahead : int, optional
        Weeks that each origin foretells; as many as `every` if not given, so that each sale is
        foretold once.
    priors : Priors, optional
    progress : callable, optional
        Told the number of the origin from 0, how many there are, and its day, before its fit.

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        If the sales are at fault, none closed by the first origin, or none after it.
    ValueError
        If `every` or `ahead` is below one.

    Notes
    -----
    At each origin a model is fitted on the sales closed by its day, and foretells every sale of
    the following weeks at the day, the venue and with the guide value that it had then (Tashman,
    Int. J. Forecasting 16, 2000). No later sale enters it in any way.
    """
    ahead = every if ahead is None else ahead
    for name, weeks in (("every", every), ("ahead", ahead)):
        if weeks < 1:
            raise ValueError(f"{name} must be at least one week, not {weeks}")
    first = as_date(start, "start")
    used, days, _ = usable_sales(sales, None)
    # one spelling for all origins, or a group would stand under two names
    spelled = [name for name in _SPELLED if name in used.columns]
    used = used.with_columns(as_written(used, name) for name in spelled)
    origins = _origins(days, first, every)
    parts, learnt, notes = [], {}, []
    for number, origin in enumerate(origins):
        if progress is not None:
            progress(number, len(origins), origin)
        today = day_number(origin)
        later = np.flatnonzero((days > today) & (days <= today + 7 * ahead))
        if not len(later):
            notes.append(f"no sale in the {ahead} weeks after {origin}")
            continue
        model = fit(_known_by(sales, origin), index, origin, priors)
        learnt[origin.isoformat()] = model.counts["sales used"]
        past = used.filter(pl.Series(days <= today))
        parts.append(_foretold(model, past, used[later], days[later], origin))
    rows, quantiles = (
        pl.concat([table for table, _ in parts], how="diagonal"),
        [q for _, q in parts],
    )
    rows = rows.with_columns(_price_bands(rows["q50"].to_numpy()), _horizon(rows["week"].to_list()))
    return Backtest(first, every, ahead, rows, np.vstack(quantiles), learnt, tuple(notes))


def _origins(days: Days, first: dt.date, every: int) -> list[dt.date]:
    today, last = day_number(first), int(days.max())
    if int(days.min()) > today or last <= today:
        begin, end = (_EPOCH + dt.timedelta(int(day)) for day in (days.min(), last))
        side = "closed by" if int(days.min()) > today else "closed after"
        rule = f"no sale {side} the first origin; sales run from {begin} to {end}"
        raise InputError([Fault(rule, column="start", value=first.isoformat())])
    return [_EPOCH + dt.timedelta(day) for day in range(today, last, 7 * every)]


def _known_by(sales: pl.DataFrame, origin: dt.date) -> pl.DataFrame:
    """Offerings that had ended by a day: what came later is not even there to be read."""
    closed = pl.col("offered_on")
    if "closed_on" in sales.columns:
        closed = pl.coalesce("closed_on", "offered_on")
    return sales.filter(closed.cast(pl.Date) <= origin)


def _foretold(
    model: ResidualModel, past: pl.DataFrame, rows: pl.DataFrame, days: Days, origin: dt.date
) -> tuple[pl.DataFrame, Floats]:
    dates = pl.Series("_on", days.astype(np.int32)).cast(pl.Date)
    units = rows.drop(_OUTCOME, strict=False).with_columns(dates)
    if "vehicle_id" not in units.columns:
        units = units.with_columns(pl.Series("vehicle_id", range(len(rows))).cast(pl.String))
    told = model.predict(units, "_on", LEVELS.tolist())
    log_quantiles = np.log(told.select(quantile_name(p) for p in LEVELS.tolist()).to_numpy())
    price = rows["price"].cast(pl.Float64)
    guide = np.exp(guide_values(rows, model.centre))
    labels = segments(rows, model.read(units, days), model.group_column)
    known = np.isfinite(guide)
    if known.any():
        labels["guide"] = ["with" if one else "without" for one in known.tolist()]
    table = pl.DataFrame(
        {
            "origin": pl.Series([origin] * len(rows), dtype=pl.Date),
            **({"sale_id": rows["sale_id"].cast(pl.String)} if "sale_id" in rows.columns else {}),
            "date": dates,
            "week": (days - day_number(origin) - 1) // 7 + 1,
            "price": price,
            **{name: told[name] for name in ("mean", "sd", *map(quantile_name, _SHOWN))},
            "pit": transform(np.log(price.to_numpy()), log_quantiles),
            "support": told["support"],
            "guide_value": pl.Series(guide).fill_nan(None),
            "naive": naive_prices(past, rows),
            **{name: pl.Series(words, dtype=pl.String) for name, words in labels.items()},
        }
    )
    return table, log_quantiles


def _price_bands(median: Floats) -> pl.Series:
    """Quarters by the price foretold, cheapest first: by the price itself all would be biased."""
    edges = np.quantile(median, [0.25, 0.5, 0.75])
    quarter = np.searchsorted(edges, median, side="left")
    return pl.Series("price_band", [f"{place + 1} of 4" for place in quarter.tolist()])


def _horizon(weeks: list[int]) -> pl.Series:
    names = []
    for week in weeks:
        first, last = next(band for band in _AHEAD if band[1] is None or week <= band[1])
        names.append(f"{first}+" if last is None else f"{first}-{last}")
    return pl.Series("horizon", names)


def _in_order(names: list[str]) -> list[str]:
    """By the number that a name begins with, then by its letters."""
    return sorted(names, key=lambda name: (int(re.sub(r"\D.*", "", name)[:9] or 0), name))


def _plain(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON holds them: without what is not known."""
    return [
        {
            name: value
            for name, value in row.items()
            if value is not None and not (isinstance(value, float) and math.isnan(value))
        }
        for row in table.iter_rows(named=True)
    ]
