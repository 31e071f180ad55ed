"""Dismantled units in every scenario: parts as expected, hulk and smelted with scrap."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.channel import Outcome
from auction.channels.dismantling import quote_dismantling
from auction.channels.part_lists import Teardowns
from auction.channels.quotes import Quotes
from auction.situation import Situation

_Array = NDArray[np.float64]


class Dismantlers:
    """Parts and the hulk instead of the vehicle."""

    def quote(self, situation: Situation) -> Quotes:
        """Quote taking each unit apart at each dismantler."""
        return quote_dismantling(situation)

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V]: the units taken apart."""
        del situation
        return (chosen["channel"] == "dismantling").to_numpy()

    def carry_out(
        self, situation: Situation, chosen: pl.DataFrame, rows: NDArray[np.int64], shock: _Array
    ) -> Outcome:
        """Sell the parts and the hulk; what a unit's luck is worth stays with the dismantler."""
        teardowns = Teardowns.of(situation)
        net = [_dismantle(situation, chosen, row, teardowns) for row in rows.tolist()]
        return Outcome(np.array(net).reshape(rows.size, shock.shape[1]))


def _dismantle(
    situation: Situation, chosen: pl.DataFrame, row: int, teardowns: Teardowns
) -> _Array:
    """Return what a dismantled unit brings: parts as expected, the hulk with scrap."""
    terms = chosen.row(row, named=True)
    venue = situation.market.venues.row(
        by_predicate=pl.col("venue_id") == terms["venue_id"], named=True
    )
    best = teardowns.at(row, terms["venue_id"])
    days = (terms["date"] - situation.as_of).days
    date = int(situation.position(np.array([days]))[0])
    cash = days + venue["settlement_days"] + best.days
    worth = float(situation.discount(np.array([cash]))[0])
    gross = best.value + best.scrap * np.exp(situation.book.scrap[date])
    site = situation.market.positions("dismantling", pl.Series([terms["venue_id"]]))
    fixed, rate = situation.market.sale_fees("dismantling").terms(site, gross[None, :])
    kept = gross * (1.0 - rate[0] - venue["tax_rate"]) - fixed[0]
    net: _Array = worth * kept - terms["transport"] - terms["holding"]
    return net
