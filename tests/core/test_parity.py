"""Every kernel against its NumPy twin, over shapes, memory layouts and numbers of threads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import _core
from _core import reference

Case = tuple[str, tuple[Any, ...]]


def sizes() -> list[int]:
    """Empty, one, odd, and across the edges of the kernels' chunks and blocks."""
    return [0, 1, 2, 7, 511, 513, 4097, 9001]


def vector_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n in sizes():
        yield "exp", (rng.normal(scale=300.0, size=n),)
        yield "log", (rng.normal(size=n) ** 2,)
        yield "norm_cdf", (rng.normal(scale=8.0, size=n),)
        yield "norm_ppf", (rng.random(n) ** 8,)
        yield "uniforms", (3, 1, rng.integers(0, 2**64, 2, dtype=np.uint64), 3, n)
        yield "normals", (3, 1, rng.integers(0, 2**64, 3, dtype=np.uint64), 2, n)
        yield "students", (3, 1, rng.integers(0, 2**64, 2, dtype=np.uint64), 1, n, 4.5)
        counters = rng.integers(0, 2**32, (n, 4), dtype=np.uint32)
        yield "philox4x32", (counters, rng.integers(0, 2**32, 2, dtype=np.uint32))
        yield "philox4x32", (counters, rng.integers(0, 2**32, (n, 2), dtype=np.uint32))
        if n:
            yield "cvar", (rng.integers(0, 40, n).astype(float), 0.95)
            yield "cvar", (rng.normal(size=n), 0.875, False)
            yield "row_quantiles", (rng.normal(size=(3, n)), np.array([0.5, 0.05, 1.0, 0.0]))


def matrix_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield "norm_cdf", (rng.normal(size=(3, 4, 5)),)
    yield "norm_ppf", (rng.random((0, 3)),)
    yield "normals", (3, 1, np.zeros(0, dtype=np.uint64), 2, 5)
    yield "uniforms", (3, 1, np.ones(1, dtype=np.uint64), 0, 5)
    yield "row_quantiles", (rng.normal(size=(0, 5)), np.array([0.5]))
    yield "row_quantiles", (rng.integers(0, 4, (67, 33)).astype(float), np.array([0.1, 0.9]))
    for factors, dates, n, dof, mirrored in [
        (1, 1, 1, np.inf, True),
        (2, 3, 511, 5, True),
        (3, 4, 1025, 4, False),
        (3, 4, 1537, np.inf, True),
        (2, 0, 5, 5, True),
        (2, 2, 0, 5, True),
    ]:
        loadings = np.linalg.cholesky(np.full((factors, factors), 0.3) + 0.7 * np.eye(factors))
        volatility = rng.random((factors, dates))
        persistence = rng.random(factors)
        yield "factor_paths", (3, 1, loadings, volatility, persistence, dof, n, mirrored)


def cases() -> list[Case]:
    rng = np.random.default_rng(1)
    return [*vector_cases(rng), *matrix_cases(rng)]


def label(case: Case) -> str:
    shapes = [str(np.shape(argument)) for argument in case[1] if np.ndim(argument)]
    return "-".join([case[0], *shapes, *(str(a) for a in case[1] if not np.ndim(a))])


def kernel(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(_core, name)
    return found


def takes_threads(name: str) -> bool:
    return "threads" in inspect.signature(getattr(reference, name)).parameters


def results(answer: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in (answer if isinstance(answer, tuple) else (answer,))]


@pytest.mark.parametrize("case", cases(), ids=label)
def test_kernel_agrees_with_its_twin(case: Case) -> None:
    name, arguments = case
    found = results(kernel(name)(*arguments))
    expected = results(getattr(reference, name)(*arguments))
    for mine, twin in zip(found, expected, strict=True):
        assert mine.shape == twin.shape
        assert mine.dtype == twin.dtype
        if name in ("uniforms", "philox4x32"):
            assert_array_equal(mine, twin)
        else:
            assert_allclose(mine, twin, rtol=5e-13, atol=1e-14)


@pytest.mark.parametrize("case", [c for c in cases() if takes_threads(c[0])], ids=label)
def test_two_threads_give_the_same_bits(case: Case) -> None:
    name, arguments = case
    one = kernel(name)(*arguments, threads=1)
    for threads in (2, 3):
        assert_array_equal(kernel(name)(*arguments, threads=threads), one)


@pytest.mark.parametrize("case", cases(), ids=label)
def test_layout_of_the_input_does_not_matter(case: Case) -> None:
    name, arguments = case
    frozen, strided = [], []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            copy = argument.copy()
            copy.flags.writeable = False
            frozen.append(copy)
            strided.append(np.repeat(argument, 2, axis=-1)[..., ::2])
        else:
            frozen.append(argument)
            strided.append(argument)
    expected = results(kernel(name)(*arguments))
    for changed in (frozen, strided):
        for mine, same in zip(results(kernel(name)(*changed)), expected, strict=True):
            assert_array_equal(mine, same)


@pytest.mark.parametrize("name", ["exp", "log", "norm_cdf", "norm_ppf"])
def test_other_dtypes_are_taken_as_float64(name: str) -> None:
    values = np.linspace(0.125, 0.875, 7, dtype=np.float32)
    expected = kernel(name)(values.astype(np.float64))
    assert_array_equal(kernel(name)(values), expected)
    assert_array_equal(kernel(name)(values.tolist()), expected)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("exp", ([0.5],)),
        ("log", ([0.5],)),
        ("norm_cdf", ([0.5],)),
        ("norm_ppf", ([0.5],)),
        ("row_quantiles", ([[0.5]], [0.5])),
        ("factor_paths", (1, 0, [[1.0]], [[1.0]], [1.0], 5, 4)),
        ("normals", (1, 0, [1], 1, 1)),
    ],
)
@pytest.mark.parametrize("threads", [0, -1])
def test_threads_must_be_positive(name: str, arguments: tuple[Any, ...], threads: int) -> None:
    with pytest.raises(ValueError, match="threads"):
        kernel(name)(*arguments, threads=threads)


def test_every_kernel_has_a_case_and_a_twin_of_the_same_signature() -> None:
    helpers = {"build_info", "resolve", "sobol", "stream_key", "unit_key", "unit_keys"}
    names = set(_core.__all__) - helpers
    assert names == {name for name, _ in cases()}
    for name in sorted(names):
        mine, twin = inspect.signature(kernel(name)), inspect.signature(getattr(reference, name))
        assert list(mine.parameters) == list(twin.parameters)
        assert [p.default for p in mine.parameters.values()] == [
            p.default for p in twin.parameters.values()
        ]
