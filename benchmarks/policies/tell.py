"""The results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.policies.grid import Judged
from benchmarks.policies.measures import Difference
from benchmarks.policies.verdict import Row


def policies(found: Sequence[Judged]) -> Table:
    """Every policy in every cell."""
    table = _table(
        "Policies in the judge's world", "kept", "room", "bidders", "spread", "policy", "mean",
        "CVaR", "plan ahead in mean", "in CVaR", "rules broken",
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.kept, f"{one.room:g}", f"{one.bidders:g}", f"{one.spread:g}", one.policy,
            f"{one.net:,.0f}", f"{one.tail:,.0f}", _told(one.ahead), _told(one.ahead_in_tail),
            "; ".join(one.unmet),
        )  # fmt: skip
    return table


def verdict(rows: Sequence[Row]) -> Table:
    """What must be reached, beside what was."""
    table = _table(
        "The plan against the best other policy", "measure", "where", "peer", "ahead",
        "95 % interval", "must be", "reached",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.measure, row.where, row.peer, f"{row.value:+,.0f}",
            f"{row.low:+,.0f} to {row.high:+,.0f}", row.target, "yes" if row.reached else "NO",
        )  # fmt: skip
    return table


def _told(difference: Difference) -> str:
    return f"{difference.value:+,.0f} ± {difference.error:,.0f}"


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left")
