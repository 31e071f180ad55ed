"""Calls whose instructions are counted: run by `benchmarks.instructions` inside of valgrind.

Nothing but NumPy and the kernels is imported, since all of it is emulated. Every kernel is called
twice; the second call is counted, for valgrind writes what it has counted whenever `MARK` begins:
a part for each case, so that one kernel may call another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from _core import bids, chains, choice, outcomes, paths, prints, rng, tail, values, vmath

#: Called before every case that is counted, and after the last.
MARK: Final = "prints.content_print"
VALUES, SCENARIOS = 4096, 1024


def choices() -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The best of eight options each of 512 vehicles over two rows of limits; those near it too."""
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
    return (
        lambda: table.best(moments, price, np.zeros(1)),
        lambda: table.nearest(1.0, moments, price, np.zeros(1)),
    )


def moves() -> Callable[[], Any]:
    """Chains of three among 512 moves of 128 vehicles over 16 full rows."""
    draw = np.random.default_rng(5)
    count, rows = 512, 16
    # each takes a unit of one row and gives back one of another
    taken = draw.integers(0, rows, count)
    given = (taken + draw.integers(1, rows, count)) % rows
    first, last = np.minimum(taken, given), np.maximum(taken, given)
    change = np.where(first == taken, 1.0, -1.0)
    vehicle, gain = np.arange(count) // 4, draw.normal(size=count)
    return lambda: chains.link_moves(
        vehicle,
        gain,
        np.arange(0, 2 * count + 1, 2),
        np.column_stack([first, last]).ravel(),
        np.column_stack([change, -change]).ravel(),
        np.ones(rows),
        np.zeros(rows),
        np.flatnonzero(gain > 0.0),
        least=1e-6,
        depth=3,
        breadth=16,
        visits=64,
        budget=4096,
    )


def auctions() -> Callable[[], Any]:
    """Eight lots over three runs, in which some sellers haggle and one is bid for under seal."""
    draw = np.random.default_rng(13)
    count, runs = 8, 3
    every, ones = np.arange(count), np.ones(count)
    asked = np.exp(9.0 - 0.03 * np.arange(runs)) * np.ones((count, 1))
    given = {
        "seed": 7, "stream": 2, "keys": every.astype(np.uint64), "log_value": 9.0 * ones,
        "unit_scale": 0.2 * ones, "step_log_value": -0.01 * ones,
        "arrival": draw.uniform(2.0, 9.0, count), "spread": draw.uniform(0.05, 0.3, count),
        "accept_level": np.where(every % 2, 1.0, -np.inf), "accept_slope": 10.0 * ones,
        "sealed": np.where(every == 4, 0, -1),
        "rivals": np.linspace(0.0, 1.0, 65)[None, :] ** 2, "reserve": asked,
        "unsold_fee": np.full((count, runs), 40.0), "fees": every % 2,
        "sale_above": np.array([[0.0, np.inf], [0.0, 8_000.0]]),
        "sale_fixed": np.array([[200.0, 0.0], [100.0, 300.0]]),
        "sale_rate": np.array([[0.02, 0.0], [0.03, 0.01]]), "tax_rate": 0.0 * ones,
        "return_rate": 0.05 * ones, "return_fixed": 150.0 * ones, "return_share": 0.1 * ones,
        "floor_price": np.where(every == 7, 8_500.0, 0.0), "largest_payout": 900.0 * ones,
        "worth": 0.98 * ones, "spent": 300.0 * ones, "step_discount": 0.997, "step_cost": 120.0,
        "fallback": 0.85, "shock": draw.normal(size=(count, SCENARIOS)),
        "factor": 0.1 * draw.normal(size=(2, 4, SCENARIOS)), "group": every // 4,
        "place": np.zeros((count, 1), dtype=np.int64) + np.arange(runs + 1),
        "slot": every[:, None] // 3 + np.zeros((1, runs), dtype=np.int64), "slots": 3,
    }  # fmt: skip
    return lambda: outcomes.auction_outcomes(**given)


def book() -> Callable[[], Any]:
    """Eight vehicles in two markets over six months, with quantiles and bars."""
    draw = np.random.default_rng(11)
    units, dates = 8, 6
    level = 9.0 + 0.3 * draw.normal(size=(units, 1)) - 0.01 * np.arange(dates)
    table = np.linspace(-2.3, 2.3, 50)[None, :]
    ends = np.array([[0.01, 0.99, 0.4, 0.3, -12.0, 3.2]])
    factor = 0.1 * draw.normal(size=(2, dates, SCENARIOS)).cumsum(axis=1)
    keys, group = np.arange(units, dtype=np.uint64), np.arange(units) // 4
    return lambda: values.value_paths(
        7,
        3,
        keys,
        level,
        np.full(units, 0.2),
        np.zeros(units, dtype=np.int64),
        table,
        ends,
        group,
        factor,
        np.exp(level),
        (0.05, 0.5, 0.95),
    )


def cases() -> dict[str, Callable[[], Any]]:
    """Every counted call by the function that it enters, `module.function`."""
    draw = np.random.default_rng(7)
    normal = draw.normal(size=VALUES)
    chance, out = draw.random(VALUES), np.empty(VALUES)
    units = np.arange(4, dtype=np.uint64)
    loadings = np.linalg.cholesky(np.full((4, 4), 0.5) + 0.5 * np.eye(4))
    rows = draw.normal(size=(8, SCENARIOS))
    best, nearest = choices()
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
        "choice.best": best,
        "choice.nearest": nearest,
        "chains.link_moves": moves(),
        "outcomes.auction_outcomes": auctions(),
        "values.value_paths": book(),
    }


if __name__ == "__main__":
    calls = cases().values()
    # what is loaded or tabulated at a first call, then what is counted
    for call in calls:
        call()
    for call in calls:
        prints.content_print(np.zeros(1))
        call()
    prints.content_print(np.zeros(1))
