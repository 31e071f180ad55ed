"""Plain NumPy twins of the kernels: the same signatures, written to be read.

They are slow and serve the tests; `threads` is accepted and ignored. Results agree with the
kernels to rounding, and to the bit where only integers are at work.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isinf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtrit

from _core.streams import stream_key

_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MIXING_UNIT = 1 << 32


def exp(
    x: ArrayLike, threads: int = 1, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Twin of `_core.vmath.exp`."""
    return _mapped(np.exp, x, out)


def log(
    x: ArrayLike, threads: int = 1, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Twin of `_core.vmath.log`."""
    return _mapped(np.log, x, out)


def norm_cdf(
    x: ArrayLike, threads: int = 1, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Twin of `_core.vmath.norm_cdf`."""
    return _mapped(ndtr, x, out)


def norm_ppf(
    p: ArrayLike, threads: int = 1, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Twin of `_core.vmath.norm_ppf`."""
    return _mapped(ndtri, p, out)


def _mapped(
    function: Callable[..., Any], x: ArrayLike, out: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        return np.asarray(function(np.asarray(x, dtype=np.float64), out=out))


def philox4x32(counter: ArrayLike, key: ArrayLike) -> NDArray[np.uint32]:
    """Twin of `_core.rng.philox4x32`."""
    counters = np.asarray(counter, dtype=np.uint32)
    keys = np.broadcast_to(np.asarray(key, dtype=np.uint32), (counters.shape[0], 2))
    c0, c1, c2, c3 = counters.T.astype(np.uint64)
    k0, k1 = keys.T.astype(np.uint64)
    for _ in range(10):
        p0 = c0 * np.uint64(0xD2511F53)
        p1 = c2 * np.uint64(0xCD9E8D57)
        c0, c1 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _WORD
        c2, c3 = (p0 >> _HALF) ^ c3 ^ k1, p0 & _WORD
        k0 = (k0 + np.uint64(0x9E3779B9)) & _WORD
        k1 = (k1 + np.uint64(0xBB67AE85)) & _WORD
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def uniforms(
    seed: int, stream: int, units: ArrayLike, steps: int, n: int, threads: int = 1
) -> NDArray[np.float64]:
    """Twin of `_core.rng.uniforms`."""
    unit, step, pair = np.meshgrid(
        np.asarray(units, dtype=np.uint64),
        np.arange(steps, dtype=np.uint64),
        np.arange((n + 1) // 2, dtype=np.uint64),
        indexing="ij",
    )
    counter = np.stack([pair, step, unit & _WORD, unit >> _HALF], axis=-1).reshape(-1, 4)
    key = stream_key(seed, stream)
    words = philox4x32(counter, [key & 0xFFFFFFFF, key >> 32]).astype(np.uint64)
    bits = words[:, 0::2] | (words[:, 1::2] << _HALF)
    draws = ((bits >> np.uint64(12)) * np.uint64(2) + np.uint64(1)) * 2.0**-53
    return np.ascontiguousarray(draws.reshape(*pair.shape[:2], 2 * pair.shape[2])[:, :, :n])


def normals(
    seed: int, stream: int, units: ArrayLike, steps: int, n: int, threads: int = 1
) -> NDArray[np.float64]:
    """Twin of `_core.rng.normals`."""
    return norm_ppf(uniforms(seed, stream, units, steps, n, threads), threads)


def students(
    seed: int,
    stream: int,
    units: ArrayLike,
    steps: int,
    n: int,
    dof: float,
    threads: int = 1,
) -> NDArray[np.float64]:
    """Twin of `_core.rng.students`."""
    u = uniforms(seed, stream, units, steps, n, threads)
    return np.asarray(np.where(u < 0.5, 1.0, -1.0) * stdtrit(dof, np.minimum(u, 1.0 - u)))


def factor_paths(
    seed: int,
    stream: int,
    loadings: ArrayLike,
    volatility: ArrayLike,
    persistence: ArrayLike,
    dof: float,
    n: int,
    antithetic: bool = True,
    threads: int = 1,
    points: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Twin of `_core.paths.factor_paths`."""
    lower, scale = np.asarray(loadings, dtype=np.float64), np.asarray(volatility, dtype=np.float64)
    kept = np.asarray(persistence, dtype=np.float64)[:, None]
    factors, dates = scale.shape
    mixing = 0 if isinf(dof) else int(dof)
    units = [*range(factors), *range(_MIXING_UNIT, _MIXING_UNIT + mixing)]
    pairs = (n + 1) // 2
    z = normals(seed, stream, units, dates, pairs if antithetic else n, threads)
    if antithetic:
        z = np.stack([z, -z], axis=-1).reshape(len(units), dates, 2 * pairs)[:, :, :n]
    if points is not None:
        z[:factors] = norm_ppf(points)
    mix = np.sqrt((dof - 2) / (z[factors:] ** 2).sum(axis=0)) if mixing else np.ones((dates, n))
    level = np.zeros((factors, n))
    out = np.empty((factors, dates, n))
    for d in range(dates):
        level = kept * level + scale[:, d, None] * mix[d] * (lower @ z[:factors, d])
        out[:, d] = level
    return out


def cvar(values: ArrayLike, alpha: float, lower: bool = True) -> tuple[float, NDArray[np.float64]]:
    """Twin of `_core.tail.cvar`."""
    sample = np.asarray(values, dtype=np.float64)
    mass = (1 - Fraction(repr(float(alpha)))) * sample.size
    taken = Fraction(0)
    weights = np.zeros(sample.size)
    for i in np.argsort(sample if lower else -sample, kind="stable"):
        share = min(Fraction(1), mass - taken)
        weights[i] = float(share / mass)
        taken += share
    return float(weights @ sample), weights


def row_quantiles(values: ArrayLike, q: ArrayLike, threads: int = 1) -> NDArray[np.float64]:
    """Twin of `_core.tail.row_quantiles`."""
    shares = np.asarray(q, dtype=np.float64)
    table = np.asarray(values, dtype=np.float64)
    return np.ascontiguousarray(np.quantile(table, shares, axis=1).T)
