"""Which effects move values most: by kind, and the levels of each kind that stand out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from residual.card.curves import registered
from residual.curves import Floats
from residual.explanation import venue_effects

if TYPE_CHECKING:
    from residual.model import ResidualModel

#: Levels of a family that are told on either side.
SIDE: Final = 4
LARGEST: Final = {
    "effect": pl.String,
    "level": pl.String,
    "sales": pl.Int64,
    "factor": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
KINDS: Final = {
    "effect": pl.String,
    "spread": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
_VENUE: Final = "venue_id"
#: Log factors nearer to nothing than this are not told.
_LEAST: Final = 0.001
#: What the levels of a family belong to.
PARENTS: Final = {
    "model": ("make",),
    "variant": ("make", "model"),
    "model_year": ("make", "model"),
}
#: What tells nothing of a kind of vehicle, or is told elsewhere.
_ASIDE: Final = ("base", "guide", "middle of the spread")


def kinds_of_effects(model: ResidualModel) -> pl.DataFrame:
    """Tell how far each kind of effect moves ordinary units apart.

    Returns
    -------
    polars.DataFrame
        effect, spread (standard deviation of the log factor over past units), low and high (the
        factors of nine in ten of them, the middle unit of the effect being 1), the widest apart
        first. Effects that move none are left out.
    """
    kept = model.typical
    units = registered(kept.frame()[kept.whole], model.as_of)
    table = model.effects_of(units.with_columns(vehicle_id=pl.lit("typical")), model.as_of)
    told = [name for name in table.columns[1:] if name not in _ASIDE]
    rows = [(name, *_moved(np.log(table[name].to_numpy()))) for name in told]
    if _VENUE in units.columns:
        rows.append((_VENUE, *_moved(model.venue_log_factor(units[_VENUE].to_list()))))
    out = pl.DataFrame(rows, schema=KINDS, orient="row")
    reach = pl.col("high") / pl.col("low")
    order = [-reach, -pl.col("spread"), pl.col("effect")]
    return out.filter(pl.col("spread") > 1e-4).sort(order)


def _moved(log: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(log, [0.05, 0.5, 0.95])
    return float(np.std(log)), float(np.exp(low - middle)), float(np.exp(high - middle))


def largest_effects(model: ResidualModel) -> pl.DataFrame:
    """Tell the levels of each family that lie furthest from their parent.

    Returns
    -------
    polars.DataFrame
        effect (the family, such as make or region), level (with make and model where it belongs
        to one), sales (past sales of it), factor, and low and high of its 90 % interval: the
        greatest and the least factors of each family, at most four either way, from the top down.
        Of a family with many levels those with most sales are looked at.
    """
    kept = model.typical
    frame = kept.frame()
    rows = [row for places in kept.levels.values() for row in places]
    units = registered(frame[rows], model.as_of).with_columns(vehicle_id=pl.lit("typical"))
    factors = model.effects_of(units, model.as_of)
    chosen: list[tuple[str, int, int, float]] = []
    start = 0
    for name, places in kept.levels.items():
        own = units[start : start + len(places)]
        if name == _VENUE:
            log = model.venue_log_factor(own[_VENUE].to_list())
        else:
            known = factors[name] if name in factors.columns else pl.Series(np.ones(start))
            log = np.log(known[start : start + len(places)].to_numpy())
        outer = _outermost(log) if len(log) > 1 else []
        chosen += [(name, start + row, kept.sales[name][row], log[row]) for row in outer]
        start += len(places)
    return _told(model, units, chosen)


def _outermost(log: Floats) -> list[int]:
    """Rows of the greatest and the least, from the greatest to the least; ties in their order."""
    order = [int(row) for row in np.argsort(-log, kind="stable")]
    return order if len(order) <= 2 * SIDE else order[:SIDE] + order[-SIDE:]


def _told(
    model: ResidualModel, units: pl.DataFrame, chosen: list[tuple[str, int, int, float]]
) -> pl.DataFrame:
    """Levels and intervals of what was chosen: family, row, sales and log factor."""
    schema = {"effect": pl.String, "row": pl.Int64, "sales": pl.Int64, "log": pl.Float64}
    table = pl.DataFrame(chosen, schema=schema, orient="row").with_row_index("vehicle_id")
    table = table.cast({"vehicle_id": pl.String}).filter(pl.col("log").abs() > _LEAST)
    own = units[table["row"].to_list()].with_columns(table["vehicle_id"])
    told = model.value_effects(own, model.as_of)
    if _VENUE in own.columns:
        told = pl.concat([told, venue_effects(model, own)])
    return (
        table.with_columns(own[name].cast(pl.String) for name in ("make", "model"))
        .join(told, on=("vehicle_id", "effect"), how="left", maintain_order="left")
        .with_columns(level=_with_parents())
        .select(*LARGEST)
    )


def _with_parents() -> pl.Expr:
    """The level, behind the make and model that it belongs to."""
    told = pl.col("level")
    for name, parents in PARENTS.items():
        full = pl.concat_str([*parents, "level"], separator=" ")
        told = pl.when(pl.col("effect") == name).then(full).otherwise(told)
    return told
