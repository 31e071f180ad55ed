"""Which vehicles to send the inspector to, what that is worth and what it might change."""

from __future__ import annotations

from typing import Any

import polars as pl

from auction.report.decisions import place
from auction.report.grid import Column, Grid, grid
from auction.report.language import _, ngettext
from auction.report.source import Source
from auction.report.wording import listed, money

#: Vehicles named in one sentence.
_NAMED = 3


def inspections(source: Source) -> Grid | None:
    """Return the vehicles that the inspector should be sent to; None where nobody asked."""
    if source.inspections is None:
        return None
    return grid(
        "inspections",
        _("Vehicles to inspect before they are placed"),
        [
            Column(_("Vehicle"), "label"),
            Column(_("Plan")),
            Column(_("Worth"), "money", strong=True),
            Column(_("Gain"), "money"),
            Column(_("Cost of waiting"), "money"),
            Column(_("Chance of a change"), "percent"),
            Column(_("Then best")),
            Column(_("Where its value is stated")),
        ],
        [
            (
                row["vehicle_id"],
                place(row["channel"], row["venue_id"], None),
                row["worth"],
                row["gain"],
                row["delay"],
                row["change_chance"],
                _instead(row),
                between(row["above"], row["below"]) if row["instead_channel"] else None,
            )
            for row in _sent(source.inspections).iter_rows(named=True)
        ],
    )


def to_send(source: Source) -> str:
    """Return what the desk decides today about the inspector; "" where there is nothing."""
    if source.inspections is None:
        return ""
    sent = _sent(source.inspections)
    if sent.is_empty():
        return ""
    return ngettext(
        "Send the inspector to %(num)s vehicle: %(names)s. Worth %(worth)s after costs.",
        "Send the inspector to %(num)s vehicles, first %(names)s. Worth %(worth)s after costs.",
        sent.height,
        names=listed(sent["vehicle_id"].head(_NAMED).to_list()),
        worth=money(float(sent["worth"].sum())),
    )


def between(above: float | None, below: float | None) -> str:
    """Return the stated values at which a place becomes the best, in words."""
    if above is not None and below is not None:
        return _("%(above)s to %(below)s", above=money(above), below=money(below))
    if below is not None:
        return _("below %(below)s", below=money(below))
    return "" if above is None else _("above %(above)s", above=money(above))


def _sent(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter("send").sort("rank")


def _instead(row: dict[str, Any]) -> str | None:
    if row["instead_channel"] is None:
        return None
    return place(row["instead_channel"], row["instead_venue_id"], None)
