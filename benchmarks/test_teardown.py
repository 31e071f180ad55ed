"""Teardowns of 5,000 vehicles with 60 parts each, no two alike, on one core; HiGHS as the peer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from auction.channels.teardown import Part, Teardown, read_parts, tear_down
from auction.workspace.config import Dismantling

VEHICLES, PARTS = 5_000, 60
#: Vehicles on which the peer is held against us.
FEW = 200
LABOUR_RATE = 35.0
#: Most seconds that the whole may take.
BOUND = 5.0


def catalogue(vehicles: int) -> pl.DataFrame:
    """Return a parts list for each vehicle, with its own prices, chances and needs."""
    draw = np.random.default_rng(60)
    rows = vehicles * PARTS
    number = np.tile(np.arange(PARTS), vehicles)
    needs = [
        ";".join(f"p{first}" for first in sorted(set(draw.integers(0, part, draw.integers(0, 3)))))
        if part else None
        for part in number.tolist()
    ]  # fmt: skip
    return pl.DataFrame(
        {
            "group": np.repeat([f"make {vehicle}" for vehicle in range(vehicles)], PARTS),
            "part": [f"p{part}" for part in number.tolist()],
            "price": draw.lognormal(4.5, 1.0, rows).round(2),
            "chance": draw.uniform(0.1, 0.9, rows).round(2),
            "labour_hours": draw.uniform(0.1, 3.0, rows).round(1),
            "needs": needs,
            "legal_class": ["free"] * rows,
        }
    )


def teardowns(table: pl.DataFrame) -> list[Teardown]:
    """Return the best teardown of every list, from the table on."""
    lists = read_parts(table, Dismantling(jurisdiction="US"))
    return tear_down([(parts, LABOUR_RATE) for parts in lists.values()])


def highs(parts: tuple[Part, ...]) -> float:
    """Return the money of the best teardown by integer programming."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    place = {part.name: i for i, part in enumerate(parts)}
    arcs = np.array([(i, place[name]) for i, part in enumerate(parts) for name in part.needs])
    line = np.arange(len(arcs))
    order = coo_array(
        (np.tile([1.0, -1.0], (len(arcs), 1)).T.ravel(), (np.tile(line, 2), arcs.T.ravel())),
        shape=(len(arcs), len(parts)),
    )
    found = milp(
        [-part.profit(LABOUR_RATE) for part in parts],
        integrality=np.ones(len(parts), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(order, -np.inf, 0.0),
        options={"mip_rel_gap": 0.0},
    )
    assert found.fun is not None
    return -found.fun


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return catalogue(VEHICLES)


@pytest.mark.benchmark(group="teardowns, 5,000 vehicles of 60 parts")
def test_teardowns_of_a_large_yard(benchmark: BenchmarkFixture, table: pl.DataFrame) -> None:
    found = benchmark.pedantic(teardowns, args=(table,), rounds=3)
    assert len(found) == VEHICLES
    taken = np.array([len(each.parts) for each in found])
    assert 5 < taken.mean() < PARTS - 5  # neither nothing nor everything
    assert np.unique([each.value for each in found]).size == VEHICLES
    if benchmark.stats is not None:
        assert benchmark.stats.stats.min < BOUND


@pytest.mark.benchmark(group="teardowns, 200 vehicles of 60 parts")
def test_teardowns_of_a_small_yard(benchmark: BenchmarkFixture, table: pl.DataFrame) -> None:
    few = table.head(FEW * PARTS)
    found = benchmark(teardowns, few)
    lists = read_parts(few, Dismantling(jurisdiction="US")).values()
    best = [highs(parts) for parts in lists]
    np.testing.assert_allclose([each.value for each in found], best, rtol=0, atol=0.01 * PARTS)


@pytest.mark.benchmark(group="teardowns, 200 vehicles of 60 parts")
def test_teardowns_of_a_small_yard_highs(benchmark: BenchmarkFixture, table: pl.DataFrame) -> None:
    lists = read_parts(table.head(FEW * PARTS), Dismantling(jurisdiction="US"))
    best = benchmark.pedantic(lambda: [highs(parts) for parts in lists.values()], rounds=1)
    assert min(best) > 0.0
