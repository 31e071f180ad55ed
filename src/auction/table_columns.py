"""Columns and rules that several tables of the market share."""

from __future__ import annotations

from typing import Any

import dataframely as dy
import polars as pl

from residual.tables import told


def choice(*values: str, description: str, example: str, nullable: bool = False) -> Any:
    """Return a text column that admits only the given values."""
    return dy.String(
        nullable=nullable,
        check={"one_of": lambda column: column.is_in(list(values))},
        **told(description, example, one_of=values),
    )


def both_or_neither(first: str, second: str) -> pl.Expr:
    """Tell whether two columns are both given or both empty."""
    return pl.col(first).is_null() == pl.col(second).is_null()
