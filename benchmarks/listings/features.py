"""What every contender knows of a listing on its first day, as ours sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

import residual
from benchmarks.listings.store import Floats, Split
from residual.crossfit import log_forecasts
from residual.listings import past_listings

#: Premiums and other numbers lie within these, as for ours.
_FAR: Final = 0.5
LEVELS: Final = ("region", "make", "line")


@dataclass(frozen=True, slots=True)
class Features:
    """Numbers and levels of n listings.

    Attributes
    ----------
    numbers : polars.DataFrame
        ln of the forecast of the value model, ln of the first price over it, age and odometer.
    levels : polars.DataFrame
        Place, make, and make with model.
    order : float64[n]
        Day of the listing, which no peer learns from.
    """

    numbers: pl.DataFrame
    levels: pl.DataFrame
    order: Floats

    def __len__(self) -> int:
        return self.numbers.height

    def coded(self, others: Features) -> tuple[Floats, Floats]:
        """Numbers and whole codes of levels of these and of others; -1 where not known."""
        out = [[part.numbers.to_numpy()] for part in (self, others)]
        for name in LEVELS:
            known = self.levels[name].drop_nulls().unique().sort().to_list()
            codes = {level: float(code) for code, level in enumerate(known)}
            for part, columns in zip((self, others), out, strict=True):
                code = part.levels[name].replace_strict(
                    codes, default=-1.0, return_dtype=pl.Float64
                )
                columns.append(code.to_numpy()[:, None])
        known_rows, other_rows = (np.hstack(columns) for columns in out)
        return known_rows, other_rows


def past_features(model: residual.ResidualModel, split: Split) -> tuple[Features, pl.DataFrame]:
    """Features of the listings ours learns from, each forecast without its own sale; their rows."""
    listings = past_listings(split.sales, split.price_changes, model.as_of)
    return _features(listings.frame, log_forecasts(model, split.sales, listings)), listings.frame


def judged_features(model: residual.ResidualModel, split: Split) -> Features:
    """Features of the listings that are judged."""
    offered = split.judged["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    return _features(split.judged, model.locate(split.judged, offered).log_hammer)


def _features(frame: pl.DataFrame, forecast: Floats) -> Features:
    years = (pl.col("offered_on") - pl.col("first_registered")).dt.total_days() / 365.25
    numbers = frame.select(
        worth=pl.Series(forecast),
        premium=(pl.col("list_price").log() - pl.Series(forecast)).clip(-_FAR, _FAR),
        age=years,
        odometer=pl.col("odometer").clip(0.0, 4e5) / 1e5,
    )
    levels = frame.select("region", "make", line=pl.col("make") + " / " + pl.col("model"))
    order = frame["offered_on"].cast(pl.Int32).to_numpy().astype(np.float64)
    return Features(numbers, levels, order)
