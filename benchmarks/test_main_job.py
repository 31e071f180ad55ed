"""The main job as a desk runs it: whole processes on the bundled sample."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from auction.sample import write_sample


def disposal(*words: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "auction.cli", *map(str, words)], check=True, capture_output=True
    )


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """New run folders, one after the other."""
    return (tmp_path / f"run-{number}" for number in count())


@pytest.mark.benchmark(group="disposal plan, 605 vehicles")
def test_plan(benchmark: BenchmarkFixture, tmp_path: Path, runs: Iterator[Path]) -> None:
    workspace = tmp_path / "workspace"
    write_sample(workspace)
    benchmark.pedantic(
        lambda: disposal("plan", workspace, "--out", next(runs)), rounds=3, warmup_rounds=1
    )
    assert benchmark.stats.stats.median < 30.0


@pytest.mark.benchmark(group="disposal --help")
def test_help(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(lambda: disposal("--help"), rounds=9, warmup_rounds=1)
    assert benchmark.stats.stats.median < 0.5


@pytest.mark.benchmark(group="disposal --help")
def test_bare_interpreter(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        rounds=9,
        warmup_rounds=1,
    )
