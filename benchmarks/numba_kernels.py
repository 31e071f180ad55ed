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
