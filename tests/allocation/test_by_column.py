"""Matrices turned in blocks are those that scipy turns at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from auction.allocation import by_column as turning
from auction.allocation.by_column import by_column


@pytest.mark.parametrize("width", [1, 63, 64, 65, 1_000])
@pytest.mark.parametrize("ordered", [True, False])
def test_blocks_give_what_the_whole_gives(
    monkeypatch: pytest.MonkeyPatch, width: int, ordered: bool
) -> None:
    monkeypatch.setattr(turning, "BLOCK", 64)
    rng = np.random.default_rng(width)
    rows = sparse.csr_array(rng.random((7, width)) * (rng.random((7, width)) < 0.3))
    rows = sparse.csr_array(sparse.vstack([rows, sparse.csr_array((2, width))], format="csr"))
    if not ordered:
        given = [(a, b) for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)]
        back = np.concatenate([np.arange(a, b)[::-1] for a, b in given]).astype(np.int64)
        rows = sparse.csr_array((rows.data[back], rows.indices[back], rows.indptr), rows.shape)
    before = rows.indices.copy()
    found, whole = by_column(rows), sparse.csc_array(rows.sorted_indices())
    assert found.shape == whole.shape
    for name in ("indptr", "indices", "data"):
        assert_array_equal(getattr(found, name), getattr(whole, name))
    assert_array_equal(rows.indices, before)


def test_a_matrix_without_rows_is_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turning, "BLOCK", 4)
    found = by_column(sparse.csr_array((0, 9)))
    assert found.shape == (0, 9)
    assert found.nnz == 0
