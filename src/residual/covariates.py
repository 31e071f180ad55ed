"""What spread, guide and support depend on: columns read from units and their guide values."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.features import Units, is_filler

#: How far below the median price (in logs) spreads begin to widen for being cheap.
_CHEAP: Final = 0.8
#: How far below the median price (in logs) a guide value says nothing.
_NOTHING: Final = 8.0
#: Columns of the scale that neither wear nor value moves: grade, damage, what is missing.
STILL: Final = [0, 1, 2, 3, 7, 8]
#: Columns of the scale that every unit has; what is counted stands behind them.
NAMED: Final = 12


def scale_columns(units: Units, relative: Floats, gap: Floats | None = None) -> Floats:
    """Columns on which the scale of the error depends, each of order one, [n, k].

    The last ones are the units' counts, such as of keys, or of a word in a damage report.

    Parameters
    ----------
    units : Units
    relative : float64[n]
        ln value less the median ln price of the sales.
    gap : float64[n], optional
        Between guide and hedonic value; its size tells how odd a unit is. NaN counts as 0.
    """
    bad = 5.0 - units.grade
    odd = np.zeros(len(units)) if gap is None else np.clip(np.nan_to_num(np.abs(gap)), 0.0, 1.0)
    return np.column_stack(
        [
            np.ones(len(units)),
            bad / 2.0,
            np.maximum(bad - 2.0, 0.0),
            units.grade_missing,
            np.minimum(units.age, 20.0) / 10.0,
            np.maximum(np.minimum(units.age, 20.0) - 8.0, 0.0) / 10.0,
            np.minimum(units.odometer, 4e5) / 2e5,
            units.odometer_missing,
            units.damage > 0,
            relative,
            np.maximum(-_CHEAP - relative, 0.0),
            odd * 3.0,
            *units.counted.T,
        ]
    ).astype(np.float64)


def guide_values(frame: pl.DataFrame, centre: float) -> Floats:
    """Natural log of guide_value; NaN where absent or next to nothing.

    Guides file a 0 or a 1 for a vehicle that they do not know; what lies below a three
    thousandth of the median price of the sales is taken for that. Beside an odometer that nobody
    read a guide value is left aside: it was struck for the reading as it stands.
    """
    if "guide_value" not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame["guide_value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        log = np.log(values)
    known = np.isfinite(log) & (log > centre - _NOTHING)
    if "odometer" in frame.columns:
        reading = frame["odometer"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        known &= ~is_filler(reading)
    return np.where(known, log, np.nan)
