"""Auctions held in every scenario: each unit has its own luck, each run its two highest bidders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import unit_keys
from _core.outcomes import auction_outcomes
from auction.channels.auction import quote_auctions
from auction.channels.channel import LUCK_STREAM, Outcome
from auction.channels.covered import covers_named
from auction.channels.lots import step_cost
from auction.channels.quotes import Quotes
from auction.channels.sale_terms import SaleTerms
from auction.channels.sealed import tables_of_rivals
from auction.situation import Situation, week_of

_Array = NDArray[np.float64]


class Auctions:
    """Events with reserves and re-runs, and the trade after the last run."""

    def quote(self, situation: Situation) -> Quotes:
        """Quote every unit at every event it can reach."""
        return quote_auctions(situation)

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V]: the units sent to auction."""
        del situation
        return (chosen["channel"] == "auction").to_numpy()

    def carry_out(
        self, situation: Situation, chosen: pl.DataFrame, rows: NDArray[np.int64], shock: _Array
    ) -> Outcome:
        """Follow the reserve policy of each unit to its end."""
        book, rules = situation.book, situation.market.auction
        lots, terms = _Lots.of(situation, chosen, rows), SaleTerms.of(situation)
        at, returns = lots.venue, terms.returns
        level, slope = terms.accepts(at, lots.floor)
        spread = book.sale_spread[rows]
        sealed, rivals = tables_of_rivals(terms.sealed[at], lots.arrival, spread)
        offerings = _Offerings.of(situation, lots)
        days = lots.days[:, None] + rules.rerun_gap_days * np.arange(rules.runs + 1)
        # Past the last date of the book the market is taken to stay where it was.
        place = np.minimum(np.searchsorted(situation.days, days), situation.days.size - 1)
        net, sold, offered = auction_outcomes(
            seed=book.seed,
            stream=LUCK_STREAM,
            keys=unit_keys([book.vehicle_ids[row] for row in rows.tolist()]),
            log_value=lots.log_value,
            unit_scale=book.unit_scale[rows],
            step_log_value=lots.step,
            arrival=lots.arrival,
            spread=spread,
            accept_level=level,
            accept_slope=slope,
            sealed=sealed,
            rivals=rivals,
            reserve=lots.reserves,
            unsold_fee=terms.no_sale.fee(at, lots.reserves),
            fees=at,
            sale_above=terms.sale.above,
            sale_fixed=terms.sale.fixed,
            sale_rate=terms.sale.rate,
            tax_rate=terms.tax_rate[at],
            return_rate=returns.rate[at],
            return_fixed=returns.cost[at],
            return_share=returns.discount[at],
            floor_price=lots.floor,
            largest_payout=lots.largest_payout,
            worth=situation.discount(lots.days + terms.settlement_days[at]),
            spent=lots.paid,
            step_discount=float(situation.discount(np.array([rules.rerun_gap_days]))[0]),
            step_cost=step_cost(situation),
            fallback=1.0 - rules.fallback_discount,
            shock=shock,
            factor=book.factor,
            group=book.group[rows],
            place=place,
            slot=offerings.slot,
            slots=len(offerings.places),
            gone=None if situation.gone is None else situation.gone[rows],
            threads=situation.threads,
        )
        situation.progress("evaluate", 1.0, "auctions")
        return Outcome(net, sold, dict(zip(offerings.places, offered, strict=True)))


@dataclass(frozen=True, slots=True)
class _Offerings:
    """Venues and weeks where b units can come to be offered.

    Parameters
    ----------
    places : list of (venue_id, week)
    slot : int64[b, runs]
        Which of them each run of each unit is.
    """

    places: list[tuple[str, int]]
    slot: NDArray[np.int64]

    @classmethod
    def of(cls, situation: Situation, lots: _Lots) -> _Offerings:
        rules = situation.market.auction
        days = lots.days[:, None] + rules.rerun_gap_days * np.arange(rules.runs)
        weeks = week_of(np.ceil(days).astype(np.int64))
        both = np.stack([np.repeat(lots.venue, rules.runs), weeks.ravel()], axis=1)
        apart, slot = np.unique(both, axis=0, return_inverse=True)
        venue_id = situation.market.places("auction")["venue_id"]
        places = [(venue_id[venue], week) for venue, week in apart.tolist()]
        return cls(places, slot.reshape(weeks.shape))


@dataclass(frozen=True, slots=True)
class _Lots:
    """Auctioned units as arrays: b rows of the fleet and their terms."""

    venue: NDArray[np.int64]
    days: NDArray[np.int64]
    log_value: _Array
    step: _Array
    arrival: _Array
    floor: _Array
    largest_payout: _Array
    reserves: _Array
    paid: _Array

    @classmethod
    def of(cls, situation: Situation, chosen: pl.DataFrame, row: NDArray[np.int64]) -> _Lots:
        rules = situation.market.auction
        terms = chosen[row]
        days = (terms["date"] - situation.as_of).dt.total_days().to_numpy()
        date = situation.position(days)
        venue = situation.market.positions("auction", terms["venue_id"])
        bidders, log_factor = situation.bidding(row, venue)
        step = situation.slope[row, date] * rules.rerun_gap_days + np.log1p(-rules.reoffer_discount)
        floor, largest_payout = covers_named(situation, row, terms["hedge_id"])
        return cls(
            venue=venue,
            days=days,
            log_value=situation.log_value[row, date] + log_factor,
            step=step,
            arrival=bidders,
            floor=floor,
            largest_payout=largest_payout,
            reserves=np.array(terms["reserves"].to_list()),
            paid=(terms["transport"] + terms["holding"] + terms["hedge_premium"]).to_numpy(),
        )
