"""The results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from rich.table import Table

from benchmarks.policies.verdict import MEASURES, NEUTRAL, PLAN, Row


def policies(name: str, judged: pl.DataFrame) -> Table:
    """Every policy by room, with bidders and their spread as fitted."""
    table = _table(
        f"{name}: policies in the judge's world as fitted", "room", "binds", "policy", "mean",
        "CVaR", "plan ahead in mean", "in CVaR", "in their blend", "neutral plan ahead in mean",
        "rules broken",
    )  # fmt: skip
    fitted = judged.filter(pl.col("bidders") == 1.0, pl.col("spread") == 1.0)
    plan, neutral = (fitted.filter(pl.col("ours") == ours) for ours in (PLAN, NEUTRAL))
    for one, other in zip(plan.to_dicts(), neutral.to_dicts(), strict=True):
        table.add_row(
            f"{one['room']:g}", "yes" if one["binds"] else "no", one["policy"],
            f"{one['mean']:,.0f}", f"{one['cvar']:,.0f}",
            *(_interval(one, ahead) for _, ahead in MEASURES.values()),
            _interval(other, "ahead"), "; ".join(one["rules_broken"]),
        )  # fmt: skip
    return table


def verdict(name: str, rows: Sequence[Row]) -> Table:
    """How many cells reach what must be, by measure and room, and the worst of them."""
    table = _table(
        f"{name}: against the best other policy of each cell", "ours", "measure", "room", "must be",
        "cells", "reached", "behind beyond noise", "least ahead", "as a share", "where",
    )  # fmt: skip
    kinds = dict.fromkeys((row.ours, row.measure, row.cell["room"]) for row in rows)
    for ours, measure, room in kinds:
        these = [
            row
            for row in rows
            if (row.ours, row.measure, row.cell["room"]) == (ours, measure, room)
        ]
        worst = min(these, key=lambda row: row.value)
        target = "better" if worst.binds else "not worse"
        table.add_row(
            ours, measure, f"{room:g}", target if worst.asked else f"({target})",
            str(len(these)), str(sum(row.reached for row in these)),
            str(sum(row.behind for row in these)),
            f"{worst.value:+,.0f} ({worst.low:+,.0f} to {worst.high:+,.0f})",
            f"{worst.share:+.2%}",
            f"{worst.cell['kept']} kept, bidders x {worst.cell['bidders']:g}, "
            f"spread x {worst.cell['spread']:g}, {worst.peer}",
        )  # fmt: skip
    return table


def _interval(row: dict[str, float], name: str) -> str:
    half = (row[f"{name}_high"] - row[f"{name}_low"]) / 2.0
    return f"{row[name]:+,.0f} ± {half:,.0f}"


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left")
