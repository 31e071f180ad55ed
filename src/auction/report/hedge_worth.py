"""What each hedge on offer is worth to the plan, and what has to be kept for it to pay."""

from __future__ import annotations

from typing import Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.language import _, mark

_VERDICTS: Final = {
    "pays": mark("worth its premium"),
    "within_gap": mark("too near to tell within the gap"),
    "not_worth_premium": mark("not worth its premium"),
    "in_force": mark("in force: paid before, in every plan"),
    "over_limit": mark("no room under the limit of its counterparty"),
    "needed": mark("needed: without it a rule cannot be kept"),
    "not_judged": mark("not judged"),
}


def worth_table(table: pl.DataFrame) -> Grid:
    """Return every hedge on offer with its worth; empty for runs that do not tell it.

    Parameters
    ----------
    table : polars.DataFrame
        ``hedges`` of a run.
    """
    columns = [
        Column(_("Hedge"), strong=True),
        Column(_("Verdict")),
        Column(_("Worth"), "gain"),
        Column(_("At least"), "gain"),
        Column(_("At most"), "gain"),
        Column(_("One more"), "gain_tenths"),
        Column(_("Mean pay-off"), "money"),
        Column(_("In the worst cases"), "money"),
        Column(_("Basis risk"), "percent"),
    ]
    names = [
        "hedge_id", "verdict", "worth", "worth_low", "worth_high", "marginal_worth",
        "fresh_payoff", "tail_payoff", "basis_risk",
    ]  # fmt: skip
    rows = table.select(names).sort("hedge_id").rows() if set(names) <= set(table.columns) else []
    return grid(
        "hedge-worth",
        _("What each hedge is worth to the plan"),
        columns,
        (
            (name, _(_VERDICTS[verdict]) if verdict in _VERDICTS else verdict, *rest)
            for name, verdict, *rest in rows
        ),
    )


def conditions_of(bought: pl.DataFrame) -> list[tuple[str, str]]:
    """Return the hedges bought with what has to be kept for each to pay."""
    if "conditions" not in bought.columns:
        return []
    told = bought.filter(pl.col("conditions").is_not_null())
    return list(told.select("hedge_id", "conditions").iter_rows())
