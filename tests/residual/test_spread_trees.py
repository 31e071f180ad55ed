"""Traits that act together on the spread of prices are found, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from residual.scale import ScaleModel
from residual.spread_trees import learn_spread_trees

Floats = NDArray[np.float64]
ROWS = 6000
#: Age, odometer and worth among the columns of the scale.
AGE, ODOMETER, WORTH = 4, 6, 9


def world(seed: int, apart: float, rows: int = ROWS) -> tuple[Floats, Floats, Floats]:
    """Standardised errors, columns and the log spread, wide where old and dear go together."""
    draw = np.random.default_rng(seed)
    columns = np.zeros((rows, 12))
    columns[:, AGE] = draw.uniform(0.0, 1.5, rows)
    columns[:, ODOMETER] = draw.uniform(0.0, 1.5, rows)
    columns[:, WORTH] = draw.normal(0.0, 0.5, rows)
    together = (columns[:, AGE] > 0.75) & (columns[:, WORTH] > 0.0)
    log = apart * np.where(together, 1.0, -1.0)
    return np.exp(log) * draw.standard_normal(rows), columns, log


def test_what_acts_together_is_found_and_told_of_other_units() -> None:
    errors, columns, _ = world(1, 0.3)
    nothing, flat = np.zeros((ROWS, 3)), np.zeros(ROWS)
    learnt = learn_spread_trees(errors, columns, nothing, flat)
    assert learnt is not None
    trees, told = learnt
    _, others, truth = world(2, 0.3)
    found = trees.log_factor(others, nothing, flat)
    # few rounds tell a part of the step of 0.6, and what they tell lies where it is
    assert 0.25 < found[truth > 0].mean() - found[truth < 0].mean() < 0.65
    assert np.corrcoef(found, truth)[0, 1] > 0.7
    # what is told out of sample evens the errors out and leaves their spread on the whole
    left = errors * np.exp(-told)
    assert np.std(left) == pytest.approx(np.std(errors), rel=0.03)
    assert np.mean(left**4) / np.mean(left**2) ** 2 < np.mean(errors**4) / np.mean(errors**2) ** 2


def test_no_trees_stand_where_nothing_acts_together() -> None:
    nothing, flat = np.zeros((ROWS, 3)), np.zeros(ROWS)
    found = [learn_spread_trees(*world(seed, 0.0)[:2], nothing, flat) for seed in range(6)]
    assert found == [None] * 6


def test_few_sales_grow_no_trees() -> None:
    errors, columns, _ = world(1, 0.3, 1999)
    assert learn_spread_trees(errors, columns, np.zeros((1999, 3)), np.zeros(1999)) is None


def test_rounds_that_are_given_are_taken() -> None:
    errors, columns, _ = world(3, 0.0)
    learnt = learn_spread_trees(errors, columns, np.zeros((ROWS, 3)), np.zeros(ROWS), 10)
    assert learnt is not None
    assert learnt[0].rounds == 10


def test_a_scale_with_trees_multiplies_by_their_factor() -> None:
    errors, columns, _ = world(1, 0.3)
    nothing = np.zeros((ROWS, 3))
    coefficients = np.zeros(12)
    coefficients[0] = np.log(0.1)
    columns[:, 0] = 1.0
    bare = ScaleModel(coefficients, 1.0, np.ones(3), 0.01, 0.5, {})
    log = np.log(bare.scale(columns, nothing, {}))
    learnt = learn_spread_trees(errors, columns, nothing, log)
    assert learnt is not None
    whole = ScaleModel(coefficients, 1.0, np.ones(3), 0.01, 0.5, {}, learnt[0])
    factor = whole.scale(columns, nothing, {}) / bare.scale(columns, nothing, {})
    assert factor == pytest.approx(np.exp(learnt[0].log_factor(columns, nothing, log)))
    assert factor.max() / factor.min() > 1.2
