"""The elimination kernels against their NumPy twins, and what they refuse."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from _core import arrow, reference_arrow


def case(seed: int, groups: int, common: int, dense: int) -> list[Any]:
    """Rows of some groups, of which one may have none, and rows that belong to no group."""
    draw = np.random.default_rng(seed)
    size = draw.integers(1, 6, groups)
    count = np.append(draw.integers(0, 9, groups), 5)
    pointers = [0]
    own: list[int] = []
    local: list[int] = []
    spot: list[int] = []
    touched: list[int] = []
    touched_ptr = [0]
    for g in range(groups + 1):
        rows = [
            np.sort(draw.choice(common, min(common, 3), replace=False)) for _ in range(count[g])
        ]
        met = np.unique(np.concatenate([*rows, np.zeros(0, dtype=np.int64)])).astype(np.int64)
        for row in rows:
            fine = draw.choice(size[g], min(2, size[g]), replace=False) if g < groups else []
            own.append(len(fine))
            local += [*np.sort(fine).tolist(), *np.searchsorted(met, row).tolist()]
            spot += [*([0] * len(fine)), *row.tolist()]
            pointers.append(len(local))
        if g < groups:
            touched += met.tolist()
            touched_ptr.append(len(touched))
    total = int(count.sum())
    whole = common + dense
    places = [np.array(column, dtype=np.int64) for column in (pointers, own, local, spot)]
    return [
        *places,
        draw.normal(size=len(local)),
        draw.normal(size=(total, dense)),
        draw.normal(size=total),
        draw.uniform(0.1, 2.0, total),
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        np.array(touched_ptr, dtype=np.int64),
        np.array(touched, dtype=np.int64),
        draw.uniform(0.5, 2.0, int(size.sum())),
        np.diag(draw.uniform(0.5, 2.0, whole)),
        draw.normal(size=whole),
    ]


SHAPES = [(1, 6, 5, 2), (2, 1, 4, 0), (3, 9, 1, 3), (4, 0, 6, 2), (5, 12, 20, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_kernels_agree_with_their_twins(shape: tuple[int, int, int, int]) -> None:
    given = case(*shape)
    twin = [np.copy(one) for one in given]
    kept = arrow.eliminate(*given)
    expected = reference_arrow.eliminate(*twin)
    assert_allclose(np.triu(given[13]), np.triu(twin[13]), rtol=1e-11, atol=1e-11)
    assert_allclose(given[14], twin[14], rtol=1e-11, atol=1e-11)
    for place in (1, 3):
        assert_array_equal(kept[place], expected[place])
    assert_allclose(kept[2], expected[2], rtol=1e-10, atol=1e-12)
    whole = np.triu(given[13]) + np.triu(given[13], 1).T + 1e3 * np.eye(len(given[13]))
    groups = (given[9], given[10], given[11])
    known = np.linalg.solve(whole, given[14])
    q = shape[3]
    assert_allclose(
        arrow.back_substitute(known, q, *groups, *kept),
        reference_arrow.back_substitute(known, q, *groups, *expected),
        rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    inverse = np.linalg.inv(whole)
    assert_allclose(
        arrow.group_variances(inverse, q, *groups, *kept),
        reference_arrow.group_variances(inverse, q, *groups, *expected),
        rtol=1e-9,
    )
    asked = np.random.default_rng(shape[0]).normal(size=int(given[9][-1]))
    left, left_twin = known.copy(), known.copy()
    within = arrow.carry(asked, left, q, *groups, *kept)
    assert_allclose(
        within, reference_arrow.carry(asked, left_twin, q, *groups, *expected), rtol=1e-10
    )
    assert_allclose(left, left_twin, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("groups", "common"), [(4, 7), (0, 5), (3, 0), (6, 30)])
def test_rows_are_sorted_as_the_twin_sorts_them(groups: int, common: int) -> None:
    draw = np.random.default_rng(groups)
    group = np.concatenate([np.repeat(np.arange(groups), 3), np.full(common, -1)])
    draw.shuffle(group)
    columns, pointers = [], [0]
    for _ in range(40):
        own = np.flatnonzero(group == draw.integers(0, groups + 2))
        met = np.concatenate([own, np.flatnonzero(group < 0)])
        columns.append(np.sort(draw.choice(met, len(met) // 2, replace=False)))
        pointers.append(pointers[-1] + len(columns[-1]))
    order = np.argsort(np.where(group < 0, groups, group), kind="stable")
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group))
    column = np.concatenate(columns).astype(np.int64)
    ends = np.cumsum(np.bincount(group[group >= 0], minlength=groups))
    given = (
        np.array(pointers, dtype=np.int64), column, draw.normal(size=len(column)), group, place,
        np.concatenate([[0], ends]).astype(np.int64), common,
    )  # fmt: skip
    for told, expected in zip(arrow.arrange(*given), reference_arrow.arrange(*given), strict=True):
        assert_array_equal(told, expected)


def test_rows_without_weight_count_for_nothing() -> None:
    given, less = case(7, 5, 6, 2), case(7, 5, 6, 2)
    given[7][::2] = 0.0
    for place in (5, 6):
        less[place][::2] = 1e6
    less[7][::2] = 0.0
    assert_array_equal(arrow.eliminate(*given)[2], arrow.eliminate(*less)[2])
    assert_array_equal(given[13], less[13])


@pytest.mark.parametrize("size", [0, 1, 31, 32, 65, 100])
def test_a_half_is_mirrored(size: int) -> None:
    draw = np.random.default_rng(size)
    matrix, scale = draw.normal(size=(size, size)), draw.uniform(0.5, 2.0, size)
    twin = matrix.copy()
    arrow.mirror(matrix, scale)
    reference_arrow.mirror(twin, scale)
    assert_allclose(matrix, twin, rtol=1e-14)


def test_twins_have_the_same_signatures() -> None:
    for name in ("arrange", "eliminate", "back_substitute", "group_variances", "carry", "mirror"):
        told = list(inspect.signature(getattr(reference_arrow, name)).parameters)
        assert list(inspect.signature(getattr(arrow, name)).parameters) == told


def test_equations_without_a_solution_are_refused() -> None:
    given = case(6, 3, 4, 1)
    given[12] = -1e3 * np.ones_like(given[12])
    with pytest.raises(np.linalg.LinAlgError, match="group 0 are not positive definite"):
        arrow.eliminate(*given)
