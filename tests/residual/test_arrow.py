"""Eliminating groups gives what the whole system of equations gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from residual.arrow import Arrow, Pattern

GROUPS, WITHIN, COMMON, BOUND, ROWS = 5, 3, 4, 2, 200


def system(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns of groups that never meet, of a common rest and of dense ones; and a target."""
    draw = np.random.default_rng(seed)
    width = GROUPS * WITHIN + COMMON
    columns = np.zeros((ROWS, width))
    group = draw.integers(0, GROUPS, ROWS)
    own = np.full(width, -1)
    # the common columns stand in the middle, so that an order is needed
    places = np.concatenate([np.arange(7), np.arange(7 + COMMON, width)]).reshape(GROUPS, WITHIN)
    for number in range(GROUPS):
        columns[np.ix_(group == number, places[number])] = draw.normal(
            size=(np.count_nonzero(group == number), WITHIN)
        )
        own[places[number]] = number
    columns[:, 7 : 7 + COMMON] = draw.normal(size=(ROWS, COMMON))
    return columns, own, draw.normal(size=(ROWS, BOUND)), draw.normal(size=ROWS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_arrow_agrees_with_the_whole_system(seed: int) -> None:
    columns, own, dense, target = system(seed)
    both = np.hstack([columns, dense])
    penalty = 0.3 * np.eye(both.shape[1])
    whole = both.T @ both + penalty
    width = columns.shape[1]
    weight = np.ones(ROWS)
    pattern = Pattern.of(csr_array(columns), own)
    common = np.flatnonzero(own < 0)
    kept = np.concatenate([common, np.arange(width, len(whole))])
    arrow = Arrow(
        pattern, pattern.sorted(dense), target, weight, np.full(width, 0.3),
        penalty[np.ix_(kept, kept)],
    )  # fmt: skip
    expected = np.linalg.solve(whole, both.T @ target)
    upper, right = arrow.reduced()
    bound, effects = arrow.solve(np.linalg.solve(upper, right))
    assert effects == pytest.approx(expected[:width], abs=1e-9)
    assert bound == pytest.approx(expected[width:], abs=1e-9)
    inverse = arrow.inverse()
    variance = np.diag(np.linalg.inv(whole))
    assert arrow.variances(inverse) == pytest.approx(variance[:width], rel=1e-8)
    direction = np.random.default_rng(seed).normal(size=width + BOUND)
    assert arrow.variance_of(direction) == pytest.approx(
        direction @ np.linalg.solve(whole, direction), rel=1e-8
    )


def test_a_pattern_without_groups_is_common_throughout() -> None:
    columns, _, dense, target = system(4)
    pattern = Pattern.of(csr_array(columns), np.full(columns.shape[1], -1))
    assert pattern.common.tolist() == list(range(columns.shape[1]))
    both = np.hstack([columns, dense])
    penalty = 0.3 * np.eye(both.shape[1])
    arrow = Arrow(
        pattern, pattern.sorted(dense), target, np.ones(ROWS), np.zeros(columns.shape[1]), penalty
    )
    assert arrow.matrix == pytest.approx(both.T @ both + penalty)
    assert arrow.right == pytest.approx(both.T @ target)
