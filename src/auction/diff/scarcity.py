"""Events and offers that are gone or new, and slots whose price moved."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.diff.pairs import SPOT, PlanTables

#: Prices that moved by less than this are not told, money.
SMALL: Final = 1.0

Record = dict[str, Any]


def spots(plan: PlanTables) -> pl.DataFrame:
    """Return every place that any vehicle could have, holding back apart."""
    places = plan.offered.filter(pl.col("channel") != "hold").select(SPOT)
    return places.unique().sort(SPOT)


def places_changed(before: PlanTables, after: PlanTables) -> Record:
    """Return the places that one of the plans alone could use.

    Returns
    -------
    dict
        passed (auctions that the new planning date left behind), gone (dropped, or closed to
        entry for every vehicle) and new: lists of channel, venue_id, offer_id and date, sorted.
    """
    old, new = spots(before), spots(after)
    lost = old.join(new, on=SPOT, how="anti", nulls_equal=True).sort(SPOT)
    found = new.join(old, on=SPOT, how="anti", nulls_equal=True).sort(SPOT)
    past = pl.col("spot_date").is_not_null() & (pl.col("spot_date") <= after.as_of)
    return {
        "passed": _told(lost.filter(past)),
        "gone": _told(lost.filter(~past.fill_null(value=False))),
        "new": _told(found),
    }


def _told(places: pl.DataFrame) -> list[Record]:
    dated = places.rename({"spot_date": "date"}).with_columns(pl.col("date").cast(pl.String))
    return dated.to_dicts()


def prices_changed(before: PlanTables, after: PlanTables) -> list[Record]:
    """Return scarce things whose price moved: kind, label, before, after; None where unknown."""
    columns = ["kind", "label", "price"]
    old = before.shadow_prices.select(columns).rename({"price": "before"})
    new = after.shadow_prices.select(columns).rename({"price": "after"})
    moved = pl.col("after").fill_null(0.0) - pl.col("before").fill_null(0.0)
    return (
        old.join(new, on=["kind", "label"], how="full", coalesce=True)
        .with_columns(moved=moved.abs())
        .filter(pl.col("moved") > SMALL)
        .sort("moved", "kind", "label", descending=[True, False, False])
        .drop("moved")
        .to_dicts()
    )
