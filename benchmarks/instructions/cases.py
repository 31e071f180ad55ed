"""Calls whose instructions are counted: run by `benchmarks.instructions` inside of valgrind.

Nothing but NumPy and the kernels is imported, since all of it is emulated. Every kernel is called
twice; the second call is counted, for valgrind writes what it has counted whenever `MARK` begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from _core import bids, choice, paths, prints, rng, tail, vmath

#: Called between what is not and what is counted.
MARK: Final = "prints.content_print"
VALUES, SCENARIOS = 4096, 1024


def choices() -> Callable[[], Any]:
    """The best of eight options each of 512 vehicles over two rows of limits."""
    draw = np.random.default_rng(3)
    vehicles, options, terms = 512, 8, 4
    columns = vehicles * options
    table = choice.Choices(
        np.arange(0, columns + 1, options),
        np.arange(columns),
        draw.normal(size=(columns, terms)),
        np.zeros(columns),
        np.arange(0, 2 * columns + 1, 2),
        np.tile([0, 1], columns),
        np.ones(2 * columns),
        np.zeros(columns),
        groups=1,
        rows=2,
    )
    moments, price = draw.normal(size=(1, terms)), np.array([0.1, 0.2])
    return lambda: table.best(moments, price, np.zeros(1))


def cases() -> dict[str, Callable[[], Any]]:
    """Every counted call by the function that it enters, `module.function`."""
    draw = np.random.default_rng(7)
    normal = draw.normal(size=VALUES)
    chance, out = draw.random(VALUES), np.empty(VALUES)
    units = np.arange(4, dtype=np.uint64)
    loadings = np.linalg.cholesky(np.full((4, 4), 0.5) + 0.5 * np.eye(4))
    rows = draw.normal(size=(8, SCENARIOS))
    lots = draw.uniform(-0.5, 0.5, 16), draw.uniform(2.0, 9.0, 16), draw.uniform(0.05, 0.3, 16)
    return {
        "vmath.exp": lambda: vmath.exp(3.0 * normal, 1, out),
        "vmath.log": lambda: vmath.log(np.exp(3.0 * normal), 1, out),
        "vmath.norm_cdf": lambda: vmath.norm_cdf(2.0 * normal, 1, out),
        "vmath.norm_ppf": lambda: vmath.norm_ppf(chance, 1, out),
        "rng.uniforms": lambda: rng.uniforms(7, 0, units, 1, SCENARIOS),
        "rng.normals": lambda: rng.normals(7, 0, units, 1, SCENARIOS),
        "rng.students": lambda: rng.students(7, 0, units, 1, SCENARIOS, 5.0),
        "paths.factor_paths": lambda: paths.factor_paths(
            7, 0, loadings, np.full((4, 4), 0.02), np.full(4, 0.98), 5, SCENARIOS
        ),
        "tail.cvar": lambda: tail.cvar(rows[0], 0.05),
        "tail.row_quantiles": lambda: tail.row_quantiles(rows, [0.05, 0.5, 0.95]),
        "bids.sale": lambda: bids.sale(*lots),
        "choice.best": choices(),
    }


if __name__ == "__main__":
    calls = cases().values()
    # what is loaded or tabulated at a first call, then what is counted
    for _ in range(2):
        for call in calls:
            call()
        prints.content_print(np.zeros(1))
