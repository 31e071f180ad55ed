"""Lots: which unit can be offered at which auction event, and on what market."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.transport import Transport
from auction.situation import Situation


@dataclass(frozen=True, slots=True)
class Lots:
    """Units at events: m rows, each one way to offer one unit.

    Parameters
    ----------
    vehicle, venue, event : int64[m]
        Positions in the fleet, among the auction venues and among the events; event -1
        stands for a later planning.
    days : int64[m]
        Day of the first run after the planning date.
    tilt : float64[m]
        Share of the best reserve that is asked.
    floor, premium : float64[m]
        Guaranteed price and what the guarantee costs, money; 0 without one.
    largest_payout : float64[m]
        Most that the guarantor pays, money; inf without a limit.
    hedge : int64[m]
        Row of the hedges, -1 without one.
    """

    vehicle: NDArray[np.int64]
    venue: NDArray[np.int64]
    event: NDArray[np.int64]
    days: NDArray[np.int64]
    tilt: NDArray[np.float64]
    floor: NDArray[np.float64]
    premium: NDArray[np.float64]
    largest_payout: NDArray[np.float64]
    hedge: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Lots:
        """Return some of the rows."""
        return Lots(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class AuctionMarket:
    """The auction venues with what is needed to quote them.

    Parameters
    ----------
    venues : polars.DataFrame, N rows
        Auction venues.
    events : polars.DataFrame
        Events at these venues within the horizon, by venue and date.
    event_venue, event_days : int64[E]
        Venue and day of each event.
    moves : Transport
        From every unit to every venue.
    """

    venues: pl.DataFrame
    events: pl.DataFrame
    event_venue: NDArray[np.int64]
    event_days: NDArray[np.int64]
    moves: Transport


def open_market(situation: Situation) -> AuctionMarket:
    """Collect the auction venues, their events within the horizon and the moves to them."""
    market = situation.market
    venues = market.places("auction")
    place = {venue: i for i, venue in enumerate(venues["venue_id"])}
    events = pl.DataFrame(
        schema={
            "event_id": pl.String,
            "venue_id": pl.String,
            "date": pl.Date,
            "capacity": pl.Int64,
            "segment": pl.String,
        }
    )
    if market.events is not None:
        last = pl.lit(situation.as_of).dt.offset_by(f"{market.weeks}w")
        events = market.events.filter(
            pl.col("venue_id").is_in(list(place)),
            pl.col("date") > situation.as_of,
            pl.col("date") <= last,
        ).sort("venue_id", "date", "event_id")
    return AuctionMarket(
        venues=venues,
        events=events,
        event_venue=np.array([place[v] for v in events["venue_id"]], dtype=np.int64),
        event_days=np.array(
            [(day - situation.as_of).days for day in events["date"]], dtype=np.int64
        ),
        moves=situation.moves(venues),
    )


def reachable(situation: Situation, here: AuctionMarket) -> Lots:
    """Return every unit at every event that it can reach, at the best reserve.

    A unit looks at the nearest ``max_venues`` sites and must arrive ``entry_days`` and
    ``display_days`` before the event, at a site that takes it in its condition.
    """
    venues = here.venues
    open_to = situation.accepted(venues)
    cost = np.where(open_to, here.moves.cost, np.inf)
    committed = situation.committed(venues)
    if committed is not None:
        cost = np.where(committed[0] & open_to, -1.0, cost)
    near = np.argsort(np.argsort(cost, axis=1, kind="stable"), axis=1, kind="stable")
    allowed = open_to & (near < situation.market.auction.max_venues)
    before = (venues["entry_days"] + venues["display_days"]).to_numpy()
    arrival = situation.ready[:, None] + np.ceil(here.moves.days + before[None, :])
    fits = allowed[:, here.event_venue] & (arrival[:, here.event_venue] <= here.event_days)
    only = here.events["segment"].to_list()
    for column, segment in enumerate(only):
        if segment is not None:
            fits[:, column] &= situation.segment == segment
    vehicle, event = np.nonzero(fits)
    one, zero = np.ones(vehicle.size), np.zeros(vehicle.size)
    return Lots(
        vehicle.astype(np.int64),
        here.event_venue[event],
        event.astype(np.int64),
        here.event_days[event],
        one,
        zero,
        zero,
        np.full(vehicle.size, np.inf),
        np.full(vehicle.size, -1),
    )


def at_reserve_levels(lots: Lots, situation: Situation) -> Lots:
    """Repeat every lot once for each reserve level of the settings."""
    levels = np.array(sorted(situation.market.auction.reserve_levels, reverse=True))
    rows = np.repeat(np.arange(lots.vehicle.size), levels.size)
    return replace(lots.take(rows), tilt=np.tile(levels, lots.vehicle.size))


def step_cost(situation: Situation) -> float:
    """Return the cost of keeping a unit from one run to the next, as money at the next run."""
    gap = np.array([situation.market.auction.rerun_gap_days])
    return float(situation.holding(gap)[0] / situation.discount(gap)[0])
