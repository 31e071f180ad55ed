"""What the tables list and no vehicle can use, as far as that is seen before a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from auction.channels.predicates import meets
from auction.fleet import part_fleet
from auction.from_workspace import legal_bars
from auction.workspace import Workspace
from residual.errors import Fault
from residual.tables import Vehicles, with_optional_columns

#: What a venue of each channel needs to take anything: the table, and what is said without it.
_NEEDS: Final = (
    ("auction", "events", "has no event within the horizon: nothing can be sold there",
     "add events, or mend their dates and venue_id"),
    ("dealer", "offers", "has no offer: nothing can be sold to it",
     "add offers, or mend their venue_id"),
)  # fmt: skip


def idle_remarks(workspace: Workspace) -> list[Fault]:
    """Return what a run would leave without use and tell; none of it stops a run.

    Parameters
    ----------
    workspace : Workspace
        Read and checked.

    Returns
    -------
    list of Fault
        One for each auction without an event within the horizon, dealer without an offer,
        dismantler without a parts list, and offer whose terms no vehicle meets or which is not
        open within the horizon.
    """
    return [*_idle_venues(workspace), *_idle_offers(workspace)]


def _idle_venues(workspace: Workspace) -> Iterator[Fault]:
    tables, as_of = workspace.tables, workspace.config.as_of
    held = (pl.col("date") > as_of) & (pl.col("date") <= _end(workspace))
    used = {"events": tables["events"].filter(held), "offers": tables["offers"]}
    for channel, table, rule, remedy in _NEEDS:
        places = tables["venues"].filter(pl.col("channel") == channel)["venue_id"]
        known = used[table]["venue_id"].unique()
        for name in places.filter(~places.is_in(known.implode())):
            yield Fault(rule, "venues", None, "venue_id", name, remedy)
    if tables["parts"].is_empty():
        for name in tables["venues"].filter(pl.col("channel") == "dismantling")["venue_id"]:
            rule = "has no parts list: nothing is taken apart there"
            yield Fault(rule, "venues", None, "venue_id", name, "add a table of parts")


def _idle_offers(workspace: Workspace) -> Iterator[Fault]:
    tables, config = workspace.tables, workspace.config
    fleet = part_fleet(
        tables["vehicles"], legal_bars(workspace), config.as_of, config.horizon.weeks
    )
    units = with_optional_columns(fleet.planned, Vehicles)
    if units.is_empty():
        return
    guided = units["guide_value"].is_not_null().to_numpy()
    for offer in tables["offers"].iter_rows(named=True):
        if _weeks(offer["valid_from"], offer["valid_until"], config.as_of, config.horizon.weeks):
            if meets(units, config.as_of, offer, guided).any():
                continue
            rule, remedy = "covers no vehicle by its terms", "mend its terms"
        else:
            rule = "is open at no week's end within the horizon"
            remedy = "mend valid_from and valid_until"
        yield Fault(rule, "offers", None, "offer_id", offer["offer_id"], remedy)


def _weeks(opens: date, ends: date, as_of: date, weeks: int) -> int:
    """Return at how many ends of weeks an offer is open: units are handed over on no other day."""
    first = max(int(np.ceil((opens - as_of).days / 7)), 1)
    last = min((ends - as_of).days // 7, weeks)
    return max(last - first + 1, 0)


def _end(workspace: Workspace) -> date:
    return workspace.config.as_of + timedelta(weeks=workspace.config.horizon.weeks)
