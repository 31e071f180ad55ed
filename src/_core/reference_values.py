"""Plain twin of the kernel of value paths, with its signature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from _core.reference import uniforms

_Floats = NDArray[np.float64]


def value_paths(
    seed: int,
    stream: int,
    keys: ArrayLike,
    log_value: ArrayLike,
    scale: ArrayLike,
    form: ArrayLike,
    tables: ArrayLike,
    ends: ArrayLike,
    group: ArrayLike,
    factor: ArrayLike,
    bar: ArrayLike | None = None,
    probabilities: ArrayLike = (),
    threads: int = 1,
) -> tuple[_Floats, _Floats, _Floats, _Floats, _Floats, _Floats]:
    """Twin of `_core.values.value_paths`; all values are there at once."""
    level, moved = np.asarray(log_value, dtype=np.float64), np.asarray(factor, dtype=np.float64)
    scenarios = moved.shape[2]
    shock = unit_shocks(seed, stream, keys, form, tables, ends, scenarios)
    values = np.exp(
        level[:, :, None]
        + moved[np.asarray(group)]
        + (np.asarray(scale)[:, None] * shock)[:, None, :]
    )
    chances = np.asarray(probabilities, dtype=np.float64)
    quantiles = np.moveaxis(np.quantile(values, chances, axis=2), 0, 2)
    none = np.zeros(values.shape[1:])
    if bar is None:
        nothing = np.zeros((0, values.shape[1]))
        return values.mean(axis=2), values.std(axis=2), nothing, quantiles, none, none
    short = np.asarray(bar)[:, :, None] - values
    under = short > 0.0
    return (
        values.mean(axis=2),
        values.std(axis=2),
        under.mean(axis=2),
        quantiles,
        under.sum(axis=0).astype(np.float64),
        np.where(under, short, 0.0).sum(axis=0),
    )


def unit_shocks(
    seed: int,
    stream: int,
    keys: ArrayLike,
    form: ArrayLike,
    tables: ArrayLike,
    ends: ArrayLike,
    n: int,
    threads: int = 1,
) -> _Floats:
    """Twin of `_core.values.unit_shocks`."""
    draws = uniforms(seed, stream, keys, 1, n)[:, 0]
    shock = np.empty(draws.shape)
    for number, (table, end) in enumerate(zip(np.asarray(tables), np.asarray(ends), strict=True)):
        own = np.asarray(form) == number
        shock[own] = _quantile(draws[own], table, end)
    return shock


def _quantile(u: _Floats, table: _Floats, end: _Floats) -> _Floats:
    low, high, lower_rate, upper_rate, lowest, highest = end.tolist()
    middle = np.interp(u, np.linspace(low, high, table.size), table)
    below = np.maximum(table[0] + lower_rate * np.log(u / low), lowest)
    above = np.minimum(table[-1] - upper_rate * np.log((1.0 - u) / (1.0 - high)), highest)
    return np.where(u < low, below, np.where(u > high, above, middle))
