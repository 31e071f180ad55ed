"""What is learnt from and what is judged: by the cuts of a file, and by folds before the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import polars as pl

from benchmarks.values.files import File

#: Shares of the training part, in order of time, between which folds are cut.
_FOLDS: Final = ((0.6, 0.8), (0.8, 1.0))


def learnt_and_judged(
    file: File, rows: pl.DataFrame, cut: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows at a cut; what comes after the next one is left out."""
    start = file.cuts[cut]
    stop = file.cuts[cut + 1] if cut + 1 < len(file.cuts) else dt.date.max
    sold = pl.col("offered_on")
    return rows.filter(sold < start), rows.filter(sold >= start, sold < stop)


def folds(rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Split rows in two folds, each judged on the days that follow those it learns from."""
    days = rows["offered_on"].sort()
    for first, last in _FOLDS:
        start = days[int(first * len(days))]
        sold = pl.col("offered_on")
        judged = sold >= start
        if last < 1.0:
            judged &= sold < days[int(last * len(days))]
        yield rows.filter(sold < start), rows.filter(judged)
