"""How the columns of one table write their dates and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import dataframely as dy
import polars as pl

from auction.workspace.files.dates import ISO, DateOrder, find_order
from auction.workspace.files.numbers import NONE, NumberStyle, find_style
from auction.workspace.sources import TableSource
from residual.errors import Fault


@dataclass(frozen=True, slots=True)
class Formats:
    """How the columns of a table write their dates and numbers, by our name."""

    dates: dict[str, DateOrder] = field(default_factory=dict)
    numbers: dict[str, NumberStyle] = field(default_factory=dict)

    def expressions(self) -> list[pl.Expr]:
        """Return the columns as dates and as plain numbers, null where a value does not fit."""
        orders = [order.expression(pl.col(ours)).alias(ours) for ours, order in self.dates.items()]
        return orders + [
            style.expression(pl.col(ours)).alias(ours)
            for ours, style in self.numbers.items()
            if not style.plain
        ]

    def date_format(self, ours: str) -> str:
        """Return how a column's dates are written, strftime codes."""
        return self.dates[ours].format if ours in self.dates else ISO

    def told(self) -> tuple[str, ...]:
        """Return what a desk should see: formats of dates, marks of numbers."""
        orders = {ours: order.format for ours, order in self.dates.items()}
        marks = {
            ours: f"decimal {style.decimal!r}"
            + ("" if style.thousands == NONE else f" thousands {style.thousands!r}")
            for ours, style in self.numbers.items()
            if not style.plain or style.telling
        }
        return (*_by_format("dates", orders), *_by_format("numbers", marks))


def _by_format(what: str, formats: Mapping[str, str]) -> list[str]:
    """Return one text where all columns agree, else one a format with its columns."""
    groups: dict[str, list[str]] = {}
    for ours, written in formats.items():
        groups.setdefault(written, []).append(ours)
    if len(groups) == 1 and what == "dates":
        return [f"{what} {written}" for written in groups]
    return [f"{', '.join(columns)} {written}" for written, columns in groups.items()]


def find_formats(
    raw: pl.DataFrame,
    columns: Mapping[str, str],
    source: TableSource,
    name: str,
    known: Mapping[str, dy.Column],
) -> tuple[Formats, list[Fault]]:
    """Find how the text columns of a table write their dates and numbers.

    Parameters
    ----------
    raw : polars.DataFrame
        The table under the owner's names.
    columns : mapping
        Our name to the owner's name.
    source : TableSource
        What the owner says of the formats.
    name : str
        Our name of the table.
    known : mapping
        Columns of the schema. A further column is a number only where its style is proven.

    Returns
    -------
    formats : Formats
        Of the columns whose type wants one.
    faults : list of Fault
        Where the data leaves two formats open: the owner is asked.
    """
    texts = {ours: raw[owner] for ours, owner in columns.items() if raw.schema[owner] == pl.String}
    formats, faults = Formats(), []
    for ours, values in texts.items():
        wanted = known[ours].dtype if ours in known else None
        if wanted == pl.Date:
            order = _order(values, source)
            formats.dates[ours] = order
            faults += _asked(order, values, ours, source, name)
        elif wanted in (pl.Float64, pl.Int64):
            style = _style(values, source, ours, known[ours])
            formats.numbers[ours] = style
            faults += _asked(style, values, ours, source, name)
        elif wanted is None and _is_marked_number(values, source):
            formats.numbers[ours] = find_style(
                values, decimal=source.decimal, thousands=source.thousands
            )
    return formats, faults


def _order(values: pl.Series, source: TableSource) -> DateOrder:
    if source.date_format != "detect":
        return DateOrder(source.date_format, stated=True)
    return find_order(values)


def _style(values: pl.Series, source: TableSource, ours: str, column: dy.Column) -> NumberStyle:
    bounds = (None, None) if ours in source.units else (
        _bound(column, "min"), _bound(column, "max")
    )  # fmt: skip
    return find_style(
        values,
        decimal=source.decimal,
        thousands=source.thousands,
        whole=column.dtype == pl.Int64,
        bounds=bounds,
    )


def _bound(column: dy.Column, side: str) -> float | None:
    stated = getattr(column, side, None)
    return stated if stated is not None else getattr(column, f"{side}_exclusive", None)


def _is_marked_number(values: pl.Series, source: TableSource) -> bool:
    """Tell whether every value of a further column is a number in one proven style."""
    if values.cast(pl.Float64, strict=False).null_count() == values.null_count():
        return False
    style = find_style(values, decimal=source.decimal, thousands=source.thousands)
    if style.rival is not None:
        return False
    plain = values.to_frame("t").select(style.expression(pl.col("t"))).to_series()
    return plain.null_count() == values.null_count()


def _asked(
    found: DateOrder | NumberStyle, values: pl.Series, ours: str, source: TableSource, name: str
) -> list[Fault]:
    if found.rival is None:
        return []
    rule, remedy = found.words
    row = int((values == found.example).arg_max() or 0) + 1
    if isinstance(found, DateOrder):
        row = int(values.str.starts_with(found.example or "").arg_max() or 0) + 1
    return [
        Fault(
            rule,
            file=source.file,
            row=row,
            column=ours,
            value=str(values[row - 1]),
            remedy=f"{remedy} in [tables.{name}]",
        )
    ]
