"""Ctrl-C ends every kernel that may run for long, and no kernel keeps what it asked for."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

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

Call = Callable[[], object]

# Seconds: within what a call ends, and how long it is left alone.
LIMIT, AFTER = 0.2, 0.1


def small() -> dict[str, Call]:
    """Every kernel on a little work."""
    gen = np.random.default_rng(0)
    x = gen.random(64)
    ones = np.ones(4)
    held = choice.Choices(*columns(1, 20, 3, 4, 0.25))
    at = prices(1, 4, 0.25)
    every = np.arange(20, dtype=np.int64)
    some = np.arange(5, dtype=np.int64)
    chosen = choosers(1, 8, 3)
    linked = moves(1, 4, 3)
    policy = policy_inputs(1, terms=2, nodes=2, runs=1)
    normal = case(1, 2, 4, 2)
    valued, held_lots = book(2, 2, 16), lots(3, 16)
    groups, known = tuple(normal[9:12]), (np.ones(6), 2)
    kept = arrow.eliminate(*normal[:13], normal[13].copy(), normal[14].copy())
    return {
        "exp": lambda: vmath.exp(x),
        "log": lambda: vmath.log(x),
        "norm_cdf": lambda: vmath.norm_cdf(x),
        "norm_ppf": lambda: vmath.norm_ppf(x),
        "uniforms": lambda: rng.uniforms(1, 1, [1], 1, 64),
        "normals": lambda: rng.normals(1, 1, [1], 1, 64),
        "students": lambda: rng.students(1, 1, [1], 1, 64, 5.0),
        "philox4x32": lambda: rng.philox4x32(np.zeros((4, 4)), np.zeros(2)),
        "factor_paths": lambda: paths.factor_paths(
            1, 1, np.eye(2), np.ones((2, 2)), np.ones(2), 5, 4
        ),
        "cvar": lambda: tail.cvar(x, 0.9),
        "row_quantiles": lambda: tail.row_quantiles(x.reshape(8, 8), [0.1, 0.5]),
        "sale": lambda: bids.sale(ones[:1], ones[:1], ones[:1]),
        "link_moves": lambda: chains.link_moves(
            **linked, least=0.5, depth=2, breadth=3, visits=20, budget=50
        ),
        "soft_choices": lambda: soft.soft_choices(**chosen, price=ones[:3], temperature=5.0),
        "solve_positive": lambda: soft.solve_positive(np.eye(3), np.ones(3)),
        "best": lambda: held.best(*at),
        "worths": lambda: held.worths(some, *at),
        "above": lambda: held.above(every, np.zeros(20), *at),
        "nearest": lambda: held.nearest(50.0, *at),
        "sums": lambda: held.sums(some, np.ones(5)),
        "used": lambda: held.used(some),
        "partial_sums": lambda: held.partial_sums(some, np.ones(5)),
        "take": lambda: held.take(some, some, np.ones(4), np.ones(at[2].size)),
        "serve": lambda: held.serve(np.full(20, -1), every, np.ones(4), np.ones(at[2].size), *at),
        "dearest": lambda: held.dearest(0, 5, at[1]),
        "content_print": lambda: prints.content_print(x),
        "eliminate": lambda: arrow.eliminate(*normal[:13], normal[13].copy(), normal[14].copy()),
        "back_substitute": lambda: arrow.back_substitute(*known, *groups, *kept),
        "group_variances": lambda: arrow.group_variances(np.eye(6), 2, *groups, *kept),
        "carry": lambda: arrow.carry(np.ones(int(normal[9][-1])), *known, *groups, *kept),
        "arrange": lambda: arrow.arrange(
            np.arange(3), np.arange(2), np.ones(2), np.array([0, -1]), np.arange(2), np.arange(2), 1
        ),
        "unit_shocks": lambda: values.unit_shocks(
            1, 1, valued["keys"], valued["form"], valued["tables"], valued["ends"], 9
        ),
        "value_paths": lambda: values.value_paths(**valued, probabilities=(0.5,)),
        "auction_outcomes": lambda: outcomes.auction_outcomes(**held_lots),
        "mirror": lambda: arrow.mirror(np.ones((3, 3)), np.ones(3)),
        "auction_policy": lambda: reserves.auction_policy(**policy),
    }


def long() -> dict[str, Call]:
    """Kernels with work for many seconds."""
    vehicles, each = 5_000, 400
    count = vehicles * each
    held = choice.Choices(
        np.arange(vehicles + 1) * each, np.zeros(count), np.ones((1, 1_000)), np.zeros(1),
        np.zeros(count + 1), np.zeros(0), np.zeros(0), np.full(count, -1), 1, 0,
    )  # fmt: skip
    at = (np.ones((1, 1_000)), np.zeros(0), np.zeros(0))
    every = np.arange(vehicles)
    ones = np.ones(3_000_000)
    sorted_rows = np.broadcast_to(np.arange(50_000.0), (100, 50_000))
    several = policy_inputs(60_000, nodes=32)
    many = book(20_000, 30, 4_096)
    hopeless = np.full((1_000, 60), 1e9)
    unsold = lots(1_000, 4_096) | {
        "reserve": hopeless, "unsold_fee": hopeless, "slot": np.zeros(hopeless.shape, int),
        "place": np.zeros((1_000, 61), int),
    }  # fmt: skip
    x = np.ones(2)
    room = np.ones(1)
    return {
        "normals": lambda: rng.normals(1, 1, np.arange(4_000), 1_000, 60, 2),
        "factor_paths": lambda: paths.factor_paths(
            1, 1, np.eye(2), np.ones((2, 20)), np.ones(2), 1_000, 100_000, threads=2
        ),
        "row_quantiles": lambda: tail.row_quantiles(sorted_rows, np.linspace(0, 1, 500), 2),
        "sale": lambda: bids.sale(ones, ones, ones, 2),
        "auction_policy": lambda: reserves.auction_policy(**several, threads=2),
        "best": lambda: held.best(*at, 2),
        "worths": lambda: held.worths(np.arange(count), *at, 2),
        "above": lambda: held.above(every, np.zeros(vehicles), *at, 2),
        "nearest": lambda: held.nearest(50.0, *at, 2),
        "unit_shocks": lambda: values.unit_shocks(
            1, 1, np.arange(20_000), np.zeros(20_000, int), many["tables"], many["ends"], 20_000, 2
        ),
        "value_paths": lambda: values.value_paths(**many, probabilities=(0.5,), threads=2),
        "auction_outcomes": lambda: outcomes.auction_outcomes(**unsold, threads=2),
        "serve": lambda: held.serve(np.full(vehicles, -1), every, room, x, *at),
        "solve_positive": lambda: soft.solve_positive(np.eye(3_000), np.ones(3_000)),
    }


LONG = long()


class PressedError(Exception):
    """What the handler raises here, so that a real Ctrl-C still ends the tests."""


@pytest.mark.parametrize("name", sorted(LONG))
def test_a_signal_ends_a_long_call(name: str) -> None:
    def handler(number: int, frame: object) -> None:
        raise PressedError

    waits = []
    before = signal.signal(signal.SIGALRM, handler)
    try:
        # the least of three, as the machine may have other things to do
        while len(waits) < 3 and min(waits, default=LIMIT) >= LIMIT:
            began = time.monotonic()
            # a timer needs no interpreter, whose lock the kernel may hold all the while
            signal.setitimer(signal.ITIMER_REAL, AFTER)
            with pytest.raises(PressedError):
                LONG[name]()
            waits.append(time.monotonic() - began - AFTER)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert min(waits) < LIMIT


def resident() -> int:
    """Kilobytes of memory that the process holds."""
    words = Path("/proc/self/status").read_text(encoding="ascii").split()
    return int(words[words.index("VmRSS:") + 1])


@pytest.mark.parametrize("name", sorted(small()))
def test_ten_thousand_calls_leave_nothing_behind(name: str) -> None:
    call = small()[name]
    for _ in range(500):
        call()
    # What a call of these leaves behind would be hundreds of bytes at the least, in every round;
    # the process may take more memory for other reasons once.
    for _ in range(3):
        before = resident()
        for _ in range(10_000):
            call()
        grown = resident() - before
        if grown < 1_000:
            break
    assert grown < 1_000
