"""The kernels of choices against their NumPy twins, over shapes, ties and numbers of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from _core import choice, reference_choice, soft

SHAPES = [(0, 3, 2), (1, 1, 0), (7, 4, 3), (1_300, 6, 9)]


def columns(seed: int, vehicles: int, most: int, rows: int, step: float) -> tuple[Any, ...]:
    """Return the arguments of `Choices`; with a step worths are whole multiples, so some tie."""
    rng = np.random.default_rng(seed)
    count = rng.integers(1, most + 1, vehicles)
    start = np.append(0, np.cumsum(count)).astype(np.int64)
    size = int(start[-1])
    options = size + 5
    coefficient = rng.normal(1_000.0, 100.0, (options, 3))
    if step:
        coefficient = np.round(coefficient / step) * step
    each = rng.integers(0, rows + 1, size) if rows else np.zeros(size, dtype=int)
    row = [np.sort(rng.choice(rows, n, replace=False)) for n in each] if rows else []
    pointer = np.append(0, np.cumsum(each)).astype(np.int32)
    flat = np.concatenate([np.zeros(0, dtype=int), *row]).astype(np.int32)
    return (
        start,
        np.sort(rng.choice(options, size, replace=False)).astype(np.int64),
        coefficient,
        rng.integers(0, 4, options).astype(np.int64),
        pointer,
        flat,
        rng.choice([0.25, 0.5, 1.0], flat.size),
        rng.integers(-1, 2, size).astype(np.int64),
        4,
        rows,
    )


def prices(seed: int, rows: int, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    moments = rng.normal(0.5, 0.2, (4, 3))
    if step:
        return np.ones((4, 3)), step * rng.integers(0, 3, rows), np.array([0.0, step])
    return moments, rng.exponential(100.0, rows), rng.exponential(50.0, 2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("step", [0.0, 128.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_choices_are_their_twins(shape: tuple[int, int, int], step: float, threads: int) -> None:
    given, at = columns(1, *shape, step), prices(2, shape[2], step)
    for array in (*given, *at):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    kernel, twin = choice.Choices(*given), reference_choice.Choices(*given)
    vehicles, size, rng = shape[0], int(given[0][-1]), np.random.default_rng(3)
    asked = np.flatnonzero(rng.random(vehicles) < 0.6)
    for vehicle in (None, asked):
        found, told = kernel.best(*at, threads, vehicle), twin.best(*at, threads, vehicle)
        assert_array_equal(found[0], told[0])
        assert_allclose(found[1:], told[1:], rtol=1e-12)
    some = np.flatnonzero(rng.random(size) < 0.5)
    assert_allclose(kernel.worths(some, *at, threads), twin.worths(some, *at), rtol=1e-12)
    floor = twin.best(*at)[1][asked] - 150.5
    for one, other in zip(
        kernel.above(asked, floor, *at, threads), twin.above(asked, floor, *at), strict=True
    ):
        assert_array_equal(one, other)
    for width in (0.0, 150.5, np.inf):
        for vehicle in (None, asked):
            for one, other in zip(
                kernel.nearest(width, *at, threads, vehicle), twin.nearest(width, *at, 1, vehicle),
                strict=True,
            ):  # fmt: skip
                assert_array_equal(one, other)
    paid, due = (one.dearest(size // 3, size, at[1]) for one in (kernel, twin))
    assert_array_equal(paid[0], due[0])
    assert_allclose(paid[1:], due[1:], rtol=1e-12)
    share = rng.random(some.size)
    for part in (0, 1):
        added = kernel.sums(some, share, threads)[part]
        assert_allclose(added, twin.sums(some, share)[part], rtol=1e-11, atol=1e-9)
        parts = kernel.partial_sums(some, share, threads)[part]
        assert_allclose(parts, twin.partial_sums(some, share)[part], rtol=1e-11, atol=1e-9)
        assert_array_equal(parts.sum(axis=0), added)
    assert_allclose(kernel.used(some, threads), twin.used(some), rtol=1e-11)


@pytest.mark.parametrize("vehicles", [0, 1, 1_023, 2_048, 5_000, 10**6])
def test_parts_are_their_twins(vehicles: int) -> None:
    assert_array_equal(choice.parts(vehicles), reference_choice.parts(vehicles))
    assert choice.parts(vehicles)[-1] == vehicles
    assert choice.parts(vehicles).size == 1 + min(64, max(1, vehicles // 1_024))


def test_sums_in_blocks_of_parts_have_the_bits_of_the_whole() -> None:
    start, option, coefficient, group, pointer, row, amount, offer, groups, rows = columns(
        11, 5_000, 3, 4, 0.0
    )
    whole = choice.Choices(
        start, option, coefficient, group, pointer, row, amount, offer, groups, rows
    )
    rng = np.random.default_rng(12)
    taken = np.flatnonzero(rng.random(int(start[-1])) < 0.4)
    share, edge = rng.random(taken.size), choice.parts(5_000)
    found = []
    for parts in (slice(0, 2), slice(1, 4), slice(3, 5)):
        vehicle = edge[parts]
        first, last = start[vehicle[0]], start[vehicle[-1]]
        own = slice(pointer[first], pointer[last])
        block = choice.Choices(
            start[vehicle[0] : vehicle[-1] + 1] - first,
            option[first:last],
            coefficient,
            group,
            pointer[first : last + 1] - pointer[first],
            row[own],
            amount[own],
            offer[first:last],
            groups,
            rows,
            vehicle - vehicle[0],
        )
        here = (taken >= first) & (taken < last)
        found.append(block.partial_sums(taken[here] - first, share[here]))
    for told, parts in zip(whole.sums(taken, share, 2), zip(*found, strict=True), strict=True):
        assert_array_equal(np.concatenate(parts).sum(axis=0), told)


def test_sums_refuse_columns_out_of_order() -> None:
    kernel = choice.Choices(*columns(1, 7, 4, 3, 0.0))
    with pytest.raises(ValueError, match="must ascend"):
        kernel.sums(np.array([2, 1]), np.ones(2))
    with pytest.raises(ValueError, match="a share for every column"):
        kernel.sums(np.array([1, 2]), np.ones(3))


@pytest.mark.parametrize("shape", SHAPES)
def test_filling_up_is_its_twin(shape: tuple[int, int, int]) -> None:
    given, at = columns(4, *shape, 64.0), prices(5, shape[2], 64.0)
    kernel, twin = choice.Choices(*given), reference_choice.Choices(*given)
    vehicles, size, rng = shape[0], int(given[0][-1]), np.random.default_rng(6)
    vehicle = np.repeat(np.arange(vehicles), np.diff(given[0]))
    order = rng.permutation(size)[: size // 2]
    room, offered = np.full(shape[2], vehicles / 8.0), np.array([3.0, vehicles / 4.0])
    taken = kernel.take(order, vehicle[order], room, offered)
    assert_array_equal(taken, twin.take(order, vehicle[order], room, offered))
    left = np.flatnonzero(taken < 0)
    assert_array_equal(
        kernel.serve(taken, left, room, offered, *at), twin.serve(taken, left, room, offered, *at)
    )


def choosers(seed: int, count: int, rows: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    start = np.append(0, np.cumsum(rng.integers(1, 5, count))).astype(np.int64)
    size = int(start[-1])
    mask = rng.random((size, rows)) < 0.4
    pointer = np.append(0, np.cumsum(mask.sum(axis=1))).astype(np.int64)
    row = np.nonzero(mask)[1].astype(np.int64)
    base = rng.normal(1e4, 50.0, size)
    amount = rng.normal(size=row.size)
    return {
        "start": start,
        "size": rng.integers(1, 3, count) * 1.0,
        "base": base,
        "pointer": pointer,
        "row": row,
        "amount": amount,
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("count", "rows"), [(0, 2), (1, 0), (5, 3), (700, 11)])
def test_soft_choices_are_their_twin(count: int, rows: int, threads: int) -> None:
    given, price = choosers(7, count, rows), np.linspace(0.5, 20.0, rows)
    for temperature in (0.01, 5.0, 1e4):
        found = soft.soft_choices(**given, price=price, temperature=temperature, threads=threads)
        told = reference_choice.soft_choices(**given, price=price, temperature=temperature)
        scale = max(1.0, float(np.abs(told[3]).max(initial=0.0)))
        slacks = (0.0, 1e-14, 1e-9, 1e-9 * scale)
        for one, other, slack in zip(found, told, slacks, strict=True):
            assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-8, atol=slack)
        assert (
            soft.soft_choices(**given, price=price, temperature=temperature, slopes=False)[0]
            == found[0]
        )


def test_soft_choices_have_the_same_bits_on_any_threads() -> None:
    given, price = choosers(8, 20_000, 17), np.linspace(0.0, 9.0, 17)
    one, two = (
        soft.soft_choices(**given, price=price, temperature=3.0, threads=threads)
        for threads in (1, 2)
    )
    for here, there in zip(one, two, strict=True):
        assert_array_equal(np.asarray(here), np.asarray(there))


def test_slopes_are_those_of_finite_differences() -> None:
    given, price = choosers(9, 40, 4), np.array([1.0, 2.0, 3.0, 4.0])
    value, _, used, curve = soft.soft_choices(**given, price=price, temperature=20.0)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-4
        above = soft.soft_choices(**given, price=price + step, temperature=20.0)
        below = soft.soft_choices(**given, price=price - step, temperature=20.0)
        assert (above[0] - below[0]) / 2e-4 == pytest.approx(-used[place], rel=1e-5, abs=1e-5)
        assert_allclose((above[2] - below[2]) / 2e-4, -curve[place], rtol=1e-5, atol=1e-6)
    assert value > 0.0


def test_positive_systems_are_solved() -> None:
    rng = np.random.default_rng(10)
    for size in (0, 1, 2, 40):
        root = rng.normal(size=(size, size + 3))
        matrix, right = root @ root.T, rng.normal(size=size)
        told = reference_choice.solve_positive(matrix, right)
        assert_allclose(soft.solve_positive(matrix, right), told, rtol=1e-8)


def test_a_flat_direction_gets_nothing() -> None:
    matrix = np.array([[4.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 3.0]])
    found = soft.solve_positive(matrix, np.array([8.0, 5.0, 7.0]))
    assert_allclose(found, [1.25, 0.0, 1.5], atol=1e-12)


def test_prices_of_another_size_are_refused() -> None:
    kernel = choice.Choices(*columns(1, 7, 4, 3, 0.0))
    with pytest.raises(ValueError, match="a row a group"):
        kernel.best(np.ones((3, 3)), np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="a price for every row"):
        kernel.best(np.ones((4, 3)), np.zeros(2), np.zeros(2))
