"""Keeping a unit for a later planning."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.channel import Outcome
from auction.channels.quotes import Quotes, framed
from auction.situation import Situation, hold_date, unit_nodes


def quote_holds(situation: Situation) -> Quotes:
    """Quote keeping each unit past the horizon: the way out that is always open.

    What a later planning will find is not known, and its slots will be as scarce as today's.
    The unit is therefore taken to go to the trade a week past the horizon, at
    ``fallback_discount`` below its value, as after the last unsold run of an auction.
    """
    book, rules = situation.book, situation.market.auction
    fleet = np.arange(len(book.vehicle_ids))
    later = (hold_date(situation.market, situation.as_of) - situation.as_of).days
    days = np.full(fleet.size, later)
    date = situation.position(days)
    group = situation.basis.market(book.group, date)
    shock, weight = unit_nodes(book)
    spread = np.einsum("u,vu->v", weight, np.exp(book.unit_scale[:, None] * shock[book.form]))
    level = (1.0 - rules.fallback_discount) * np.exp(situation.log_value[fleet, date]) * spread
    gross_coefficient = situation.basis.coefficients_of_exponential(group, level)
    gross = situation.basis.expected(gross_coefficient, group)
    worth = situation.discount(days.astype(np.float64))
    holding = situation.holding(days.astype(np.float64))
    coefficient = gross_coefficient * worth[:, None]
    coefficient[:, 0] -= holding
    columns: dict[str, object] = {
        "channel": "hold",
        "terms": "later planning",
        "gross": gross,
        "holding": holding,
        "finance": gross * (1.0 - worth),
    }
    return Quotes(fleet, framed(columns, fleet.size), coefficient, group)


class Holds:
    """Keeping a unit back, and the trade past the horizon."""

    def quote(self, situation: Situation) -> Quotes:
        """Quote keeping each unit back."""
        return quote_holds(situation)

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V]: the units kept back."""
        del situation
        return (chosen["channel"] == "hold").to_numpy()

    def carry_out(
        self,
        situation: Situation,
        chosen: pl.DataFrame,
        rows: NDArray[np.int64],
        shock: NDArray[np.float64],
    ) -> Outcome:
        """Sell each unit to the trade past the horizon."""
        del chosen
        book = situation.book
        later = (hold_date(situation.market, situation.as_of) - situation.as_of).days
        days = np.array([float(later)])
        date = int(situation.position(np.array([later]))[0])
        value = np.exp(
            situation.log_value[rows, date, None]
            + book.unit_scale[rows, None] * shock
            + book.factor[book.group[rows], date]
        )
        share = (1.0 - situation.market.auction.fallback_discount) * situation.discount(days)[0]
        return Outcome(np.asarray(share * value - situation.holding(days)[0]))
