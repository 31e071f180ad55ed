"""Errors of the elementary functions in units of the last place, against 60-digit arithmetic.

`python -m benchmarks.accuracy` prints the table of docs/models/kernels.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import numpy as np
from numpy.typing import NDArray

import _core

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
_DIGITS = 60


@dataclass(frozen=True)
class Span:
    """Arguments of one kind."""

    name: str
    draw: Draw


@dataclass(frozen=True)
class Function:
    """A kernel with its exact value and what it is tried on."""

    name: str
    kernel: Callable[[Floats], Floats]
    exact: Callable[[mpmath.mpf], mpmath.mpf]
    spans: tuple[Span, ...]


def between(low: float, high: float) -> Draw:
    return lambda rng, count: rng.uniform(low, high, count)


def powers(low: float, high: float) -> Draw:
    """E to the power of what lies between."""
    return lambda rng, count: np.exp(rng.uniform(low, high, count))


def normal(rng: np.random.Generator, count: int) -> Floats:
    return np.ldexp(rng.uniform(1.0, 2.0, count), rng.integers(-1022, 1024, count))


def subnormal(rng: np.random.Generator, count: int) -> Floats:
    bits = rng.integers(1, 1 << 52, count, dtype=np.uint64)
    return (bits >> rng.integers(0, 52, count, dtype=np.uint64)).clip(1).view(np.float64)


def near_one(rng: np.random.Generator, count: int) -> Floats:
    return np.asarray(1.0 + rng.choice([-1.0, 1.0], count) * np.exp(rng.uniform(-36, -3, count)))


def near_half(rng: np.random.Generator, count: int) -> Floats:
    return np.asarray(0.5 + rng.choice([-1.0, 1.0], count) * np.exp(rng.uniform(-36, -3, count)))


def upper_tail(rng: np.random.Generator, count: int) -> Floats:
    return np.asarray(1.0 - np.exp(rng.uniform(-36.0, -2.6, count)))


def quantile(p: mpmath.mpf) -> mpmath.mpf:
    """Normal quantile, by Newton's method on the logarithm of the tail."""
    if p > 0.5:
        return -quantile(1 - p)
    start = float(_core.norm_ppf([float(p)])[0]) if float(p) > 0.0 else -38.0
    x = mpmath.mpf(start)
    for _ in range(8):
        tail = mpmath.ncdf(x)
        step = (mpmath.log(tail) - mpmath.log(p)) * tail / mpmath.npdf(x)
        x -= step
        if abs(step) < mpmath.mpf(10) ** -40:
            return x
    raise ArithmeticError(f"no quantile found at {p}")


FUNCTIONS = (
    Function(
        "exp",
        _core.exp,
        mpmath.exp,
        (
            Span("−0.1 to 0.1", between(-0.1, 0.1)),
            Span("−708 to 708", between(-708.0, 708.0)),
            Span("708 to 709.78", between(708.0, 709.78)),
            Span("subnormal results", between(-745.13, -708.0)),
        ),
    ),
    Function(
        "log",
        _core.log,
        mpmath.log,
        (
            Span("0.5 to 2", between(0.5, 2.0)),
            Span("1 ± 0.05", near_one),
            Span("1 + 1/32 and a little more", between(1.03125, 1.0345)),
            Span("normal", normal),
            Span("from 2**1023 on", between(2.0**1023, 1.79e308)),
            Span("subnormal", subnormal),
        ),
    ),
    Function(
        "norm_cdf",
        _core.norm_cdf,
        mpmath.ncdf,
        (
            Span("−0.7 to 0.7", between(-0.7, 0.7)),
            Span("−5.66 to −0.7", between(-5.66, -0.7)),
            Span("0.7 to 8.3", between(0.7, 8.3)),
            Span("−37.5 to −5.66", between(-37.5, -5.66)),
            Span("subnormal results", between(-38.4, -37.5)),
        ),
    ),
    Function(
        "norm_ppf",
        _core.norm_ppf,
        quantile,
        (
            Span("0.001 to 0.999", between(0.001, 0.999)),
            Span("0.5 ± 0.05", near_half),
            Span("1.4e-11 to 0.075", powers(-25.0, -2.6)),
            Span("1e-307 to 1.4e-11", powers(-706.0, -25.0)),
            Span("0.926 to 1 − 2e-16", upper_tail),
            Span("subnormal", subnormal),
        ),
    ),
)


def errors(function: Function, span: Span, count: int, seed: int) -> Floats:
    """Distance of each result from the exact value, in the spacing of doubles there."""
    x = span.draw(np.random.default_rng(seed), count)
    found = function.kernel(x)
    with mpmath.workdps(_DIGITS):
        exact = [function.exact(mpmath.mpf(float(value))) for value in x]
        return np.array(
            [
                float(abs(mpmath.mpf(float(mine)) - true) / float(np.spacing(abs(float(true)))))
                for mine, true in zip(found, exact, strict=True)
            ]
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="arguments for each range")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    print(f"{_core.build_info()['instruction_set']}, {chosen.count} arguments for each range\n")
    print("| function | range | largest error | mean |")
    print("|---|---|---|---|")
    for function in FUNCTIONS:
        for span in function.spans:
            found = errors(function, span, chosen.count, chosen.seed)
            row = f"| `{function.name}` | {span.name} | {found.max():.2f} | {found.mean():.2f} |"
            print(row, flush=True)


if __name__ == "__main__":
    main()
