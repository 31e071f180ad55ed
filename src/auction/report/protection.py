"""Hedges and dismantling: what is bought, and what is taken apart."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.hedge_worth import conditions_of, worth_table
from auction.report.language import _, mark, ngettext, pgettext
from auction.report.source import Source
from auction.report.wording import listed, money, percent

#: Parts shown.
PARTS: Final = 12

_KINDS: Final = {
    "unit_floor": mark("Floor on single vehicles"),
    "insurance": mark("Residual-value insurance"),
    "index_put": mark("Put on the market index"),
    "stop_loss": mark("Stop-loss"),
    "quota_share": mark("Quota share"),
}

#: What puts and layers do: whether they bring money on average, and in the worst cases.
_TAILS: Final = {
    (True, True): mark("On fresh scenarios the puts and layers bring %(mean)s on average and bring "
                       "%(tail)s in the worst %(worst)s."),
    (True, False): mark("On fresh scenarios the puts and layers bring %(mean)s on average and cost "
                        "%(tail)s in the worst %(worst)s."),
    (False, True): mark("On fresh scenarios the puts and layers cost %(mean)s on average and bring "
                        "%(tail)s in the worst %(worst)s."),
    (False, False): mark("On fresh scenarios the puts and layers cost %(mean)s on average and cost "
                         "%(tail)s in the worst %(worst)s."),
}  # fmt: skip

#: Where parts may go under the law.
_ROUTES: Final = {
    "open market": mark("open market"),
    "smelter": mark("smelter"),
    "licensed remanufacturer": mark("licensed remanufacturer"),
    "traced": mark("traced"),
    "not for sale": mark("not for sale"),
}


def hedges(source: Source) -> dict[str, Any]:
    """Return what was bought of the hedges on offer, and what was not."""
    table = source.hedges
    bought = table.filter(pl.col("quantity") > 0.0).sort("hedge_id")
    left = table.filter(pl.col("quantity") <= 0.0).sort("hedge_id")
    premium = float(bought["premium"].sum())
    payoff = float(bought["expected_payoff"].sum())
    return {
        "offered": table.height,
        "bought": _bought(bought, premium, payoff),
        "worth": worth_table(table),
        "conditions": conditions_of(bought),
        "cost": _cost(premium, payoff),
        "tail": _tail(source),
        "left": listed(left["hedge_id"].to_list()),
        "left_count": left.height,
    }


def _cost(premium: float, payoff: float) -> str:
    amounts = {
        "premium": money(premium),
        "payoff": money(payoff),
        "amount": money(abs(premium - payoff)),
    }
    if premium >= payoff:
        return _(
            "Premiums of %(premium)s buy expected pay-offs of %(payoff)s: protection that costs "
            "%(amount)s on average.",
            **amounts,
        )
    return _(
        "Premiums of %(premium)s buy expected pay-offs of %(payoff)s: a gain of %(amount)s on "
        "average.",
        **amounts,
    )


def _bought(bought: pl.DataFrame, premium: float, payoff: float) -> Grid:
    columns = [
        Column(_("Hedge"), strong=True),
        Column(_("Kind")),
        Column(_("Counterparty")),
        Column(_("Bought"), "tenths"),
        Column(_("On offer"), "count"),
        Column(_("Premium"), "money"),
        Column(_("Expected pay-off"), "money"),
        Column(_("Difference"), "gain"),
    ]
    rows = [
        (
            name,
            _(_KINDS[kind]) if kind in _KINDS else kind,
            who,
            quantity,
            limit,
            paid,
            back,
            back - paid,
        )
        for name, kind, who, quantity, limit, paid, back in bought.select(
            "hedge_id", "kind", "counterparty", "quantity", "limit", "premium", "expected_payoff"
        ).iter_rows()
    ]
    return grid(
        "hedges", _("Hedges bought"), columns, rows,
        total=(pgettext("total", "All"), "", "", None, None, premium, payoff, payoff - premium)
        if rows else (),
    )  # fmt: skip


def _tail(source: Source) -> str:
    for part in source.risk["contributions"]:
        if part["channel"] == "hedges" and (part["expected"] or part["cvar"]):
            words = _TAILS[part["expected"] >= 0.0, part["cvar"] >= 0.0]
            return _(
                words,
                mean=money(abs(part["expected"])),
                tail=money(abs(part["cvar"])),
                worst=percent(1.0 - source.risk["alpha"], 0),
            )
    return ""


def dismantling(source: Source) -> dict[str, Any]:
    """Return the parts to take off by route, the dearest parts, and what the vehicles bring."""
    going = source.assignments.filter(pl.col("channel") == "dismantling")
    parts = source.parts_plan
    by_route = (
        parts.group_by("route")
        .agg(pl.len().alias("parts"), pl.col("expected_price").sum(), pl.col("labour_hours").sum())
        .sort("expected_price", "route", descending=[True, False])
    )
    by_part = (
        parts.group_by("part", "route")
        .agg(pl.len().alias("parts"), pl.col("expected_price").sum(), pl.col("labour_hours").sum())
        .sort("expected_price", "part", "route", descending=[True, False, False])
    )
    amounts = [
        Column(_("Parts"), "count"), Column(_("Expected price"), "money"),
        Column(_("Labour hours"), "tenths"),
    ]  # fmt: skip
    return {
        "count": going.height,
        "going": ngettext(
            "%(num)s vehicle goes to %(venues)s and brings %(amount)s net, parts and hulk "
            "together.",
            "%(num)s vehicles go to %(venues)s and bring %(amount)s net, parts and hulk "
            "together.",
            going.height,
            venues=ngettext(
                "%(num)s dismantler", "%(num)s dismantlers", going["venue_id"].n_unique()
            ),
            amount=money(float(going["expected_net"].sum())),
        ),
        "routes": grid(
            "routes", _("Parts by route under the law"), [Column(_("Route")), *amounts],
            ((_route(route), *rest) for route, *rest in by_route.iter_rows()),
            total=(pgettext("total", "All"), parts.height, float(parts["expected_price"].sum()),
                   float(parts["labour_hours"].sum())) if parts.height else (),
        ),
        "parts": grid(
            "parts", _("Parts that bring most"),
            [Column(_("Part")), Column(_("Route")), *amounts],
            (
                (part, _route(route), *rest)
                for part, route, *rest in by_part.head(PARTS).iter_rows()
            ),
            note=ngettext(
                "Every part of every vehicle is in parts_plan.parquet; %(num)s kind more.",
                "Every part of every vehicle is in parts_plan.parquet; %(num)s kinds more.",
                by_part.height - PARTS,
            )
            if by_part.height > PARTS else "",
        ),
    }  # fmt: skip


def _route(route: str) -> str:
    return _(_ROUTES[route]) if route in _ROUTES else route
