"""A series as monthly log changes: gaps bridged and marked, a season told apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats

_HARMONICS: Final = 3
_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class Monthly:
    """Last level of each month, in order and without gaps.

    Attributes
    ----------
    months : list of datetime.date
        First day of each month.
    log_level : float64[n]
        A gap is bridged by a straight line.
    seen : bool[n]
        False where it was.
    """

    months: list[dt.date]
    log_level: Floats
    seen: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def change(self) -> Floats:
        """Changes from month to month, float64[n - 1]."""
        return np.diff(self.log_level)

    @property
    def change_seen(self) -> Floats:
        """1 where both ends of a change were seen, else 0."""
        return np.asarray(self.seen[1:] & self.seen[:-1], dtype=np.float64)

    @property
    def stamps(self) -> list[str]:
        """Month of each change as "YYYY-MM"."""
        return [month.strftime("%Y-%m") for month in self.months[1:]]


def monthly(rows: pl.DataFrame) -> Monthly:
    """Read one series.

    Parameters
    ----------
    rows : polars.DataFrame
        date and value, finite and above 0; at least one row, in any order.
    """
    levels = (
        rows.sort("date", "value")
        .group_by(pl.col("date").dt.truncate("1mo").alias("month"), maintain_order=True)
        .agg(pl.col("value").cast(pl.Float64).last())
        .sort("month")
        .upsample("month", every="1mo")
        .with_columns(pl.col("value").log())
    )
    return Monthly(
        levels["month"].to_list(),
        levels["value"].interpolate().to_numpy(),
        levels["value"].is_not_null().to_numpy(),
    )


def season_of(change: Floats, seen: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Season of monthly changes by least squares on three harmonics of the year.

    Parameters
    ----------
    change, seen : float64[n]
        Changes, and 1 where one was observed.
    ahead : int
        Months to tell beyond the last.

    Returns
    -------
    past : float64[n]
    future : float64[ahead]
    """
    n = len(change)
    angle = 2.0 * np.pi / _YEAR * np.arange(n + ahead)
    waves = [f(k * angle) for k in range(1, _HARMONICS + 1) for f in (np.cos, np.sin)]
    X = np.stack([*waves, np.ones(n + ahead)], axis=1)
    rows = seen > 0.0
    found, *_ = np.linalg.lstsq(X[:n][rows], change[rows], rcond=None)
    season = X[:, :-1] @ found[:-1]
    return season[:n], season[n:]
