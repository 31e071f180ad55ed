"""What a plan has to stand by, in the terms of market, allocation and hedges."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.commitment_terms import Commitments
from auction.hedges import LAYER_KINDS
from residual.tables import with_optional_columns

#: Name of the part of a hedge that is already paid for.
BOUGHT: Final = "{} bought"
_TARGETS: Final = ("venue_id", "event_id", "offer_id")


def of_vehicles(commitments: pl.DataFrame | None) -> pl.DataFrame:
    """Return the commitments of single vehicles, one row each.

    Parameters
    ----------
    commitments : polars.DataFrame or None
        Columns of :class:`auction.tables.Commitments`.
    """
    if commitments is None:
        return Commitments.create_empty()
    rows = with_optional_columns(commitments, Commitments)
    return rows.filter(
        pl.col("what").is_in(["dispatched", "promised"]), pl.col("vehicle_id").is_not_null()
    )


def as_overrides(commitments: pl.DataFrame | None) -> pl.DataFrame:
    """Return the commitments of vehicles as words of the desk: action commit, and where.

    Parameters
    ----------
    commitments : polars.DataFrame or None
        Columns of :class:`auction.tables.Commitments`.

    Returns
    -------
    polars.DataFrame
        vehicle_id, action, venue_id, event_id, offer_id: as :func:`auction.allocate` takes them.
    """
    return of_vehicles(commitments).select(
        "vehicle_id", pl.lit("commit").alias("action"), *_TARGETS
    )


def where_to(commitments: pl.DataFrame | None) -> dict[str, tuple[str, str]]:
    """Return what was committed of each vehicle: dispatched or promised, and where to.

    Parameters
    ----------
    commitments : polars.DataFrame or None
        Columns of :class:`auction.tables.Commitments`.
    """
    place = pl.coalesce("event_id", "offer_id", "venue_id")
    words = pl.when(pl.col("reason").is_null()).then(place)
    told = of_vehicles(commitments).select(
        "vehicle_id", "what", words.otherwise(pl.format("{} ({})", place, "reason")).alias("where")
    )
    return {vehicle: (what, where) for vehicle, what, where in told.iter_rows()}


def venues_of(
    commitments: pl.DataFrame | None,
    vehicle_ids: list[str],
    venue_ids: list[str],
    events: pl.DataFrame | None,
    offers: pl.DataFrame | None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Return which vehicles are committed to which venues, and which of them are there already.

    Parameters
    ----------
    commitments : polars.DataFrame or None
        Columns of :class:`auction.tables.Commitments`.
    vehicle_ids : list of str, length V
    venue_ids : list of str, length N
    events, offers : polars.DataFrame or None
        Say at which venue an event is held, and whose an offer is.

    Returns
    -------
    (bool[V, N], bool[V, N]) or None
        None where no vehicle is committed to any of the venues.
    """
    rows = of_vehicles(commitments)
    for table, key in ((events, "event_id"), (offers, "offer_id")):
        if table is not None:
            known = table.select(key, pl.col("venue_id").alias(f"venue of {key}")).unique(key)
            rows = rows.join(known, on=key, how="left", maintain_order="left")
    named = [name for name in rows.columns if name == "venue_id" or name.startswith("venue of ")]
    rows = rows.with_columns(pl.coalesce(named).alias("venue_id")).filter(
        pl.col("vehicle_id").is_in(vehicle_ids), pl.col("venue_id").is_in(venue_ids)
    )
    if rows.is_empty():
        return None
    vehicle = {name: place for place, name in enumerate(vehicle_ids)}
    venue = {name: place for place, name in enumerate(venue_ids)}
    committed = np.zeros((len(vehicle_ids), len(venue_ids)), dtype=np.bool_)
    there = committed.copy()
    for what, name, site in rows.select("what", "vehicle_id", "venue_id").iter_rows():
        committed[vehicle[name], venue[site]] = True
        there[vehicle[name], venue[site]] |= what == "dispatched"
    return committed, there


def less_taken(events: pl.DataFrame, commitments: pl.DataFrame) -> pl.DataFrame:
    """Return events less the slots that others have."""
    taken = _units(commitments, "taken", "event_id")
    if taken.is_empty():
        return events
    return (
        events.join(taken, on="event_id", how="left", maintain_order="left")
        .with_columns(
            (pl.col("capacity") - pl.col("units").fill_null(0))
            .clip(lower_bound=0)
            .alias("capacity")
        )
        .drop("units")
    )


def with_promised(offers: pl.DataFrame, commitments: pl.DataFrame) -> pl.DataFrame:
    """Return offers with ``promised_units``, which they have to get; null where none is."""
    rows = with_optional_columns(commitments, Commitments).filter(pl.col("vehicle_id").is_null())
    promised = _units(rows, "promised", "offer_id").rename({"units": "promised_units"})
    if promised.is_empty():
        return offers
    return offers.join(promised, on="offer_id", how="left", maintain_order="left")


def with_bought(hedges: pl.DataFrame, commitments: pl.DataFrame) -> pl.DataFrame:
    """Part what is already bought from hedges: rows of their own, without a premium.

    ``bought`` tells them; what remains of a limit is still on offer. A layer is bought whole:
    nothing of it remains, and it leaves the menu, where the others of its entries stay.
    """
    bought = _units(commitments, "bought", "hedge_id")
    if bought.is_empty():
        return hedges
    both = hedges.join(bought, on="hedge_id", how="left", maintain_order="left").with_columns(
        pl.col("units").cast(pl.Float64)
    )
    whole = pl.col("kind").is_in(LAYER_KINDS)
    left = pl.when(whole).then(0.0).otherwise(pl.col("limit") - pl.col("units"))
    rest = both.with_columns(
        pl.when(pl.col("units").is_null()).then("limit").otherwise(left).alias("limit"),
        pl.lit(False).alias("bought"),
    )
    own = both.filter(pl.col("units").is_not_null()).with_columns(
        pl.format(BOUGHT, "hedge_id").alias("hedge_id"),
        pl.lit(0.0).alias("premium"),
        pl.when(whole).then("limit").otherwise("units").alias("limit"),
        pl.lit(True).alias("bought"),
    )
    return pl.concat([rest.filter(pl.col("limit") > 0.0), own]).drop("units")


def _units(commitments: pl.DataFrame, what: str, key: str) -> pl.DataFrame:
    """Return the units committed by a key, summed over rows."""
    rows = with_optional_columns(commitments, Commitments).filter(pl.col("what") == what)
    return (
        rows.filter(pl.col(key).is_not_null())
        .group_by(key, maintain_order=True)
        .agg(pl.col("units").sum())
    )
