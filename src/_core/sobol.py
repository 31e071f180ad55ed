"""Scrambled Sobol points: uniforms that fill a cube more evenly than independent draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from _core.rng import philox4x32
from _core.streams import stream_key

_BITS, _DIGITS = 32, 52
_MOST = 21_201


def sobol(seed: int, stream: int, dimensions: int, n: int) -> NDArray[np.float64]:
    """Scrambled Sobol points in the open unit cube, one row a dimension.

    The first n points, in the order of the Gray code, with the direction numbers of Joe and Kuo
    (2008), as SciPy has them, a random linear scrambling of each dimension (Matousek 1998) to 52
    digits and a random shift: every point by itself is uniform, and means over a power of two of
    points have an error that falls faster than the square root. A dimension's scrambling depends
    on (seed, stream, dimension) alone, so that further points or dimensions change none.

    Parameters
    ----------
    seed, stream : int
        In [0, 2**64).
    dimensions : int
        At most 21,201.
    n : int
        Number of points, at most 2**31; best a power of two.

    Returns
    -------
    ndarray of float64, shape (dimensions, n)
        Odd multiples of 2**-53.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    if not (0 <= dimensions <= _MOST and 0 <= n <= 1 << 31):
        raise ValueError(
            f"dimensions must lie in [0, {_MOST}] and n in [0, 2**31], got {dimensions} and {n}"
        )
    key = stream_key(seed, stream)
    if dimensions == 0 or n == 0:
        return np.empty((dimensions, n))
    directions = _directions(dimensions, max(1, (n - 1).bit_length()))
    rows, shift = _scrambling(key, dimensions)
    scrambled = _product(rows, directions)
    place = np.arange(n, dtype=np.uint64)
    gray = place ^ (place >> np.uint64(1))
    digits = np.repeat(shift[:, None], n, axis=1)
    for k in range(scrambled.shape[1]):
        among = (gray >> np.uint64(k) & np.uint64(1)).astype(bool)
        digits[:, among] ^= scrambled[:, k, None]
    return np.asarray((2.0 * digits + 1.0) * 2.0**-53)


def _directions(dimensions: int, count: int) -> NDArray[np.uint64]:
    """The first direction numbers of each dimension, 32 digits, the first digit the highest."""
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=False, bits=_BITS)
    found = np.empty((dimensions, count), dtype=np.uint64)
    for k in range(count):
        # The Gray code of 2**(k + 1) - 1 is 2**k: that point is the direction number itself.
        engine.fast_forward((1 << (k + 1)) - 1 - engine.num_generated)
        found[:, k] = (engine.random(1)[0] * 2.0**_BITS).astype(np.uint64)
    return found


def _scrambling(key: int, dimensions: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Rows of a lower triangular matrix of digits for each dimension, and a shift."""
    counter = np.zeros((dimensions, _DIGITS, 4), dtype=np.uint32)
    counter[:, :, 0] = np.arange(_DIGITS)
    counter[:, :, 1] = np.arange(dimensions)[:, None]
    words = philox4x32(counter.reshape(-1, 4), [key & 0xFFFFFFFF, key >> 32])
    drawn = words.reshape(dimensions, _DIGITS, 4).astype(np.uint64)
    place = range(_DIGITS)
    left = np.array([(1 << _BITS) - (1 << max(_BITS - i, 0)) for i in place], dtype=np.uint64)
    own = np.array([1 << (_BITS - 1 - i) if i < _BITS else 0 for i in place], dtype=np.uint64)
    weight = np.array([1 << (_DIGITS - 1 - i) for i in place], dtype=np.uint64)
    shift = ((drawn[:, :, 1] & np.uint64(1)) * weight).sum(axis=1, dtype=np.uint64)
    return drawn[:, :, 0] & left | own, shift


def _product(rows: NDArray[np.uint64], directions: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Directions times the matrices, over the field of two elements."""
    out = np.zeros(directions.shape, dtype=np.uint64)
    for digit in range(_DIGITS):
        parity = np.bitwise_count(rows[:, digit, None] & directions) & np.uint8(1)
        out |= parity.astype(np.uint64) << np.uint64(_DIGITS - 1 - digit)
    return out
