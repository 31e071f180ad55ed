"""Offerings of one vehicle: together they tell of it about once."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import polars as pl

import residual
from residual.features import Recipe


def test_rows_of_one_vehicle_share_their_weight(sales: pl.DataFrame) -> None:
    some = sales[:6].with_columns(vehicle_id=pl.Series(["a", "b", "a", None, None, "a"]))
    days = some["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    recipe = Recipe.learn(sales, np.resize(days, len(sales)))
    thrice = np.sqrt(1.0 + 2.0 * 0.7)
    units = recipe.read(some, days)
    np.testing.assert_allclose(units.repeated, [thrice, 1.0, thrice, 1.0, 1.0, thrice])
    np.testing.assert_array_equal(recipe.read(some.drop("vehicle_id"), days).repeated, np.ones(6))
    np.testing.assert_array_equal(units.take(np.array([0, 1])).repeated, units.repeated[:2])


def test_names_that_never_repeat_change_no_bit(sales: pl.DataFrame, market: ModuleType) -> None:
    few = sales.drop("guide_value")[:900]
    named = few.with_columns(vehicle_id=pl.col("sale_id"))
    unit = market.one_vehicle()
    told = [residual.fit(rows).predict(unit, "2023-05-01") for rows in (few, named)]
    assert told[0].equals(told[1])


def test_one_lot_offered_time_and_again_speaks_less_than_many(
    sales: pl.DataFrame, market: ModuleType
) -> None:
    """A wreck of a new model, offered six times at a tenth of its value, speaks less than six."""
    few = sales.drop("guide_value")[:900].with_columns(vehicle_id=pl.col("sale_id"))
    wreck = few[:6].with_columns(
        sale_id=pl.format("w{}", pl.int_range(6)),
        make=pl.lit("make0"),
        model=pl.lit("newcomer"),
        variant=pl.lit("newcomer"),
        price=0.1 * pl.col("price"),
        vehicle_id=pl.lit("wreck"),
    )
    apart = wreck.with_columns(vehicle_id=pl.col("sale_id"))
    unit = market.one_vehicle(model="newcomer", variant="newcomer")
    one, six = (
        residual.fit(pl.concat([few, rows])).predict(unit, "2023-05-01")["q50"][0]
        for rows in (wreck, apart)
    )
    assert one > 1.05 * six
