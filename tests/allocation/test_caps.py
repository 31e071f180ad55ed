"""Rows of caps below those of resources: what scipy stacks, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from auction.allocation import caps
from auction.allocation.caps import Cap, Entries, stacked
from auction.allocation.problem import Rule


def drawn(rng: np.random.Generator, rules: int, columns: int) -> Cap:
    """A cap of which every column uses one row at most."""
    column = np.flatnonzero(rng.random(columns) < 0.6)
    entries = Entries(column, rng.integers(0, rules, column.size), rng.random(column.size))
    return Cap(tuple(Rule("limit", f"{k}") for k in range(rules)), np.ones(rules), entries)


@pytest.mark.parametrize("together", [1, 7, 100])
@pytest.mark.parametrize("columns", [0, 1, 50])
def test_caps_stand_below_resources(
    monkeypatch: pytest.MonkeyPatch, together: int, columns: int
) -> None:
    monkeypatch.setattr(caps, "_COLUMNS", together)
    rng = np.random.default_rng(columns)
    resources = sparse.csc_array(sparse.random_array((5, columns), density=0.4, rng=rng))
    resources.sort_indices()
    several = [drawn(rng, rules, columns) for rules in (3, 1, 2)]
    below = [
        sparse.csc_array(
            (cap.entries.amount, (cap.entries.row, cap.entries.column)),
            shape=(len(cap.rules), columns),
        )
        for cap in several
    ]
    found = stacked(resources, several)
    assert (found.toarray() == sparse.vstack([resources, *below]).toarray()).all()
    assert found.nnz == resources.nnz + sum(each.nnz for each in below)
    assert found.has_sorted_indices


@pytest.mark.parametrize("together", [1, 7, 100])
@pytest.mark.parametrize("least", [0.0, 0.5])
@pytest.mark.parametrize("share", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("capped", [False, True])
def test_columns_are_some_of_the_options(
    monkeypatch: pytest.MonkeyPatch, together: int, least: float, share: float, capped: bool
) -> None:
    monkeypatch.setattr(caps, "_COLUMNS", together)
    rng = np.random.default_rng(3)
    resources = sparse.csc_array(sparse.random_array((5, 60), density=0.4, rng=rng))
    resources.sort_indices()
    before = resources.toarray()
    some = np.flatnonzero(rng.random(60) < share)
    own = [drawn(rng, 3, some.size)] if capped else []
    found = stacked(resources, own, None if share == 1.0 else some, least)
    wanted = np.where(before < least, 0.0, before)[:, some]
    assert (found.toarray()[:5] == wanted).all()
    assert found.nnz == np.count_nonzero(wanted) + sum(cap.entries.column.size for cap in own)
    assert found.has_sorted_indices
    assert (resources.toarray() == before).all()
