"""What must agree between the tables: references, channels, precedence of parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from auction.workspace.config import Config
from auction.workspace.names import suggestion
from auction.workspace.rows import ROW, TableRead
from auction.workspace.sources import SETTINGS_FILE
from residual.errors import Fault

#: Faults of one kind that are told one by one; the rest is told as a number.
TOLD: Final = 50


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that must name a row of another table."""

    table: str
    column: str
    target: str
    thing: str


REFERENCES: Final = (
    Reference("price_changes", "sale_id", "sales", "sale"),
    Reference("events", "venue_id", "venues", "venue"),
    Reference("offers", "venue_id", "venues", "venue"),
    Reference("holds", "vehicle_id", "vehicles", "vehicle"),
    Reference("overrides", "vehicle_id", "vehicles", "vehicle"),
    Reference("overrides", "venue_id", "venues", "venue"),
    Reference("overrides", "event_id", "events", "event"),
)

#: The channel that a table's venues must have.
CHANNEL_OF: Final = {"events": "auction", "offers": "dealer"}


def cross_faults(tables: Mapping[str, TableRead], config: Config) -> list[Fault]:
    """Check the tables against each other.

    Rows that refer to a row set aside are set aside as well; rows that refer to a row left out
    for its date are left out as well. Both change ``tables`` in place.

    Parameters
    ----------
    tables : mapping
        Every table that could be read, its own bad rows already dropped.
    config : Config
        Tells which tables the owner gave.

    Returns
    -------
    list of Fault
        Everything that stops a run.
    """
    faults: list[Fault] = []
    given = config.tables.given()
    for reference in REFERENCES:
        if reference.table not in tables:
            continue
        if reference.target in tables:
            faults += _reference_faults(
                tables[reference.table], tables[reference.target], reference
            )
        elif reference.target not in given:
            faults += _absent_target(tables[reference.table], reference)
    for name, channel in CHANNEL_OF.items():
        if name in tables and "venues" in tables:
            faults += _channel_faults(tables[name], tables["venues"], channel)
    if "price_changes" in tables and "sales" in tables:
        _set_aside_unlisted(tables["price_changes"], tables["sales"])
    if "offers" in tables and "vehicles" in tables:
        faults += _minimum_faults(tables["offers"], tables["vehicles"].frame.height)
    if "hedges" in tables:
        faults += _series_faults(tables, "index" in given)
    if "parts" in tables:
        faults += _parts_faults(tables["parts"])
    if "overrides" in tables:
        faults += _override_faults(tables)
    return faults


def row_faults(
    table: TableRead, rows: pl.DataFrame, column: str, rule: str, remedy: str | None
) -> list[Fault]:
    """Return one fault for each row of a frame, the first ``TOLD`` by name.

    Parameters
    ----------
    table : TableRead
        Gives the file.
    rows : polars.DataFrame
        Rows with ``ROW`` and the column.
    column, rule, remedy : str
        What the faults say.

    Returns
    -------
    list of Fault
        In the order of the rows.
    """
    faults = [
        Fault(rule, file=table.file, row=row, column=column, value=str(value), remedy=remedy)
        for row, value in rows.select(ROW, column).head(TOLD).iter_rows()
    ]
    if rows.height > TOLD:
        more = f"{rows.height - TOLD} further rows: {rule}"
        faults.append(Fault(more, file=table.file, column=column, remedy=remedy))
    return faults


def _reference_faults(table: TableRead, target: TableRead, reference: Reference) -> list[Fault]:
    column = reference.column
    known = target.all_values(column)
    used = table.frame.filter(pl.col(column).is_not_null())
    unknown = used.filter(~pl.col(column).is_in(sorted(known)))
    faults = []
    for value in unknown[column].unique(maintain_order=True).head(TOLD).to_list():
        rows = unknown.filter(pl.col(column) == value)
        rule = f"there is no such {reference.thing} in {target.file}"
        faults += row_faults(table, rows, column, rule, _near(value, known))
    _follow(table, target, reference)
    return faults


def _near(value: str, known: set[str]) -> str:
    hint = suggestion(value, known)
    return hint if hint.startswith("did you mean") else "mend the name or add the row"


def _follow(table: TableRead, target: TableRead, reference: Reference) -> None:
    """Let rows share the fate of the row that they refer to."""
    column = reference.column
    kept = pl.col(column).is_in(target.frame[column].implode())
    aside = pl.col(column).is_in(sorted(target.set_aside_values(column)))
    rows = table.frame.filter(aside & ~kept)[ROW]
    if len(rows):
        rule = f"its {reference.thing} was set aside"
        table.reject(rows, column, rule, f"mend the {reference.thing} in {target.file}")
        table.drop_rejected()
    known = pl.col(column).is_in(sorted(target.all_values(column)))
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


