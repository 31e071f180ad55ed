"""From a raw frame to typed rows; rows at fault are set aside with the rule they break."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import dataframely as dy
import polars as pl

from auction.tables import SCHEMAS
from auction.workspace.config import Config
from auction.workspace.files import ISO, Formats, RawTable, find_formats
from auction.workspace.headers import header_faults
from auction.workspace.mapping import (
    FEATURE_TABLES,
    as_text,
    cast_expression,
    in_our_words,
    sources_of_columns,
    type_words,
)
from auction.workspace.sources import TableSource
from auction.workspace.units import find_unit
from residual.errors import Fault

#: Number of the row in the file; no column of an owner is called so.
ROW: Final = "#row"

#: A date before this year is one of two digits, read as a year of the first century.
FIRST_YEAR: Final = 1900

#: Values that stand in for what a file leaves open.
FILL: Final[dict[str, dict[str, str]]] = {
    "sales": {"outcome": "sold"},
    "fees": {"charged_on": "sale"},
}

REJECTED_SCHEMA: Final[dict[str, Any]] = {
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "rule": pl.String,
    "remedy": pl.String,
}

NO_REJECTS: Final = pl.DataFrame(schema=REJECTED_SCHEMA)


@dataclass(slots=True)
class TableRead:
    """A table on its way from the file to the workspace.

    Parameters
    ----------
    name, file : str
        Our name of the table and the file it stands in.
    raw : polars.DataFrame
        The file's columns under the owner's names.
    columns : dict
        Our name to the owner's name.
    frame : polars.DataFrame
        Typed rows with their number in ``ROW``.
    rejected, fatal, warned : polars.DataFrame
        Rows set aside, rows that stop a run, rows that are only remarked on: one line per
        finding, columns of ``REJECTED_SCHEMA``.
    refused : bool
        Whether so many rows were set aside that the table cannot be used.
    followed : int
        Rows set aside only because the row that they refer to was.
    excluded : dict
        Rows left out because they lie beyond the planning date, by reason.
    read_as : tuple of str
        How the file was read: encoding, delimiter, sheet, formats of dates and numbers.
    """

    name: str
    file: str
    raw: pl.DataFrame
    columns: dict[str, str]
    frame: pl.DataFrame
    rejected: pl.DataFrame = field(default_factory=NO_REJECTS.clone)
    fatal: pl.DataFrame = field(default_factory=NO_REJECTS.clone)
    warned: pl.DataFrame = field(default_factory=NO_REJECTS.clone)
    refused: bool = False
    followed: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    read_as: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """Rows in the file."""
        return self.raw.height

    @property
    def rejected_rows(self) -> int:
        """Rows set aside."""
        return self.rejected["row"].n_unique()

    @property
    def bad_lines(self) -> pl.DataFrame:
        """Every fault of the rows, set aside or fatal, by row."""
        return pl.concat([self.rejected, self.fatal]).sort("row", maintain_order=True)

    def texts(self, rows: pl.Series, column: str) -> pl.Series:
        """Return values as they stand in the file, null where the file has no such column."""
        owner = self.columns.get(column)
        if owner is None:
            return pl.Series([None] * len(rows), dtype=pl.String)
        return as_text(self.raw[owner].gather(rows - 1))

    def all_values(self, column: str) -> pl.Series:
        """Return every value of a text column in the file, rows left out or set aside too."""
        owner = self.columns.get(column)
        values = self.frame[column] if owner is None else as_text(self.raw[owner])
        return values.drop_nulls().unique().sort()

    def set_aside_values(self, column: str) -> pl.Series:
        """Return the values of a text column in the rejected rows."""
        return self.texts(self.rejected["row"].unique(), column).drop_nulls().unique().sort()

    def original(self, rows: pl.Series) -> pl.DataFrame:
        """Return rows as they stand in the file, every value as text."""
        taken = self.raw.select(pl.all().gather(rows - 1))
        return taken.select(as_text(values) for values in taken.iter_columns())

    def reject(
        self,
        rows: pl.Series,
        column: str,
        rule: str,
        remedy: str,
        values: pl.Series | None = None,
    ) -> None:
        """Note that rows break a rule; they leave the frame with ``drop_rejected``."""
        self.rejected = self._noted(self.rejected, rows, column, rule, remedy, values)

    def stop(
        self,
        rows: pl.Series,
        column: str,
        rule: str | pl.Series,
        remedy: str | pl.Series,
        values: pl.Series | None = None,
    ) -> None:
        """Note that rows are at fault in a way that no run can pass over."""
        self.fatal = self._noted(self.fatal, rows, column, rule, remedy, values)

    def stop_rows(
        self, rows: pl.DataFrame, column: str, rule: str | pl.Series, remedy: str | pl.Series
    ) -> None:
        """Note rows of a frame as faults that stop a run; the value told is the frame's."""
        self.stop(rows[ROW], column, rule, remedy, rows[column].cast(pl.String))

    def warn(
        self, rows: pl.Series, column: str, rule: str | pl.Series, remedy: str | pl.Series
    ) -> None:
        """Note something about rows that a run can pass over."""
        self.warned = self._noted(self.warned, rows, column, rule, remedy, None)

    def _noted(
        self,
        lines: pl.DataFrame,
        rows: pl.Series,
        column: str,
        rule: str | pl.Series,
        remedy: str | pl.Series,
        values: pl.Series | None,
    ) -> pl.DataFrame:
        """Add a line for each row; the value is that of the file unless it is given."""
        if rows.is_empty():
            return lines
        more = pl.DataFrame({"row": rows.cast(pl.Int64)}).with_columns(
            pl.lit(self.file).alias("file"),
            pl.lit(column).alias("column"),
            (self.texts(rows, column) if values is None else values).alias("value"),
            _literal(rule).alias("rule"),
            _literal(remedy).alias("remedy"),
        )
        return pl.concat([lines, more.select(list(REJECTED_SCHEMA))])

    def drop_rejected(self) -> None:
        """Take the rejected rows out of the frame; order their faults by row."""
        self.rejected = self.rejected.sort("row", maintain_order=True)
        self.frame = self.frame.filter(~pl.col(ROW).is_in(self.rejected["row"].implode()))

    def exclude(self, reason: str, beyond: pl.Expr) -> None:
        """Leave out and count rows; a row whose date is not known stays."""
        gone = self.frame.filter(beyond.fill_null(value=False))[ROW]
        if len(gone):
            self.excluded[reason] = len(gone)
            self.frame = self.frame.filter(~pl.col(ROW).is_in(gone.implode()))
            self.rejected = self.rejected.filter(~pl.col("row").is_in(gone.implode()))


