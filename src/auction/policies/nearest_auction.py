"""The nearest auction with room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.incumbent import take_in_order
from auction.policies.auctions import auctioned, held
from auction.policies.task import Task

#: What columns are sorted by.
_TOLD: Final = ("distance_km", "venue_id", "date")
#: Vehicles whose columns are sorted together.
_VEHICLES: Final = 1024


@dataclass(frozen=True, slots=True)
class NearestAuction:
    """Send each vehicle to the nearest auction with room, on its first date.

    Damaged vehicles go to the nearest auction that takes damaged ones alone, where there is
    one within the distance. First come, first served by date of availability, then by
    vehicle_id; pinned vehicles have their places kept. Of several terms at an event the one
    with the highest expected net is taken, and nothing is reconditioned. A vehicle that finds no
    room is held back.
    """

    name = "nearest_auction"

    def choose(self, task: Task) -> NDArray[np.int64]:
        """Choose as `Policy.choose` has it."""
        problem = task.problem
        sent = np.flatnonzero(auctioned(problem))
        vehicle, stays = problem.vehicle[sent], held(problem)

        def keys(part: slice) -> tuple[NDArray[Any], ...]:
            columns = sent[part]
            frame = problem.options.table.rows(problem.column[columns], _TOLD)
            distance = frame["distance_km"].fill_null(np.inf).to_numpy()
            venue, day = frame["venue_id"], frame["date"].to_physical()
            return (
                -problem.mean_of(columns),
                day.fill_null(np.iinfo(np.int32).max).to_numpy(),
                _codes(venue),
                distance,
                ~_for_damaged(task, vehicle[part], venue, distance),
                stays[columns],
            )

        return take_in_order(problem, sent[_by_turns(vehicle, _turns(task), keys)])


def _for_damaged(
    task: Task, vehicle: NDArray[np.int64], venue: pl.Series, distance: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the columns that take a damaged vehicle to an auction for such, near enough."""
    if task.damaged is None:
        return np.zeros(distance.size, dtype=np.bool_)
    taken = venue.replace_strict(dict(task.accepts), default=None, return_dtype=pl.String)
    special = (taken == "damaged").fill_null(value=False).to_numpy()
    return np.asarray(special & (distance <= task.within_km) & task.damaged[vehicle])


def _codes(column: pl.Series) -> NDArray[np.int64]:
    """Return the places of names in their order, from 1 on; 0 for none."""
    names = column.drop_nulls().unique().sort()
    place = column.cast(pl.Enum(names)).to_physical().cast(pl.Int64) + 1
    return place.fill_null(0).to_numpy()


def _by_turns(
    vehicle: NDArray[np.int64],
    turns: NDArray[np.int64],
    keys: Callable[[slice], tuple[NDArray[Any], ...]],
) -> NDArray[np.int64]:
    """Return the order of columns: vehicles in their turn, those of each by keys, the last first.

    A vehicle's columns stand together, so that they are looked at and sorted a few vehicles at a
    time, in the cache; sorting all by all keys at once takes many times as long.
    """
    first = np.flatnonzero(np.diff(vehicle, prepend=-1))
    edges = np.append(first[::_VEHICLES], vehicle.size)
    within = np.empty(vehicle.size, dtype=np.int64)
    for begin, end in pairwise(edges.tolist()):
        part = slice(begin, end)
        within[part] = begin + np.lexsort((*keys(part), vehicle[part]))
    turn = np.argsort(turns[vehicle[first]], kind="stable")
    count = np.diff(np.append(first, vehicle.size))[turn]
    place = np.repeat(first[turn] - (np.cumsum(count) - count), count)
    return within[place + np.arange(vehicle.size)]


def _turns(task: Task) -> NDArray[np.int64]:
    """Return the turn of each vehicle: pinned first, then by availability and id."""
    ids, pins = task.options.vehicle_ids, task.problem.pins
    days = [None] * len(ids) if task.available is None else list(task.available)
    order = sorted(range(len(ids)), key=lambda v: (v not in pins, days[v] or date.min, ids[v]))
    turns = np.empty(len(ids), dtype=np.int64)
    turns[order] = np.arange(len(ids))
    return turns
