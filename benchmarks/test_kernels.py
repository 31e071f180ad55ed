"""Kernels on one thread beside their peers; each group gives a ratio within one run."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.special import ndtr, ndtri

import _core
from _core import reference

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


@pytest.mark.benchmark(group="uniforms, 1 M")
def test_uniforms(benchmark: BenchmarkFixture) -> None:
    benchmark(_core.uniforms, 7, 0, UNITS, STEPS, SCENARIOS)


@pytest.mark.benchmark(group="uniforms, 1 M")
def test_uniforms_numpy(benchmark: BenchmarkFixture) -> None:
    benchmark(np.random.Generator(np.random.PCG64(7)).random, (UNITS.size, STEPS, SCENARIOS))


@pytest.fixture(scope="module")
def probabilities() -> NDArray[np.float64]:
    return np.random.default_rng(7).random(1 << 18)


@pytest.mark.benchmark(group="normal quantile, 256 k")
def test_norm_ppf(benchmark: BenchmarkFixture, probabilities: NDArray[np.float64]) -> None:
    benchmark(_core.norm_ppf, probabilities)


@pytest.mark.benchmark(group="normal quantile, 256 k")
def test_norm_ppf_scipy(benchmark: BenchmarkFixture, probabilities: NDArray[np.float64]) -> None:
    benchmark(ndtri, probabilities)


@pytest.mark.benchmark(group="normal distribution function, 256 k")
def test_norm_cdf(benchmark: BenchmarkFixture, probabilities: NDArray[np.float64]) -> None:
    benchmark(_core.norm_cdf, 6.0 * probabilities - 3.0)


@pytest.mark.benchmark(group="normal distribution function, 256 k")
def test_norm_cdf_scipy(benchmark: BenchmarkFixture, probabilities: NDArray[np.float64]) -> None:
    benchmark(ndtr, 6.0 * probabilities - 3.0)


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
