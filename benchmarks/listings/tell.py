"""The results as tables for the terminal, and what was reached."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.listings.compare import OURS
from benchmarks.listings.measures import GROUPS, WITHIN

#: Peers that ours must beat; others are shown.
BEATEN: Final = ("Kaplan-Meier", "Cox")


def verdict(told: dict[str, Any]) -> dict[str, bool]:
    """Say what was reached of what must be."""
    own = told["scores"][OURS]
    held = {(share["day"], share["group"] > 0): True for share in told["calibration"][OURS]}
    for share in told["calibration"][OURS]:
        held[share["day"], share["group"] > 0] &= share["held"]
    return {
        **{f"integrated Brier score below {peer}": own < told["scores"][peer] for peer in BEATEN},
        **{
            f"share sold in {day} days within its band, {words}": held[day, groups]
            for day in WITHIN
            for groups, words in ((False, "over all"), (True, f"in {GROUPS} groups"))
        },
    }


def show(console: Console, told: dict[str, Any], reached: dict[str, bool]) -> None:
    """Print scores, calibration and what was reached."""
    console.print(_scores(told))
    console.print(_calibration(told["calibration"]))
    table = Table("must reach", "reached", title="Verdict")
    for words, held in reached.items():
        table.add_row(words, "yes" if held else "no")
    console.print(table)


def _scores(told: dict[str, Any]) -> Table:
    table = Table(title="Integrated Brier score, 0 to 90 days")
    table.add_column("known on")
    for head in ("listings", *told["scores"]):
        table.add_column(head, justify="right")
    for row in (*told["cuts"], {**told, "cut": "all"}):
        cells = [f"{score:.4f}" for score in row["scores"].values()]
        table.add_row(row["cut"], f"{row['listings']:,}", *cells)
    return table


def _calibration(told: dict[str, list[dict[str, Any]]]) -> Table:
    table = Table(title="Share sold, per cent: foretold / seen (99 % band); ! lies outside")
    groups = [f"group {number}" for number in range(1, GROUPS + 1)]
    for head in ("contender", "days", "all", *groups):
        table.add_column(head, justify="left" if head == "contender" else "right")
    for name, found in told.items():
        for day in WITHIN:
            cells = [_cell(share) for share in found if share["day"] == day]
            table.add_row(name, str(day), *cells)
        table.add_section()
    return table


def _cell(share: dict[str, Any]) -> str:
    figures = [100.0 * share[name] for name in ("foretold", "seen", "low", "high")]
    mark = "" if share["held"] else " !"
    return "{:.1f} / {:.1f} ({:.0f}-{:.0f})".format(*figures) + mark
