"""What the tiers of a venue's fees must hold together, and that none of them may go missing."""

from __future__ import annotations

import polars as pl

from auction.fee_rules import broken_rules
from auction.workspace.rows import NO_REJECTS, ROW, TableRead


def stop_lost_tiers(fees: TableRead) -> None:
    """Let rows at fault stop a run: without one of its tiers a schedule charges something else.

    Parameters
    ----------
    fees : TableRead
        The table of fees, its own bad rows already dropped; their findings become fatal.
    """
    fees.fatal = pl.concat([fees.fatal, fees.rejected])
    fees.rejected = NO_REJECTS.clone()


def stop_bad_tiers(fees: TableRead) -> None:
    """Note tiers that do not start at 0, fall with the price, or are too many.

    Parameters
    ----------
    fees : TableRead
        The table of fees, its own bad rows already dropped; the findings are noted in it. Rows
        that stand twice are told elsewhere.
    """
    lost = fees.texts(fees.fatal["row"].unique(), "venue_id").drop_nulls()
    whole = fees.frame.filter(~pl.col("venue_id").is_in(lost.implode()))
    known = whole.sort(ROW).unique(["venue_id", "charged_on", "above"], keep="first")
    for broken in broken_rules(known, ROW):
        row = pl.Series([broken.position])
        fees.stop(row, broken.column, broken.rule, broken.remedy)
