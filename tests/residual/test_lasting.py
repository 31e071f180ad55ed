"""What lasts of a level: found where it sways and comes back, left alone where it walks."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

import residual
from residual.lasting import lasting_change

Floats = NDArray[np.float64]
WEEKS = 104


def walk(seed: int) -> Floats:
    return np.cumsum(0.02 * np.random.default_rng(seed).standard_normal(WEEKS))


def sway(seed: int) -> Floats:
    return 0.1 * np.random.default_rng(seed).standard_normal(WEEKS)


def test_a_level_that_sways_comes_back_to_its_average() -> None:
    missed, kept = [], []
    for seed in range(40):
        level = sway(seed)
        missed.append(level[-1] + lasting_change(level))
        kept.append(level[-1])
    # the level is nought on average: what is foretold lies nearer to it than the last week
    assert np.mean(np.abs(missed)) < 0.4 * np.mean(np.abs(kept))


def test_a_level_that_walks_stays_where_it_stands() -> None:
    moved = [seed for seed in range(100) if lasting_change(walk(seed)) != 0.0]
    assert len(moved) <= 5


def test_a_level_that_rises_week_after_week_is_not_held_back() -> None:
    for seed in range(20):
        risen = 0.01 * np.arange(WEEKS) + 0.1 * walk(seed)
        assert lasting_change(risen) == 0.0


@pytest.mark.parametrize("weeks", [1, 2, 25, 48])
def test_few_weeks_tell_nothing(weeks: int) -> None:
    assert lasting_change(sway(1)[:weeks]) == 0.0


def test_a_model_of_swaying_sales_starts_from_what_lasts(
    sales: pl.DataFrame, market: ModuleType
) -> None:
    """Each week's prices are off by a common factor; the last week's happen to be far below."""
    rows = sales.drop("guide_value").sort("offered_on", "sale_id")
    week = (pl.col("offered_on") - rows["offered_on"].max()).dt.total_days() // 7
    number = rows.select(number=week)["number"].to_numpy()
    factor = 0.25 * np.random.default_rng(3).standard_normal(-number.min() + 1)
    factor[0] = -0.6
    swayed = rows.with_columns(price=pl.col("price") * np.exp(factor[-number]))
    model = residual.fit(swayed)
    assert model.hedonic.lasting > 0.1
    steady = residual.fit(rows)
    assert steady.hedonic.lasting == 0.0
    unit = market.one_vehicle()
    day = model.as_of.isoformat()
    foretold, true = (one.predict(unit, day)["q50"][0] for one in (model, steady))
    assert foretold > 0.75 * true
