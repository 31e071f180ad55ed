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
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the hand-overs worth quoting: units and weeks, int64[m] each.

    The terms do not change from week to week, so the first week is best and the only one
    quoted, unless the site's intake or a lane to it is limited: then every week is.
    """
    limited = venues["weekly_units"][site] is not None or _limited(situation, moves, unit, site)
    span = situation.market.weeks if limited else 1
    later = (first[:, None] + np.arange(span)[None, :]).ravel()
    units = np.repeat(unit, span)
    there = later <= min(last, situation.market.weeks)
    return units[there], later[there]


def _limited(situation: Situation, moves: Transport, unit: NDArray[np.int64], site: int) -> bool:
    tariffs = situation.market.tariffs
    if tariffs is None:
        return False
    lanes = np.unique(moves.lane[unit, site])
    return any(tariffs["weekly_units"][int(row)] is not None for row in lanes if row >= 0)
