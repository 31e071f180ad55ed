"""How full the venues are, and what a further slot would be worth."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.grid import Cell, Column, Grid, grid
from auction.report.language import _, mark, ngettext, pgettext
from auction.report.proceeds import week_label
from auction.report.retold import rule_words
from auction.report.source import Source
from auction.report.wording import money, percent

#: Venues shown, the fullest first.
VENUES: Final = 40
#: Overfull weeks shown.
WEEKS: Final = 12
#: Shadow prices shown.
PRICES: Final = 15
#: A slot that is worth less is left out, money.
_WORTHLESS: Final = 0.5
#: An amount of overfilling that is only rounding, lots.
_OVER: Final = 0.05

_KINDS: Final = {
    "event": mark("Auction slots"),
    "reruns": mark("Slots of several sales, for re-runs"),
    "lane": mark("Transport lanes by week"),
    "venue_week": mark("Dealers and dismantlers by week"),
    "reconditioning": mark("Reconditioning, most units"),
    "volume": mark("Many alike on one market"),
    "limit": mark("Limits of the desk"),
    "exposure": mark("What counterparties can come to owe, by the 1,000"),
    "offer": mark("Dealer offers"),
    "offer_maximum": mark("Dealer offers, most units"),
    "offer_minimum": mark("Dealer offers, fewest units"),
    "hedge": mark("Hedges"),
    "cash": mark("Cash by a date, by the 1,000"),
    "floor": mark("Floor of the CVaR, by the 1,000"),
}
#: What is asked for at least: reached, not filled up.
_LEAST: Final = ("offer_minimum", "cash", "floor")
#: What is counted in money.
_IN_MONEY: Final = ("exposure", "cash", "floor")
#: Money that the price of a rule about money is told for.
_MONEY: Final = 1_000.0
#: What one more of a capacity means.
_ONE_MORE: Final = {
    "event": mark("One more slot at %(what)s is worth %(worth)s"),
    "reruns": mark("One more slot at %(what)s is worth %(worth)s"),
    "lane": mark("One more place on the %(what)s is worth %(worth)s"),
    "venue_week": mark("One more unit at %(what)s is worth %(worth)s"),
    "reconditioning": mark("One more unit for the %(what)s is worth %(worth)s"),
    "volume": mark("One more unit sold takes %(worth)s off the others: %(what)s"),
    "offer": mark("One more unit under %(what)s is worth %(worth)s"),
    "offer_maximum": mark("One more unit under %(what)s is worth %(worth)s"),
    "offer_minimum": mark("One unit less in the minimum of %(what)s is worth %(worth)s"),
    "exposure": mark("1,000 more under the limit “%(what)s” is worth %(worth)s"),
    "cash": mark("1,000 less of %(what)s is worth %(worth)s"),
    "floor": mark("1,000 less of %(what)s is worth %(worth)s"),
    "other": mark("One more unit of %(what)s is worth %(worth)s"),
}


def heatmap(source: Source) -> dict[str, Any]:
    """Return the use of every venue's slots by week.

    Returns
    -------
    dict
        weeks: labels; rows: venue and its cells (share, level, lots and slots, or None where
        the venue has no sale that week); left_out: venues that are not shown.
    """
    table = source.capacity
    weeks = sorted(table["week"].unique().to_list())
    totals = (
        table.group_by("venue_id")
        .agg(pl.col("offered_mean").sum(), pl.col("slots").sum())
        .sort("offered_mean", "venue_id", descending=[True, False])
    )
    shown = sorted(totals["venue_id"].head(VENUES).to_list())
    found = {
        (venue, week): (offered, slots)
        for venue, week, offered, slots in table.select(
            "venue_id", "week", "offered_mean", "slots"
        ).iter_rows()
    }
    all_in = {row["venue_id"]: row for row in totals.iter_rows(named=True)}
    return {
        "weeks": [{"week": week, "from": week_label(week, source.as_of)} for week in weeks],
        "rows": [
            {
                "venue": venue,
                "cells": [_cell(found.get((venue, week))) for week in weeks],
                "whole": _cell((all_in[venue]["offered_mean"], all_in[venue]["slots"])),
            }
            for venue in shown
        ],
        "left_out": max(totals.height - VENUES, 0),
    }


def _cell(pair: tuple[float, int] | None) -> dict[str, str] | None:
    if pair is None:
        return None
    offered, slots = pair
    share = offered / slots if slots else (0.0 if offered <= _OVER else float("inf"))
    return {
        "share": percent(share, 0) if slots else _("no slot"),
        "level": _level(offered, slots, share),
        "lots": money(offered, 1).removesuffix(".0"),
        "slots": money(slots),
    }


def _level(offered: float, slots: int, share: float) -> str:
    if offered > slots + _OVER:
        return "over"
    for least, level in ((0.95, "full"), (0.7, "high"), (0.3, "middle"), (1e-9, "low")):
        if share >= least:
            return level
    return "none"


def overfull(source: Source) -> Grid:
    """Return the venue weeks in which re-runs are expected to bring more lots than slots."""
    rows = source.capacity.filter(pl.col("offered_mean") > pl.col("slots") + _OVER).sort(
        pl.col("offered_mean") - pl.col("slots"),
        "venue_id",
        "week",
        descending=[True, False, False],
    )
    rest = rows.height - WEEKS
    return grid(
        "overfull",
        _("Weeks in which more lots are expected than there are slots"),
        [
            Column(_("Venue")),
            Column(_("Week"), "label"),
            Column(_("Slots"), "count"),
            Column(_("First runs"), "count"),
            Column(_("Lots expected, re-runs included"), "tenths"),
            Column(_("In one case of twenty, more than"), "count"),
        ],
        [
            (
                venue,
                _("week %(week)s, from %(day)s", week=week, day=week_label(week, source.as_of)),
                slots,
                first,
                mean,
                high,
            )
            for venue, week, slots, first, mean, high in rows.select(
                "venue_id", "week", "slots", "first_runs", "offered_mean", "offered_q95"
            )
            .head(WEEKS)
            .iter_rows()
        ],
        note=ngettext(
            "%(num)s further week is in capacity.parquet.",
            "%(num)s further weeks are in capacity.parquet.",
            rest,
        )
        if rest > 0
        else "",
    )


def shadow_prices(source: Source) -> Grid:
    """Return the capacities and rules that cost most, in words, dearest first."""
    priced = (
        _by_the_thousand(source)
        .filter(pl.col("price") >= _WORTHLESS)
        .sort("price", "kind", "label", descending=[True, False, False])
    )
    rest = priced.height - PRICES
    return grid(
        "prices",
        _("What one more unit of a capacity would be worth"),
        [
            Column(_("Worth, %(currency)s", currency=source.manifest["currency"])),
            Column(_("Used"), "tenths"),
            Column(_("Limit"), "count"),
        ],
        [
            (Cell(in_words(kind, label, price), f"{price:.6g}"), used, limit)
            for kind, label, limit, used, price in priced.head(PRICES)
            .select("kind", "label", "limit", "used", "price")
            .iter_rows()
        ],
        note=ngettext(
            "%(num)s further price is in shadow_prices.parquet.",
            "%(num)s further prices are in shadow_prices.parquet.",
            rest,
        )
        if rest > 0
        else "",
    )


def _by_the_thousand(source: Source) -> pl.DataFrame:
    """Return the shadow prices, those of a unit of money for a thousand."""
    price = pl.when(pl.col("kind").is_in(_IN_MONEY)).then(_MONEY).otherwise(1.0)
    return source.shadow_prices.with_columns(price=pl.col("price") * price)


def in_words(kind: str, label: str, price: float) -> str:
    """Say what a shadow price means: one more slot at DAL on 10 June 2026 is worth 2,013."""
    if kind == "limit":
        return _("One more unit under the limit “%(rule)s” is worth %(worth)s",
                 rule=rule_words(label), worth=money(price))  # fmt: skip
    if kind == "hedge" and label.startswith("lots of "):
        return _("One more lot of %(hedge)s is worth %(worth)s",
                 hedge=label.removeprefix("lots of "), worth=money(price))  # fmt: skip
    words = _ONE_MORE.get(kind, _ONE_MORE["other"])
    return _(words, what=rule_words(label), worth=money(price))


def kinds(source: Source) -> Grid:
    """Return how many capacities of each kind there are, and how many are full."""
    over = pl.when(pl.col("kind").is_in(_IN_MONEY)).then(1e-6 * pl.col("limit")).otherwise(_OVER)
    full = (pl.col("used") >= pl.col("limit") - over) & ~pl.col("kind").is_in(_LEAST)
    table = (
        _by_the_thousand(source)
        .group_by("kind", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            full.sum().alias("full"),
            (pl.col("price") >= _WORTHLESS).sum().alias("priced"),
            pl.col("price").max().alias("dearest"),
        )
        .sort("kind")
    )
    found = {row["kind"]: row for row in table.iter_rows(named=True)}
    order = [*_KINDS, *(kind for kind in found if kind not in _KINDS)]
    return grid(
        "kinds",
        _("Capacities and limits by kind"),
        [
            Column(_("Capacity")),
            Column(_("Number"), "count"),
            Column(_("Used to the limit"), "count"),
            Column(_("With a price"), "count"),
            Column(_("Highest price"), "money"),
        ],
        [
            (_(_KINDS[kind]) if kind in _KINDS else kind, found[kind]["count"], found[kind]["full"],
             found[kind]["priced"], found[kind]["dearest"])
            for kind in order
            if kind in found
        ],
    )  # fmt: skip


def runs(source: Source) -> Grid:
    """Return how many lots are offered and sold in each auction run, expected."""
    table = (
        source.policy.group_by("step")
        .agg(pl.col("reach_chance").sum(), pl.col("sale_chance").sum())
        .sort("step")
    )
    lots = source.policy["vehicle_id"].n_unique()
    return grid(
        "runs",
        _("Lots offered and sold by auction run, expected"),
        [
            Column(pgettext("auction", "Run")),
            Column(_("Lots offered"), "tenths"),
            Column(_("Sold"), "tenths"),
            Column(_("Sold of those offered"), "percent"),
            Column(_("Sold so far"), "percent"),
        ],
        [
            (
                _("Run %(step)s", step=step),
                offered,
                sold,
                sold / offered if offered else None,
                so_far / lots,
            )
            for (step, offered, sold), so_far in zip(
                table.iter_rows(), table["sale_chance"].cum_sum().to_list(), strict=True
            )
        ],
    )
