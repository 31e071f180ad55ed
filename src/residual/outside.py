"""Outside series of the market, of segments and of scrap: which rows of an index are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.features import day_number, tidy_text
from residual.groups import kind_of
from residual.monthly import monthly
from residual.priors import Priors
from residual.tables import PRECIOUS_METALS

_MONTH: Final = 30.44
_EPOCH: Final = dt.date(1970, 1, 1)


def readable(
    index: pl.DataFrame, as_of: dt.date, *, of_segments: bool = False
) -> pl.DataFrame | None:
    """Sound rows released by a day, of the whole market or of segments; None without any.

    Raises
    ------
    InputError
        If columns are missing.
    """
    absent = [name for name in ("series", "date", "value") if name not in index.columns]
    if absent:
        raise InputError(
            [Fault("the column is required", file="index", column=name) for name in absent]
        )
    released = pl.col("released_on") if "released_on" in index.columns else pl.col("date")
    above_zero = (pl.col("value") > 0) & pl.col("value").is_finite()
    rows = index.filter((released <= as_of) & (pl.col("date") <= as_of) & above_zero)
    if "segment" in rows.columns:
        whole = pl.col("segment").is_null()
        rows = rows.filter(~whole if of_segments else whole)
    elif of_segments:
        return None
    return rows if len(rows) else None


def market_name(rows: pl.DataFrame, priors: Priors) -> str | None:
    """Name of the series that carries the market; None where there is none.

    Raises
    ------
    InputError
        If it is not clear which, or the one that the priors name is not there.
    """
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
    others = [name for name in names if "scrap" not in name.lower() and name not in PRECIOUS_METALS]
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


def scrap_name(rows: pl.DataFrame) -> str | None:
    """Name of the series of scrap prices; None where there is none."""
    names = [n for n in rows["series"].unique().sort().to_list() if "scrap" in n.lower()]
    return "scrap" if "scrap" in names else (names[0] if names else None)


def market_levels(
    index: pl.DataFrame | None, day: dt.date, as_of: dt.date, priors: Priors
) -> dict[str, float]:
    """Log level by month "YYYY-MM" of the series that carries the market at `as_of`.

    Parameters
    ----------
    index : polars.DataFrame or None
    day : datetime.date
        Only rows released by then are read.
    as_of : datetime.date
    priors : Priors

    Returns
    -------
    dict of float
        Empty without a series.
    """
    now = None if index is None else readable(index, as_of)
    name = None if now is None else market_name(now, priors)
    rows = None if index is None else readable(index, day)
    if rows is None or name is None:
        return {}
    return _levels(rows.filter(pl.col("series") == name))


def segment_levels(
    index: pl.DataFrame | None,
    day: dt.date,
    market: dict[str, float],
    groups: Sequence[str],
) -> Floats | None:
    """Log level of outside series of segments over the market's, by months that end with a day.

    Parameters
    ----------
    index : polars.DataFrame or None
        Rows with a segment; of several series of one, the first by name is read.
    day : datetime.date
        Only rows released by then are read.
    market : dict of float
        As of `market_levels`.
    groups : sequence of str
        g groups, and the last without a series.

    Returns
    -------
    float64[g + 1, months] or None
        As for `residual.segment_index.segment_indices`; None where no segment has a series.
    """
    rows = None if index is None else readable(index, day, of_segments=True)
    if rows is None or not market:
        return None
    named = rows.with_columns(_word=tidy_text(pl.col("segment")))
    own: dict[str, dict[str, float]] = {}
    for (word,), part in named.sort("_word", "series").group_by("_word", maintain_order=True):
        name = str(word) if str(word) in groups else kind_of(str(word))
        if name is not None and name in groups and name not in own:
            own[name] = _levels(part.filter(pl.col("series") == part["series"][0]))
    if not own:
        return None
    first = dt.date.fromisoformat(min(min(level) for level in own.values()) + "-01")
    months = int((day - first).days / _MONTH) + 1
    stamps = [
        (_EPOCH + dt.timedelta(day_number(day) - int(_MONTH * (back + 0.5)))).strftime("%Y-%m")
        for back in reversed(range(months))
    ]
    return np.array(
        [
            [own.get(name, {}).get(s, np.nan) - market.get(s, np.nan) for s in stamps]
            for name in (*groups, "")
        ]
    )


def _levels(rows: pl.DataFrame) -> dict[str, float]:
    if rows.is_empty():
        return {}
    series = monthly(rows)
    stamps = [month.strftime("%Y-%m") for month in series.months]
    pairs = zip(stamps, series.log_level.tolist(), series.seen.tolist(), strict=True)
    return {stamp: level for stamp, level, seen in pairs if seen}
