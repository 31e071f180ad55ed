"""The boosted remainder: used where it pays, never in the way of age and odometer."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.trees import grow

START = dt.date(2022, 1, 3)
ROWS = 3000


def world(together: float, seed: int = 3) -> pl.DataFrame:
    """Sales where two traits may be worth more together than each by itself."""
    draw = np.random.default_rng(seed)
    make, model = draw.integers(0, 4, ROWS), draw.integers(0, 3, ROWS)
    color, trim = draw.integers(0, 2, ROWS), draw.integers(0, 2, ROWS)
    age = draw.uniform(1.0, 9.0, ROWS)
    day = np.sort(draw.integers(0, 500, ROWS))
    log = 10.0 - 0.1 * age + 0.1 * make - 0.05 * model
    log += together * color * trim + 0.06 * draw.standard_normal(ROWS)
    offered = [START + dt.timedelta(int(after)) for after in day]
    return pl.DataFrame(
        {
            "sale_id": [f"s{row:05d}" for row in range(ROWS)],
            "offered_on": offered,
            "first_registered": [
                on - dt.timedelta(int(365.25 * years))
                for on, years in zip(offered, age.tolist(), strict=True)
            ],
            "odometer": 15_000.0 * age * draw.lognormal(0.0, 0.3, ROWS),
            "make": [f"make{level}" for level in make],
            "model": [f"m{level}" for level in model],
            "color": [f"c{level}" for level in color],
            "trim": [f"t{level}" for level in trim],
            "price": np.exp(log),
        }
    )


@pytest.fixture(scope="module")
def crossed() -> residual.ResidualModel:
    return residual.fit(world(0.4))


def units() -> pl.DataFrame:
    rows = world(0.4, seed=4).head(40)
    return rows.rename({"sale_id": "vehicle_id"}).drop("price", "offered_on")


def test_what_only_works_together_is_found(crossed: residual.ResidualModel) -> None:
    assert crossed.remainder is not None
    later = world(0.4, seed=5)
    told = crossed.predict(
        later.rename({"sale_id": "vehicle_id"}).drop("price"), on="offered_on", quantiles=(0.5,)
    )
    error = np.abs(np.log(told["q50"].to_numpy() / later["price"].to_numpy()))
    # noise alone errs by 0.048; two traits apart leave a tenth of the price more or less
    assert np.mean(error) < 0.06


def test_nothing_is_boosted_where_nothing_is_left_to_say() -> None:
    assert residual.fit(world(0.0)).remainder is None


def test_it_is_one_of_the_named_effects(crossed: residual.ResidualModel) -> None:
    told = crossed.effects_of(units(), START + dt.timedelta(500))
    assert "boosted remainder" in told.columns
    product = told.drop("vehicle_id").to_numpy().prod(axis=1)
    median = crossed.predict(units(), START + dt.timedelta(500), (0.5,))["q50"].to_numpy()
    assert product == pytest.approx(median, rel=1e-9)


def test_it_stands_still_while_a_unit_ages_or_is_driven(crossed: residual.ResidualModel) -> None:
    day = START + dt.timedelta(500)
    now = crossed.effects_of(units(), day)["boosted remainder"]
    older = units().with_columns(pl.col("first_registered") - dt.timedelta(900))
    driven = units().with_columns(pl.col("odometer") + 50_000.0)
    for other in (older, driven):
        assert crossed.effects_of(other, day)["boosted remainder"].equals(now)
    assert crossed.effects_of(units(), day + dt.timedelta(700))["boosted remainder"].equals(now)


def test_a_fit_repeats_its_bits(crossed: residual.ResidualModel) -> None:
    again = residual.fit(world(0.4).sample(fraction=1.0, shuffle=True, seed=1))
    assert again.remainder == crossed.remainder


def test_errors_that_stray_far_tell_of_their_place() -> None:
    """Rows known to stray five times as far lie five sizes lower: what bends early falls short."""
    draw = np.random.default_rng(8)
    has = (np.arange(ROWS) % 6 == 0).astype(np.float64)
    reach = np.where(has > 0.0, 5.0, 1.0)
    error = reach * (0.1 * draw.standard_normal(ROWS) - 0.1 * has)
    columns, weight = np.column_stack([has, draw.standard_normal(ROWS)]), 1.0 / reach
    early, late = (
        grow(error, columns, ["number_0", "number_1"], 50, weight, features=1.0, bend=bend)
        for bend in (np.ones(ROWS), reach)
    )
    asked = np.array([[0.0, 0.0], [1.0, 0.0]])
    assert late.predict(asked)[0] == pytest.approx(0.0, abs=0.05)
    true = float(np.median(error[has > 0.0]))
    assert abs(late.predict(asked)[1] - true) < 0.7 * abs(early.predict(asked)[1] - true)


def test_one_bend_for_all_is_the_ordinary_one() -> None:
    draw = np.random.default_rng(9)
    columns = draw.standard_normal((ROWS, 2))
    error = 0.2 * np.sign(columns[:, 0]) + 0.1 * draw.standard_normal(ROWS)
    error -= np.mean(error)
    names = ["number_0", "number_1"]
    told = (
        grow(error, columns, names, 40, features=1.0, bend=bend).predict(columns)
        for bend in (None, np.ones(ROWS))
    )
    np.testing.assert_allclose(*told, atol=0.01)
