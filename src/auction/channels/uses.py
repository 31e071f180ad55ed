"""Scarce things that options use: slots of events, units on lanes, weekly intake of venues."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.lots import AuctionMarket, Lots
from auction.channels.quotes import Use
from auction.channels.transport import Transport
from auction.options import Resource
from auction.situation import Situation, week_of


def auction_uses(
    situation: Situation, here: AuctionMarket, lots: Lots, reach: NDArray[np.float64]
) -> Iterator[Use]:
    """Tell which scarce things the lots take: slots, re-run slots, lanes, yard weeks."""
    yield from _slots(situation, here, lots, reach)
    yield from lane_uses(
        situation,
        here.moves,
        lots.vehicle,
        lots.venue,
        _departure(here, lots),
    )
    yield from week_uses(here.venues, lots.venue, week_of(lots.days))


def _departure(here: AuctionMarket, lots: Lots) -> NDArray[np.int64]:
    """Return the day on which each unit has to leave to be on display in time."""
    before = (here.venues["entry_days"] + here.venues["display_days"]).to_numpy()[lots.venue]
    on_the_way = here.moves.days[lots.vehicle, lots.venue]
    return np.asarray(np.floor(lots.days - before - on_the_way), dtype=np.int64)


def _slots(
    situation: Situation, here: AuctionMarket, lots: Lots, reach: NDArray[np.float64]
) -> Iterator[Use]:
    gap = situation.market.auction.rerun_gap_days
    events = here.event_days.size
    rows, slots, units = [np.arange(lots.event.size)], [lots.event], [np.ones(lots.event.size)]
    for run in range(1, reach.shape[1]):
        later = _event_from(here, lots.venue, lots.days + int(np.ceil(run * gap)))
        there = np.flatnonzero(later >= 0)
        rows.append(there)
        slots.append(later[there])
        units.append(reach[there, run])
    row, slot, unit = np.concatenate(rows), np.concatenate(slots), np.concatenate(units)
    order = np.argsort(slot, kind="stable")
    edges = np.searchsorted(slot[order], np.arange(events + 1))
    for event in range(events):
        members = order[edges[event] : edges[event + 1]]
        if members.size:
            event_id = here.events["event_id"][event]
            label = f"{here.events['venue_id'][event]} on {here.events['date'][event]}"
            resource = Resource(
                f"event:{event_id}", "event", label, float(here.events["capacity"][event])
            )
            yield Use(resource, row[members], unit[members])


def _event_from(
    here: AuctionMarket, venue: NDArray[np.int64], days: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the first event of each venue on or after a day, -1 where the horizon ends first."""
    found = np.full(venue.size, -1, dtype=np.int64)
    for site in np.unique(venue):
        members = np.flatnonzero(here.event_venue == site)
        rows = np.flatnonzero(venue == site)
        place = np.searchsorted(here.event_days[members], days[rows])
        inside = place < members.size
        found[rows[inside]] = members[place[inside]]
    return found


def lane_uses(
    situation: Situation,
    moves: Transport,
    vehicle: NDArray[np.int64],
    venue: NDArray[np.int64],
    departure: NDArray[np.int64],
) -> Iterator[Use]:
    """Tell the weekly use of every lane whose capacity is stated.

    Parameters
    ----------
    situation : Situation
        Its tariffs state the capacities.
    moves : Transport
        Lane of every unit and venue.
    vehicle, venue, departure : int64[m]
        What moves where, and the day on which it leaves.
    """
    tariffs = situation.market.tariffs
    if tariffs is None:
        return
    lane = moves.lane[vehicle, venue]
    capacity = tariffs["weekly_units"].to_list()
    week = week_of(departure)
    for row in np.unique(lane[lane >= 0]):
        if capacity[row] is None:
            continue
        start, end = tariffs["from_region"][int(row)], tariffs["to_region"][int(row)]
        for number in np.unique(week[lane == row]):
            members = np.flatnonzero((lane == row) & (week == number))
            yield Use(
                Resource(
                    f"lane:{start}>{end}:{number}",
                    "lane",
                    f"lane {start} to {end}, week {number}",
                    float(capacity[row]),
                ),
                members,
                np.ones(members.size),
            )


def week_uses(
    venues: pl.DataFrame, venue: NDArray[np.int64], week: NDArray[np.int64]
) -> Iterator[Use]:
    """Tell the weekly use of every venue whose intake is limited.

    Parameters
    ----------
    venues : polars.DataFrame
        Column weekly_units, null for no limit.
    venue, week : int64[m]
        Row of ``venues`` and week of each option.
    """
    limits = venues["weekly_units"].to_list()
    for site, limit in enumerate(limits):
        if limit is None:
            continue
        for number in np.unique(week[venue == site]):
            members = np.flatnonzero((venue == site) & (week == number))
            name = venues["venue_id"][site]
            yield Use(
                Resource(
                    f"venue:{name}:{number}", "venue_week", f"{name}, week {number}", float(limit)
                ),
                members,
                np.ones(members.size),
            )
