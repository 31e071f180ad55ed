"""Which loans outrun what secures them: how fast values and balances fall, and alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats


@dataclass(frozen=True, slots=True)
class Alarm:
    """When a loan is told to be watched.

    Parameters
    ----------
    horizon : int
        Months looked ahead.
    under : float
        P(LTV > 1) from which a loan counts as under water.
    watch : float
        P(LTV > 1) from which a value that falls faster than the balance is an alarm.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    horizon: int = 12
    under: float = 0.5
    watch: float = 0.2

    def __post_init__(self) -> None:
        if self.horizon < 1:
            raise ValueError(f"horizon must be at least 1 month, not {self.horizon}")
        if not 0.0 < self.watch <= self.under <= 1.0:
            raise ValueError(
                f"watch and under must lie in (0, 1], watch first, not {self.watch}, {self.under}"
            )


@dataclass(frozen=True, slots=True)
class Reduced:
    """Values of some loans' vehicles over scenarios, see `_core.values.value_paths`.

    Parameters
    ----------
    mean, sd, below : float64[k, D]
    quantiles : float64[k, D, q]
    under, lost : float64[D, n]
    """

    mean: Floats
    sd: Floats
    below: Floats
    quantiles: Floats
    under: Floats
    lost: Floats


def told_of(
    loans: pl.DataFrame,
    balance: Floats,
    found: Reduced,
    group: NDArray[np.str_],
    alarm: Alarm,
) -> pl.DataFrame:
    """Return what is told of each loan, see `residual.Collateral`.

    Parameters
    ----------
    loans : polars.DataFrame, k rows
    balance : float64[k, D]
        What is owed by month, money.
    found : Reduced
    group : str[k]
    alarm : Alarm
    """
    count, last = balance.shape[0], balance.shape[1] - 1
    ahead = min(alarm.horizon, last)
    month = np.arange(last + 1)
    # beyond the term nothing is owed, and no fall is told
    owed = balance > 0.0
    end = np.minimum(ahead, np.maximum(owed.sum(axis=1) - 1, 0))
    row = np.arange(count)
    years = np.maximum(end, 1) / 12.0
    value_fall = np.log(found.mean[:, 0] / found.mean[row, end]) / years
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.log(balance[:, 0] / balance[row, end]) / years
    lasts = end > 0
    value_fall, balance_fall = (np.where(lasts, each, np.nan) for each in (value_fall, fall))
    near = np.where(month[None, :] <= ahead, found.below, -1.0)
    reached, watched = near >= alarm.under, near >= alarm.watch
    fast = (value_fall > balance_fall) & watched.any(axis=1)
    kinds = np.select([reached[:, 0], reached.any(axis=1), fast], ["under", "soon", "fast"], "none")
    first = np.where(
        kinds == "fast", watched.argmax(axis=1), np.where(kinds == "none", -1, reached.argmax(1))
    )
    worst = found.below.argmax(axis=1)
    table = pl.DataFrame(
        {
            "vehicle_id": loans["vehicle_id"].cast(pl.String),
            "group": group,
            "balance": balance[:, 0],
            "value": found.mean[:, 0],
            "ltv": balance[:, 0] / found.mean[:, 0],
            "p_under": found.below[:, 0],
            "p_worst": found.below[row, worst],
            "month_worst": worst,
            "value_fall": value_fall,
            "balance_fall": balance_fall,
            "alarm": kinds,
            "alarm_month": first,
        }
    )
    unknown = pl.when(pl.col("alarm_month") >= 0).then(pl.col("alarm_month"))
    return table.with_columns(unknown, pl.col("value_fall", "balance_fall").fill_nan(None))


def by_group(loans: pl.DataFrame) -> pl.DataFrame:
    """Return what is told of each group of vehicles, see `residual.Collateral`."""
    weight = pl.col("balance").filter(pl.col("balance_fall").is_not_null())
    falls = [
        ((pl.col(name) * pl.col("balance")).sum() / weight.sum()).fill_nan(None).alias(name)
        for name in ("value_fall", "balance_fall")
    ]
    alarms = [
        (pl.col("alarm") == kind).sum().cast(pl.Int64).alias(kind)
        for kind in ("under", "soon", "fast")
    ]
    return (
        loans.group_by("group")
        .agg(pl.len().cast(pl.Int64).alias("loans"), pl.sum("balance", "value"), *falls, *alarms)
        .sort("group")
    )
