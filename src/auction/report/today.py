"""What a desk head decides today, and what to know before trusting the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, TypedDict

import polars as pl

from auction.report import capacities
from auction.report.card import drift_words, latest
from auction.report.decisions import sacrifices
from auction.report.forecast import verdict
from auction.report.inspections import to_send
from auction.report.language import _, ngettext
from auction.report.source import Source
from auction.report.vehicles import unplanned
from auction.report.wording import channel_name, day, listed, money, percent

#: Days that count as this week.
SOON: Final = 7
#: An amount of overfilling that is only rounding, lots.
_OVER: Final = 0.05


class Point(TypedDict):
    """A line of the top: its words and the section that has more."""

    text: str
    section: str


def decide(source: Source) -> list[Point]:
    """Return what is to be decided or set going today, most pressing first."""
    points = [
        (_this_week(source), "vehicles-section"),
        (_hedges(source), "hedging"),
        (to_send(source), "decisions"),
        (_crowded(source), "capacity"),
        (_scarce(source), "capacity"),
        (_given_up(source), "decisions"),
        (_stopped(source), "decisions"),
    ]
    return [Point(text=text, section=section) for text, section in points if text]


def _this_week(source: Source) -> str:
    until = source.as_of + timedelta(days=SOON)
    going = source.planned.filter(pl.col("status") == "planned", pl.col("event_date") <= until)
    if going.is_empty():
        return ""
    ways = going.group_by("channel").agg(pl.len()).sort("len", "channel", descending=[True, False])
    parts = [f"{channel_name(channel)} {money(count)}" for channel, count in ways.iter_rows()]
    return ngettext(
        "Release %(num)s vehicle to be sold by %(day)s: %(ways)s. Expected net %(net)s.",
        "Release %(num)s vehicles to be sold by %(day)s: %(ways)s. Expected net %(net)s.",
        going.height,
        day=day(until),
        ways=listed(parts),
        net=money(float(going["expected_net"].sum())),
    )


def _hedges(source: Source) -> str:
    bought = source.hedges.filter(pl.col("quantity") > 0.0)
    if bought.is_empty():
        return ""
    return _(
        "Buy price protection: %(names)s, for premiums of %(premium)s.",
        names=listed(bought.sort("hedge_id")["hedge_id"].to_list()),
        premium=money(float(bought["premium"].sum())),
    )


def _crowded(source: Source) -> str:
    over = source.capacity.filter(pl.col("offered_mean") > pl.col("slots") + _OVER).sort(
        pl.col("offered_mean") - pl.col("slots"), "venue_id", "week", descending=True
    )
    if over.is_empty():
        return ""
    return ngettext(
        "Ask for slots: in %(num)s week of a venue more lots are expected than there is room "
        "for, at %(venues)s.",
        "Ask for slots: in %(num)s weeks of a venue more lots are expected than there is room "
        "for, most at %(venues)s.",
        over.height,
        venues=listed(list(dict.fromkeys(over["venue_id"].to_list()))[:3]),
    )


def _scarce(source: Source) -> str:
    priced = capacities.shadow_prices(source)
    return _("Dearest bottleneck: %(words)s.", words=priced.rows[0][0].text) if priced else ""


def _given_up(source: Source) -> str:
    giving = sacrifices(source).filter(pl.col("given_up") >= 1.0)
    if giving.is_empty():
        return ""
    return ngettext(
        "Look at %(num)s vehicle that gives up %(sum)s against its own best option.",
        "Look at the largest of %(num)s sacrifices: vehicles give up %(sum)s in all against "
        "their own best options.",
        giving.height,
        sum=money(float(giving["given_up"].sum())),
    )


def _stopped(source: Source) -> str:
    stopped = unplanned(source)
    if stopped.is_empty():
        return ""
    return ngettext(
        "Clear %(num)s vehicle that cannot be sold yet: a bar or a title stands in the way.",
        "Clear %(num)s vehicles that cannot be sold yet: bars or titles stand in the way.",
        stopped.height,
    )


def trust(source: Source, notes: list[str]) -> list[Point]:
    """Return what to know before trusting the plan.

    Parameters
    ----------
    source : Source
    notes : list of str
        What was assumed and what the fit told, a sentence each.
    """
    points = [
        (_forecasts(source), "forecast"),
        (_optimism(source), "risk"),
        (_rows_rejected(source), "assumptions"),
        (_drifted(source), "model-card"),
        (_defaults(source), "assumptions"),
        *((_begun(note), "assumptions") for note in notes),
    ]
    return [Point(text=text, section=section) for text, section in points if text]


def _begun(note: str) -> str:
    """Begin a sentence with a capital, unless a column or a file stands first."""
    first = note.split(maxsplit=1)[0] if note else ""
    return note[:1].upper() + note[1:] if first.strip(",:;").isalpha() else note


def _forecasts(source: Source) -> str:
    table = source.calibration
    return "" if table is None or table.is_empty() else verdict(table.row(0, named=True))


def _drifted(source: Source) -> str:
    """Say where prices have left the forecasts; a model that holds needs no word."""
    if source.card is None or source.card.drift.is_empty():
        return ""
    state = latest(source.card.drift)["state"][0]
    return "" if state == "steady" else drift_words(source.card)


def _optimism(source: Source) -> str:
    plan: dict[str, Any] = source.risk["plan"]
    below = plan["cvar"] - plan["fresh"]["cvar"]
    if below <= 2.0 * plan["fresh"]["cvar_standard_error"]:
        return ""
    return _(
        "On fresh scenarios the CVaR is %(below)s lower than the optimiser saw it; the figures "
        "above are the fresh ones.",
        below=money(below),
    )


def _rows_rejected(source: Source) -> str:
    rows = source.manifest["rows"].values()
    read, rejected = sum(row["read"] for row in rows), sum(row["rejected"] for row in rows)
    if not rejected:
        return ""
    return ngettext(
        "%(num)s row of the input was rejected (%(share)s of those read).",
        "%(num)s rows of the input were rejected (%(share)s of those read).",
        rejected,
        share=percent(rejected / read, 2),
    )


def _defaults(source: Source) -> str:
    used = len(source.manifest["defaults_used"])
    if not used:
        return ""
    return ngettext(
        "%(num)s setting is a default that nobody confirmed.",
        "%(num)s settings are defaults that nobody confirmed.",
        used,
    )
