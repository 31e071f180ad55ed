"""Coefficients and tables of `src/_core/tables.h`, worked out in 60-digit arithmetic.

`python -m benchmarks.coefficients` prints them as C and tells how good each approximation is.
Those of AS 241 (Wichura 1988) are the published ones.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise

import mpmath
from mpmath import mpf

Real = Callable[[mpf], mpf]
_DIGITS = 60
_NODES = 2000


def chebyshev_nodes(low: mpf, high: mpf, count: int) -> list[mpf]:
    half = mpf(1) / 2
    return [
        (low + high) / 2 - (high - low) / 2 * mpmath.cos(mpmath.pi * (i + half) / count)
        for i in range(count)
    ]


def minimax(function: Real, weight: Real, degree: int, reach: mpf) -> tuple[list[mpf], mpf]:
    """Polynomial of least largest weighted error over [-reach, reach] (Remez), and that error."""
    x = chebyshev_nodes(-reach, reach, _NODES)
    exact, weights = [function(v) for v in x], [weight(v) for v in x]
    turns = degree + 2
    place = [
        int((_NODES - 1) * (1 - mpmath.cos(mpmath.pi * i / (turns - 1))) / 2) for i in range(turns)
    ]
    for _ in range(20):
        matrix, right = mpmath.matrix(turns, turns), mpmath.matrix(turns, 1)
        for row, i in enumerate(place):
            for power in range(degree + 1):
                matrix[row, power] = x[i] ** power
            matrix[row, degree + 1] = (-1) ** row / weights[i]
            right[row] = exact[i]
        found = list(mpmath.lu_solve(matrix, right))[: degree + 1]
        error = [
            (mpmath.polyval(found[::-1], v) - f) * w
            for v, f, w in zip(x, exact, weights, strict=True)
        ]
        last, place = place, extremes(error, turns)
        if place == last:
            break
    return found, max(abs(e) for e in error)


def extremes(error: Sequence[mpf], count: int) -> list[int]:
    """Where an error is largest between its changes of sign, the largest in a row."""
    runs: list[list[int]] = [[0]]
    for i in range(1, len(error)):
        if error[i] * error[runs[-1][-1]] < 0:
            runs.append([])
        runs[-1].append(i)
    peaks = [max(run, key=lambda i: abs(error[i])) for run in runs]
    while len(peaks) > count:
        peaks.pop(0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1)
    return peaks


def ratio(
    function: Real, above: int, below: int, low: mpf, high: mpf
) -> tuple[list[mpf], list[mpf], mpf]:
    """Rational function through a function's values at Chebyshev nodes, and its worst error."""
    count = above + below + 1
    matrix, right = mpmath.matrix(count, count), mpmath.matrix(count, 1)
    for row, v in enumerate(chebyshev_nodes(low, high, count)):
        exact = function(v)
        for power in range(above + 1):
            matrix[row, power] = v**power
        for power in range(1, below + 1):
            matrix[row, above + power] = -exact * v**power
        right[row] = exact
    found = list(mpmath.lu_solve(matrix, right))
    num, den = found[: above + 1], [mpf(1), *found[above + 1 :]]
    points = [low + (high - low) * i / 100 for i in range(101)]
    return (
        num,
        den,
        max(
            abs(mpmath.polyval(num[::-1], v) / mpmath.polyval(den[::-1], v) / function(v) - 1)
            for v in points
        ),
    )


def tail_over_density(y: mpf) -> mpf:
    return mpmath.erfc(y / mpmath.sqrt(2)) / 2 * mpmath.exp(y * y / 2)


def far_rest(z: mpf) -> mpf:
    y = 1 / mpmath.sqrt(z)
    return (1 / mpmath.sqrt(2 * mpmath.pi) - y * tail_over_density(y)) / z


def quantile_ratio(w: mpf) -> mpf:
    """x / (p - 1/2) at w = -ln(4 p (1 - p))."""
    if w < mpf(10) ** -25:
        return mpmath.sqrt(2 * mpmath.pi)
    q = mpmath.sqrt(-mpmath.expm1(-w)) / 2
    return mpmath.sqrt(2) * mpmath.erfinv(2 * q) / q


