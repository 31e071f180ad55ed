"""From the owner's columns and units to ours: names, constants, types, conversions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import dataframely as dy
import polars as pl

#: Extra columns of these tables are features of the value model; elsewhere they are left out.
FEATURE_TABLES: Final = ("vehicles", "sales")

#: A name this like one of ours is taken for a slip, not for a feature.
SLIP: Final = 0.85

#: Days since 1970 of the first day of year 1 and the last of year 9999.
CALENDAR: Final = (-719_162, 2_932_896)

QUANTITIES: Final[dict[str, str]] = {
    "odometer": "distance",
    "max_odometer": "distance",
    "condition_grade": "grade",
    "min_grade": "grade",
    "repair_estimate": "money",
    "guide_value": "money",
    "loan_balance": "money",
    "price": "money",
    "reserve": "money",
    "opening_bid": "money",
    "high_bid": "money",
    "fee_sale": "money",
    "fee_no_sale": "money",
    "cost": "money",
    "labour_rate": "money",
    "fee_rate": "share",
    "tax_rate": "share",
    "guide_rate": "share",
    "chance": "share",
    "strike": "share",
    "max_age_years": "years",
    "settlement_days": "days",
    "entry_days": "days",
    "display_days": "days",
    "days": "days",
    "labour_hours": "hours",
}


def _factor(factor: float) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column * factor


def _divisor(divisor: float) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column / divisor


def _ten_fold(column: pl.Expr) -> pl.Expr:
    return pl.when(column > 5.0).then(column / 10.0).otherwise(column)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a file may be written in.

    Parameters
    ----------
    quantity : str
        What it measures; it suits the columns of that quantity in ``QUANTITIES``.
    meaning : str
        The conversion in words.
    convert : callable
        Maps an expression in this unit to one in ours. Null stays null.
    """

    quantity: str
    meaning: str
    convert: Callable[[pl.Expr], pl.Expr]


#: Money multiples may carry the currency, as in ``10k_CNY``. Whole divisors keep decimals exact
#: where a factor such as 0.01 would not.
UNITS: Final[dict[str, Unit]] = {
    "km": Unit("distance", "kilometres", _factor(1.0)),
    "mi": Unit("distance", "miles of 1.609344 km", _factor(1.609344)),
    "miles": Unit("distance", "miles of 1.609344 km", _factor(1.609344)),
    "1k_km": Unit("distance", "thousands of km", _factor(1_000.0)),
    "10k_km": Unit("distance", "ten thousands of km", _factor(10_000.0)),
    "1k_mi": Unit("distance", "thousands of miles", _factor(1_609.344)),
    "one_to_five": Unit("grade", "grades from 1 to 5", _factor(1.0)),
    "ten_fold": Unit("grade", "grades where 45 means 4.5; up to 5 as they stand", _ten_fold),
    "unit": Unit("money", "the currency itself", _factor(1.0)),
    "hundredth": Unit("money", "cents, pence, fen", _divisor(100.0)),
    "1k": Unit("money", "thousands", _factor(1_000.0)),
    "10k": Unit("money", "ten thousands", _factor(10_000.0)),
    "1M": Unit("money", "millions", _factor(1_000_000.0)),
    "share": Unit("share", "a share, 0.05 for 5 %", _factor(1.0)),
    "percent": Unit("share", "5 for 5 %", _divisor(100.0)),
    "basis_points": Unit("share", "500 for 5 %", _divisor(10_000.0)),
    "years": Unit("years", "years", _factor(1.0)),
    "months": Unit("years", "months", _divisor(12.0)),
    "days": Unit("days", "days", _factor(1.0)),
    "weeks": Unit("days", "weeks", _factor(7.0)),
    "hours": Unit("hours", "hours", _factor(1.0)),
    "minutes": Unit("hours", "minutes", _divisor(60.0)),
}


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the name most like the given one, or None if none is like it."""
    found = get_close_matches(name, sorted(names), n=1, cutoff=cutoff)
    return found[0] if found else None


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return a remedy: the nearest name, else all that there are."""
    known = sorted(names)
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"


def find_unit(name: str, column: str, currency: str) -> tuple[Unit | None, str, str]:
    """Look up a unit for a column.

    Parameters
    ----------
    name : str
        Name of the unit; a multiple of money may end in the currency's code.
    column : str
        Our name of the column.
    currency : str
        Code of the workspace's currency.

    Returns
    -------
    unit : Unit or None
        None if the unit cannot be used.
    rule, remedy : str
        Why it cannot be used and what to do; empty if it can.
    """
    quantity = QUANTITIES.get(column)
    if quantity is None:
        return None, "has no unit that could be converted", "drop the unit"
    stem, _, code = name.rpartition("_")
    money = quantity == "money" and (name == currency or (stem in UNITS and len(code) == 3))
    if money and name != currency and code != currency:
        return None, f"must be in {currency}, the one currency", "convert the file beforehand"
    key = ("unit" if name == currency else stem) if money else name
    fitting = [known for known, unit in UNITS.items() if unit.quantity == quantity]
    if key not in fitting:
        return None, f"must be a unit of {quantity}", suggestion(name, fitting)
    return UNITS[key], "", ""


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
    readable = _within_calendar(column) if found == pl.Date else column
    return readable.cast(pl.String, strict=False)


def as_text(values: pl.Series) -> pl.Series:
    """Return values as text; a date that no calendar has comes as its number of days."""
    if values.dtype != pl.Date:
        return values.cast(pl.String, strict=False)
    days = values.to_physical()
    readable = values.to_frame("date").select(_within_calendar(pl.col("date"))).to_series()
    return readable.cast(pl.String).fill_null(days.cast(pl.String))


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
