"""The kernel of chains against its plain twin, and on cases worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from _core import chains, reference_chains


def moves(seed: int, vehicles: int, rows: int) -> dict[str, Any]:
    """Return moves whose uses are binary fractions, so that sums have the same bits everywhere."""
    rng = np.random.default_rng(seed)
    count = 3 * vehicles
    each = rng.integers(0, rows + 1, count) if rows else np.zeros(count, dtype=int)
    row = [np.sort(rng.choice(rows, n, replace=False)) for n in each] if rows else []
    flat = np.concatenate([np.zeros(0, dtype=int), *row]).astype(np.int64)
    return {
        "vehicle": rng.integers(0, max(vehicles, 1), count).astype(np.int64),
        "gain": np.round(rng.normal(0.0, 10.0, count)),
        "pointer": np.append(0, np.cumsum(each)).astype(np.int64),
        "row": flat,
        "change": rng.choice([-1.0, -0.5, 0.25, 0.5, 1.0], flat.size),
        "weight": rng.choice([1.0, 2.0, 4.0], rows),
        "room": rng.choice([0.0, 0.25, 1.0], rows),
        "begin": np.arange(count, dtype=np.int64),
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_kernel_does_what_its_twin_does(seed: int, depth: int) -> None:
    sizes = [(1, 1), (4, 0), (6, 3), (25, 6)]
    linked = 0
    for vehicles, rows in sizes:
        asked = moves(seed, vehicles, rows)
        for visits, budget in ((1_000, 10_000), (7, 60)):
            limits: dict[str, Any] = {
                "depth": depth,
                "breadth": 5,
                "visits": visits,
                "budget": budget,
            }
            mine = chains.link_moves(**asked, least=0.5, **limits)
            twin = reference_chains.link_moves(**asked, least=0.5, **limits)
            for one, other in zip(mine, twin, strict=True):
                assert_array_equal(one, other)
            linked += mine[0].size
    assert linked > 20


@pytest.mark.parametrize("seed", range(6))
def test_chains_fit_and_move_no_vehicle_twice(seed: int) -> None:
    asked = moves(seed, 40, 5)
    made, ends = chains.link_moves(
        **asked, least=0.0, depth=4, breadth=8, visits=500, budget=50_000
    )
    assert made.size
    assert np.unique(asked["vehicle"][made]).size == made.size
    used = np.zeros(5)
    begin = 0
    for end in ends:
        for move in made[begin:end]:
            part = slice(asked["pointer"][move], asked["pointer"][move + 1])
            used[asked["row"][part]] += asked["change"][part]
        assert (used <= asked["room"]).all()
        assert asked["gain"][made[begin:end]].sum() > 0.0
        begin = end


def test_three_vehicles_change_places() -> None:
    """Each takes the place that the next one leaves; no two of them could change alone."""
    kinds: dict[str, Any] = {
        "vehicle": np.array([0, 1, 2]),
        "gain": np.array([5.0, -1.0, -1.0]),
        "pointer": np.array([0, 2, 4, 6]),
        "row": np.array([0, 1, 1, 2, 0, 2]),
        "change": np.array([-1.0, 1.0, -1.0, 1.0, 1.0, -1.0]),
        "weight": np.ones(3),
        "room": np.zeros(3),
        "begin": np.array([0]),
    }
    limits: dict[str, Any] = {"least": 0.0, "breadth": 5, "visits": 100, "budget": 100}
    made, ends = chains.link_moves(**kinds, depth=3, **limits)
    assert (made.tolist(), ends.tolist()) == ([0, 1, 2], [3])
    assert chains.link_moves(**kinds, depth=2, **limits)[0].size == 0


@pytest.mark.parametrize("depth", [0, 9])
def test_a_depth_out_of_range_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="depth"):
        chains.link_moves(**moves(1, 3, 2), least=0.0, depth=depth, breadth=1, visits=1, budget=1)
