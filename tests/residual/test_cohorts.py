"""Model years stay in order: at a fixed date an older one is never worth more."""

from __future__ import annotations

import numpy as np
import pytest

from residual.cohorts import FallByYear, order_cohorts
from residual.curves import nonincreasing

AGES = np.array([-1.0, 0.0, 5.0, 10.0, 20.0])
CURVE = np.array([0.0, -0.02, -0.52, -0.82, -1.02])
FALLS = FallByYear(AGES, 0.5 * CURVE, 2014.0, 2021.0)


def test_falls_are_the_least_of_the_ages_looked_at() -> None:
    # model year 2012 is looked at from age 0 to age 7, or to age 10 if asked three years longer
    sooner = FallByYear(AGES, 0.5 * CURVE, 2014.0, 2018.0)
    assert sooner.least(np.array([2012])) == pytest.approx([0.5 * 0.06])
    assert FALLS.least(np.array([2012])) == pytest.approx([0.5 * 0.02])
    # before the curve begins nothing is known to fall
    assert FALLS.least(np.array([2030])) == pytest.approx([0.0])


@pytest.mark.parametrize("seed", range(5))
def test_order_holds_for_every_year_and_model(seed: int) -> None:
    draw = np.random.default_rng(seed)
    names = [f"make {m} / model {m} / {year}" for m in range(3) for year in range(2005, 2014)]
    effects = draw.normal(0.0, 0.2, len(names))
    counts = draw.integers(1, 50, len(names)).astype(float)
    models = [f"make {m} / model {m}" for m in range(3)]
    cohorts = order_cohorts(effects, counts, names, models, FALLS)
    years = np.arange(1985.0, 2019.0)
    for model in range(3):
        value = cohorts.value(np.full(len(years), model), years)
        fall = FALLS.least(years.astype(np.int64))
        assert (np.diff(value) >= -fall[1:] - 1e-12).all()


def test_effects_in_order_stay_as_they_are() -> None:
    names = [f"a / b / {year}" for year in range(2008, 2012)]
    cohorts = order_cohorts(
        np.array([-0.02, -0.01, 0.0, 0.02]), np.full(4, 1e6), names, ["a / b"], FALLS
    )
    told = cohorts.value(np.zeros(4, dtype=np.int64), np.arange(2008.0, 2012.0))
    assert told == pytest.approx([-0.02, -0.01, 0.0, 0.02], abs=1e-6)
    nobody = cohorts.value(np.array([-1, 0]), np.array([2010.0, np.nan]))
    assert nobody.tolist() == [0.0, 0.0]


def test_rows_may_have_weights_of_their_own() -> None:
    values = np.array([[1.0, 3.0], [1.0, 3.0]])
    out = nonincreasing(values, np.array([[1.0, 1.0], [3.0, 1.0]]))
    assert out == pytest.approx(np.array([[2.0, 2.0], [1.5, 1.5]]))
