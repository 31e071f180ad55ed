"""The tables shown on the page of further terms are read without a fault."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from auction.tables import SCHEMAS
from auction.workspace.mapping import cast_expression

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "terms.md"


def shown() -> list[str]:
    return re.findall(r"```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("place", "table"), [(0, "fees"), (1, "offers"), (2, "reconditioning")])
def test_the_rows_shown_keep_every_rule(place: int, table: str) -> None:
    schema = SCHEMAS[table]
    raw = pl.read_csv(shown()[place].encode(), infer_schema=False)
    assert set(raw.columns) <= set(schema.columns())
    full = raw.with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in schema.columns()
        if name not in raw.columns
    )
    typed = full.select(
        cast_expression(name, pl.String(), column.dtype, "%Y-%m-%d")
        for name, column in schema.columns().items()
    )
    assert typed.select(raw.columns).null_count().equals(raw.null_count())
    _, failure = schema.filter(typed)
    assert failure.counts() == {}
    assert typed.height >= 1


def test_every_table_shown_is_read() -> None:
    assert len(shown()) == 3
