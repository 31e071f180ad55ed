"""The results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.auctions.closed_forms import Cell
from benchmarks.auctions.hammers import Repeated
from benchmarks.auctions.policies import Regret
from benchmarks.auctions.recovery import Recovered
from benchmarks.auctions.verdict import Row


def cells(found: Sequence[Cell]) -> Table:
    """The furthest cell of each formula and number of bidders."""
    table = _table("Formulas, the furthest cell", "what", "bidders", "spread", "terms", "told",
                   "simulated", "chance of it", "cells")  # fmt: skip
    for what in sorted({cell.what for cell in found}):
        for arrival in sorted({cell.arrival for cell in found}):
            alike = [cell for cell in found if (cell.what, cell.arrival) == (what, arrival)]
            far = min(alike, key=lambda cell: cell.chance)
            table.add_row(
                what, f"{arrival:g}", f"{far.spread:g}", far.terms, f"{far.told:.5f}",
                f"{far.simulated:.5f}", f"{far.chance:.4f}", str(len(alike)),
            )  # fmt: skip
    return table


def recovered(found: Sequence[Recovered]) -> Table:
    """Bias, error, bound and coverage of every number."""
    table = _table("Estimates", "world", "number", "truth", "bias", "error", "bound", "ratio",
                   "95 % covers", "settled")  # fmt: skip
    for one in found:
        table.add_row(
            one.world, one.number, f"{one.truth:+.3f}", f"{one.bias:+.4f}", f"{one.error:.4f}",
            f"{one.bound:.4f}", f"{one.error / one.bound:.3f}", f"{one.covered:.1%}",
            f"{one.settled:.1%}",
        )  # fmt: skip
    return table


def regrets(found: Sequence[Regret]) -> Table:
    """Reserves asked and best of every lane."""
    table = _table("Reserves", "runs", "units", "bidders", "asked", "best found", "earns",
                   "could earn", "regret %")  # fmt: skip
    for one in found:
        asked, best = (" ".join(f"{r:.3f}" for r in each) for each in (one.asked, one.best))
        table.add_row(
            str(one.runs), f"{'heavy' if one.heavy else 'normal'} {one.terms.kind}".strip(),
            f"{one.terms.arrival:g}", asked,
            best, f"{one.earns:.4f}", f"{one.could:.4f}", f"{100.0 * one.regret:.4f}",
        )  # fmt: skip
    return table


def hammers(found: Sequence[Repeated]) -> Table:
    """Quantiles simulated against predicted."""
    table = _table("Hammers of the sample simulated again", "quantile", "below", "off in scales",
                   "its error", "within")  # fmt: skip
    for one in found:
        table.add_row(
            f"{one.chance:.0%}", f"{one.below:.1%}", f"{one.off:+.3f}", f"{one.error:.3f}",
            "yes" if one.within else "no",
        )  # fmt: skip
    return table


def verdict(rows: Sequence[Row]) -> Table:
    """What was reached."""
    table = _table("Must reach", "measure", "where", "value", "target", "reached")
    for row in rows:
        table.add_row(
            row.measure, row.where, f"{row.value:.4g}", row.target, "yes" if row.reached else "no"
        )
    return table


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title)
    words = {"what", "terms", "world", "number", "units", "asked", "best found", "measure",
             "where", "target"}  # fmt: skip
    for head in heads:
        table.add_column(head, justify="left" if head in words else "right")
    return table
