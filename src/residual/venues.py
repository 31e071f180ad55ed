"""What a venue does to a price, and how surely that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from residual.curves import Floats
from residual.distribution import second_highest_moments

if TYPE_CHECKING:
    from residual.fitted import Fitted


def log_factor(model: Fitted, venue_ids: Sequence[str | None]) -> Floats:
    """Log factor of each venue; see `ResidualModel.venue_log_factor`."""
    known = {name: i for i, name in enumerate(model.recipe.levels.get("venue_id", []))}
    effects = model.hedonic.effects.get("venue_id", np.zeros(0))
    out = np.zeros(len(venue_ids))
    for row, venue in enumerate(venue_ids):
        place = None if venue is None else known.get(venue.strip().lower())
        if place is not None:
            out[row] = effects[place]
    return out


def error(model: Fitted, venue_ids: Sequence[str | None]) -> Floats:
    """Standard deviation of each venue's log factor; NaN for None."""
    known = {name: i for i, name in enumerate(model.recipe.levels.get("venue_id", []))}
    tidy = [None if venue is None else venue.strip().lower() for venue in venue_ids]
    codes = np.array([known.get(venue or "", -1) for venue in tidy], dtype=np.int64)
    nothing = np.zeros(len(tidy))
    error = model.hedonic.level_errors({"venue_id": codes}).get("venue_id", nothing)
    return np.where([venue is None for venue in tidy], np.nan, error)


def value_factor(
    model: Fitted, venue_ids: Sequence[str | None], bidders: Sequence[float] | None
) -> Floats:
    """Log factor of each venue on values; see `ResidualModel.venue_value_factor`."""
    bidding = model.bidding
    tidy = [None if venue is None else venue.strip().lower() for venue in venue_ids]
    moved = np.array([bidding.worth.get(venue or "", 0.0) for venue in tidy])
    if bidders is not None:
        # what lots told of values there took so many to have come
        came = [bidding.uncounted if v in bidding.hidden else bidding.bidders for v in tidy]
        rise = [_mean(number) - _mean(usual) for number, usual in zip(bidders, came, strict=True)]
        hidden = np.array([bidding.hidden.get(venue or "", 1.0) for venue in tidy])
        noise = hidden * bidding.share * bidding.scale * np.array(rise)
        moved -= noise * _told(model, tidy)
    return np.asarray(log_factor(model, venue_ids) + moved)


def _mean(bidders: float) -> float:
    return second_highest_moments(float(bidders))[0]


def _told(model: Fitted, tidy: list[str | None]) -> Floats:
    """How much of a venue's own effect its sales could tell, from 0 to 1."""
    hedonic = model.hedonic
    variance = hedonic.variances.get("venue_id", 0.0)
    known = {name: i for i, name in enumerate(model.recipe.levels.get("venue_id", []))}
    counts = hedonic.counts.get("venue_id", np.zeros(0))
    sales = np.array([counts[known[v]] if v in known else 0.0 for v in tidy])
    return np.asarray(sales * variance / (hedonic.scale**2 + sales * variance))
