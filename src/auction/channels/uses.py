"""Scarce things that options use: slots of events, units on lanes, weekly intake of venues."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.lots import AuctionMarket, Lots
from auction.channels.own_volume import volume_uses
from auction.channels.quotes import Use
from auction.channels.transport import Transport
from auction.options import Resource
from auction.situation import Situation, week_of


def auction_uses(
    situation: Situation, here: AuctionMarket, lots: Lots, reach: NDArray[np.float64]
) -> Iterator[Use]:
    """Tell which scarce things the lots take: slots, re-run slots, lanes, weeks, volume."""
    runs = _runs(situation, here, lots, reach)
    yield from _first_runs(here, lots.event)
    if reach.shape[1] > 1:
        yield from _windows(situation, here, *runs)
    yield from lane_uses(
        situation,
        here.moves,
        lots.vehicle,
        lots.venue,
        _departure(here, lots),
    )
    yield from week_uses(here.venues, lots.venue, week_of(lots.days))
    yield from volume_uses(situation, here, lots.vehicle, *runs)


def _departure(here: AuctionMarket, lots: Lots) -> NDArray[np.int64]:
    """Return the day on which each unit has to leave to be on display in time."""
    before = (here.venues["entry_days"] + here.venues["display_days"]).to_numpy()[lots.venue]
    on_the_way = here.moves.days[lots.vehicle, lots.venue]
    return np.asarray(np.floor(lots.days - before - on_the_way), dtype=np.int64)


def _runs(
    situation: Situation, here: AuctionMarket, lots: Lots, reach: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return lot, event and expected units of every run: first ones are sure, later ones are not.

    A re-run is held at the venue's next event that takes the unit after ``rerun_gap_days``.
    """
    first = np.arange(lots.event.size)
    rows, slots, units = [first], [lots.event], [np.ones(first.size)]
    kind = situation.kind[lots.vehicle]
    for run, next_event in enumerate(_next_events(situation, here, reach.shape[1] - 1), start=1):
        later = next_event[lots.event, kind]
        there = np.flatnonzero(later >= 0)
        rows.append(there)
        slots.append(later[there])
        units.append(reach[there, run])
    return np.concatenate(rows), np.concatenate(slots), np.concatenate(units)


def _next_events(
    situation: Situation, here: AuctionMarket, reruns: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the event of each re-run by that of the first run and the segment, else -1: [E, S]."""
    names = situation.book.group_names
    gap = int(np.ceil(situation.market.auction.rerun_gap_days))
    venue, due = (np.repeat(each, len(names)) for each in (here.event_venue, here.event_days))
    segment = np.tile(np.array(names), here.event_days.size)
    for _ in range(reruns):
        later = _event_from(here, venue, segment, due + gap)
        due = np.where(later >= 0, here.event_days[later], due + gap)
        yield later.reshape(-1, len(names))


def _first_runs(here: AuctionMarket, event: NDArray[np.int64]) -> Iterator[Use]:
    order, edges = _by_slot(event, here.event_days.size)
    for place, (event_id, venue, day, capacity) in enumerate(
        here.events.select("event_id", "venue_id", "date", "capacity").iter_rows()
    ):
        members = order[edges[place] : edges[place + 1]]
        if members.size:
            resource = Resource(f"event:{event_id}", "event", f"{venue} on {day}", float(capacity))
            yield Use(resource, members, np.ones(members.size))


def _windows(
    situation: Situation,
    here: AuctionMarket,
    row: NDArray[np.int64],
    slot: NDArray[np.int64],
    unit: NDArray[np.float64],
) -> Iterator[Use]:
    """Tell the use of ``rerun_spread`` events in a row at a venue that re-runs can reach.

    No event may hold more first runs than its capacity. Re-runs are known in expectation only,
    and one that finds its event full waits for the next: they count together with the first
    runs over every so many events, against their summed capacity.
    """
    rules = situation.market.auction
    gap, spread = int(np.ceil(rules.rerun_gap_days)), rules.rerun_spread
    order, edges = _by_slot(slot, here.event_days.size)
    capacity = here.events["capacity"].to_numpy()
    for venue in np.unique(here.event_venue):
        events = np.flatnonzero(here.event_venue == venue)
        for start in range(max(events.size - spread + 1, 1)):
            window = events[start : start + spread]
            members = order[edges[window[0]] : edges[window[-1] + 1]]
            if here.event_days[events[0]] + gap > here.event_days[window[-1]] or not members.size:
                continue
            name, begin = here.venues["venue_id"][int(venue)], here.events["date"][int(window[0])]
            resource = Resource(
                f"reruns:{here.events['event_id'][int(window[0])]}",
                "reruns",
                f"{name}, {window.size} sales from {begin} with re-runs",
                float(capacity[window].sum()),
            )
            yield Use(resource, row[members], unit[members])


def _by_slot(slot: NDArray[np.int64], slots: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the entries in the order of their slots, and where each slot begins."""
    # numbers of few bits are sorted by counting
    small = slot.astype(np.min_scalar_type(slots))
    order = np.argsort(small, kind="stable")
    return order, np.searchsorted(small[order], np.arange(slots + 1))


def _event_from(
    here: AuctionMarket,
    venue: NDArray[np.int64],
    segment: NDArray[np.str_],
    days: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return each venue's first event on or after a day that takes the unit's segment, else -1."""
    found = np.full(venue.size, -1, dtype=np.int64)
    only = here.events["segment"].to_list()
    for site in np.unique(venue):
        at_site = np.flatnonzero(here.event_venue == site)
        rows = np.flatnonzero(venue == site)
        # A segment that no event is kept for finds the events of everyone.
        for name in [None, *sorted({only[e] for e in at_site} - {None})]:
            members = np.array([e for e in at_site if only[e] in (None, name)], dtype=np.int64)
            here_too = rows if name is None else rows[segment[rows] == name]
            place = np.searchsorted(here.event_days[members], days[here_too])
            inside = place < members.size
            found[here_too] = -1
            found[here_too[inside]] = members[place[inside]]
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
    limited = np.array([*(each is not None for each in capacity), False])
    for row, number, members in _by_pair(lane, week, (lane >= 0) & limited[lane]):
        start, end = tariffs["from_region"][row], tariffs["to_region"][row]
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


def _by_pair(
    first: NDArray[np.int64], second: NDArray[np.int64], taken: NDArray[np.bool_]
) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Part the rows taken by a pair of numbers, in the order of the pairs."""
    rows = np.flatnonzero(taken)
    order = rows[np.lexsort((second[rows], first[rows]))]
    turn = np.flatnonzero(np.diff(first[order]) | np.diff(second[order])) + 1
    for members in np.split(order, turn):
        if members.size:
            yield int(first[members[0]]), int(second[members[0]]), members


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
    limited = np.array([each is not None for each in limits], dtype=np.bool_)
    for site, number, members in _by_pair(venue, week, limited[venue]):
        name = venues["venue_id"][site]
        yield Use(
            Resource(
                f"venue:{name}:{number}",
                "venue_week",
                f"{name}, week {number}",
                float(limits[site]),
            ),
            members,
            np.ones(members.size),
        )
