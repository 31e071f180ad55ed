"""The segments by which forecasts are judged: kind of vehicle, condition, age, make, seller."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.features import Units, tidy_text

#: First and last whole year of age of each band.
_AGE_BANDS: Final = ((0, 2), (3, 5), (6, 9), (10, None))
#: Further dimensions that are counted where the sales name them.
_NAMED: Final = ("make", "seller_kind")

Labels = dict[str, list[str | None]]


def segments(sales: pl.DataFrame, units: Units, group_column: str) -> Labels:
    """Tell the segments of sales.

    Parameters
    ----------
    sales : polars.DataFrame
        n rows.
    units : Units
        The same rows, as a model reads them.
    group_column : str
        The category that carries the kind of vehicle.

    Returns
    -------
    dict of list of str or None
        By dimension: group, grade, age, and make and seller_kind where the sales have them.
        None where a sale does not tell, or where the model does not know what it says.
    """
    labels: Labels = {
        "group": _known(as_written(sales, group_column), units, group_column),
        "grade": [None] * len(sales),
        "age": _age_bands(units.age),
    }
    if "condition_grade" in sales.columns:
        grades = sales["condition_grade"].cast(pl.Float64).to_list()
        labels["grade"] = [None if g is None or not g >= 0 else f"{int(g)}" for g in grades]
    for name in _NAMED:
        if name in sales.columns:
            labels[name] = as_written(sales, name).to_list()
    return labels


def as_written(sales: pl.DataFrame, name: str) -> pl.Series:
    """Return a category, each level as it is written most often; null where not given."""
    if name not in sales.columns:
        return pl.Series(name, [None] * len(sales), dtype=pl.String)
    text = pl.col(name).cast(pl.String).str.strip_chars()
    rows = sales.select(key=tidy_text(pl.col(name)), text=text)
    spelled = (
        rows.group_by("key", "text")
        .len()
        .sort(pl.col("key"), -pl.col("len").cast(pl.Int64), pl.col("text"))
        .unique("key", keep="first", maintain_order=True)
    )
    written = rows.select("key").join(
        spelled.select("key", "text"), on="key", how="left", maintain_order="left"
    )
    return written["text"].alias(name)


def _known(words: pl.Series, units: Units, name: str) -> list[str | None]:
    code = units.codes.get(name, np.full(len(words), -1, dtype=np.int64))
    pairs = zip(words.to_list(), code.tolist(), strict=True)
    return [word if place >= 0 else None for word, place in pairs]


def _age_bands(ages: Floats) -> list[str | None]:
    years = np.maximum(ages, 0.0).astype(np.int64)
    place = np.searchsorted([first for first, _ in _AGE_BANDS], years, side="right") - 1
    names = [f"{first}+" if last is None else f"{first}-{last}" for first, last in _AGE_BANDS]
    return [names[at] for at in place.tolist()]
