"""Kernels on one thread beside their peers; each group gives a ratio within one run."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.special import ndtr, ndtri

import _core
from _core import reference, reference_prints
from _core.prints import content_print
from benchmarks import numba_kernels

UNITS = np.arange(256, dtype=np.uint64)
STEPS, SCENARIOS = 4, 1024


@pytest.mark.benchmark(group="normals, 1 M")
def test_normals(benchmark: BenchmarkFixture) -> None:
    draws = benchmark(_core.normals, 7, 0, UNITS, STEPS, SCENARIOS)
    assert draws.size == 1 << 20


@pytest.mark.benchmark(group="normals, 1 M")
def test_normals_numpy(benchmark: BenchmarkFixture) -> None:
    generator = np.random.Generator(np.random.PCG64(7))
    draws = benchmark(generator.standard_normal, (UNITS.size, STEPS, SCENARIOS))
    assert draws.size == 1 << 20


@pytest.mark.benchmark(group="normals, 1 M")
def test_normals_numba(benchmark: BenchmarkFixture) -> None:
    generator, out = np.random.Generator(np.random.PCG64(7)), np.empty(1 << 20)
    numba_kernels.normals(generator, out[:8])
    benchmark(numba_kernels.normals, generator, out)


@pytest.mark.benchmark(group="normals, 1 M")
def test_normals_numba_keyed(benchmark: BenchmarkFixture) -> None:
    key, out = np.uint64(_core.stream_key(7, 0)), np.empty((UNITS.size, STEPS, SCENARIOS))
    numba_kernels.keyed_normals(key, UNITS[:1], out[:1])
    benchmark(numba_kernels.keyed_normals, key, UNITS, out)
    np.testing.assert_allclose(out, _core.normals(7, 0, UNITS, STEPS, SCENARIOS), rtol=1e-13)


@pytest.mark.benchmark(group="normals, 1 M, two threads")
@pytest.mark.parametrize("threads", [1, 2])
def test_normals_threads(benchmark: BenchmarkFixture, threads: int) -> None:
    benchmark(_core.normals, 7, 0, UNITS, STEPS, SCENARIOS, threads)


@pytest.mark.benchmark(group="student draws, 1 M, 5 degrees of freedom")
def test_students(benchmark: BenchmarkFixture) -> None:
    benchmark(_core.students, 7, 0, UNITS, STEPS, SCENARIOS, 5.0)


@pytest.mark.benchmark(group="student draws, 1 M, 5 degrees of freedom")
def test_students_numpy(benchmark: BenchmarkFixture) -> None:
    generator = np.random.Generator(np.random.PCG64(7))
    benchmark(generator.standard_t, 5.0, (UNITS.size, STEPS, SCENARIOS))


@pytest.mark.benchmark(group="uniforms, 1 M")
def test_uniforms(benchmark: BenchmarkFixture) -> None:
    benchmark(_core.uniforms, 7, 0, UNITS, STEPS, SCENARIOS)


@pytest.mark.benchmark(group="uniforms, 1 M")
def test_uniforms_numpy(benchmark: BenchmarkFixture) -> None:
    benchmark(np.random.Generator(np.random.PCG64(7)).random, (UNITS.size, STEPS, SCENARIOS))


COUNT = 1_000_000


def arguments(name: str) -> NDArray[np.float64]:
    """A million arguments as models have them: logs of prices, prices, deviations, chances."""
    rng = np.random.default_rng(7)
    if name == "norm_ppf":
        return rng.random(COUNT)
    normal = rng.normal(size=COUNT)
    return {"exp": 3.0 * normal, "log": np.exp(3.0 * normal), "norm_cdf": 2.0 * normal}[name]


PEERS = {"exp": np.exp, "log": np.log, "norm_cdf": ndtr, "norm_ppf": ndtri}


@pytest.mark.parametrize("name", PEERS)
def test_elementary(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.group = f"{name}, 1 M"
    x, out = arguments(name), np.empty(COUNT)
    benchmark(getattr(_core, name), x, 1, out)


@pytest.mark.parametrize("name", PEERS)
def test_elementary_numpy(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.group = f"{name}, 1 M"
    x, out = arguments(name), np.empty(COUNT)
    benchmark(PEERS[name], x, out=out)


@pytest.mark.parametrize("name", ["exp", "log", "norm_cdf"])
def test_elementary_numba(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.group = f"{name}, 1 M"
    x, out = arguments(name), np.empty(COUNT)
    mapped = getattr(numba_kernels, name)
    mapped(x[:8], out[:8])
    benchmark(mapped, x, out)


@pytest.mark.parametrize("name", PEERS)
def test_elementary_two_threads(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.group = f"{name}, 1 M"
    x, out = arguments(name), np.empty(COUNT)
    benchmark(getattr(_core, name), x, 2, out)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [1_000, 32_768])
def test_few_values(benchmark: BenchmarkFixture, count: int, threads: int) -> None:
    """So few that a second thread may cost more than it saves."""
    benchmark.group = f"exp, {count:,}"
    x, out = arguments("exp")[:count], np.empty(count)
    benchmark(_core.exp, x, threads, out)


def path_arguments() -> tuple[object, ...]:
    """Eight factors over 26 weeks in 1,024 scenarios, t with 5 degrees of freedom."""
    factors, dates = 8, 26
    loadings = np.linalg.cholesky(np.full((factors, factors), 0.5) + 0.5 * np.eye(factors))
    return 7, 0, loadings, np.full((factors, dates), 0.02), np.full(factors, 0.98), 5, SCENARIOS


@pytest.mark.benchmark(group="factor paths, 8 x 26 x 1,024")
def test_factor_paths(benchmark: BenchmarkFixture) -> None:
    benchmark(_core.factor_paths, *path_arguments())


@pytest.mark.benchmark(group="factor paths, 8 x 26 x 1,024")
def test_factor_paths_numpy(benchmark: BenchmarkFixture) -> None:
    benchmark(reference.factor_paths, *path_arguments())


@pytest.fixture(scope="module")
def outcomes() -> NDArray[np.float64]:
    return np.random.default_rng(7).normal(size=(1000, SCENARIOS))


@pytest.mark.benchmark(group="three quantiles of 1,000 rows")
def test_row_quantiles(benchmark: BenchmarkFixture, outcomes: NDArray[np.float64]) -> None:
    benchmark(_core.row_quantiles, outcomes, [0.05, 0.5, 0.95])


@pytest.mark.benchmark(group="three quantiles of 1,000 rows")
def test_row_quantiles_numpy(benchmark: BenchmarkFixture, outcomes: NDArray[np.float64]) -> None:
    benchmark(reference.row_quantiles, outcomes, [0.05, 0.5, 0.95])


@pytest.mark.benchmark(group="print of 8 M values")
def test_content_print(benchmark: BenchmarkFixture) -> None:
    benchmark(content_print, np.random.default_rng(7).random(8 << 20))


@pytest.mark.benchmark(group="print of 8 M values")
def test_content_print_numpy(benchmark: BenchmarkFixture) -> None:
    values = np.random.default_rng(7).random(8 << 20)
    benchmark.pedantic(reference_prints.content_print, (values,), rounds=3)
