"""Every column says what it means, in which unit, and shows a value that its rules admit."""

from __future__ import annotations

import polars as pl
import pytest

from auction.tables import SCHEMAS
from auction.workspace.mapping import cast_expression
from auction.workspace.units import QUANTITIES

COLUMNS = [
    pytest.param(table, name, id=f"{table}.{name}")
    for table, schema in SCHEMAS.items()
    for name in schema.columns()
]


@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_a_column_is_described_and_its_example_has_its_type(table, name):
    column = SCHEMAS[table].columns()[name]
    assert column.description
    assert column.description.strip() == column.description
    metadata = column.metadata or {}
    typed = pl.DataFrame({name: [metadata["example"]]}).select(
        cast_expression(name, pl.String(), column.dtype, "%Y-%m-%d")
    )
    assert typed[name].null_count() == 0
    if name in QUANTITIES or column.dtype in (pl.Date, pl.Float64):
        assert metadata["unit"]
    if "one_of" in metadata:
        assert metadata["example"] in metadata["one_of"]


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_the_examples_keep_the_bounds_of_their_columns(table):
    schema = SCHEMAS[table]
    raw = pl.DataFrame(
        {name: [column.metadata["example"]] for name, column in schema.columns().items()}
    )
    typed = raw.select(
        cast_expression(name, pl.String(), column.dtype, "%Y-%m-%d")
        for name, column in schema.columns().items()
    )
    _, failure = schema.filter(typed)
    # Columns that exclude each other are all shown, though a row gives one of them: a price or
    # a rate of the guide, a forward's share of the market, a number of units or a package.
    apart = {"price_xor_guide_rate", "forward_terms", "package_counts", "value_xor_grade"}
    apart |= {"insurance_terms", "layer_terms"}
    assert set(failure.counts()) - apart == set()
