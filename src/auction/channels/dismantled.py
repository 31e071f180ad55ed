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
        del shock
        taken, market = chosen[rows], situation.market
        teardowns = Teardowns.of(situation)
        site = market.positions("dismantling", taken["venue_id"])
        value, scrap, later = (
            each[rows, site] for each in (teardowns.value, teardowns.scrap, teardowns.days)
        )
        days = np.array([(day - situation.as_of).days for day in taken["date"]], dtype=np.int64)
        date = situation.position(days)
        venues = market.places("dismantling")
        settlement, tax = (
            venues[name].to_numpy()[site] for name in ("settlement_days", "tax_rate")
        )
        worth = situation.discount(days + settlement + later)
        gross = value[:, None] + scrap[:, None] * np.exp(situation.book.scrap)[date]
        fixed, rate = market.sale_fees("dismantling").terms(site, gross)
        kept = gross * (1.0 - rate - tax[:, None]) - fixed
        transport, holding = (taken[name].to_numpy()[:, None] for name in ("transport", "holding"))
        return Outcome(np.asarray(worth[:, None] * kept - transport - holding))
