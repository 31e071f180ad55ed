"""Whether the desk's words agree with each other and with what they speak of."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from auction.workspace.rows import ROW, TableRead


def stop_bad_overrides(tables: Mapping[str, TableRead]) -> None:
    """Note overrides that contradict each other, their venue, their event or their vehicle.

    Parameters
    ----------
    tables : mapping
        The tables read, with ``overrides``; the findings are noted in that one.
    """
    overrides = tables["overrides"]
    pins = overrides.frame.filter(pl.col("action") == "pin")
    again = pins.with_columns(pl.col(ROW).min().over("vehicle_id").alias("first"))
    again = again.filter(pl.col(ROW) != pl.col("first"))
    overrides.stop_rows(again, "vehicle_id", "is pinned more than once", "keep one pin a vehicle")
    if "venues" in tables:
        venues = tables["venues"].frame.select("venue_id", pl.col("channel").alias("true"))
        rows = overrides.frame.join(venues, on="venue_id", how="inner", maintain_order="left")
        rows = rows.filter(pl.col("channel") != pl.col("true"))
        rule = "is not the channel of its venue_id"
        overrides.stop_rows(rows, "channel", rule, "drop one of the two")
    if "events" in tables:
        events = tables["events"].frame.select("event_id", pl.col("venue_id").alias("true"))
        rows = overrides.frame.join(events, on="event_id", how="inner", maintain_order="left")
        rows = rows.filter(pl.col("venue_id") != pl.col("true"))
        rule = "is not the venue of its event_id"
        overrides.stop_rows(rows, "venue_id", rule, "drop one of the two")
    if "events" in tables and "vehicles" in tables:
        _stop_early_pins(overrides, pins, tables["events"].frame, tables["vehicles"].frame)


def _stop_early_pins(
    overrides: TableRead, pins: pl.DataFrame, events: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    """Note pins to an event that is held before the vehicle may be sold."""
    early = (
        pins.join(events.select("event_id", "date"), on="event_id", maintain_order="left")
        .join(
            vehicles.select("vehicle_id", "available_from"),
            on="vehicle_id",
            maintain_order="left",
        )
        .filter(pl.col("date") < pl.col("available_from"))
    )
    words = early.select(
        pl.format(
            "the event is held on {}, before the vehicle is available on {}",
            "date",
            "available_from",
        )
    ).to_series()
    remedy = "pin it to a later event or mend available_from"
    overrides.stop_rows(early, "event_id", words, remedy)
