"""What reading a file or a query gives: columns as they stand, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from auction.workspace.sources import Reading
from residual.errors import Fault, InputError


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table under the owner's names.

    Parameters
    ----------
    frame : polars.DataFrame
        Text, numbers, truth and dates.
    read_as : tuple of str
        How it was read, told to the desk: encoding, delimiter, sheet.
    digest : str
        SHA-256 of what was read.
    """

    frame: pl.DataFrame
    read_as: tuple[str, ...] = ()
    digest: str = ""


def hold_cells(name: str, rows: int, columns: int, limits: Reading) -> None:
    """Refuse a table that is too large.

    Parameters
    ----------
    name : str
        What it is called in faults.
    rows, columns : int
        Its size.
    limits : Reading
        What is borne.

    Raises
    ------
    InputError
        Naming the limit.
    """
    if columns > limits.max_columns:
        rule = (
            f"has {columns:,} columns, more than reading.max_columns = {limits.max_columns} allows"
        )
    elif rows * columns > limits.max_cells:
        rule = (
            f"has about {rows:,} rows of {columns:,} columns, more values than "
            f"reading.max_cells = {limits.max_cells} allows"
        )
    else:
        return
    remedy = "raise the setting, or leave out what is not needed"
    raise InputError([Fault(rule, file=name, remedy=remedy)])


def clean(frame: pl.DataFrame, null_values: tuple[str, ...]) -> pl.DataFrame:
    """Cut blanks around text and names, null what means nothing, and simplify types.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns of any type.
    null_values : tuple of str
        Texts that mean 'not known', beside the empty one.

    Returns
    -------
    polars.DataFrame
        Text, numbers, truth and dates; a column of another type tells its type in each value.
    """
    unknown = ["", *null_values]
    frame = _with_trimmed_names(frame)
    plain = frame.with_columns(_plain(name, dtype) for name, dtype in frame.schema.items())
    trimmed = (
        pl.col(name).str.strip_chars() for name, dtype in plain.schema.items() if dtype == pl.String
    )
    return plain.with_columns(pl.when(~text.is_in(unknown)).then(text) for text in trimmed)


def _with_trimmed_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Cut blanks around the names of columns, unless two would then be called the same."""
    trimmed = [name.strip() for name in frame.columns]
    return frame.rename(
        {
            name: short
            for name, short in zip(frame.columns, trimmed, strict=True)
            if short and name != short and trimmed.count(short) == 1
        }
    )


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as text, number, truth or date; what is none of these tells its type."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.replace_time_zone(None).cast(pl.Date)
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    if dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Date):
        return column
    return pl.when(column.is_not_null()).then(pl.lit(f"({dtype})")).alias(name)
