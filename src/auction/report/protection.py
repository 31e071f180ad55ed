"""Hedges and dismantling: what is bought, and what is taken apart."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.source import Source
from auction.report.wording import listed, money, percent, units

#: Parts shown.
PARTS: Final = 12

_KINDS: Final = {"unit_floor": "Floor on single vehicles", "index_put": "Put on the market index"}


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
        "premium": money(premium),
        "payoff": money(payoff),
        "cost": money(abs(premium - payoff)),
        "costs": premium >= payoff,
        "tail": _tail(source),
        "left": listed(left["hedge_id"].to_list()),
        "left_count": left.height,
    }


def _bought(bought: pl.DataFrame, premium: float, payoff: float) -> Grid:
    columns = [
        Column("Hedge", strong=True),
        Column("Kind"),
        Column("Counterparty"),
        Column("Bought", "tenths"),
        Column("On offer", "count"),
        Column("Premium", "money"),
        Column("Expected pay-off", "money"),
        Column("Difference", "gain"),
    ]
    rows = [
        (name, _KINDS.get(kind, kind), who, quantity, limit, paid, back, back - paid)
        for name, kind, who, quantity, limit, paid, back in bought.select(
            "hedge_id", "kind", "counterparty", "quantity", "limit", "premium", "expected_payoff"
        ).iter_rows()
    ]
    return grid(
        "hedges", "Hedges bought", columns, rows,
        total=("All", "", "", None, None, premium, payoff, payoff - premium) if rows else (),
    )  # fmt: skip


def _tail(source: Source) -> str:
    for part in source.risk["contributions"]:
        if part["channel"] == "hedges" and (part["expected"] or part["cvar"]):
            verb = "cost" if part["expected"] < 0.0 else "bring"
            then = "bring" if part["cvar"] >= 0.0 else "cost"
            worst = percent(1.0 - source.risk["alpha"], 0)
            return (
                f"On fresh scenarios the index hedges {verb} {money(abs(part['expected']))} on "
                f"average and {then} {money(abs(part['cvar']))} in the worst {worst}."
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
        Column("Parts", "count"), Column("Expected price", "money"),
        Column("Labour hours", "tenths"),
    ]  # fmt: skip
    return {
        "vehicles": units(going.height, "vehicle goes", "vehicles go"),
        "count": going.height,
        "net": money(float(going["expected_net"].sum())),
        "venues": units(going["venue_id"].n_unique(), "dismantler"),
        "routes": grid(
            "routes", "Parts by route under the law", [Column("Route"), *amounts],
            by_route.iter_rows(),
            total=("All", parts.height, float(parts["expected_price"].sum()),
                   float(parts["labour_hours"].sum())) if parts.height else (),
        ),
        "parts": grid(
            "parts", "Parts that bring most", [Column("Part"), Column("Route"), *amounts],
            by_part.head(PARTS).iter_rows(),
            note=f"Every part of every vehicle is in parts_plan.parquet; "
            f"{units(by_part.height - PARTS, 'kind')} more."
            if by_part.height > PARTS else "",
        ),
    }  # fmt: skip
