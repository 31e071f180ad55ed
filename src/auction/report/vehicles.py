"""Every vehicle of the plan in one table that an analyst can search."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.language import _, ngettext
from auction.report.proceeds import week_label
from auction.report.source import Source
from auction.report.wording import channel_name

#: Vehicles listed, those that bring most first.
LISTED: Final = 1000


def vehicles(source: Source) -> Grid:
    """Return the vehicles that are planned, with where they go and what they bring."""
    table = source.planned.sort(
        "expected_net", "vehicle_id", descending=[True, False], nulls_last=True
    )
    rest = table.height - LISTED
    return grid(
        "vehicles",
        _("Every vehicle of the plan"),
        [
            Column(_("Vehicle"), "label"),
            Column(_("Make and model")),
            Column(_("Channel"), "label"),
            Column(_("Goes to"), "label"),
            Column(_("Week from"), "label"),
            Column(_("Reserve"), "money"),
            Column(_("Expected net"), "money", strong=True),
            Column(_("5 %% case"), "money"),
            Column(_("95 %% case"), "money"),
            Column(_("Loan balance"), "money"),
            Column(_("Margin"), "gain"),
        ],
        [_row(row, source) for row in table.head(LISTED).iter_rows(named=True)],
        note=ngettext(
            "%(num)s vehicle that brings less is in assignments.parquet.",
            "%(num)s vehicles that bring less are in assignments.parquet.",
            rest,
        )
        if rest > 0
        else "",
    )


def _row(row: dict[str, Any], source: Source) -> tuple[Any, ...]:
    week = row["week"]
    return (
        row["vehicle_id"],
        " ".join(part for part in (row["make"], row["model"]) if part),
        channel_name(row["channel"]),
        row["venue_id"],
        _("later") if week is None else week_label(week, source.as_of),
        row["reserve"],
        row["expected_net"],
        row["net_p05"],
        row["net_p95"],
        row["loan_balance"],
        row["margin_to_runner_up"],
    )


def unplanned(source: Source) -> pl.DataFrame:
    """Return the vehicles that no plan may touch."""
    return source.assignments.filter(pl.col("status").is_in(["barred", "unsaleable"]))
