"""The best closure against every subset, alone and in batches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from auction.channels.closure import best_closures

Problem = tuple[list[float], list[tuple[int, int]]]


def best_closure(profit: list[float], needs: list[tuple[int, int]]) -> list[int]:
    (taken,) = best_closures([profit], [needs])
    return taken


def closed(items: tuple[int, ...], needs: list[tuple[int, int]]) -> bool:
    return all(needed in items for item, needed in needs if item in items)


# --- 1,000 random graphs ---


def random_problem(draw: np.random.Generator) -> Problem:
    """Return up to 12 parts, from no need at all to dense ones, one graph in four with circles."""
    size = int(draw.integers(1, 13))
    profit = (draw.integers(-20_000, 20_000, size) / 100).tolist()
    density, circles = draw.uniform(0.0, 0.35), draw.random() < 0.25
    arcs = [
        (a, b)
        for a in range(size)
        for b in range(size)
        if (a > b or (circles and a != b)) and draw.random() < density
    ]
    name = draw.permutation(size)  # needs point up as well as down the list
    return profit, [(int(name[a]), int(name[b])) for a, b in arcs]


def best_of_all(profit: list[float], needs: list[tuple[int, int]]) -> float:
    """Return the money of the best closure by looking at every subset."""
    size = len(profit)
    subset: NDArray[np.bool_] = (np.arange(2**size)[:, None] >> np.arange(size)) % 2 == 1
    allowed = np.ones(2**size, dtype=bool)
    for item, needed in needs:
        allowed &= ~subset[:, item] | subset[:, needed]
    return float((subset[allowed] @ np.array(profit)).max())


def test_a_thousand_random_graphs_equal_brute_force() -> None:
    draw = np.random.default_rng(20260601)
    problems = [random_problem(draw) for _ in range(1_000)]
    found = best_closures(*zip(*problems, strict=True))
    assert len(found) == 1_000
    losses_taken = partly = 0
    for (profit, needs), taken in zip(problems, found, strict=True):
        assert taken == sorted(set(taken))
        assert closed(tuple(taken), needs)
        money = sum(profit[i] for i in taken)
        assert money == pytest.approx(best_of_all(profit, needs), abs=1e-9)
        losses_taken += any(profit[i] < 0 for i in taken)
        partly += 0 < len(taken) < sum(gain > 0 for gain in profit)
    assert losses_taken > 200  # the graphs are neither empty nor trivial
    assert partly > 100


def test_a_batch_gives_what_each_problem_gives_alone() -> None:
    draw = np.random.default_rng(5)
    problems = [random_problem(draw) for _ in range(150)]
    problems[70:70] = [([], []), ([], []), ([-3.0], [])]
    together = best_closures(*zip(*problems, strict=True))
    assert together == [best_closure(*problem) for problem in problems]


def test_a_batch_without_problems_or_with_empty_ones() -> None:
    assert best_closures([], []) == []
    assert best_closures([[]] * 130, [[]] * 130) == [[]] * 130


def test_huge_money_does_not_coarsen_its_neighbours() -> None:
    small = [0.02, -0.01]
    found = best_closures([[1e300, -1e299], small, [1e15] * 60], [[(0, 1)], [(0, 1)], []])
    assert found == [[0, 1], [0, 1], list(range(60))]


@pytest.mark.parametrize(
    ("profits", "needs", "told"),
    [
        ([[1.0]], [], "1 lists of profits, 0 lists of needs"),
        ([[1.0, np.inf]], [[]], "not a finite number"),
        ([[np.nan]], [[]], "not a finite number"),
        ([[1.0], [1.0, 2.0]], [[(0, 1)], []], "names an item that is not there"),
        ([[1.0], [1.0, 2.0]], [[], [(-1, 0)]], "names an item that is not there"),
    ],
)
def test_problems_that_make_no_sense(
    profits: list[list[float]], needs: list[list[tuple[int, int]]], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        best_closures(profits, needs)


# --- corners ---


@settings(max_examples=150)
@given(
    money=st.lists(st.integers(-20_000, 20_000), max_size=8),
    noise=st.integers(-49, 49),
    arcs=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14),
)
@example(money=[-500], noise=0, arcs=[])
@example(money=[0, 0], noise=0, arcs=[(0, 1)])
@example(money=[0, -100], noise=0, arcs=[(0, 1)])
@example(money=[100, -50, -50], noise=0, arcs=[(0, 1), (1, 2)])
@example(money=[100, -20], noise=0, arcs=[(0, 1), (1, 0)])
def test_the_closure_is_the_best_of_all_subsets(
    money: list[int], noise: int, arcs: list[tuple[int, int]]
) -> None:
    profit = [cents / 100 + noise / 10_000 for cents in money]  # less than half a cent off
    profit.append(-0.5)  # a part that does not pay by itself
    needs = [(a, b) for a, b in arcs if a < len(profit) and b < len(profit)]
    taken = best_closure(profit, needs)
    assert taken == sorted(set(taken))
    assert closed(tuple(taken), needs)
    best = max(
        sum(profit[i] for i in subset)
        for size in range(len(profit) + 1)
        for subset in itertools.combinations(range(len(profit)), size)
        if closed(subset, needs)
    )
    assert sum(profit[i] for i in taken) == pytest.approx(best, abs=0.01 * len(profit) + 1e-9)


def test_a_loss_is_taken_for_the_sake_of_what_it_opens() -> None:
    assert best_closure([-30.0, 100.0, -80.0, 70.0], [(1, 0), (3, 2)]) == [0, 1]


def test_nothing_to_take() -> None:
    assert best_closure([], []) == []
    assert best_closure([-1.0, -2.0], [(0, 1)]) == []
    assert best_closure([0.001, -0.001], []) == []


def test_a_long_chain_is_taken_whole_or_not_at_all() -> None:
    length = 300
    needs = [(i + 1, i) for i in range(length - 1)]
    assert best_closure([-1.0] * (length - 1) + [length - 0.5], needs) == list(range(length))
    assert best_closure([-1.0] * (length - 1) + [length - 1.5], needs) == []
