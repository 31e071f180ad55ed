"""What is learnt from and what is judged: by the cuts of a file, and by folds before the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import polars as pl

from benchmarks.values.files import File

#: Shares of the training part, in order of time, at which folds are cut.
_FOLDS: Final = (0.4, 0.55, 0.7, 0.85)


def learnt_and_judged(
    file: File, rows: pl.DataFrame, cut: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows at a cut; what comes after the next one is left out."""
    start = file.cuts[cut]
    stop = file.cuts[cut + 1] if cut + 1 < len(file.cuts) else dt.date.max
    sold = pl.col("offered_on")
    return rows.filter(sold < start), rows.filter(sold >= start, sold < stop)


def folds(rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Split rows in up to four folds, each judged on the days that follow those it learns from.

    The earliest comes first. Where many rows are of one day there are fewer folds.
    """
    days = rows["offered_on"].sort()
    starts = sorted({days[int(share * len(days))] for share in _FOLDS} - {days[0]})
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        sold = pl.col("offered_on")
        judged = sold >= start if stop is None else (sold >= start) & (sold < stop)
        yield rows.filter(sold < start), rows.filter(judged)
