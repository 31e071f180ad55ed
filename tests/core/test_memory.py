"""Kernels take no more memory beside their results than the documentation states."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from _core import (
    arrow,
    bids,
    chains,
    choice,
    outcomes,
    paths,
    prints,
    reserves,
    rng,
    soft,
    tail,
    values,
    vmath,
)
from core.test_arrow import case
from core.test_auction_kernels import policy_inputs
from core.test_chains import moves
from core.test_choice_kernels import choosers, columns, prices
from core.test_outcomes import lots
from core.test_values import book

#: Objects of the interpreter and buffers of fixed size, bytes.
SMALL = 20_000
THREADS = 2
COUNT = 50_000


def stated() -> dict[str, tuple[Callable[[], object], float]]:
    """Return calls, with the bytes that each may take beside its result."""
    x = np.random.default_rng(0).random(COUNT)
    units, ones = np.arange(500, dtype=np.uint64), np.ones(COUNT)
    given = columns(1, 4_000, 10, 60, 0.25)
    held, at = choice.Choices(*given), prices(1, 60, 0.25)
    count, vehicles = int(given[0][-1]), 4_000
    every, listed = np.arange(vehicles, dtype=np.int64), np.arange(count)
    shares, free = np.ones(count), np.full(vehicles, -1)
    owner = np.repeat(every, np.diff(given[0]))
    asked = 8.0 * count + 50.0 * vehicles
    summed = 20.0 * count + 64 * 8.0 * (60 + 2 * at[0].size)
    chosen, price = choosers(1, 5_000, 40), np.ones(40)
    linked = moves(1, 3_000, 20)
    matrix, right = np.eye(200), np.ones(200)
    policy = policy_inputs(2_000)
    cases = policy["log_value"].size
    normal = case(1, 200, 60, 2)
    form, kinds = np.arange(units.size) % 2, (np.ones((2, 9)), [[0.1, 0.9, 1, 1, -5, 5]] * 2)
    valued, held_lots = book(600, 6, 256), lots()
    return {
        "exp": (lambda: vmath.exp(x), 0.0),
        "log": (lambda: vmath.log(x), 0.0),
        "norm_cdf": (lambda: vmath.norm_cdf(x), 0.0),
        "norm_ppf": (lambda: vmath.norm_ppf(x), 0.0),
        "uniforms": (lambda: rng.uniforms(1, 1, units, 10, 20, THREADS), 8.0 * units.size),
        "normals": (lambda: rng.normals(1, 1, units, 10, 20, THREADS), 8.0 * units.size),
        "students": (lambda: rng.students(1, 1, units, 10, 20, 5.0, THREADS), 8.0 * units.size),
        "factor_paths": (
            lambda: paths.factor_paths(
                1, 1, np.eye(4), np.ones((4, 20)), np.ones(4), 5, 2_000, threads=THREADS
            ),
            THREADS * 4 * 512 * 8.0,
        ),
        "cvar": (lambda: tail.cvar(x, 0.9), 0.0),
        "row_quantiles": (
            lambda: tail.row_quantiles(x.reshape(10, -1), [0.1, 0.5], THREADS),
            THREADS * COUNT / 10 * 8.0,
        ),
        "sale": (lambda: bids.sale(ones, ones, ones, THREADS), THREADS * 8_000.0),
        "auction_policy": (
            lambda: reserves.auction_policy(**policy, threads=THREADS),
            THREADS * 300_000.0 + 72.0 * cases,
        ),
        "best": (lambda: held.best(*at, THREADS), 0.0),
        "worths": (lambda: held.worths(listed, *at, THREADS), 0.0),
        "dearest": (lambda: held.dearest(0, count, at[1], THREADS), 0.0),
        "above": (lambda: held.above(every, np.full(vehicles, -np.inf), *at, THREADS), asked),
        "nearest": (lambda: held.nearest(1e9, *at, THREADS), asked),
        "sums": (lambda: held.sums(listed, shares, THREADS), summed),
        "used": (lambda: held.used(listed, THREADS), summed),
        "take": (lambda: held.take(listed, owner, at[1], at[2]), 0.0),
        "serve": (lambda: held.serve(free, every, at[1], at[2], *at), 0.0),
        "soft_choices": (
            lambda: soft.soft_choices(
                **chosen, price=price, temperature=5.0, slopes=True, threads=THREADS
            ),
            64 * 8.0 * (40 * 40 + 5 * 40),
        ),
        "solve_positive": (lambda: soft.solve_positive(matrix, right), 8.0 * matrix.size),
        "link_moves": (
            lambda: chains.link_moves(
                **linked, least=0.5, depth=2, breadth=3, visits=20, budget=50
            ),
            40.0 * (linked["change"].size + linked["vehicle"].size),
        ),
        "content_print": (lambda: prints.content_print(x), 0.0),
        "auction_outcomes": (
            lambda: outcomes.auction_outcomes(**held_lots, threads=THREADS),
            70_000.0 + 600.0 * 23 + THREADS * (40_000.0 + 4.0 * 7 * 601),
        ),
        "unit_shocks": (
            lambda: values.unit_shocks(1, 1, units, form, *kinds, 200, THREADS),
            THREADS * 8.0 * 1_024 + 16.0 * units.size,
        ),
        "value_paths": (
            lambda: values.value_paths(**valued, probabilities=(0.5,), threads=THREADS),
            8.0 * (16 * 2 + 3) * 6 * 256 + THREADS * 28.0 * 256 + 3 * 8.0 * 600 * 6,
        ),
        "eliminate": (
            lambda: arrow.eliminate(*normal[:13], normal[13].copy(), normal[14].copy()),
            8.0 * (62 * 62 + 512 * 3 + 62),
        ),
    }  # fmt: skip


CALLS = stated()


def held_by(result: Any) -> int:
    """Return the bytes of a result's arrays."""
    if isinstance(result, tuple):
        return sum(map(held_by, result))
    return result.nbytes if isinstance(result, np.ndarray) else 0


@pytest.mark.parametrize("name", sorted(CALLS))
def test_memory_beside_the_result_is_bounded(name: str) -> None:
    call, bound = CALLS[name]
    call()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = call()
        most = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert most - held_by(result) <= bound + SMALL
