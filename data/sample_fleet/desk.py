"""The desk's own rows: legal holds, pins and bans, and the hedges on offer."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from sample_fleet.seeds import AS_OF, WEEKS, stream
from sample_fleet.size import SAMPLE, Size

HOLDS = 25
HORIZON_END = AS_OF + timedelta(weeks=WEEKS)
HEDGES = (
    # hedge_id, kind, series, strike, expiry, premium, lot, limit, counterparty
    ("UF88", "unit_floor", None, 0.88, HORIZON_END, 0.110, 1.0, 60.0, "Insurer A"),
    ("UF85", "unit_floor", None, 0.85, HORIZON_END, 0.065, 1.0, 60.0, "Insurer B"),
    ("IP97", "index_put", "market", 0.97, HORIZON_END, 80.0, 10_000.0, 200.0, "Bank C"),
    ("IP94", "index_put", "market", 0.94, HORIZON_END, 26.0, 10_000.0, 200.0, "Bank C"),
)


def holds(fleet: pl.DataFrame, size: Size = SAMPLE) -> pl.DataFrame:
    """Return legal bars: litigation runs long, redemption ends soon, police somewhere between."""
    rng, count = stream("holds"), size.scaled(HOLDS)
    rows = np.sort(rng.choice(fleet.height, count, replace=False))
    kinds = rng.choice(["litigation", "redemption", "police"], count, p=[0.28, 0.52, 0.20])
    longest = {"litigation": (40, 180), "redemption": (4, 28), "police": (10, 90)}
    until = [AS_OF + timedelta(days=int(rng.integers(*longest[kind]))) for kind in kinds]
    return pl.DataFrame(
        {"vehicle_id": fleet["vehicle_id"].gather(rows), "kind": kinds, "until": until}
    )


def _free_in(fleet: pl.DataFrame, held: pl.DataFrame, region: str) -> pl.DataFrame:
    ready = pl.col("available_from") <= AS_OF
    sound = (pl.col("damage") == "none") & (pl.col("condition_grade") >= 2.5)
    free = fleet.filter(ready, sound, pl.col("region") == region)
    return free.join(held, on="vehicle_id", how="anti", maintain_order="left")


def overrides(fleet: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Return pins and bans on vehicles that stand where the desk's word can be kept."""
    words = (
        ("TX", "pin", "DAL", None, f"DAL-{date(2026, 6, 24):%m%d}",
         "Promised to the dealer group that visits this sale", "remarketing manager"),
        ("GA", "pin", "ATL", None, None, "Yard is next door, no transport", "yard lead"),
        ("OH", "pin", None, "auction", None,
         "Borrower's counsel asked for a public sale", "legal"),
        ("NJ", "ban", "EWR", None, None,
         "Odometer dispute at this site last year", "remarketing manager"),
        ("FL", "ban", None, "dealer", None,
         "Former owner works for the buying group", "compliance"),
        ("IL", "ban", None, "dismantling", None,
         "Recall part on order, to be sold whole", "remarketing manager"),
    )  # fmt: skip
    rows = []
    for region, action, venue_id, channel, event_id, reason, who in words:
        rows.append(
            {
                "vehicle_id": _free_in(fleet, held, region)["vehicle_id"][0],
                "action": action,
                "venue_id": venue_id,
                "channel": channel,
                "event_id": event_id,
                "reason": reason,
                "who": who,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def hedges(size: Size = SAMPLE) -> pl.DataFrame:
    """Return the instruments on offer."""
    names = (
        "hedge_id", "kind", "series", "strike", "expiry", "premium", "lot", "limit",
        "counterparty",
    )  # fmt: skip
    rows = [dict(zip(names, row, strict=True)) for row in HEDGES]
    return pl.DataFrame([{**row, "limit": float(size.scaled(row["limit"]))} for row in rows])
