"""What the change from one plan to the next is worth, parted so that the parts add up.

For a vehicle that both plans place, let a be the old choice and b the new one, E the expected net
in the old run and F that in the new run, both before what the plan's own volume takes off prices, g
the expected gross price of a in the old run, and r the value that the forecast gives the vehicle in
the new run over that in the old one. Then

F(b) - E(a) = g (r - 1)                value: the forecast moved; auctions, forwards, consignments,
                                              holds
            + F(a) - E(a) - g (r - 1)  offers: fees, dates, reserves and the like of the old choice
            + F(b) - F(a)              choice: it goes elsewhere, although the old way is open

and what the old plan lost by selling many alike, less what the new one does, is volume.
At the same place F(a) is F(b). Where the old choice is barred in the new run, its last line counts
as forced; where it is not offered at all, offers is nil and F(b) - E(a) - g (r - 1) is forced.
Vehicles in one plan alone make entered and left, puts and layers make hedges. The sum of all parts
is the change of the expected proceeds.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from auction.diff.pairs import PlanTables
from auction.hedges import UNIT_KINDS

PARTS: Final = ("value", "offers", "choice", "forced", "volume", "entered", "left", "hedges")
#: The parts of a vehicle that both plans place.
OWN: Final = ("value", "offers", "choice", "forced", "volume")


def with_parts(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the vehicles of both plans with ratio, change and the parts of it, money.

    Columns full_a and full_b are the nets before what the plan's own volume takes off them, as
    those of all that was offered are.
    """
    pairs = pairs.with_columns(
        pl.sum_horizontal(f"expected_net_{side}", f"own_volume_{side}").alias(f"full_{side}")
        for side in ("a", "b")
    )
    ratio = pl.col("value_b") / pl.col("value_a")
    by_value = pl.col("channel_a").is_in(["auction", "hold"]) | (
        (pl.col("channel_a") == "dealer") & pl.col("reserve_a").is_not_null()
    )
    now = pl.when("same_spot").then("full_b").when("found_old_now").then("expected_net_old_now")
    offered = pl.col("now").is_not_null()
    barred = offered & ~pl.col("same_spot") & pl.col("barred_by_old_now").is_not_null()
    rest = pl.col("full_b") - pl.when(offered).then("now").otherwise(
        pl.col("full_a") + pl.col("value")
    )
    forced = ~offered | barred
    return (
        pairs.with_columns(
            ratio=ratio,
            change=pl.col("expected_net_b") - pl.col("expected_net_a"),
            now=now,
        )
        .with_columns(
            value=pl.when(by_value).then(pl.col("gross_a") * (pl.col("ratio") - 1.0)).otherwise(0.0)
        )
        .with_columns(
            offers=pl.when(offered)
            .then(pl.col("now") - pl.col("full_a") - pl.col("value"))
            .otherwise(0.0),
            choice=pl.when(forced).then(0.0).otherwise(rest),
            forced=pl.when(forced).then(rest).otherwise(0.0),
            volume=pl.col("own_volume_a").fill_null(0.0) - pl.col("own_volume_b").fill_null(0.0),
        )
    )


def decomposed(pairs: pl.DataFrame, before: PlanTables, after: PlanTables) -> dict[str, float]:
    """Return the parts of the change of expected proceeds, money; see the module's formula."""
    common = pairs.select("vehicle_id")
    parts = with_parts(pairs)
    new = after.placed.join(common, on="vehicle_id", how="anti")
    old = before.placed.join(common, on="vehicle_id", how="anti")
    return {
        **{name: float(parts[name].sum()) for name in OWN},
        "entered": float(new["expected_net"].sum()),
        "left": -float(old["expected_net"].sum()),
        "hedges": hedge_net(after) - hedge_net(before),
    }


def hedge_net(plan: PlanTables) -> float:
    """Return the expected pay-off of puts and layers less their premiums, money."""
    puts = plan.hedges.filter(~pl.col("kind").is_in(UNIT_KINDS))
    return float((puts["expected_payoff"] - puts["premium"]).sum())
