"""Further features that act in proportion, such as the price when new, are read as logarithms."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.features import Recipe

AS_OF = dt.date(2020, 12, 31)


def sales(rows: int = 600) -> pl.DataFrame:
    """Sales at a fifth to four fifths of prices when new that span two orders of magnitude."""
    draw = np.random.default_rng(5)
    age = draw.uniform(1.0, 9.0, rows)
    new = np.exp(draw.uniform(np.log(40_000), np.log(1_500_000), rows))
    price = new * np.exp(-0.16 * age + draw.normal(0.0, 0.05, rows))
    days = draw.integers(0, 360, rows)
    return pl.DataFrame(
        {
            "sale_id": [f"S{i}" for i in range(rows)],
            "make": ["one"] * rows,
            "model": ["same"] * rows,
            "offered_on": [dt.date(2020, 1, 1) + dt.timedelta(int(d)) for d in days],
            "model_year": np.round(2020.5 - age).astype(np.int64),
            "new_price": new,
            "seats": draw.integers(2, 8, rows).astype(np.float64),
            "score": draw.normal(0.0, 1.0, rows),
            "price": price,
        }
    )


def test_amounts_alone_are_logged():
    frame = sales()
    recipe = Recipe.learn(frame, frame["offered_on"].cast(pl.Int64).to_numpy())
    assert recipe.logged == ("new_price",)
    assert set(recipe.numbers) == {"new_price", "seats", "score"}


def test_an_amount_of_nothing_is_missing():
    frame = sales()
    days = frame["offered_on"].cast(pl.Int64).to_numpy()
    recipe = Recipe.learn(frame, days)
    odd = frame.head(4).with_columns(new_price=pl.Series([1.0, 0.0, -1.0, None]))
    read = recipe.read(odd, days[:4]).numbers[:, list(recipe.numbers).index("new_price")]
    low, _, centre, scale = recipe.numbers["new_price"]
    assert read.tolist() == [pytest.approx((low - centre) / scale), 0.0, 0.0, 0.0]


def spoilt(frame: pl.DataFrame, every: int, value: float) -> pl.DataFrame:
    """Give each so many-th row a price when new that is none."""
    odd = pl.int_range(pl.len()) % every == 0
    return frame.with_columns(new_price=pl.when(odd).then(value).otherwise("new_price"))


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_few_rows_without_an_amount_change_nothing_else(value):
    frame = sales()
    days = frame["offered_on"].cast(pl.Int64).to_numpy()
    odd = spoilt(frame, 50, value)
    found = Recipe.learn(odd, days)
    bare = odd.with_columns(new_price=pl.when(pl.col("new_price") > 0).then("new_price"))
    expected = Recipe.learn(bare, days)
    assert found.logged == expected.logged == ("new_price",)
    assert found.numbers == expected.numbers
    assert (found.read(odd, days).numbers == expected.read(bare, days).numbers).all()


def test_a_number_that_is_often_nothing_is_no_amount():
    frame = sales()
    days = frame["offered_on"].cast(pl.Int64).to_numpy()
    assert Recipe.learn(spoilt(frame, 21, 0.0), days).logged == ("new_price",)
    assert Recipe.learn(spoilt(frame, 10, 0.0), days).logged == ()


def test_an_empty_column_of_numbers_is_ignored():
    frame = sales()
    days = frame["offered_on"].cast(pl.Int64).to_numpy()
    nothing = pl.Series([None, float("nan")] * 300, dtype=pl.Float64)
    recipe = Recipe.learn(
        frame.with_columns(nothing=nothing, one=pl.Series([5.0] + [None] * 599)), days
    )
    assert set(recipe.ignored) == {"nothing", "one"}
    assert recipe.numbers == Recipe.learn(frame, days).numbers


def test_prices_in_proportion_to_the_price_when_new_are_met():
    frame = sales()
    model = residual.fit(frame, as_of=AS_OF)
    vehicles = frame.with_columns(pl.col("sale_id").alias("vehicle_id")).drop("price")
    middle = model.predict(vehicles, on="offered_on")["q50"].to_numpy()
    error = np.abs(np.log(middle / frame["price"].to_numpy()))
    assert np.median(error) < 0.12
