"""Concentration limits as caps: every option counts toward one group of a limit at most.

What counterparties can come to owe is capped in money: see :mod:`auction.allocation.exposure`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.caps import Cap, Entries
from auction.allocation.constraints import Constraints, Limit
from auction.allocation.problem import Rule

#: Whole numbers that reach over no more than so many values are their own codes.
MOST_CODES = 100_000


def limits(
    frame: pl.DataFrame,
    vehicle: NDArray[np.int64],
    constraints: Constraints,
    plannable: NDArray[np.bool_],
) -> Iterator[Cap]:
    """Cap the units that share a property; a vehicle that can only be held back counts nowhere.

    Parameters
    ----------
    frame : polars.DataFrame, c rows
        The options that may be taken.
    vehicle : int64[c]
        Vehicle of each.
    constraints : Constraints
        Its limits are applied here.
    plannable : bool[V]
        Vehicles that may do something besides being held back.
    """
    if not constraints.limits:
        return
    units = int(plannable.sum())
    sold = (frame["channel"] != "hold").to_numpy()
    counted = plannable[vehicle]
    known: dict[str, tuple[NDArray[np.int64], list[str]]] = {}
    for limit in constraints.limits:
        if not limit.counts:
            continue
        for name in limit.columns:
            if name not in known:
                known[name] = _coded(frame[name])
        place, groups = _groups(limit, [known[name] for name in limit.columns], sold)
        cap = limit.units(units)
        by = limit.by.replace("_", " and ")
        rules = tuple(
            Rule("limit", f"at most {cap} units of {by} {', '.join(values)}") for values in groups
        )
        column = np.flatnonzero((place >= 0) & counted)
        yield Cap(rules, np.full(len(rules), float(cap)), Entries.ones(column, place[column]))


def _coded(series: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    """Return each value's place among the values there are, -1 for none; and these as text."""
    if series.dtype.is_integer() and series.null_count() < series.len():
        least, most = int(series.min()), int(series.max())  # type: ignore[arg-type]
        if most - least < MOST_CODES:
            codes = series.cast(pl.Int64) - least
            return codes.fill_null(-1).to_numpy(), [str(n) for n in range(least, most + 1)]
    if series.dtype == pl.Categorical:
        return _coded_names(series)
    named = series.dtype
    if not isinstance(named, pl.Enum):
        series = series.cast(pl.String)
        named = pl.Enum(series.drop_nulls().unique().sort())
    codes = series.cast(named).to_physical().cast(pl.Int64).fill_null(-1)
    return codes.to_numpy(), named.categories.to_list()


def _coded_names(series: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    """Return the places of categories among their names in order, without a look at each name."""
    known = series.drop_nulls().unique()
    names = known.cast(pl.String).sort()
    number = known.to_physical().cast(pl.Int64).to_numpy()
    place = np.full(int(number.max(initial=-1)) + 2, -1, dtype=np.int64)
    place[number] = names.search_sorted(known.cast(pl.String)).to_numpy()
    # the last of them stands for nulls
    return place[series.to_physical().fill_null(place.size - 1).to_numpy()], names.to_list()


def _groups(
    limit: Limit, coded: list[tuple[NDArray[np.int64], list[str]]], sold: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Return the group that each option counts toward, -1 for none, and the groups by name."""
    counted = np.ones(sold.size, dtype=np.bool_) if _names_hold(limit) else sold.copy()
    key = np.zeros(sold.size, dtype=np.int64)
    for codes, names in coded:
        counted &= codes >= 0
        key = key * max(1, len(names)) + codes
    key[~counted] = -1
    sizes = [max(1, len(names)) for _, names in coded]
    if limit.group is not None:
        wanted = [
            names.index(value) if value in names else -1
            for (_, names), value in zip(coded, limit.values, strict=True)
        ]
        found = np.zeros(0, dtype=np.int64)
        if min(wanted) >= 0:
            one = int(np.ravel_multi_index(tuple(wanted), tuple(sizes)))
            found = np.array([one] if (key == one).any() else [], dtype=np.int64)
    else:
        found = _distinct(key, int(np.prod(sizes)))
    parts = np.unravel_index(found, tuple(sizes))
    named = [
        tuple(names[part[place]] for (_, names), part in zip(coded, parts, strict=True))
        for place in range(found.size)
    ]
    order = sorted(range(found.size), key=lambda place: named[place])
    rank = np.empty(found.size, dtype=np.int64)
    rank[order] = np.arange(found.size)
    return _ranked(key, found, rank, int(np.prod(sizes))), [named[place] for place in order]


def _ranked(
    key: NDArray[np.int64], found: NDArray[np.int64], rank: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    """Return the rank of each key among those found, -1 where it is none of them."""
    if not found.size:
        return np.full(key.size, -1, dtype=np.int64)
    if size > key.size + MOST_CODES:
        at = np.minimum(np.searchsorted(found, key), found.size - 1)
        return np.where(found[at] == key, rank[at], -1)
    # one look at a table; its last place stands for the key -1
    table = np.full(size + 1, -1, dtype=np.int64)
    table[found] = rank
    return table[key]


def _names_hold(limit: Limit) -> bool:
    return any(
        name == "channel" and value == "hold"
        for name, value in zip(limit.columns, limit.values, strict=False)
    )


def _distinct(key: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the keys >= 0 that there are, ascending."""
    if size > key.size + MOST_CODES:
        found = np.unique(key)
        return found[found >= 0]
    return np.flatnonzero(np.bincount(key[key >= 0], minlength=size)).astype(np.int64)
