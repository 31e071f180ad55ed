"""The risk told straight: what the optimiser leaves out, who bears it, overflow and stresses."""

from __future__ import annotations

from typing import Any

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.language import _, pgettext, verbatim
from auction.report.source import Source
from auction.report.wording import channel_name, money, percent


def risks(source: Source) -> dict[str, Any] | None:
    """Return what is told of the risk; None in runs of a version that did not tell it."""
    if "in_sample" not in source.risk:
        return None
    return {
        "in_sample": _in_sample(source),
        "segments": _parts(source, "segments", _("What each segment brings on average and in the "
                                                 "tail"), _("Segment")),
        "hedges": _parts(source, "hedges", _("What each hedge brings, less its premium"),
                         _("Hedge")),
        "overflow": _overflow(source),
        "stresses": _stresses(source),
        "by_channel": _by_channel(source),
    }  # fmt: skip


def _in_sample(source: Source) -> Grid:
    told, plan = source.risk["in_sample"], source.risk["plan"]
    fresh = plan["fresh"]
    return grid(
        "in_sample",
        _("From the optimiser's CVaR to that on fresh scenarios"),
        [
            Column(_("Step")),
            Column(_("Amount"), "money"),
            Column(_("± (standard error)"), "money"),
        ],
        [
            (_("CVaR as the optimiser saw it"), plan["cvar"], None),
            (_("Luck of single vehicles, and markets that move on between runs"), -told["luck"],
             None),
            (_("Best case of a sample of scenarios"), -told["sampling"], None),
            (_("CVaR as the optimiser saw it, corrected"), told["cvar"],
             told["cvar_standard_error"]),
            (_("CVaR on fresh scenarios"), fresh["cvar"], fresh["cvar_standard_error"]),
        ],
    )  # fmt: skip


def _parts(source: Source, name: str, caption: str, heading: str) -> Grid:
    worst = percent(1.0 - source.risk["alpha"], 0)
    return grid(
        name + "_risk",
        caption,
        [
            Column(heading),
            Column(_("Vehicles"), "count"),
            Column(_("On average"), "money"),
            Column(_("In the worst %(share)s", share=worst), "money"),
            Column(_("Difference"), "gain"),
        ],
        [
            (part["name"], part["units"] or None, part["expected"], part["cvar"], -part["at_risk"])
            for part in source.risk[name]
        ],
        note=_("What covers single vehicles counts with the channels as well.")
        if name == "hedges" and source.risk[name]
        else "",
    )


def _overflow(source: Source) -> str:
    told = source.risk["overflow"]
    if not told["waits_q95"] and not told["cost_mean"]:
        return _("On fresh scenarios every lot that comes back finds a slot.")
    return _(
        "Slots are kept for re-runs as many as are expected. On fresh scenarios lots wait "
        "%(waits)s times for a later sale, in one case of twenty more than %(often)s times, and "
        "%(stranded)s find none before the horizon ends and go to the trade. That costs %(cost)s "
        "on average, in one case of twenty more than %(high)s, and is in none of the figures "
        "above.",
        waits=money(told["waits_mean"], 1),
        often=money(told["waits_q95"]),
        stranded=money(told["stranded_mean"], 1),
        cost=money(told["cost_mean"]),
        high=money(told["cost_q95"]),
    )


def _stresses(source: Source) -> Grid:
    tail = f"CVaR {percent(source.risk['alpha'], 0)}"
    return grid(
        "stresses",
        _("What this plan would bring in a stress"),
        [
            Column(_("Stress")),
            Column(_("Expected"), "money", strong=True),
            Column(_("Against this plan"), "gain"),
            Column(_("Relative"), "gain_percent"),
            Column(tail, "money"),
            Column(_("Source")),
        ],
        [
            (
                verbatim(row["stress"]),
                row["stressed"],
                row["change"],
                row["change"] / abs(row["plan"]) if row["plan"] else None,
                row["cvar"],
                verbatim(row["source"]) if row["source"] else "",
            )
            for row in source.risk["stresses"]
        ],
    )


def _by_channel(source: Source) -> Grid | None:
    """Return by how much each part of the plan changes in each stress."""
    if source.stress is None or source.stress.is_empty():
        return None
    parts = source.stress.filter(pl.col("part") != "all")
    named = parts["part"].unique(maintain_order=True).to_list()
    rows = []
    for (stress,), group in parts.group_by("stress", maintain_order=True):
        change = dict(group.select("part", "change").iter_rows())
        rows.append(
            (verbatim(str(stress)), *(change.get(name) for name in named), sum(change.values()))
        )
    return grid(
        "stressed_parts",
        _("What a stress changes, by channel"),
        [
            Column(_("Stress")),
            *(Column(channel_name(name), "gain") for name in named),
            Column(pgettext("total", "All"), "gain", strong=True),
        ],
        rows,
    )
