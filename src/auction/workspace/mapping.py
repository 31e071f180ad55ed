"""From the owner's columns and units to ours: names, constants, types, conversions."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

#: Extra columns of these tables are features of the value model; elsewhere they are left out.
FEATURE_TABLES: Final = ("vehicles", "sales")

#: Tables whose rows must be located; sales may be.
LOCATED: Final = ("venues", "vehicles")

#: A name this like one of ours is taken for a slip, not for a feature.
SLIP: Final = 0.85

#: Days since 1970 of the first day of year 1 and the last of year 9999.
CALENDAR: Final = (-719_162, 2_932_896)


def sources_of_columns(
    schema: type[dy.Schema], header: list[str], columns: dict[str, str], *, features: bool
) -> dict[str, str]:
    """Tell from which column of the file each of ours comes.

    Parameters
    ----------
    schema : type of dataframely.Schema
        The table's schema.
    header : list of str
        Columns of the file.
    columns : dict
        Our name to the owner's name, as the settings say.
    features : bool
        Whether further columns are kept under the owner's name.

    Returns
    -------
    dict
        Our name to the owner's name, only for columns that the file has. A column of the file
        that was given another name is not also read under its own.
    """
    named = {ours: owner for ours, owner in columns.items() if owner in header}
    taken = set(named.values())
    known = schema.columns()
    same = {
        owner: owner
        for owner in header
        if owner not in taken and owner not in columns and (owner in known or features)
    }
    return named | same


def admitted_words(column: dy.Column) -> tuple[str, ...]:
    """Return the words that a column of ours admits; none where it admits any."""
    return tuple((column.metadata or {}).get("one_of", ()))


def in_our_words(values: dict[str, dict[str, str]]) -> list[pl.Expr]:
    """Return the expressions that put our words in place of the owner's; others stay."""
    return [
        pl.col(ours).cast(pl.String).replace(words).alias(ours) for ours, words in values.items()
    ]


def _number(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.Float64, strict=False)


def _whole(column: pl.Expr, found: pl.DataType) -> pl.Expr:
    number = _number(column)
    whole = number.is_finite() & (number == number.round(0)) & (number.abs() < 2.0**53)
    rounded = pl.when(whole).then(number).cast(pl.Int64, strict=False)
    exact = found == pl.String or found.is_integer()
    return pl.coalesce(column.cast(pl.Int64, strict=False), rounded) if exact else rounded


def cast_expression(
    name: str, found: pl.DataType, wanted: pl.DataType, date_format: str
) -> pl.Expr:
    """Return the expression that turns a column into its type, null where it cannot.

    Parameters
    ----------
    name : str
        The column.
    found, wanted : polars.DataType
        Its type in the file and the type of the schema.
    date_format : str
        How dates are written in text.

    Returns
    -------
    polars.Expr
        The typed column. A number with a fraction is no whole number: it becomes null.
    """
    column = pl.col(name)
    if wanted == pl.String:
        return _text(column, found)
    if wanted == pl.Date:
        if found == pl.String:
            return _within_calendar(column.str.to_date(date_format, strict=False))
        return _within_calendar(column) if found == pl.Date else _nothing(wanted)
    if found != pl.String and not found.is_numeric():
        return _nothing(wanted)
    if wanted == pl.Int64 and found != pl.Int64:
        return _whole(column, found)
    return column.cast(wanted, strict=False)


def _within_calendar(dates: pl.Expr) -> pl.Expr:
    """Null dates outside of the years 1 to 9999, which Parquet can hold but no calendar."""
    return pl.when(dates.to_physical().is_between(*CALENDAR)).then(dates)


def _text(column: pl.Expr, found: pl.DataType) -> pl.Expr:
    if found.is_float():
        return _without_fraction(column)
    if found.is_decimal():
        return _without_zeros(column)
    readable = _within_calendar(column) if found == pl.Date else column
    return readable.cast(pl.String, strict=False)


def _without_fraction(column: pl.Expr) -> pl.Expr:
    """Write numbers as text; a spreadsheet keeps the number 7001 of a vehicle as 7001.0."""
    whole = column.is_finite() & (column == column.round(0)) & (column.abs() < 2.0**53)
    short = pl.when(whole).then(column).cast(pl.Int64, strict=False).cast(pl.String)
    return pl.coalesce(short, column.cast(pl.String, strict=False))


def _without_zeros(column: pl.Expr) -> pl.Expr:
    """Write decimals as text; a database keeps the number 2 of a vehicle as 2.00."""
    return column.cast(pl.String).str.replace(r"\.0+$", "")


def as_text(values: pl.Series) -> pl.Series:
    """Return values as text; a date that no calendar has comes as its number of days."""
    if values.dtype.is_float():
        return values.to_frame("n").select(_without_fraction(pl.col("n")).alias(values.name))[
            values.name
        ]
    if values.dtype.is_decimal():
        return values.to_frame("n").select(_without_zeros(pl.col("n")).alias(values.name))[
            values.name
        ]
    if values.dtype != pl.Date:
        return values.cast(pl.String, strict=False)
    days = values.to_physical()
    readable = values.to_frame("date").select(_within_calendar(pl.col("date"))).to_series()
    return readable.cast(pl.String).fill_null(days.cast(pl.String)).alias(values.name)


def _nothing(wanted: pl.DataType) -> pl.Expr:
    return pl.lit(None, dtype=wanted)


def type_words(wanted: pl.DataType, date_format: str) -> tuple[str, str]:
    """Return the rule and the remedy for a value that does not have the wanted type."""
    if wanted == pl.Date:
        return f"must be a date written as {date_format}", "mend the date or set date_format"
    if wanted == pl.Int64:
        return "must be a whole number", "mend the value"
    if wanted == pl.Float64:
        return "must be a number", "write it with digits and a decimal point alone"
    return f"must be of type {wanted}", "mend the value"


def feature_frames(frames: dict[str, pl.DataFrame], schemas: dict[str, type[dy.Schema]]) -> None:
    """Give the extra columns of vehicles and sales one type in both tables, in place.

    A column is a number (Float64, NaN and infinities become null) if every value in every
    table reads as one, else text.

    Parameters
    ----------
    frames : dict of polars.DataFrame
        Tables as read; changed in place.
    schemas : dict
        Schema by table.
    """
    tables = [name for name in FEATURE_TABLES if name in frames]
    extras = {name: _extras(frames[name], schemas[name]) for name in tables}
    for column in sorted({column for columns in extras.values() for column in columns}):
        holders = [name for name in tables if column in extras[name]]
        numeric = all(_reads_as_number(frames[name][column]) for name in holders) and any(
            frames[name][column].null_count() < frames[name].height for name in holders
        )
        for name in holders:
            values = pl.col(column)
            found = frames[name].schema[column]
            typed = _number(values) if numeric else _text(values, found)
            finite = pl.when(typed.is_finite()).then(typed) if numeric else typed
            frames[name] = frames[name].with_columns(finite.alias(column))


def _extras(frame: pl.DataFrame, schema: type[dy.Schema]) -> list[str]:
    known = schema.columns()
    return [column for column in frame.columns if column not in known]


def _reads_as_number(values: pl.Series) -> bool:
    if values.dtype == pl.Boolean or not (values.dtype == pl.String or values.dtype.is_numeric()):
        return values.null_count() == len(values)
    return values.cast(pl.Float64, strict=False).null_count() == values.null_count()
