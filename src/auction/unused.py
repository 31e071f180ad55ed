"""What the market lists and no vehicle can use: told, since a slip in a date or a name does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from auction.market import Market
from auction.options import Options

#: Names that a sentence tells; of more than these the rest is counted.
_TOLD: Final = 5


def unused_of(market: Market, options: Options, as_of: date) -> list[str]:
    """Return what of a market stays without use, a sentence each.

    Parameters
    ----------
    market : Market
        The market that was quoted on.
    options : Options
        Every option of the fleet.
    as_of : datetime.date
        The planning date.

    Returns
    -------
    list of str
        Auctions without an event within the horizon, dealers without offers, dismantlers
        without a parts list, offers that cover no vehicle, work that betters none.
    """
    end = as_of + timedelta(weeks=market.weeks)
    held = [] if market.events is None else _names(
        market.events.filter((pl.col("date") > as_of) & (pl.col("date") <= end)), "venue_id"
    )  # fmt: skip
    made = _names(market.offers, "venue_id")
    taken = _met(options, "offer_id")
    auctions = _missing(_names(market.places("auction"), "venue_id"), held)
    dealers = _missing(_names(market.places("dealer"), "venue_id"), made)
    listless = market.parts is None or market.parts.is_empty()
    dismantlers = _names(market.places("dismantling"), "venue_id") if listless else []
    offers = _missing(_names(market.offers, "offer_id"), taken)
    works = _missing(
        _names(market.reconditioning, "reconditioning_id"),
        _met(options, "reconditioning_id"),
    )
    told = {
        "auctions without an event within the horizon, where nothing can be sold": auctions,
        "dealers without an offer, to whom nothing can be sold": dealers,
        "dismantlers without a parts list, where nothing is taken apart": dismantlers,
        "offers that cover no vehicle within their dates": offers,
        "reconditioning that no vehicle is better off for": works,
    }
    return [f"{what}: {few_of(names)}" for what, names in told.items() if names]


def _names(frame: pl.DataFrame | None, column: str) -> list[str]:
    if frame is None:
        return []
    return frame[column].drop_nulls().unique(maintain_order=True).to_list()


def _met(options: Options, column: str) -> list[str]:
    return options.table.column(column).drop_nulls().unique().cast(pl.String).to_list()


def _missing(names: Sequence[str], known: Sequence[str]) -> list[str]:
    there = set(known)
    return [name for name in names if name not in there]


def few_of(names: Sequence[str]) -> str:
    """Return a few names in words, the rest counted."""
    more = len(names) - _TOLD
    shown = ", ".join(names[:_TOLD])
    return f"{shown} and {more:,} more" if more > 0 else shown
