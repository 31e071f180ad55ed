"""Run lists: what goes to each auction on each day, and to each dealer and dismantler.

Lots of an auction stand by segment, the segment with the most money first; within a segment the
dearest lot comes first, so that the strong lots run early and like stands beside like. Ties go by
vehicle_id. A list holds what its receiver needs and no more: no loan, no names, no forecasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from auction.channels.covered import conditions, unit_covers
from auction.channels.transport import plan_moves
from auction.from_workspace import legal_bars
from auction.planned import Planning

_MILE: Final = 1.609344
_UNIT: Final = {
    "vehicle_id": "vehicle", "vin": "VIN", "make": "make", "model": "model",
    "variant": "variant", "model_year": "year", "odometer": "odometer", "condition_grade": "grade",
    "damage": "damage", "title_status": "title", "location": "location",
}  # fmt: skip
_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "auction": {
        "lot": "lot", **_UNIT, "collect_by": "collect by", "deliver_by": "deliver by",
        "reserve": "reserve", "start_price": "start price", "further_runs": "if unsold",
        "notes": "notes",
    },
    "dealer": {
        "lot": "no.", "event_date": "hand-over", **_UNIT, "collect_by": "collect by",
        "offer_id": "offer", "price": "price", "further_runs": "list price later",
        "notes": "notes",
    },
    "dismantling": {
        "lot": "no.", "event_date": "hand-over", **_UNIT, "collect_by": "collect by",
        "parts": "parts to take off", "notes": "notes",
    },
}  # fmt: skip
#: Columns that are left out where no lot has anything to say in them.
_OPTIONAL: Final = frozenset({"vin", "variant", "title_status", "further_runs"})
#: Columns that hold money.
MONEY: Final = frozenset({"reserve", "start_price", "price"})


@dataclass(frozen=True, slots=True)
class RunList:
    """What one receiver gets on one day, or, for dealers and dismantlers, over the horizon.

    Parameters
    ----------
    channel, venue_id, venue : str
        Who gets it, and the name.
    day : datetime.date or None
        Day of the auction; None for a list of hand-overs.
    lots : polars.DataFrame
        The columns of `columns` and event_date, in the order in which they run.
    columns : dict of str to str
        Columns to be shown, with their headings.
    deliver_by : datetime.date
        Last day of entry; the first of them where there are several.
    collect_by : datetime.date
        Day on which the first unit has to be on its way.
    expected_gross : float
        Expected gross price of the lots, money; not for the receiver.
    """

    channel: str
    venue_id: str
    venue: str
    day: date | None
    lots: pl.DataFrame
    columns: dict[str, str]
    deliver_by: date
    collect_by: date
    expected_gross: float


def run_lists(planning: Planning, policy: pl.DataFrame, parts: pl.DataFrame) -> list[RunList]:
    """Return the run lists of a plan: auctions by venue and date, then hand-overs by venue.

    Reserves are rounded to whole money; bidding starts at ``run_lists.start_share`` of the
    reserve, rounded down.

    Parameters
    ----------
    planning : Planning
        The run.
    policy, parts : polars.DataFrame
        Its reserve policy and parts plan, as :mod:`auction.run.outputs` makes them.
    """
    lots = _lots(planning, policy, parts)
    names = dict(planning.workspace.tables["venues"].select("venue_id", "name").iter_rows())
    found = []
    for channel in _COLUMNS:
        own = lots.filter(pl.col("channel") == channel)
        keys = ["venue_id", "event_date"] if channel == "auction" else ["venue_id"]
        for key, part in own.sort(keys, maintain_order=True).group_by(keys, maintain_order=True):
            venue_id, *day = key
            kept = part.with_columns(lot=pl.int_range(1, pl.len() + 1))
            columns = _columns(channel, kept, planning)
            found.append(
                RunList(
                    channel=channel,
                    venue_id=str(venue_id),
                    venue=names[str(venue_id)] or str(venue_id),
                    day=day[0] if day else None,
                    lots=kept.select(*columns, *({"event_date"} - set(columns))),
                    columns=columns,
                    deliver_by=min(kept["deliver_by"].to_list()),
                    collect_by=min(kept["collect_by"].to_list()),
                    expected_gross=float(kept["gross"].sum()),
                )
            )
    return found


def _columns(channel: str, lots: pl.DataFrame, planning: Planning) -> dict[str, str]:
    """Return the columns of a list with their headings, without those that say nothing."""
    unit = "miles" if _in_miles(planning) else "km"
    currency = planning.workspace.config.currency
    heads = {}
    for name, head in _COLUMNS[channel].items():
        if name in _OPTIONAL and not lots[name].count():
            continue
        detail = unit if name == "odometer" else currency if name in MONEY else ""
        heads[name] = f"{head} ({detail})" if detail else head
    return heads


def _in_miles(planning: Planning) -> bool:
    source = planning.workspace.config.tables.vehicles
    return source.units.get("odometer", "km").endswith(("mi", "miles"))


def _lots(planning: Planning, policy: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return every vehicle that leaves the yard, in the order in which lists show them."""
    chosen = planning.chosen.rename({"date": "event_date"}).with_columns(
        pl.Series("row", np.arange(planning.chosen.height))
    )
    units = planning.situation.vehicles
    described = [
        name
        for name in (*_UNIT, "postcode")
        if name in units.columns and name not in chosen.columns
    ]
    going = pl.concat(
        [chosen, units.select(*described, "run_count", "available_from")], how="horizontal"
    ).filter(pl.col("channel") != "hold")
    factor = _MILE if _in_miles(planning) else 1.0
    share = planning.workspace.config.run_lists.start_share
    told = going.with_columns(
        odometer=(pl.col("odometer") / factor).round(0),
        location=_location(going),
        price=pl.coalesce("reserve", "gross").round(0),
        reserve=pl.col("reserve").round(0),
        notes=_notes(going, planning),
    ).with_columns(start_price=(pl.col("reserve") * share).floor())
    worth = pl.col("gross").sum().over("channel", "venue_id", "event_date", "segment")
    return (
        told.join(_days(planning, going), on="row")
        .join(_further(policy, going, planning), on="vehicle_id", how="left")
        .join(_parts(parts), on="vehicle_id", how="left")
        .with_columns(order=pl.when(pl.col("channel") == "auction").then(-worth))
        .with_columns(pl.when(pl.col("channel") == "auction").then(-pl.col("gross")).alias("first"))
        .sort("event_date", "order", "segment", "offer_id", "first", "vehicle_id")
    )


