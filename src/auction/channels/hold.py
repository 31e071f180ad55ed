"""Keeping a unit for a later planning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auction.basis import CONSTANT, nodes
from auction.channels.auction import quote_lots
from auction.channels.lots import Lots, open_market
from auction.channels.quotes import Quotes, framed, stack
from auction.situation import Situation, hold_date


def quote_holds(situation: Situation) -> Quotes:
    """Quote keeping each unit for a later planning: an open slot a week past the horizon.

    The slot is at the nearest site that takes the unit, with its bidders and fees. Where no
    auction takes it, the unit is kept and nothing is earned within the view of this plan.
    """
    here = open_market(situation)
    fleet = np.arange(len(situation.book.vehicle_ids))
    open_to = situation.accepted(here.venues)
    nearest = np.where(open_to, here.moves.cost, np.inf)
    sold_later = open_to.any(axis=1) if here.venues.height else np.zeros(fleet.size, dtype=bool)
    later = (hold_date(situation.market, situation.as_of) - situation.as_of).days
    rows = np.flatnonzero(sold_later)
    none = np.full(rows.size, -1)
    lots = Lots(
        vehicle=rows,
        venue=nearest[rows].argmin(axis=1) if rows.size else none,
        event=none,
        days=np.full(rows.size, later),
        tilt=np.ones(rows.size),
        floor=np.zeros(rows.size),
        premium=np.zeros(rows.size),
        hedge=none,
    )
    kept = np.flatnonzero(~sold_later)
    quotes = stack(quote_lots(situation, here, lots, "hold"), _keep_unsold(situation, kept, later))
    order = np.argsort(quotes.vehicle, kind="stable")
    return Quotes(
        quotes.vehicle[order], quotes.frame[order], quotes.coefficient[order], quotes.group[order]
    )


def _keep_unsold(situation: Situation, rows: NDArray[np.int64], days: int) -> Quotes:
    holding = situation.holding(np.full(rows.size, float(days)))
    coefficient = np.zeros((rows.size, nodes().size))
    coefficient[:, 0] = -holding
    frame = framed(
        {
            "channel": ["hold"] * rows.size,
            "terms": ["no auction takes it"] * rows.size,
            "sale_probability": np.zeros(rows.size),
            "holding": holding,
        },
        rows.size,
    )
    return Quotes(rows, frame, coefficient, np.full(rows.size, CONSTANT))
