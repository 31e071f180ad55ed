"""What is already bought, promised or dispatched: rows that a plan has to stand by."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from auction.table_columns import choice
from residual.tables import told

COMMITTED = ("dispatched", "promised", "taken", "bought")


class Commitments(dy.Schema):
    """Something already bought, promised or dispatched, which the plan stands by."""

    what = choice(
        *COMMITTED,
        description="dispatched: a vehicle that stands at a venue, or is on its way there; "
        "promised: a vehicle to a venue, an event or an offer, or units to an offer; taken: slots "
        "of an event that others have; bought: units or lots of a hedge, or a stop-loss or "
        "quota share that is in force",
        example="dispatched",
    )
    vehicle_id = dy.String(
        nullable=True, **told("the vehicle that was dispatched or promised", "R0042")
    )
    venue_id = dy.String(
        nullable=True, **told("venue that the vehicle was dispatched or promised to", "DAL")
    )
    event_id = dy.String(
        nullable=True,
        **told("event that the vehicle was entered for, or whose slots are taken", "DAL-0624"),
    )
    offer_id = dy.String(
        nullable=True, **told("dealer's offer that the vehicle, or units, were promised to", "O3")
    )
    hedge_id = dy.String(nullable=True, **told("hedge that was bought", "IP95"))
    units = dy.Int64(
        nullable=True,
        min=1,
        **told(
            "how many: units promised to an offer at the least, slots taken, units or lots bought; "
            "1 for a stop-loss or quota share, which is bought whole",
            "5",
            "units or lots",
        ),
    )
    until = dy.Date(
        nullable=True,
        **told("last day on which it stands; for good where not given", "2026-06-24", "date"),
    )
    reason = dy.String(
        nullable=True, **told("why; told in the plan", "Entered with the April list")
    )

    @dy.rule()
    def commitment_of_vehicle(cls) -> pl.Expr:
        """Say where a vehicle was dispatched or promised to."""
        goes = pl.col("what") == "dispatched"
        promised = (pl.col("what") == "promised") & pl.col("vehicle_id").is_not_null()
        place = pl.col("venue_id").is_not_null() | pl.col("event_id").is_not_null()
        offered = promised & pl.col("offer_id").is_not_null()
        return ~(goes | promised) | (pl.col("vehicle_id").is_not_null() & (place | offered))

    @dy.rule()
    def commitment_of_units(cls) -> pl.Expr:
        """Say what units are committed to, and how many."""
        named = pl.Expr.or_(
            pl.col("what").is_in(["dispatched"]),
            (pl.col("what") == "promised") & pl.col("vehicle_id").is_not_null(),
            (pl.col("what") == "promised") & pl.col("offer_id").is_not_null(),
            (pl.col("what") == "taken") & pl.col("event_id").is_not_null(),
            (pl.col("what") == "bought") & pl.col("hedge_id").is_not_null(),
        )
        counted = pl.col("units").is_not_null() | (
            pl.col("vehicle_id").is_not_null() & pl.col("what").is_in(["dispatched", "promised"])
        )
        return named & counted
