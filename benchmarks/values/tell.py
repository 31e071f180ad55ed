"""The results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.values.verdict import Row

_COLUMNS: Final = {
    "mae": ("MAE", ",.1f"),
    "mape": ("MAPE %", ".2f"),
    "median_ape": ("median APE %", ".2f"),
    "bias": ("bias of ln", "+.4f"),
    "pinball_log": ("pinball ln ×1,000", ".2f"),
    "pinball_money": ("pinball money", ",.1f"),
    "coverage": ("90 % covers %", ".1f"),
    "pit": ("PIT distance", ".3f"),
}


def show(console: Console, results: dict[str, Any], rows: Sequence[Row]) -> None:
    """Print a table for each part, and what was reached."""
    for part, title in (("accuracy", "without the guide"), ("guide", "with the guide")):
        if results.get(part):
            console.print(_scores(results[part], title))
    if results.get("cold"):
        console.print(_cold(results["cold"]))
    if results.get("corrupted"):
        console.print(_corrupted(results["corrupted"]))
    if "speed" in results:
        console.print(_speed(results["speed"]))
    console.print(_verdict(rows))


def _scores(files: dict[str, Any], title: str) -> Table:
    table = _table(f"Scores {title}", "file", "contender", "cut", *_heads())
    for file, contenders in files.items():
        for name, told in contenders.items():
            table.add_row(file, name, "mean", *_values(told["mean"]))
            for cut, scores in enumerate(told["cuts"], start=1):
                table.add_row("", "", str(cut), *_values(scores))
        table.add_section()
    return table


def _cold(files: dict[str, Any]) -> Table:
    table = _table("Cold start: whole models held out", "file", "units", "contender", *_heads())
    for file, told in files.items():
        for name, scores in told.items():
            if name != "units":
                table.add_row(file, f"{told['units']:,}", name, *_values(scores))
    return table


def _corrupted(files: dict[str, Any]) -> Table:
    table = _table("1 % of rows spoilt", "file", "contender", "clean MAE", "spoilt MAE", "growth %")
    for file, told in files.items():
        for name, scores in told.items():
            clean, spoilt = f"{scores['clean']:,.1f}", f"{scores['spoilt']:,.1f}"
            table.add_row(file, name, clean, spoilt, f"{scores['growth']:+.2f}")
    return table


def _speed(told: dict[str, Any]) -> Table:
    table = _table(f"Seconds of a fit on {told['file']}", "threads", "work", "median", "least")
    for threads, works in told.items():
        if threads != "file":
            for name, taken in works.items():
                table.add_row(
                    threads.removeprefix("threads "), name,
                    f"{taken['median']:.2f}", f"{taken['least']:.2f}",
                )  # fmt: skip
    return table


def _verdict(rows: Sequence[Row]) -> Table:
    table = _table("Must reach", "measure", "file", "ours", "peer", "value", "target", "reached")
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:,.3f}"
        table.add_row(
            row.measure, row.file, f"{row.ours:,.3f}", peer, f"{row.value:.3f}", row.target,
            "yes" if row.reached else "no",
        )  # fmt: skip
    return table


def _heads() -> list[str]:
    return [head for head, _ in _COLUMNS.values()]


def _values(scores: dict[str, float]) -> list[str]:
    return [
        format(scores[name], form) if name in scores else "" for name, (_, form) in _COLUMNS.items()
    ]


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title)
    for head in heads:
        left = head in ("file", "contender", "measure", "target", "work")
        table.add_column(head, justify="left" if left else "right", no_wrap=head == "file")
    return table
