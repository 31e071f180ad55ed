"""Value paths as a user would write them in numba, on one thread."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@njit
def value_paths(
    drawn: Floats,
    log_value: Floats,
    scale: Floats,
    form: Places,
    tables: Floats,
    ends: Floats,
    group: Places,
    factor: Floats,
    bar: Floats,
    chances: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, standard deviation, chance below the bar and quantiles of every unit and date."""
    units, dates = log_value.shape
    n = factor.shape[2]
    mean, sd, below = np.empty((units, dates)), np.empty((units, dates)), np.empty((units, dates))
    quantiles = np.empty((units, dates, chances.size))
    own, made = np.empty(n), np.empty(n)
    for v in range(units):
        table, end = tables[form[v]], ends[form[v]]
        step = (end[1] - end[0]) / (table.size - 1)
        for s in range(n):
            u = drawn[v, 0, s]
            if u < end[0]:
                shock = max(table[0] + end[2] * math.log(u / end[0]), end[4])
            elif u > end[1]:
                shock = min(table[-1] - end[3] * math.log((1.0 - u) / (1.0 - end[1])), end[5])
            else:
                place = (u - end[0]) / step
                i = min(int(place), table.size - 2)
                shock = table[i] + (place - i) * (table[i + 1] - table[i])
            own[s] = scale[v] * shock
        for d in range(dates):
            total, under = 0.0, 0
            for s in range(n):
                made[s] = math.exp(log_value[v, d] + factor[group[v], d, s] + own[s])
                total += made[s]
                under += made[s] < bar[v, d]
            middle, square = total / n, 0.0
            for s in range(n):
                square += (made[s] - middle) ** 2
            mean[v, d], sd[v, d], below[v, d] = middle, math.sqrt(square / n), under / n
            quantiles[v, d] = np.quantile(made, chances)
    return mean, sd, below, quantiles
