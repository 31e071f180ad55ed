"""Groups of vehicles whose markets move apart: kinds of vehicle, and what drives them."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.features import Units, tidy_text

#: The vehicles of no group.
OTHER: Final = "other"
#: Groups by what drives a vehicle; they take a vehicle out of the group of its kind.
KINDS: Final = ("electric", "plug-in hybrid", "hybrid")
#: Words for them, tidied.
_WORDS: Final = {
    "bev": "electric",
    "ev": "electric",
    "electric": "electric",
    "battery electric": "electric",
    "phev": "plug-in hybrid",
    "plug-in hybrid": "plug-in hybrid",
    "plug in hybrid": "plug-in hybrid",
    "plugin hybrid": "plug-in hybrid",
    "hev": "hybrid",
    "hybrid": "hybrid",
    "full hybrid": "hybrid",
}


def kind_of(word: str) -> str | None:
    """Group of a powertrain, or of a segment named after one; None for all others."""
    return _WORDS.get(word.strip().lower())


def group_names(levels: list[str], code: NDArray[np.int64], fewest: int) -> tuple[str, ...]:
    """Levels with enough sales, and the groups by what drives a vehicle.

    Parameters
    ----------
    levels : list of str
        Of the category that carries the groups.
    code : int64[n]
        Level of each sale, -1 for none.
    fewest : int
        Sales that a group needs; those of `KINDS` need none, as their trend has a prior.
    """
    count = np.bincount(code[code >= 0], minlength=len(levels))
    pairs = zip(levels, count, strict=True)
    enough = [level for level, rows in pairs if rows >= fewest and level != OTHER]
    return (*(level for level in enough if kind_of(level) is None), *KINDS)


def group_column(levels: dict[str, list[str]]) -> str:
    """Name the category that carries the groups: segments where sales tell them, else bodies."""
    return "segment" if levels.get("segment") else "body"


def groups_of_sales(
    units: Units, levels: dict[str, list[str]], fewest: int
) -> tuple[str, tuple[str, ...]]:
    """Category that carries the groups of some sales, and the names of the groups."""
    column = group_column(levels)
    return column, group_names(levels.get(column, []), units.codes[column], fewest)


def group_codes(vehicles: pl.DataFrame, column: str, groups: tuple[str, ...]) -> NDArray[np.int64]:
    """Place of each vehicle among the groups; their number for a vehicle of none of them."""
    place = {name: number for number, name in enumerate(groups)}
    kinds = {word: place[kind] for word, kind in _WORDS.items() if kind in place}
    found = vehicles.select(
        pl.coalesce(
            _looked_up(vehicles, "powertrain", kinds),
            _looked_up(vehicles, column, {**place, **kinds}),
            pl.repeat(len(groups), pl.len(), dtype=pl.Int64),
        ).alias("group")
    )["group"]
    return found.cast(pl.Int64).to_numpy().astype(np.int64)


def _looked_up(vehicles: pl.DataFrame, column: str, places: dict[str, int]) -> pl.Expr:
    if column not in vehicles.columns or not places:
        return pl.lit(None, dtype=pl.Int64)
    return tidy_text(pl.col(column)).replace_strict(
        list(places), list(places.values()), default=None, return_dtype=pl.Int64
    )
