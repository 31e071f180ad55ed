"""Which units meet the terms of a row that tells what it takes: make, model, age and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.discount import DAYS_PER_YEAR

#: What parts the name of a vehicle from the number of a copy of it, where one is quoted in several
#: states: in no name of an owner's file.
COPY: Final = "\x1f"


def meets(
    vehicles: pl.DataFrame,
    as_of: date,
    terms: Mapping[str, Any],
    guide_believed: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Return bool[V]: the units that meet the terms.

    Parameters
    ----------
    vehicles : polars.DataFrame, V rows
    as_of : datetime.date
        Planning date, at which ages count.
    terms : mapping
        A row of a table; terms that are absent or None ask for nothing. A unit of which is not
        known what a term asks for does not meet it.
    guide_believed : bool[V], optional
        Units whose guide value a ``guide_rate`` may rest on.
    """
    born = pl.coalesce(pl.col("first_registered"), pl.date(pl.col("model_year"), 7, 1))
    age = (pl.lit(as_of) - born).dt.total_days() / DAYS_PER_YEAR
    conditions: dict[str, Callable[[Any], pl.Expr]] = {
        "vehicle_id": lambda name: pl.col("vehicle_id").str.split(COPY).list.first() == name,
        "make": lambda name: pl.col("make").str.to_lowercase() == name.lower(),
        "model": lambda name: pl.col("model").str.to_lowercase() == name.lower(),
        "body": lambda name: pl.col("body").str.to_lowercase() == name.lower(),
        "region": lambda name: pl.col("region") == name,
        "damage": lambda level: pl.col("damage") == level,
        "max_age_years": lambda most: age <= most,
        "max_odometer": lambda most: pl.col("odometer") <= most,
        "min_grade": lambda least: pl.col("condition_grade") >= least,
        "max_grade": lambda most: pl.col("condition_grade") <= most,
        "guide_rate": lambda _: pl.lit(pl.Series(guide_believed)),
    }
    given = [rule(terms[name]) for name, rule in conditions.items() if terms.get(name) is not None]
    everything = pl.all_horizontal([pl.lit(value=True), *given]).fill_null(value=False)
    return vehicles.select(pl.col("vehicle_id"), meets=everything)["meets"].to_numpy()
