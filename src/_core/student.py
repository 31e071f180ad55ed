"""Student quantiles as a smooth function of normal ones, for draws by inversion.

With x**2 = ln(1 + t**2 / dof) / 2 the upper tail of a Student variable is

    integral from x to infinity of exp(-dof v**2) psi(v) dv, psi(v) = 2 v / sqrt(1 - exp(-2 v**2)),

over twice the same integral from 0: nearly a normal tail. Where it equals that of a normal z, the
ratio a = 2 dof x**2 / z**2 is a smooth function of z**2 / (z**2 + 25), which a short Chebyshev sum
tells. Nothing here comes from the C library but roots, so that the bits are the same everywhere.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import lru_cache
from math import fsum, isfinite

import numpy as np
from numpy.typing import NDArray

from _core.vmath import exp, norm_cdf

Floats = NDArray[np.float64]

#: Terms of the Chebyshev sum.
TERMS = 28
#: z**2 at which half of the range of the sum is reached, and where it ends: z = 8.25.
HALF, END = 25.0, 68.0625
_PI = Decimal("3.14159265358979323846264338327950288419717")
_STEP = 1.0 / 32.0


@lru_cache(maxsize=64)
def curve(dof: float) -> Floats:
    """Chebyshev coefficients of a over 2 u / u_end - 1, u = z**2 / (z**2 + 25).

    Parameters
    ----------
    dof : float
        Degrees of freedom, finite and at least 1.

    Returns
    -------
    float64[TERMS], not writeable

    Raises
    ------
    ValueError
        If dof is not as stated.
    """
    if not (isfinite(dof) and dof >= 1.0):
        raise ValueError(f"dof must be at least 1 and finite, got {dof}")
    node = _cosines(1)
    u = 0.5 * (1.0 + node) * (END / (END + HALF))
    square = HALF * u / (1.0 - u)
    ratio = 2.0 * dof * _matching(np.sqrt(square), dof) ** 2 / square
    found = [2.0 / TERMS * fsum(ratio * _cosines(term)) for term in range(TERMS)]
    found[0] *= 0.5
    coefficients = np.array(found)
    coefficients.flags.writeable = False
    return coefficients


def _matching(z: Floats, dof: float) -> Floats:
    """The x whose Student tail is the normal tail of z, by Newton's method on logarithms."""
    below, whole = norm_cdf(-z), 2.0 * _tail(np.zeros(1), dof)[0]
    x = z / np.sqrt(2.0 * dof + 1.0)
    for _ in range(60):
        tail = _tail(x, dof)
        density = _psi(x)
        # tail and density without their common factor exp(-dof x**2)
        scaled = below * whole * exp(dof * x * x)
        step = (tail - scaled) / density
        # the tail falls faster than it is convex
        step *= 1.0 / (1.0 + np.abs(step) * dof * x)
        x = x + step
        if (np.abs(step) <= 4e-16 * x).all():
            break
    return np.asarray(x)


def _tail(x: Floats, dof: float) -> Floats:
    """Integral from x on of exp(-dof (v**2 - x**2)) psi(v), by the trapezoidal rule in ln."""
    place = np.arange(-130.0, 131.0) * _STEP
    far = exp(-place)
    # widths of the range fall as the square root of dof
    distance = exp(place - far) / np.sqrt(dof)
    weight = _STEP * distance * (1.0 + far)
    v = x[:, None] + distance
    inside = weight * _psi(v) * exp(-dof * distance * (2.0 * x[:, None] + distance))
    return np.array([fsum(row) for row in inside])


def _psi(v: Floats) -> Floats:
    square = 2.0 * v * v
    series = np.zeros_like(square)
    for divisor in range(18, 1, -1):
        # (1 - exp(-s)) / s = 1 - s / 2 (1 - s / 3 (1 - ...))
        series = square / divisor * (1.0 - series)
    small = 1.0 - series
    large = (1.0 - exp(-square)) / np.maximum(square, 0.5)
    return np.asarray(np.sqrt(2.0 / np.where(square < 0.5, small, large)))


@lru_cache(maxsize=TERMS)
def _cosines(term: int) -> Floats:
    """Cosine of term times each Chebyshev angle, by its series in decimal arithmetic."""
    with localcontext() as context:
        context.prec = 60
        return np.array([_cosine(_PI * term * (2 * k + 1) / (2 * TERMS)) for k in range(TERMS)])


def _cosine(angle: Decimal) -> float:
    angle %= 2 * _PI
    total = summand = Decimal(1)
    for power in range(1, 40):
        summand *= -angle * angle / (2 * power * (2 * power - 1))
        total += summand
    return float(total)
