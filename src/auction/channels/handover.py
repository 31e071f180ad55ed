"""Hand-overs at the end of a week, for channels without events."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.transport import Transport
from auction.situation import Situation


def first_weeks(
    situation: Situation, moves: Transport, unit: NDArray[np.int64], site: int
) -> NDArray[np.int64]:
    """Return the first week at whose end each unit can be at a site, int64 like ``unit``."""
    arrival = situation.ready[unit] + np.ceil(moves.days[unit, site])
    return np.asarray(np.maximum(np.ceil(arrival / 7), 1), dtype=np.int64)


def weekly(
    situation: Situation,
    venues: pl.DataFrame,
    moves: Transport,
    unit: NDArray[np.int64],
    site: int,
    first: NDArray[np.int64],
    last: int,
    *,
    moving: bool = False,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the hand-overs worth quoting: units and weeks, int64[m] each.

    Where the terms do not change from week to week the first week is best and the only one
    quoted, unless the site's intake or the unit's lane to it is limited: then every week is, as
    it is where they are ``moving``.
    """
    every = np.full(unit.size, moving or venues["weekly_units"][site] is not None)
    every |= _on_limited_lane(situation, moves, unit, site)
    span = np.where(every, situation.market.weeks, 1)
    units = np.repeat(unit, span)
    later = np.concatenate(
        [start + np.arange(n) for start, n in zip(first, span, strict=True)] or [first]
    )
    there = later <= min(last, situation.market.weeks)
    return units[there], later[there]


def _on_limited_lane(
    situation: Situation, moves: Transport, unit: NDArray[np.int64], site: int
) -> NDArray[np.bool_]:
    """Return bool like ``unit``: whether the lane to the site has a weekly capacity."""
    tariffs = situation.market.tariffs
    if tariffs is None or tariffs.is_empty():
        return np.zeros(unit.size, dtype=np.bool_)
    capped = np.append(tariffs["weekly_units"].is_not_null().to_numpy(), False)
    return np.asarray(capped[moves.lane[unit, site]])
