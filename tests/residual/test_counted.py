"""Counts beside a vehicle, such as words of a damage report: they tell how far prices stray."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from residual.covariates import NAMED, scale_columns
from residual.features import Recipe
from residual.scale import ORDINARY_WIDEST, WIDEST, fit_scale

Floats = NDArray[np.float64]
ROWS = 4000


def columns_of(counted: Floats) -> Floats:
    """Columns of the scale of units that differ in a count alone, read as recipes read it."""
    plain = np.zeros((len(counted), NAMED))
    plain[:, 0] = 1.0
    return np.column_stack([plain, counted / max(float(np.std(counted)), 0.1)])


def days_of(rows: pl.DataFrame) -> NDArray[np.int64]:
    return rows["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)


def with_reports(sales: pl.DataFrame) -> pl.DataFrame:
    place = pl.int_range(pl.len())
    return sales.with_columns(
        burnt=(place % 500 == 7).cast(pl.Float64),
        keys=(place % 3).cast(pl.Float64),
        new_price=20_000.0 + 37.0 * place,
        share=(place % 7) / 7.0,
    )


def test_whole_small_numbers_are_counts(sales: pl.DataFrame) -> None:
    rows = with_reports(sales)
    recipe = Recipe.learn(rows, days_of(rows))
    assert recipe.counts == ("burnt", "keys")
    units = recipe.read(rows, days_of(rows))
    assert units.counted.shape == (len(rows), 2)
    names = list(recipe.numbers)
    both = [names.index("burnt"), names.index("keys")]
    np.testing.assert_array_equal(units.counted, units.numbers[:, both])
    some = units.take(np.array([3, 7]))
    np.testing.assert_array_equal(some.counted, units.counted[[3, 7]])
    told = scale_columns(units, np.zeros(len(rows)))
    np.testing.assert_array_equal(told[:, NAMED:], units.counted)


def test_what_few_rows_have_is_read(sales: pl.DataFrame) -> None:
    rows = with_reports(sales)
    days = days_of(rows)
    recipe = Recipe.learn(rows, days)
    burnt = recipe.read(rows, days).counted[:, 0]
    has = rows["burnt"].to_numpy() > 0.0
    # a size of a tenth at least, so that one row is not taken for many
    np.testing.assert_allclose(burnt[has], 10.0)
    np.testing.assert_array_equal(burnt[~has], 0.0)


def test_a_part_of_the_sales_reads_counts_as_all_do(sales: pl.DataFrame) -> None:
    rows = with_reports(sales)
    whole = Recipe.learn(rows, days_of(rows))
    early = rows.filter(pl.col("burnt") == 0.0)
    alone = Recipe.learn(early, days_of(early))
    assert "burnt" in alone.ignored
    assert alone.counts == ("keys",)
    part = Recipe.learn(early, days_of(early), whole)
    assert part.counts == whole.counts
    assert "burnt" not in part.ignored
    for name in whole.counts:
        assert part.numbers[name] == whole.numbers[name]
    assert part.numbers["new_price"] == alone.numbers["new_price"]
    both = (recipe.read(rows, days_of(rows)).counted for recipe in (part, whole))
    np.testing.assert_array_equal(*both)


def test_a_count_that_is_an_amount_of_all_is_logged_for_a_part(sales: pl.DataFrame) -> None:
    """Whether a count is read as a logarithm goes by all sales, as its range does."""
    place = pl.int_range(pl.len())
    rows = sales.with_columns(doors=pl.when(place % 4 == 0).then(8.0).otherwise(1.0 + place % 2))
    whole = Recipe.learn(rows, days_of(rows))
    assert whole.counts == ("doors",)
    assert whole.logged == ("doors",)
    early = rows.filter(pl.col("doors") < 8.0)
    assert Recipe.learn(early, days_of(early)).logged == ()
    part = Recipe.learn(early, days_of(early), whole)
    both = (recipe.read(rows, days_of(rows)).counted for recipe in (part, whole))
    np.testing.assert_array_equal(*both)


def test_a_count_widens_the_scale_as_errors_do() -> None:
    draw = np.random.default_rng(4)
    has = (np.arange(ROWS) % 10 == 0).astype(np.float64)
    columns = columns_of(has)
    nothing = np.zeros((ROWS, 3))
    error = 0.1 * np.exp(1.2 * has) * draw.standard_normal(ROWS)
    told = fit_scale(error, columns, nothing).scale(columns, nothing, {})
    ratio = told[has > 0.0].mean() / told[has == 0.0].mean()
    # shrunk a little
    assert 0.8 * np.exp(1.2) < ratio < np.exp(1.2)


def test_scales_go_as_far_as_sales_surely_stray() -> None:
    draw = np.random.default_rng(5)
    has = (np.arange(ROWS) % 20 == 0).astype(np.float64)
    columns, nothing = columns_of(has), np.zeros((ROWS, 3))
    error = np.where(has > 0.0, 2.0, 0.2) * draw.standard_normal(ROWS)
    scale = fit_scale(error, columns, nothing)
    assert ORDINARY_WIDEST < scale.widest <= WIDEST
    told = scale.scale(columns, nothing, {})
    assert told[has > 0.0].mean() == pytest.approx(2.0, rel=0.2)
    unknown = np.full((ROWS, 3), 100.0)
    assert scale.scale(columns, unknown, {}).max() == scale.widest


def test_scales_stay_ordinary_where_few_stray() -> None:
    draw = np.random.default_rng(6)
    columns, nothing = columns_of(np.zeros(ROWS)), np.zeros((ROWS, 3))
    columns[:, 9] = draw.standard_normal(ROWS)
    error = 0.3 * np.exp(0.2 * columns[:, 9]) * draw.standard_normal(ROWS)
    scale = fit_scale(error, columns, nothing)
    assert scale.widest == ORDINARY_WIDEST
    unknown = np.full((ROWS, 3), 100.0)
    assert scale.scale(columns, unknown, {}).max() == ORDINARY_WIDEST
