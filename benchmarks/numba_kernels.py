"""Peers of the kernels as a user would write them in numba, on one thread."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit
def normals(generator: np.random.Generator, out: Floats) -> None:
    """Standard normals, one by one, of NumPy's generator."""
    for i in range(out.size):
        out[i] = generator.standard_normal()


@njit
def exp(x: Floats, out: Floats) -> None:
    for i in range(x.size):
        out[i] = math.exp(x[i])


@njit
def log(x: Floats, out: Floats) -> None:
    for i in range(x.size):
        out[i] = math.log(x[i])


@njit
def norm_cdf(x: Floats, out: Floats) -> None:
    for i in range(x.size):
        out[i] = 0.5 * math.erfc(-x[i] * math.sqrt(0.5))


_NUM = (
    2.5066282746310007,
    0.8946297830690476,
    0.2319234216178703,
    0.042790425947888386,
    0.005855985309032725,
    0.0006096209449271143,
    4.68249786606487e-05,
    2.4351683407057757e-06,
    6.993319061481411e-08,
    4.673974225223325e-10,
)
_DEN = (
    1.0,
    0.09510625797345494,
    0.05459326163578232,
    0.004173879410106662,
    0.0009270946234092391,
    5.108901494679701e-05,
    4.8273796441069786e-06,
    1.4213707274397272e-07,
    3.124397760484424e-09,
)
_TAIL_NUM = (
    1.4234371107496835,
    4.630337846156546,
    5.769497221460691,
    3.6478483247632045,
    1.2704582524523684,
    0.2417807251774506,
    0.022723844989269184,
    0.0007745450142783414,
)
_TAIL_DEN = (
    1.0,
    2.053191626637759,
    1.6763848301838038,
    0.6897673349851,
    0.14810397642748008,
    0.015198666563616457,
    0.0005475938084995345,
    1.0507500716444169e-09,
)
_FAR_NUM = (
    6.657904643501103,
    5.463784911164114,
    1.7848265399172913,
    0.29656057182850487,
    0.026532189526576124,
    0.0012426609473880784,
    2.7115555687434876e-05,
    2.0103343992922881e-07,
)
_FAR_DEN = (
    1.0,
    0.599832206555888,
    0.1369298809227358,
    0.014875361290850615,
    0.0007868691311456133,
    1.8463183175100548e-05,
    1.421511758316446e-07,
    2.0442631033899397e-15,
)


@njit
def _horner(poly: tuple[float, ...], x: float) -> float:
    total = 0.0
    for i in range(len(poly) - 1, -1, -1):
        total = total * x + poly[i]
    return total


@njit
def quantile(p: float) -> float:
    """What the kernel computes, without its care for the last bits."""
    both = 4.0 * p * (1.0 - p)
    if both >= 0.004086771438464067:
        w = -math.log(both)
        return (p - 0.5) * (_horner(_NUM, w) / _horner(_DEN, w))
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    if r <= 5.0:
        x = _horner(_TAIL_NUM, r - 1.6) / _horner(_TAIL_DEN, r - 1.6)
    else:
        x = _horner(_FAR_NUM, r - 5.0) / _horner(_FAR_DEN, r - 5.0)
    return -x if p < 0.5 else x


@njit
def keyed_normals(key: int, units: NDArray[np.uint64], out: Floats) -> None:
    """The draws of `_core.normals`: Philox4x32-10 and the quantile, out of (units, steps, n)."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    for unit in range(out.shape[0]):
        for step in range(out.shape[1]):
            for pair in range(out.shape[2] // 2):
                c0, c1 = np.uint64(pair), np.uint64(step)
                c2, c3 = units[unit] & low, units[unit] >> half
                k0, k1 = key & low, key >> half
                for _ in range(10):
                    p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
                    c0, c1 = (p1 >> half) ^ c1 ^ k0, p1 & low
                    c2, c3 = (p0 >> half) ^ c3 ^ k1, p0 & low
                    k0 = (k0 + np.uint64(0x9E3779B9)) & low
                    k1 = (k1 + np.uint64(0xBB67AE85)) & low
                first, second = (c1 << half) | c0, (c3 << half) | c2
                one = np.uint64(1)
                u = np.float64((first >> np.uint64(12) << one) | one) * 2.0**-53
                v = np.float64((second >> np.uint64(12) << one) | one) * 2.0**-53
                out[unit, step, 2 * pair] = quantile(u)
                out[unit, step, 2 * pair + 1] = quantile(v)


@njit
def sale(
    log_ratio: Floats, arrival: Floats, spread: Floats, tail: Floats, density: Floats, span: float,
    chance: Floats, revenue: Floats,
) -> None:  # fmt: skip
    """The table of `_core.bids.sale` for each lot and its look-up.

    `tail` and `density` of the normal stand at the ends and middles of the cells, in turn.
    Nothing is worked out beyond the table.
    """
    cells = tail.size // 2
    step = 2.0 * span / cells
    first, first_slope = np.empty(tail.size), np.empty(tail.size)
    slope, above = np.empty(tail.size), np.empty(cells + 1)
    for lot in range(log_ratio.size):
        for i in range(tail.size):
            u = arrival[lot] * tail[i]
            e = math.exp(-u)
            first[i] = 1.0 - e
            first_slope[i] = -arrival[lot] * density[i] * e
            price = math.exp(spread[lot] * (-span + 0.5 * i * step))
            slope[i] = (e * (1.0 + u) - 1.0) * price * spread[lot]
        above[cells] = 0.0
        for i in range(cells - 1, -1, -1):
            simpson = slope[2 * i] + 4.0 * slope[2 * i + 1] + slope[2 * i + 2]
            above[i] = above[i + 1] - step / 6.0 * simpson
        place = (log_ratio[lot] / spread[lot] + span) / step
        i = min(max(int(place), 0), cells - 1)
        f = min(max(place - i, 0.0), 1.0)
        g = 1.0 - f
        low, high = g * g * (1.0 + 2.0 * f), f * f * (3.0 - 2.0 * f)
        chance[lot] = (
            low * first[2 * i] + high * first[2 * i + 2]
            + step * f * g * (g * first_slope[2 * i] - f * first_slope[2 * i + 2])
        )  # fmt: skip
        rest = (
            low * above[i] + high * above[i + 1]
            + step * f * g * (g * slope[2 * i] - f * slope[2 * i + 2])
        )  # fmt: skip
        revenue[lot] = math.exp(log_ratio[lot]) * chance[lot] + rest