def _literal(words: str | pl.Series) -> pl.Expr:
    return pl.lit(words, dtype=pl.String)


def type_table(
    name: str, source: TableSource, given: RawTable, config: Config
) -> tuple[TableRead, list[Fault]]:
    """Map and type a table and leave out what lies beyond the planning date.

    Parameters
    ----------
    name : str
        Our name of the table.
    source : TableSource
        Its settings.
    given : RawTable
        The file's columns and how they were read.
    config : Config
        Gives currency and planning date.

    Returns
    -------
    table : TableRead
        Typed rows; values of a wrong type are null and their rows noted as rejected.
    faults : list of Fault
        Faults of names, units, constants and formats. With any of them the rows mean nothing.
    """
    schema, raw = SCHEMAS[name], given.frame
    features = name in FEATURE_TABLES
    columns = sources_of_columns(schema, raw.columns, source.columns, features=features)
    columns = {ours: owner for ours, owner in columns.items() if ours not in source.constants}
    table = TableRead(name, source.file, raw, columns, pl.DataFrame())
    faults = header_faults(name, source, raw.columns, columns, config.currency)
    formats, asked = find_formats(raw, columns, source, name, schema.columns())
    faults += asked
    table.read_as = (*given.read_as, *formats.told())
    if not faults:
        _fill_frame(table, source, config.currency, formats)
    return table, faults


def _fill_frame(table: TableRead, source: TableSource, currency: str, formats: Formats) -> None:
    """Cast every column of the schema, keep the features, convert units, apply constants."""
    schema = SCHEMAS[table.name]
    known = schema.columns()
    raw = table.raw.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW),
        *(pl.col(owner).alias(ours) for ours, owner in table.columns.items()),
    )
    blank = table.raw.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if blank.any():
        raw = raw.filter(~blank)
        table.excluded["blank"] = int(blank.sum())
    raw = raw.with_columns(in_our_words(source.values))
    plain = raw.with_columns(formats.expressions())
    typed = plain.with_columns(
        cast_expression(ours, plain.schema[ours], known[ours].dtype, ISO)
        .cast(known[ours].dtype)
        .alias(ours)
        for ours in table.columns
        if ours in known
    )
    table.frame = typed
    for ours in table.columns:
        if ours in known:
            wrong = raw[ours].is_not_null() & typed[ours].is_null()
            rule, remedy = type_words(known[ours].dtype, formats.date_format(ours))
            table.reject(typed[ROW].filter(wrong), ours, rule, remedy)
    table.frame = _without_early_dates(table).with_columns(
        *_constants(source, known),
        *_converted(source, currency),
    )
    absent = [ours for ours in known if ours not in table.frame.columns]
    table.frame = table.frame.with_columns(
        pl.lit(None, dtype=known[ours].dtype).alias(ours) for ours in absent
    )
    table.frame = table.frame.with_columns(_fillers(table.name))
    extras = [ours for ours in table.frame.columns if ours not in known and ours != ROW]
    table.frame = table.frame.select(ROW, *known, *extras)


def _without_early_dates(table: TableRead) -> pl.DataFrame:
    """Note dates of years that no vehicle was sold in, and make them null."""
    frame = table.frame
    for name, dtype in frame.schema.items():
        if dtype == pl.Date:
            early = (frame[name].dt.year() < FIRST_YEAR).fill_null(value=False)
            rule = f"must not lie before the year {FIRST_YEAR}"
            table.reject(frame[ROW].filter(early), name, rule, "write the year in four digits")
            kept = frame.select(pl.when(~early).then(pl.col(name)).alias(name))
            frame = frame.with_columns(kept.to_series())
    return frame


def _constants(source: TableSource, known: dict[str, dy.Column]) -> list[pl.Expr]:
    return [
        pl.lit(value, dtype=known[ours].dtype if ours in known else None).alias(ours)
        for ours, value in source.constants.items()
    ]


def _converted(source: TableSource, currency: str) -> list[pl.Expr]:
    converted = []
    for ours, name in source.units.items():
        unit, _, _ = find_unit(name, ours, currency)
        if unit is not None:
            converted.append(unit.convert(pl.col(ours)).alias(ours))
    return converted


def _fillers(name: str) -> list[pl.Expr]:
    return [pl.col(ours).fill_null(value) for ours, value in FILL.get(name, {}).items()]