def _location(going: pl.DataFrame) -> pl.Expr:
    if "postcode" not in going.columns:
        return pl.col("region")
    return pl.concat_str("region", "postcode", separator=" ", ignore_nulls=True)


def _notes(going: pl.DataFrame, planning: Planning) -> pl.Series:
    """Say of each lot what its receiver has to know: bars that end, covers, earlier runs."""
    holds = legal_bars(planning.workspace).group_by("vehicle_id").agg(pl.col("until").max())
    until = dict(holds.iter_rows())
    as_of = planning.workspace.config.as_of
    standing = set(planning.situation.market.offers_of("standing")["offer_id"])
    runs = planning.situation.market.auction.runs
    kept = {
        terms["hedge_id"]: conditions(terms, runs) for _, terms in unit_covers(planning.situation)
    }
    notes = []
    for vehicle, floor, work, tried, ready, terms, channel, offer in going.select(
        "vehicle_id", "hedge_id", "reconditioning_id", "run_count", "available_from", "terms",
        "channel", "offer_id",
    ).iter_rows():  # fmt: skip
        said = [terms] if channel == "dealer" and offer not in standing else []
        if work is not None:
            said.append(f"reconditioned before ({work})")
        if vehicle in until:
            said.append(f"legal hold until {until[vehicle]}")
        if ready is not None and ready > as_of:
            said.append(f"available from {ready}")
        if floor is not None:
            said.append(kept[floor])
        if tried:
            said.append(f"offered before without a sale: {tried}")
        notes.append("; ".join(said))
    return pl.Series("notes", notes, dtype=pl.String)


def _days(planning: Planning, going: pl.DataFrame) -> pl.DataFrame:
    """Return row, deliver_by and collect_by of every vehicle that leaves the yard."""
    market, units = planning.situation.market, planning.situation.vehicles
    found = [pl.DataFrame(schema={"row": pl.Int64, "deliver_by": pl.Date, "collect_by": pl.Date})]
    for (venue_id,), part in going.group_by(["venue_id"], maintain_order=True):
        venue = market.venues.filter(pl.col("venue_id") == venue_id)
        moves = plan_moves(
            units[part["row"]], venue, market.tariffs, market.costs, _known_places(planning)
        )
        at_auction = venue["channel"][0] == "auction"
        before = float((venue["entry_days"] + venue["display_days"])[0]) if at_auction else 0.0
        due = [day - timedelta(days=int(np.ceil(before))) for day in part["event_date"]]
        away = np.ceil(moves.days[:, 0] + before).astype(int).tolist()
        start = [
            day - timedelta(days=days) for day, days in zip(part["event_date"], away, strict=True)
        ]
        found.append(pl.DataFrame({"row": part["row"], "deliver_by": due, "collect_by": start}))
    return pl.concat(found)


def _known_places(planning: Planning) -> pl.DataFrame:
    """Return every place that helps to locate a region: the venues and the whole fleet."""
    columns = ["region", "lat", "lon"]
    market, units = planning.situation.market, planning.situation.vehicles
    return pl.concat([market.venues.select(columns), units.select(columns)])


def _further(policy: pl.DataFrame, going: pl.DataFrame, planning: Planning) -> pl.DataFrame:
    """Say of each lot what follows: its further runs, or later list prices.

    The reserves of further runs are told only where the settings say so: a venue that knows what
    is taken later has less reason to find more now.
    """
    open_handed = planning.workspace.config.run_lists.further_reserves
    said: dict[str, list[str]] = {}
    for step in policy.sort("vehicle_id", "step").iter_rows(named=True):
        words = said.setdefault(step["vehicle_id"], [])
        if step["step"] > 1:
            when = step["date"] or "later"
            told = f": {step['reserve']:,.0f}" if open_handed else ""
            words.append(f"run {step['step']} {when}{told}")
    listed = going.filter(pl.col("channel") == "dealer", pl.col("reserves").is_not_null())
    for row in listed.iter_rows(named=True):
        said[row["vehicle_id"]] = list(_markdowns(row))
    return pl.DataFrame(
        [(vehicle, "; ".join(words)) for vehicle, words in said.items()],
        schema={"vehicle_id": pl.String, "further_runs": pl.String},
        orient="row",
    )


def _markdowns(row: dict[str, Any]) -> Iterator[str]:
    """Tell the weeks from which another list price holds."""
    prices = row["reserves"]
    for week in range(1, len(prices)):
        if round(prices[week]) != round(prices[week - 1]):
            yield f"from {row['event_date'] + timedelta(weeks=week)}: {prices[week]:,.0f}"


def _parts(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the parts to take off each vehicle in words, by where the law lets them go."""
    return (
        parts.group_by("vehicle_id", "route", maintain_order=True)
        .agg(pl.col("part").str.join(", "))
        .group_by("vehicle_id", maintain_order=True)
        .agg(pl.format("{}: {}", "route", "part").str.join("; ").alias("parts"))
    )
