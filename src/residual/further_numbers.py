"""Numbers beside a vehicle that the tables do not name: amounts, counts and other measures."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats

#: A further number that is above zero and spans more than this factor is read as a logarithm.
_WIDE: Final = 5.0
#: More than this share of zeros and less, and a further number is no amount.
_MOST_NOT_ABOVE_ZERO: Final = 0.05
#: Whole numbers that spread no wider are counts.
_LARGEST_COUNT: Final = 10.0
#: A further number as large as this is as good as infinite.
_ENDLESS: Final = 1e100
#: Least size of what few rows have: what one of them tells counts for little.
_LEAST_SIZE: Final = 0.1


def range_of(values: Floats) -> tuple[float, float, float, float]:
    """Range, middle and size of values, as `residual.features.Recipe` holds them.

    Parameters
    ----------
    values : float64[n]
        Finite.
    """
    low, first, centre, third, high = np.quantile(values, [0.005, 0.25, 0.5, 0.75, 0.995])
    if low == high and np.all(values == np.round(values)):
        # what few rows have, such as a rare damage, is not clipped away
        low, high = np.clip(
            [values.min(), values.max()], low - _LARGEST_COUNT, low + _LARGEST_COUNT
        )
        size = max(float(np.std(np.clip(values, low, high))), _LEAST_SIZE)
        return float(low), float(high), float(centre), size
    scale = (third - first) / 2.0 or float(np.std(values)) or 1.0
    return float(low), float(high), float(centre), float(scale)


def finite(column: pl.Series) -> Floats:
    """Values that are there and not as good as infinite."""
    values = column.cast(pl.Float64).drop_nulls().to_numpy()
    return np.asarray(values[np.abs(values) < _ENDLESS])


def is_amount(column: pl.Series) -> bool:
    """Tell whether a number acts in proportion: such as the price when new."""
    values = finite(column)
    above = values[values > 0.0]
    if values.size - above.size > _MOST_NOT_ABOVE_ZERO * values.size:
        return False
    low, middle, high = np.quantile(above, [0.005, 0.5, 0.995])
    if high < _WIDE * low:
        return False
    plain = (high - middle) - (middle - low)
    first, half, last = np.log([low, middle, high])
    logged = (last - half) - (half - first)
    return bool(abs(logged) / (last - first) < abs(plain) / (high - low))


def is_count(column: pl.Series) -> bool:
    """Tell whether a number is whole and small, but for a few rows."""
    values = finite(column)
    low, high = np.quantile(values, [0.005, 0.995])
    return bool(high - low <= _LARGEST_COUNT and np.all(values == np.round(values)))


def scaled(column: pl.Series, logged: bool) -> Floats:
    """Values, or logarithms of those above zero."""
    values = finite(column)
    return np.log(values[values > 0.0]) if logged else values