def log_tables() -> tuple[list[float], list[float]]:
    """About 1 / m in the middle of each part of [45/64, 45/32), and minus its logarithm.

    Of the candidates that one is taken whose logarithm is nearest to a multiple of 2**-42.
    """
    edges = [1 - mpf(1) / 64 - mpf(j) / 32 for j in range(9, -1, -1)]
    edges += [1 + mpf(1) / 32 + mpf(j) / 16 for j in range(7)]
    inverse, offset = [], []
    for low, high in pairwise(edges):
        if low < 1 < high:
            inverse.append(1.0)
            offset.append(0.0)
            continue
        middle = int(mpmath.nint(mpmath.log((low + high) / 2) * 2**42))
        candidates = [mpf(middle + 97 * step) / 2**42 for step in range(-6000, 6000)]
        best = min(candidates, key=lambda v: abs(mpf(float(mpmath.exp(-v))) * mpmath.exp(v) - 1))
        inverse.append(float(mpmath.exp(-best)))
        offset.append(float(best))
    return inverse, offset


def table(name: str, values: Sequence[mpf]) -> None:
    words = [float(value).hex() for value in values]
    print(f"static const double RESIDUAL_AUCTION_{name}[{len(words)}] = {{")
    print("    " + ",\n    ".join(words) + "\n};")


def rests(values: Sequence[mpf]) -> list[mpf]:
    return [value - mpf(float(value)) for value in values]


def print_exponential() -> None:
    for part in range(16):
        root = float(mpf(2) ** (mpf(part) / 16))
        bits = struct.unpack("<Q", struct.pack("<d", root))[0]
        print(f"EXP_SCALE {part}: {(bits - (part << 48)) & (2**64 - 1):#x}")

    def rest(r: mpf) -> mpf:
        return (mpmath.expm1(r) - r) / r**2

    slack = 1 + mpf(2) ** -20
    for name, degree, reach in (
        ("EXP_POLY", 4, mpmath.log(2) / 32),
        ("EXP_WIDE_POLY", 9, mpmath.log(2) / 2),
    ):
        found, error = minimax(rest, lambda r: r * r, degree, reach * slack)
        table(name, found)
        print(f"/* {mpmath.nstr(error, 3)} */")


def print_logarithm() -> None:
    inverse, offset = log_tables()
    table("LOG_INVERSE", inverse)
    table("LOG_OFFSET", offset)
    both = [value for pair in zip(inverse, offset, strict=True) for value in pair]
    table("LOG_BOTH", [mpf(value) for value in both])
    found, error = minimax(
        lambda r: (mpmath.log1p(r) - r + r * r / 2) / r**3, lambda r: r * r, 6, mpf(1) / 32
    )
    table("LOG_POLY", [mpf(-1) / 2, *found])
    print(f"/* {mpmath.nstr(error, 3)} */")


def print_normal() -> None:
    slack = 1 + mpf(2) ** -20
    num, den, error = ratio(tail_over_density, 9, 10, mpf(0), mpmath.sqrt(32) * slack)
    for name, values in (("TAIL_NUM", num), ("TAIL_DEN", den)):
        table(name, values)
        table(f"{name}_REST", rests(values))
    print(f"/* {mpmath.nstr(error, 3)} */")
    for name, function, above, below, low, high in (
        ("FAR", far_rest, 5, 5, mpf(1) / 39**2, mpf(1) / 32 * slack),
        ("PPF", quantile_ratio, 9, 8, mpf(0), mpf(11) / 2),
    ):
        num, den, error = ratio(function, above, below, low, high)
        table(f"{name}_NUM", num)
        table(f"{name}_DEN", den)
        print(f"/* {mpmath.nstr(error, 3)} */")


def main() -> None:
    with mpmath.workdps(_DIGITS):
        print_exponential()
        print_logarithm()
        print_normal()


if __name__ == "__main__":
    main()
