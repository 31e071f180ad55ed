"""Whether commitments can stand: what they name, and what else is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from auction.hedges import LAYER_KINDS
from auction.workspace.config import Config
from auction.workspace.rows import ROW, TableRead

#: A vehicle's commitments.
_VEHICLES = pl.col("what").is_in(["dispatched", "promised"]) & pl.col("vehicle_id").is_not_null()


def stop_bad_commitments(tables: Mapping[str, TableRead], config: Config) -> None:
    """Note commitments that contradict each other, the market or the desk's own words.

    Parameters
    ----------
    tables : mapping
        The tables read, with ``commitments``; the findings are noted in that one.
    config : Config
        Tells how far ahead is planned.
    """
    table = tables["commitments"]
    goes = table.frame.filter(_VEHICLES)
    again = goes.with_columns(pl.col(ROW).min().over("vehicle_id").alias("first"))
    again = again.filter(pl.col(ROW) != pl.col("first"))
    remedy = "keep one row a vehicle"
    table.stop_rows(again, "vehicle_id", "is committed more than once", remedy)
    for name, key in (("events", "event_id"), ("offers", "offer_id")):
        if name in tables:
            _stop_other_venues(table, tables[name].frame, key)
    if "events" in tables:
        _stop_bad_days(table, goes, tables, config)
        _stop_full_events(table, tables["events"].frame)
    if "offers" in tables:
        _stop_promises(table, tables["offers"].frame)
    if "hedges" in tables:
        bought, hedges = table.frame.filter(what="bought"), tables["hedges"].frame
        layer = pl.col("kind").is_in(LAYER_KINDS)
        most = hedges.filter(~layer).select("hedge_id", most="limit")
        _stop_beyond(table, bought, "hedge_id", most, "more than the limit of the hedge, {}")
        whole = hedges.filter(layer).select("hedge_id", most=pl.lit(1.0))
        rule = "a layer or quota share is bought whole and once, which is {} unit"
        _stop_beyond(table, bought, "hedge_id", whole, rule)
    if "overrides" in tables:
        _stop_contradicted(table, goes, tables["overrides"])


def _stop_other_venues(table: TableRead, target: pl.DataFrame, key: str) -> None:
    known = target.select(key, pl.col("venue_id").alias("true"))
    rows = table.frame.join(known, on=key, how="inner", maintain_order="left")
    rows = rows.filter(pl.col("venue_id") != pl.col("true"))
    table.stop_rows(rows, "venue_id", f"is not the venue of its {key}", "drop one of the two")


def _stop_bad_days(
    table: TableRead, goes: pl.DataFrame, tables: Mapping[str, TableRead], config: Config
) -> None:
    """Note vehicles entered for an event that is too far off, or before they may be sold."""
    dated = goes.join(
        tables["events"].frame.select("event_id", "date"), on="event_id", maintain_order="left"
    )
    end = config.as_of + timedelta(weeks=config.horizon.weeks)
    late = dated.filter(pl.col("date") > end)
    rule = f"the event is held after the horizon ends on {end}"
    table.stop_rows(late, "event_id", rule, "plan further ahead, or leave the row out until then")
    for name, day, words in (
        ("vehicles", "available_from", "before the vehicle is available on {}"),
        ("holds", "until", "while a legal hold lasts until {}"),
    ):
        if name in tables:
            bars = tables[name].frame.group_by("vehicle_id").agg(pl.col(day).max().alias("bar"))
            # a hold lasts to the end of its last day
            first = pl.col("bar") if name == "vehicles" else pl.col("bar") + pl.duration(days=1)
            early = dated.join(bars, on="vehicle_id", maintain_order="left")
            early = early.filter(pl.col("date") < first)
            told = early.select(pl.format("the event is held on {}, " + words, "date", "bar"))
            remedy = f"mend the event_id, or {day} in {tables[name].file}"
            table.stop_rows(early, "event_id", told.to_series(), remedy)


def _stop_full_events(table: TableRead, events: pl.DataFrame) -> None:
    """Note events for which more is committed than they have slots, at the last such row."""
    entered = table.frame.filter(pl.col("event_id").is_not_null()).with_columns(
        units=pl.when(_VEHICLES).then(1).otherwise("units")
    )
    most = events.select("event_id", most="capacity")
    _stop_beyond(table, entered, "event_id", most, "more are committed than its {} slots")


def _stop_promises(table: TableRead, offers: pl.DataFrame) -> None:
    promised = table.frame.filter(what="promised").filter(pl.col("vehicle_id").is_null())
    packed = offers.filter(pl.col("package").is_not_null()).select("offer_id", "package")
    rows = promised.join(packed, on="offer_id", how="inner", maintain_order="left")
    rule = "is of a package, to which single vehicles can be promised, but no number of units"
    table.stop_rows(rows, "offer_id", rule, "promise the vehicles by their vehicle_id")
    most = offers.select("offer_id", most="max_units")
    _stop_beyond(table, promised, "offer_id", most, "more than the offer's max_units, {}")


def _stop_beyond(
    table: TableRead, rows: pl.DataFrame, key: str, most: pl.DataFrame, rule: str
) -> None:
    """Note the rows from which on the summed units of a key are more than there are."""
    summed = rows.join(most, on=key, how="inner", maintain_order="left").with_columns(
        pl.col("units").cum_sum().over(key).alias("all")
    )
    beyond = summed.filter(pl.col("all") > pl.col("most"))
    words = beyond.select(pl.format(rule, pl.col("most").cast(pl.Int64))).to_series()
    column = "units" if key != "event_id" else "event_id"
    table.stop_rows(beyond, column, words, "mend units, or drop the row")


def _stop_contradicted(table: TableRead, goes: pl.DataFrame, overrides: TableRead) -> None:
    """Note vehicles that the desk pins elsewhere, or bans from where they are committed to."""
    places = ("venue_id", "event_id")
    words = overrides.frame.select("vehicle_id", "action", *places, pl.col(ROW).alias("at"))
    both = goes.join(words, on="vehicle_id", how="inner", suffix="_said", maintain_order="left")
    other = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_said") for name in places)
    same = pl.any_horizontal(pl.col(name) == pl.col(f"{name}_said") for name in places)
    wrong = both.filter(
        pl.when(pl.col("action") == "pin").then(other).otherwise(same).fill_null(value=False)
    )
    told = wrong.select(
        pl.when(pl.col("action") == "pin")
        .then(pl.format("the desk pins it elsewhere in row {} of " + overrides.file, "at"))
        .otherwise(pl.format("the desk bans it from there in row {} of " + overrides.file, "at"))
    ).to_series()
    table.stop_rows(wrong, "vehicle_id", told, "drop the override or the commitment")
