"""Rows that count for nothing leave a mixed model as it is without them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from residual.arrow import Pattern
from residual.mixed import Block, MixedFit, fit_mixed

LEVELS = 12


def fitted(rows: np.ndarray, spread: np.ndarray) -> MixedFit:
    """Fit of some rows of one world: a mean, levels, and a falling slope."""
    draw = np.random.default_rng(3)
    level, x = draw.integers(0, LEVELS, 900), draw.uniform(0.0, 1.0, 900)
    y = 0.4 * draw.standard_normal(LEVELS)[level] + 0.7 * x + 0.2 * draw.standard_t(5, 900)
    # rows left out in the other fit would tell another story
    y[::3] += 5.0
    columns = np.zeros((900, LEVELS + 1))
    columns[:, 0] = 1.0
    columns[np.arange(900), 1 + level] = 1.0
    blocks = [
        Block("base", 0, 1, None, 25.0, estimated=False),
        Block("level", 1, LEVELS, None, 0.1, estimated=True),
    ]
    matrix = csr_array(columns[rows])
    return fit_mixed(
        matrix, x[rows, None], y[rows], blocks, np.zeros((1, 0)), spread, 5.0, 4, 2,
        Pattern.of(matrix, np.full(LEVELS + 1, -1)),
    )  # fmt: skip


def test_rows_of_infinite_spread_count_for_nothing() -> None:
    every, kept = np.arange(900), np.flatnonzero(np.arange(900) % 3 > 0)
    with_all = fitted(every, np.where(every % 3 > 0, 1.0, np.inf))
    without = fitted(kept, np.ones(len(kept)))
    assert with_all.effects == pytest.approx(without.effects, abs=1e-9)
    assert with_all.slopes == pytest.approx(without.slopes, abs=1e-9)
    assert with_all.scale == pytest.approx(without.scale, rel=1e-9)
    assert with_all.variances["level"] == pytest.approx(without.variances["level"], rel=1e-9)
