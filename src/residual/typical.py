"""Past units that a model keeps, so that its card can tell what it makes of ordinary ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Units
from residual.segments import as_written

#: Units drawn from all sales, and from those of each of the largest makes and kinds.
WHOLE: Final = 240
EACH: Final = 40
#: Largest makes, and largest kinds, that are kept; those with fewer sales are left out.
LARGEST: Final = 8
_FEWEST_SALES: Final = 30
#: Levels of a family that are kept, those with most sales first.
_LEVELS: Final = 80
#: What is not a trait of a unit: who it is, how it was sold, and what others say it is worth.
_NO_TRAITS: Final = frozenset(
    (
        "sale_id", "vehicle_id", "vin", "run", "run_count", "offered_on", "closed_on",
        "available_from", "recovered_on", "outcome", "price", "reserve", "opening_bid",
        "high_bid", "bidders", "guide_value", "loan_balance", "first_registered",
    )
)  # fmt: skip

Traits = dict[str, list[str | int | float | None]]


@dataclass(frozen=True, slots=True)
class Typical:
    """Traits of some past units, without prices and without who they are.

    Attributes
    ----------
    traits : dict of list of str, int, float or None
        Columns as the sales had them, with age (years on the day of the sale) and odometer (km,
        the typical reading where none was believed) in their place.
    whole : list of int
        Rows of units drawn evenly from all sales, in the order of the sales.
    groups : dict of dict of list of int
        Rows drawn evenly from the largest makes ("make") and kinds of vehicle ("group"), by name.
    levels : dict of list of int
        By family of effects, a row for each of its levels with most sales.
    sales : dict of list of int
        By family, how many sales each of these levels had.
    ranges : dict of list of float
        By "age", "odometer" and "grade", the values that hold 98 % of the sales, and the middle;
        left out where hardly any sale tells.
    group_sales : dict of dict of list of float
        By kind of group and name: count of the sales, and the ages that hold 98 % of them.
    """

    traits: Traits
    whole: list[int]
    groups: dict[str, dict[str, list[int]]]
    levels: dict[str, list[int]]
    sales: dict[str, list[int]]
    ranges: dict[str, list[float]]
    group_sales: dict[str, dict[str, list[float]]]

    def frame(self) -> pl.DataFrame:
        """Return the traits as a table, one row a unit; its rows are those of the attributes."""
        return pl.DataFrame(
            {
                name: pl.Series(values, dtype=_dtype(values), strict=False)
                for name, values in self.traits.items()
            }
        )


def typical_of(sales: pl.DataFrame, units: Units, group_column: str) -> Typical:
    """Choose the units that a model keeps of its sales.

    Parameters
    ----------
    sales : polars.DataFrame
        n sales in an order of their own.
    units : Units
        The same rows, as the model reads them.
    group_column : str
        The category that carries the kind of vehicle.

    Returns
    -------
    Typical
        The same for the same sales: nothing is drawn by chance.
    """
    whole = _evenly(np.arange(len(units), dtype=np.int64), WHOLE)
    drawn: dict[str, dict[str, NDArray[np.int64]]] = {}
    told: dict[str, dict[str, list[float]]] = {}
    for kind, column in (("make", "make"), ("group", group_column)):
        largest = _largest(as_written(sales, column))
        drawn[kind] = {name: _evenly(rows, EACH) for name, rows in largest.items()}
        told[kind] = {
            name: [float(len(rows)), *_range(units.age[rows])[:2]] for name, rows in largest.items()
        }
    family = {name: _by_level(code) for name, code in units.codes.items()}
    some = [rows for groups in drawn.values() for rows in groups.values()]
    kept = np.unique(np.concatenate([whole, *some, *(rows for rows, _ in family.values())]))

    def places(rows: NDArray[np.int64]) -> list[int]:
        return [int(place) for place in np.searchsorted(kept, rows)]

    return Typical(
        _traits(sales[kept], units.take(kept)),
        places(whole),
        {kind: {name: places(r) for name, r in named.items()} for kind, named in drawn.items()},
        {name: places(rows) for name, (rows, _) in family.items() if len(rows)},
        {name: count for name, (rows, count) in family.items() if len(rows)},
        _ranges(units),
        told,
    )


def _evenly(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return at most so many rows, at even distances, each once."""
    if len(rows) <= count:
        return rows
    places = ((np.arange(count) + 0.5) * len(rows) / count).astype(np.int64)
    return np.asarray(rows[places])


def _largest(names: pl.Series) -> dict[str, NDArray[np.int64]]:
    """Rows of the names with most sales, the largest first; ties by name."""
    counted = (
        names.drop_nulls().value_counts()
        .filter(pl.col("count") >= _FEWEST_SALES)
        .sort(-pl.col("count").cast(pl.Int64), names.name)
        .head(LARGEST)
    )  # fmt: skip
    return {
        name: (names == name).arg_true().to_numpy().astype(np.int64)
        for name in counted[names.name].to_list()
    }


def _by_level(code: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Return the latest row of each of the levels with most sales, and their sales."""
    rows = np.flatnonzero(code >= 0)
    level, place, count = np.unique(code[rows][::-1], return_index=True, return_counts=True)
    order = np.lexsort((level, -count))[:_LEVELS]
    latest = rows[len(rows) - 1 - place[order]] if len(rows) else rows
    return latest.astype(np.int64), [int(n) for n in count[order]]


def _ranges(units: Units) -> dict[str, list[float]]:
    measured = {
        "age": units.age,
        "odometer": units.odometer[~units.odometer_missing],
        "grade": units.grade[~units.grade_missing],
    }
    return {name: _range(x) for name, x in measured.items() if len(x) >= 0.1 * len(units)}


def _range(values: Floats) -> list[float]:
    return [float(value) for value in np.quantile(values, [0.01, 0.99, 0.5])]


def _traits(rows: pl.DataFrame, units: Units) -> Traits:
    out: Traits = {}
    for name in rows.columns:
        column = rows[name]
        if name in _NO_TRAITS or column.dtype.is_temporal() or column.dtype.is_nested():
            continue
        kind = pl.Int64 if column.dtype.is_integer() else pl.Float64
        out[name] = column.cast(kind if column.dtype.is_numeric() else pl.String).to_list()
    return {**out, "age": units.age.tolist(), "odometer": units.odometer.tolist()}


def _dtype(
    values: list[str | int | float | None],
) -> type[pl.String | pl.Int64 | pl.Float64]:
    known = [value for value in values if value is not None]
    if not known or isinstance(known[0], str):
        return pl.String
    return pl.Int64 if all(isinstance(value, int) for value in known) else pl.Float64
