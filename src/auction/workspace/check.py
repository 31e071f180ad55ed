"""What must agree between the tables: references, channels, precedence of parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from auction.workspace.commitments import stop_bad_commitments
from auction.workspace.config import Config
from auction.workspace.names import nearest_of_many
from auction.workspace.needs import stop_bad_needs
from auction.workspace.overrides import stop_bad_overrides
from auction.workspace.packages import stop_bad_packages
from auction.workspace.rows import ROW, TableRead
from auction.workspace.sources import SETTINGS_FILE
from auction.workspace.tiers import stop_bad_tiers
from residual.errors import Fault

#: Unknown names for which the nearest known one is looked up; the rest gets a plain remedy.
GUESSED: Final = 50


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that must name a row of another table."""

    table: str
    column: str
    target: str
    thing: str


REFERENCES: Final = (
    Reference("price_changes", "sale_id", "sales", "sale"),
    Reference("fees", "venue_id", "venues", "venue"),
    Reference("events", "venue_id", "venues", "venue"),
    Reference("offers", "venue_id", "venues", "venue"),
    Reference("offers", "vehicle_id", "vehicles", "vehicle"),
    Reference("holds", "vehicle_id", "vehicles", "vehicle"),
    Reference("overrides", "vehicle_id", "vehicles", "vehicle"),
    Reference("overrides", "venue_id", "venues", "venue"),
    Reference("overrides", "event_id", "events", "event"),
    Reference("commitments", "vehicle_id", "vehicles", "vehicle"),
    Reference("commitments", "venue_id", "venues", "venue"),
    Reference("commitments", "event_id", "events", "event"),
    Reference("commitments", "offer_id", "offers", "offer"),
    Reference("commitments", "hedge_id", "hedges", "hedge"),
)

ADD: Final = "mend the name or add the row"

#: The channel that a table's venues must have.
CHANNEL_OF: Final = {"events": "auction", "offers": "dealer"}


def cross_faults(
    tables: Mapping[str, TableRead], config: Config, *, fleet_known: bool = True
) -> list[Fault]:
    """Check the tables against each other; rows at fault are noted in their tables.

    Rows that refer to a row set aside are set aside as well; rows that refer to a row left out
    for its date are left out as well. Both change ``tables`` in place.

    Parameters
    ----------
    tables : mapping
        Every table that could be read, its own bad rows already dropped.
    config : Config
        Tells which tables the owner gave.
    fleet_known : bool
        False where the fleet or the sales are empty: then an early ``as_of`` or a wrong file is
        the cause, and what follows from it for offers and hedges is not told.

    Returns
    -------
    list of Fault
        Faults of tables as a whole.
    """
    faults: list[Fault] = []
    given = config.tables.given()
    for reference in REFERENCES:
        if reference.table not in tables:
            continue
        if reference.target in tables:
            _stop_unknown(tables[reference.table], tables[reference.target], reference)
            _follow(tables[reference.table], tables[reference.target], reference)
        elif reference.target not in given:
            faults += _absent_target(tables[reference.table], reference)
    if "appraisals" in tables:
        _stop_unappraised(tables)
    for name, channel in CHANNEL_OF.items():
        if name in tables and "venues" in tables:
            _stop_other_channels(tables[name], tables["venues"], channel)
    if "price_changes" in tables and "sales" in tables:
        _set_aside_unlisted(tables["price_changes"], tables["sales"])
    if fleet_known and "offers" in tables and "vehicles" in tables:
        _stop_minimums(tables["offers"], tables["vehicles"].frame.height)
    if "fees" in tables:
        stop_bad_tiers(tables["fees"])
    if "offers" in tables:
        stop_bad_packages(tables["offers"])
    if fleet_known and "hedges" in tables:
        faults += _series_faults(tables, "index" in given)
    if "parts" in tables:
        stop_bad_needs(tables["parts"])
    if "overrides" in tables:
        stop_bad_overrides(tables)
    if "commitments" in tables:
        stop_bad_commitments(tables, config)
    return faults


def _stop_unknown(table: TableRead, target: TableRead, reference: Reference) -> None:
    column = reference.column
    known = target.all_values(column)
    used = table.frame.filter(pl.col(column).is_not_null())
    unknown = used.filter(~pl.col(column).is_in(known.implode()))
    guesses = {
        value: _near(value, known)
        for value in unknown[column].unique(maintain_order=True).head(GUESSED)
    }
    remedy = unknown[column].replace_strict(guesses, default=ADD, return_dtype=pl.String)
    table.stop_rows(unknown, column, f"there is no such {reference.thing} in {target.file}", remedy)


