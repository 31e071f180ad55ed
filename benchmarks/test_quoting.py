"""Quotes of 10,000 and 100,000 vehicles at 40 events in 1,024 scenarios, on two cores."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.quoted_fleet import EVENTS, book, market, quoted

THREADS = 2
#: Most seconds that 10,000 vehicles may take, and 100,000, and most memory for these.
BOUND, LARGE_BOUND, MEMORY = 2.0, 20.0, 2**30


@pytest.mark.benchmark(group="quotes, 10,000 vehicles at 40 events")
@pytest.mark.parametrize("levels", [(1.0,), (1.0, 0.9)], ids=["one reserve", "two reserves"])
def test_quotes_of_a_fleet(benchmark: BenchmarkFixture, levels: tuple[float, ...]) -> None:
    vehicles = 10_000
    there = market(levels)
    values = book(vehicles, there)
    options = benchmark.pedantic(quoted, args=(values, there, THREADS), rounds=3, warmup_rounds=1)
    assert options == vehicles * (EVENTS * len(levels) + 1)  # and keeping it back
    if benchmark.stats is not None and len(levels) == 1:
        assert benchmark.stats.stats.min < BOUND


@pytest.mark.benchmark(group="quotes, 100,000 vehicles at 40 events")
def test_quotes_of_a_large_fleet(benchmark: BenchmarkFixture) -> None:
    vehicles = 100_000

    def process() -> str:
        words = [sys.executable, "-m", "benchmarks.quoted_fleet", str(vehicles), str(THREADS)]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    told = json.loads(benchmark.pedantic(process, rounds=1))
    benchmark.extra_info.update(told)
    assert told["options"] == vehicles * (EVENTS + 1)
    assert told["peak_bytes"] < MEMORY
    assert told["seconds"] < LARGE_BOUND
