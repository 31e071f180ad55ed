"""Quotes: the options that one channel offers, before they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.basis import TERMS
from auction.option_table import NAMED
from auction.options import Resource

#: Columns of a quote, money unless said otherwise. gross − fees − tax − reconditioning − transport
#: − holding − finance − rerun − returns − own_volume − hedge_premium + hedge_payoff + redemption =
#: expected_net, where own_volume is nought until a plan says how much is sold. All but redemption
#: are those of the sale, as if the unit could not be redeemed before. What sells when
#: first offered is paid on paid_on, and offering_days later for each further offering; redeemed is
#: the chance that it never comes to that; exposure is what the counterparty guarantees, not
#: discounted, null where it guarantees nothing.
SCHEMA: dict[str, pl.DataType] = {
    "channel": NAMED,
    "venue_id": NAMED,
    "event_id": NAMED,
    "date": pl.Date(),
    "week": pl.Int64(),
    "offer_id": NAMED,
    "hedge_id": NAMED,
    "reconditioning_id": NAMED,
    "counterparty": NAMED,
    "exposure": pl.Float64(),
    "terms": NAMED,
    "reserve": pl.Float64(),
    "sale_probability": pl.Float64(),
    "reserves": pl.List(pl.Float64()),
    "sale_chances": pl.List(pl.Float64()),
    "paid_on": pl.Date(),
    "offering_days": pl.Float64(),
    "redeemed": pl.Float64(),
    "distance_km": pl.Float64(),
    "gross": pl.Float64(),
    "fees": pl.Float64(),
    "tax": pl.Float64(),
    "reconditioning": pl.Float64(),
    "transport": pl.Float64(),
    "holding": pl.Float64(),
    "finance": pl.Float64(),
    "rerun": pl.Float64(),
    "returns": pl.Float64(),
    "own_volume": pl.Float64(),
    "hedge_premium": pl.Float64(),
    "hedge_payoff": pl.Float64(),
    "redemption": pl.Float64(),
}
#: The terms of the bridge and their signs on the way from gross to net.
BRIDGE: dict[str, int] = {
    "gross": 1,
    "fees": -1,
    "tax": -1,
    "reconditioning": -1,
    "transport": -1,
    "holding": -1,
    "finance": -1,
    "rerun": -1,
    "returns": -1,
    "own_volume": -1,
    "hedge_premium": -1,
    "hedge_payoff": 1,
    "redemption": 1,
}
#: Columns that are nought where a channel does not give them.
_NOUGHT: frozenset[str] = frozenset({*BRIDGE, "redeemed"})


@dataclass(frozen=True, slots=True)
class Use:
    """Units of one resource that some options take.

    Parameters
    ----------
    resource : Resource
        What is taken.
    option : int64[j]
        Rows of the quote.
    units : float64[j]
        Expected units.
    """

    resource: Resource
    option: NDArray[np.int64]
    units: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quotes:
    """Options of one channel: m rows.

    Parameters
    ----------
    vehicle : int64[m]
        Position in the fleet.
    frame : polars.DataFrame
        Columns of :data:`SCHEMA`.
    coefficient : float64[m, R]
        Net proceeds on the scenario basis, money.
    group : int64[m]
        Basis of each row.
    uses : tuple of Use
        Scarce things taken.
    """

    vehicle: NDArray[np.int64]
    frame: pl.DataFrame
    coefficient: NDArray[np.float64]
    group: NDArray[np.int64]
    uses: tuple[Use, ...] = field(default=())


@cache
def nothing() -> Quotes:
    """Return the quotes of a channel that offers nothing."""
    none = np.zeros(0, dtype=np.int64)
    return Quotes(none, framed({}, 0), np.zeros((0, TERMS)), none)


def framed(columns: dict[str, Any], height: int) -> pl.DataFrame:
    """Return a frame of :data:`SCHEMA`; columns that are not given are null or nought.

    A column is an array, a series or a list with a value for each row, or one value for all.
    """
    given = {name: columns.get(name, 0.0 if name in _NOUGHT else None) for name in SCHEMA}
    alike = {name for name, value in given.items() if value is None or np.isscalar(value)}
    rows = pl.DataFrame(
        [
            pl.Series("row", np.zeros(height, dtype=np.uint8)),
            *(_series(name, value) for name, value in given.items() if name not in alike),
        ]
    )
    full = rows.select("row", *(_filled(name, given, alike) for name in SCHEMA))
    return full.drop("row")


def _series(name: str, value: Any) -> pl.Series:
    if isinstance(value, pl.Series):
        return value.alias(name)
    return pl.Series(name, value, strict=False)


def _filled(name: str, given: dict[str, Any], alike: set[str]) -> pl.Expr:
    """Return a column in the type of the schema, with null for what is not a number."""
    kind = SCHEMA[name]
    if name in alike:
        return pl.lit(given[name], dtype=kind).alias(name)
    column = pl.col(name)
    if isinstance(given[name], np.ndarray) and given[name].ndim == 2:
        column = column.arr.to_list()
    column = column.cast(kind)
    return column.fill_nan(None) if kind == pl.Float64 else column


def named(names: pl.Series, place: NDArray[np.int64]) -> pl.Series:
    """Return the names at some places, each held as the number of a name."""
    return names.cast(NAMED).gather(place)


def dates(as_of: date, days: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Return the dates some whole days after a date."""
    return np.asarray(np.datetime64(as_of, "D") + days.astype("timedelta64[D]"))


def payday(as_of: date, days: NDArray[np.floating[Any]]) -> NDArray[np.datetime64]:
    """Return the first days on which money has come that comes so many days after a date."""
    waited = np.ceil(days).astype("timedelta64[D]")
    return np.asarray(np.datetime64(as_of, "D") + waited)


def gather_uses(parts: Sequence[Quotes]) -> list[Use]:
    """Merge the uses of several quotes that are stacked one under the other."""
    merged: dict[str, tuple[Resource, list[NDArray[np.int64]], list[NDArray[np.float64]]]] = {}
    offset = 0
    for part in parts:
        for use in part.uses:
            resource, options, units = merged.setdefault(
                use.resource.resource_id, (use.resource, [], [])
            )
            if resource != use.resource:
                raise ValueError(f"resource {resource.resource_id} is described in two ways")
            options.append(use.option + offset)
            units.append(use.units)
        offset += part.vehicle.size
    return [
        Use(resource, np.concatenate(options), np.concatenate(units))
        for resource, options, units in merged.values()
    ]


def stack(first: Quotes, second: Quotes) -> Quotes:
    """Put two quotes one under the other."""
    offset = first.vehicle.size
    moved = tuple(replace(use, option=use.option + offset) for use in second.uses)
    return Quotes(
        np.concatenate([first.vehicle, second.vehicle]),
        pl.concat([first.frame, second.frame]),
        np.concatenate([first.coefficient, second.coefficient]),
        np.concatenate([first.group, second.group]),
        first.uses + moved,
    )