def _stop_unappraised(tables: Mapping[str, TableRead]) -> None:
    """Stop appraisals of vehicles that are neither to be sold nor were."""
    table = tables["appraisals"]
    if "vehicles" not in tables or "sales" not in tables:
        return
    both = [tables[name].all_values("vehicle_id") for name in ("vehicles", "sales")]
    names = pl.concat(both).unique()
    unknown = table.frame.filter(~pl.col("vehicle_id").is_in(names.implode()))
    rule = f"there is no such vehicle in {tables['vehicles'].file} or {tables['sales'].file}"
    table.stop_rows(unknown, "vehicle_id", rule, ADD)


def _near(value: str, known: pl.Series) -> str:
    near = nearest_of_many(value, known)
    return f"did you mean {near!r}?" if near else ADD


def _follow(table: TableRead, target: TableRead, reference: Reference) -> None:
    """Let rows share the fate of the row that they refer to."""
    column = reference.column
    kept = pl.col(column).is_in(target.frame[column].implode())
    aside = pl.col(column).is_in(target.set_aside_values(column).implode())
    rows = table.frame.filter(aside & ~kept)[ROW]
    if len(rows):
        rule = f"its {reference.thing} was set aside"
        table.reject(rows, column, rule, f"mend the {reference.thing} in {target.file}")
        table.followed += len(rows)
        table.drop_rejected()
    known = pl.col(column).is_in(target.all_values(column).implode())
    table.exclude(f"its {reference.thing} is left out", known & ~kept)


def _absent_target(table: TableRead, reference: Reference) -> list[Fault]:
    if table.frame[reference.column].null_count() == table.frame.height:
        return []
    return [
        Fault(
            f"needs a table of {reference.target}: its {reference.column} refers to one",
            file=SETTINGS_FILE,
            column=f"tables.{reference.table}",
            remedy=f"add [tables.{reference.target}]",
        )
    ]


def _stop_other_channels(table: TableRead, venues: TableRead, channel: str) -> None:
    other = venues.frame.filter(pl.col("channel") != channel).select("venue_id", "channel")
    rows = table.frame.join(other, on="venue_id", how="inner", maintain_order="left")
    rule = f"must be a venue of channel {channel}"
    table.stop_rows(rows, "venue_id", rule, "mend the venue_id or the venue's channel")


def _set_aside_unlisted(changes: TableRead, sales: TableRead) -> None:
    """Set aside new prices of days on which their unit was not on the list."""
    listed = sales.frame.select("sale_id", "offered_on", "closed_on")
    dated = changes.frame.join(listed, on="sale_id", how="inner", maintain_order="left")
    outside = (pl.col("date") < pl.col("offered_on")) | (pl.col("date") > pl.col("closed_on"))
    rows = dated.filter(outside.fill_null(value=False))[ROW]
    if len(rows):
        rule = "must not lie before offered_on nor after closed_on of its sale"
        changes.reject(rows, "date", rule, "mend the date or the sale_id")
        changes.drop_rejected()


def _stop_minimums(offers: TableRead, fleet: int) -> None:
    rule = f"asks for more than the fleet's {fleet} vehicles"
    for column in ("min_units", "package_min_units"):
        rows = offers.frame.filter(pl.col(column) > fleet)
        offers.stop_rows(rows, column, rule, "lower it or leave the offer out")


def _series_faults(tables: Mapping[str, TableRead], index_given: bool) -> list[Fault]:
    hedges = tables["hedges"]
    named = hedges.frame.filter(pl.col("series").is_not_null())
    if "index" in tables:
        known = tables["index"].frame["series"].unique().sort()
        unknown = named.filter(~pl.col("series").is_in(known.implode()))
        rule = f"there is no such series in {tables['index'].file}"
        hint = f"known are {', '.join(known)}" if len(known) else "add the series"
        hedges.stop_rows(unknown, "series", rule, hint)
        return []
    if index_given or named.is_empty():
        return []
    return [
        Fault(
            "needs a table of index: its series refers to one",
            file=SETTINGS_FILE,
            column="tables.hedges",
            remedy="add [tables.index]",
        )
    ]
