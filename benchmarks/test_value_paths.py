"""Value paths with unit shocks over 60 months, reduced, beside NumPy and numba.

Paths are drawn with the same keyed uniforms and reduced to the same figures by all: mean, standard
deviation, three quantiles and the chance to lie below a balance, of each unit and month.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pytest_benchmark.fixture import BenchmarkFixture

from _core import reference_values, rng, values
from benchmarks import numba_values

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from core.test_values import CHANCES, book

UNITS, MONTHS, SCENARIOS = 128, 60, 1024
GROUP = "value paths, 128 x 60 x 1,024"


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    return book(UNITS, MONTHS, SCENARIOS)


@pytest.mark.benchmark(group=GROUP)
def test_value_paths(benchmark: BenchmarkFixture, given: dict[str, Any]) -> None:
    benchmark(values.value_paths, **given, probabilities=CHANCES)


@pytest.mark.benchmark(group=GROUP)
def test_value_paths_numpy(benchmark: BenchmarkFixture, given: dict[str, Any]) -> None:
    benchmark(reference_values.value_paths, **given, probabilities=CHANCES)


@pytest.mark.benchmark(group=GROUP)
def test_value_paths_numba(benchmark: BenchmarkFixture, given: dict[str, Any]) -> None:
    arguments = [
        given[name]
        for name in ("log_value", "scale", "form", "tables", "ends", "group", "factor", "bar")
    ]
    few = [one[:1] if one.shape[0] == UNITS else one for one in arguments]
    chances = np.array(CHANCES)
    numba_values.value_paths(rng.uniforms(7, 3, given["keys"][:1], 1, SCENARIOS), *few, chances)

    def run() -> Any:
        # numba has no keyed streams; the draws are a hundredth of the work
        drawn = rng.uniforms(given["seed"], given["stream"], given["keys"], 1, SCENARIOS)
        return numba_values.value_paths(drawn, *arguments, chances)

    found = benchmark(run)
    for one, other in zip(
        found, values.value_paths(**given, probabilities=CHANCES)[:4], strict=True
    ):
        assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.benchmark(group=f"{GROUP}, chances alone")
def test_chances(benchmark: BenchmarkFixture, given: dict[str, Any]) -> None:
    benchmark(values.value_paths, **given)


@pytest.mark.benchmark(group=f"{GROUP}, chances alone")
def test_chances_numpy(benchmark: BenchmarkFixture, given: dict[str, Any]) -> None:
    benchmark(reference_values.value_paths, **given)


@pytest.mark.benchmark(group=f"{GROUP}, two threads")
@pytest.mark.parametrize("threads", [1, 2])
def test_value_paths_threads(
    benchmark: BenchmarkFixture, given: dict[str, Any], threads: int
) -> None:
    benchmark(values.value_paths, **given, probabilities=CHANCES, threads=threads)