def _channel_faults(table: TableRead, venues: TableRead, channel: str) -> list[Fault]:
    other = venues.frame.filter(pl.col("channel") != channel).select("venue_id", "channel")
    rows = table.frame.join(other, on="venue_id", how="inner", maintain_order="left")
    rule = f"must be a venue of channel {channel}"
    return row_faults(table, rows, "venue_id", rule, "mend the venue_id or the venue's channel")


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


def _minimum_faults(offers: TableRead, fleet: int) -> list[Fault]:
    rows = offers.frame.filter(pl.col("min_units") > fleet)
    rule = f"asks for more than the fleet's {fleet} vehicles"
    return row_faults(offers, rows, "min_units", rule, "lower it or leave the offer out")


def _series_faults(tables: Mapping[str, TableRead], index_given: bool) -> list[Fault]:
    hedges = tables["hedges"]
    named = hedges.frame.filter(pl.col("series").is_not_null())
    if "index" in tables:
        known = tables["index"].frame["series"].unique().sort()
        unknown = named.filter(~pl.col("series").is_in(known.implode()))
        rule = f"there is no such series in {tables['index'].file}"
        hint = f"known are {', '.join(known)}" if len(known) else "add the series"
        return row_faults(hedges, unknown, "series", rule, hint)
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


def _parts_faults(parts: TableRead) -> list[Fault]:
    """Check that removal precedence names parts of the group and has no cycle."""
    faults: list[Fault] = []
    lines = parts.frame.select(ROW, "group", "part", "needs").rows()
    needs: dict[str, dict[str, tuple[int, list[str]]]] = {}
    for row, group, part, text in lines:
        names = [name.strip() for name in (text or "").split(";") if name.strip()]
        needs.setdefault(group, {})[part] = (row, names)
    aside = _set_aside_parts(parts)
    for group, members in needs.items():
        for row, names in members.values():
            for name in names:
                if name not in members:
                    rule = f"there is no part {name!r} in group {group!r}"
                    if (group, name) in aside:
                        rule = f"part {name!r} of group {group!r} was set aside"
                    hint = _near(name, set(members))
                    faults.append(
                        Fault(rule, file=parts.file, row=row, column="needs", remedy=hint)
                    )
        cycle = _cycle({part: names for part, (_, names) in members.items()})
        if cycle:
            faults.append(
                Fault(
                    f"parts of group {group!r} need each other in a circle: {' > '.join(cycle)}",
                    file=parts.file,
                    row=members[cycle[0]][0],
                    column="needs",
                    remedy="drop one of these needs",
                )
            )
    return faults


def _set_aside_parts(parts: TableRead) -> set[tuple[str, str]]:
    rows = parts.rejected["row"].unique()
    return set(zip(parts.texts(rows, "group"), parts.texts(rows, "part"), strict=True))


def _cycle(needs: Mapping[str, list[str]]) -> list[str]:
    """Return a circle of needs, its first part repeated at the end, or an empty list."""
    done: set[str] = set()
    for start in needs:
        trail: list[str] = []
        branches = [iter([start])]
        while branches:
            name = next(branches[-1], None)
            if name is None:
                branches.pop()
                if trail:
                    done.add(trail.pop())
            elif name in trail:
                return [*trail[trail.index(name) :], name]
            elif name in needs and name not in done:
                trail.append(name)
                branches.append(iter(needs[name]))
    return []


def _override_faults(tables: Mapping[str, TableRead]) -> list[Fault]:
    overrides = tables["overrides"]
    pins = overrides.frame.filter(pl.col("action") == "pin")
    again = pins.with_columns(pl.col(ROW).min().over("vehicle_id").alias("first"))
    again = again.filter(pl.col(ROW) != pl.col("first"))
    faults = row_faults(
        overrides, again, "vehicle_id", "is pinned more than once", "keep one pin a vehicle"
    )
    if "venues" in tables:
        venues = tables["venues"].frame.select("venue_id", pl.col("channel").alias("true"))
        rows = overrides.frame.join(venues, on="venue_id", how="inner", maintain_order="left")
        rows = rows.filter(pl.col("channel") != pl.col("true"))
        rule = "is not the channel of its venue_id"
        faults += row_faults(overrides, rows, "channel", rule, "drop one of the two")
    if "events" in tables:
        events = tables["events"].frame.select("event_id", pl.col("venue_id").alias("true"))
        rows = overrides.frame.join(events, on="event_id", how="inner", maintain_order="left")
        rows = rows.filter(pl.col("venue_id") != pl.col("true"))
        rule = "is not the venue of its event_id"
        faults += row_faults(overrides, rows, "venue_id", rule, "drop one of the two")
    return faults
