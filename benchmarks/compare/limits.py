"""What the machine at hand can do on one thread: bytes and multiplications in a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

#: Doubles of an array that no cache holds, and rows of a product that does fit.
STREAMED, ROWS = 16 << 20, 1536


@njit
def triad(a: NDArray[np.float64], b: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """STREAM's triad: two arrays read, one written."""
    for i in range(out.size):
        out[i] = a[i] + 3.0 * b[i]


@njit(fastmath={"reassoc", "contract"})
def added(a: NDArray[np.float64]) -> float:
    """The sum of an array that is read, nothing written."""
    total = 0.0
    for i in range(a.size):
        total += a[i]
    return total


def least(call: Callable[[], Any], rounds: int = 7) -> float:
    """Return the least seconds that a call takes."""
    call()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def limits() -> dict[str, float]:
    """Measure the limits.

    Returns
    -------
    dict of str to float
        "mixed": bytes a second of the triad, two thirds of them read; "read": of a sum; both in
        numba. "fma": fused multiply-adds of doubles a second, of NumPy's product of matrices
        (BLAS), which keeps the vector units of one core busy to within some per cent.
    """
    a, b, out = np.ones(STREAMED), np.ones(STREAMED), np.empty(STREAMED)
    square = np.random.default_rng(1).random((ROWS, ROWS))
    with threadpool_limits(1):
        product = least(lambda: square @ square)
    return {
        "mixed": 24.0 * STREAMED / least(lambda: triad(a, b, out)),
        "read": 8.0 * STREAMED / least(lambda: added(a)),
        "fma": ROWS**3 / product,
    }
