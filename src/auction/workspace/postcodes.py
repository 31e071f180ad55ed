"""Postcodes kept as numbers: they may have lost the zeros that they begin with."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from auction.workspace.mapping import as_text
from auction.workspace.rows import TableRead
from residual.errors import Fault

#: Tables whose postcodes lead to the table places.
_FOLLOWING = ("venues", "vehicles", "sales")


def postcode_faults(tables: Mapping[str, TableRead]) -> list[Fault]:
    """Tell columns of numbers whose postcodes would lead to a wrong place.

    Parameters
    ----------
    tables : mapping
        Every table that could be read.

    Returns
    -------
    list of Fault
        One for each column that is kept as numbers though the keys of the places begin with a
        zero or are all longer than one of its codes, or whose codes differ in length; and one
        for the places where they are numbers and the postcodes of another table begin with a
        zero.
    """
    if "places" not in tables:
        return []
    places = tables["places"]
    keys = _digits(places)
    followers = [tables[name] for name in _FOLLOWING if name in tables]
    faults = [
        _fault(table)
        for table in followers
        if _is_number(table) and _has_lost_zeros(_digits(table), keys)
    ]
    zeros = any(
        _digits(table).str.starts_with("0").any() for table in followers if not _is_number(table)
    )
    return [*([_fault(places)] if zeros and _is_number(places) else []), *faults]


def _is_number(table: TableRead) -> bool:
    owner = table.columns.get("postcode")
    return owner is not None and table.raw.schema[owner].is_numeric()


def _digits(table: TableRead) -> pl.Series:
    """Return the postcodes as they stand in the file."""
    owner = table.columns.get("postcode")
    if owner is None:
        return pl.Series([], dtype=pl.String)
    return as_text(table.raw[owner]).drop_nulls().unique()


def _has_lost_zeros(codes: pl.Series, keys: pl.Series) -> bool:
    if codes.is_empty() or keys.is_empty():
        return False
    code_lengths, key_lengths = codes.str.len_chars().unique(), keys.str.len_chars().unique()
    shorter = len(key_lengths) == 1 and (code_lengths < key_lengths[0]).any()
    return bool(keys.str.starts_with("0").any()) or shorter or len(code_lengths) > 1


def _fault(table: TableRead) -> Fault:
    return Fault(
        "is kept as numbers, which lose the zeros that a postcode begins with",
        file=table.file,
        column=table.columns["postcode"],
        remedy="keep postcodes as text, with their zeros",
    )
