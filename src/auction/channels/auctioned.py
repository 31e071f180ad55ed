"""Auctions held in every scenario: each unit has its own luck, each run its two highest bidders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import uniforms, unit_keys
from auction.channels.auction import quote_auctions
from auction.channels.channel import LUCK_STREAM, Outcome
from auction.channels.covered import guaranteed_prices
from auction.channels.crowd import Crowd
from auction.channels.lots import step_cost
from auction.channels.quotes import Quotes
from auction.channels.sale_terms import SaleTerms
from auction.situation import Situation, week_of

#: Units whose auctions are run at once; bounds the memory.
_BLOCK: Final = 256

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
        net, sold = np.zeros(shock.shape), np.zeros((rows.size, situation.market.auction.runs))
        offered: dict[tuple[str, int], _Array] = {}
        for start in range(0, rows.size, _BLOCK):
            part = slice(start, start + _BLOCK)
            lots = _Lots.of(situation, chosen, rows[part])
            net[part], sold[part] = _run_auctions(situation, lots, shock[part], offered)
            situation.progress("evaluate", (start + lots.row.size) / rows.size, "auctions")
        return Outcome(net, sold, offered)


@dataclass(frozen=True, slots=True)
class _Lots:
    """Auctioned units as arrays: b rows of the fleet and their terms."""

    row: NDArray[np.int64]
    venue: NDArray[np.int64]
    venue_id: list[str]
    terms: SaleTerms
    days: NDArray[np.int64]
    log_value: _Array
    step: _Array
    arrival: _Array
    floor: _Array
    reserves: _Array
    paid: _Array

    @classmethod
    def of(cls, situation: Situation, chosen: pl.DataFrame, row: NDArray[np.int64]) -> _Lots:
        rules = situation.market.auction
        terms = chosen[row]
        days = np.array([(day - situation.as_of).days for day in terms["date"]], dtype=np.int64)
        date = situation.position(days)
        venue_id = terms["venue_id"].to_list()
        at = situation.market.positions("auction", terms["venue_id"])
        bidders, log_factor = situation.bidding(row, at)
        step = situation.slope[row, date] * rules.rerun_gap_days + np.log1p(-rules.reoffer_discount)
        return cls(
            row=row,
            venue=at,
            venue_id=venue_id,
            terms=SaleTerms.of(situation),
            days=days,
            log_value=situation.log_value[row, date] + log_factor,
            step=step,
            arrival=bidders,
            floor=guaranteed_prices(situation, row, terms["hedge_id"]),
            reserves=np.array(terms["reserves"].to_list()),
            paid=(terms["transport"] + terms["holding"] + terms["hedge_premium"]).to_numpy(),
        )


def _run_auctions(
    situation: Situation,
    lots: _Lots,
    shock: _Array,
    offered: dict[tuple[str, int], _Array],
) -> tuple[_Array, _Array]:
    """Run every unit's auctions in every scenario.

    Returns the net proceeds, float64[b, n], and the share sold in each run, float64[b, runs];
    adds the units offered to ``offered`` by venue and week.
    """
    book, rules = situation.book, situation.market.auction
    terms, at, runs = lots.terms, lots.venue, rules.runs
    gap, n = rules.rerun_gap_days, shock.shape[1]
    discount = float(situation.discount(np.array([gap]))[0])
    keys = unit_keys([book.vehicle_ids[row] for row in lots.row])
    # Two highest bidders a run, one seller's mind a run, and one arbitration.
    draws = uniforms(book.seed, LUCK_STREAM, keys, 3 * runs + 1, n, threads=situation.threads)
    level, slope = terms.accepts(at, lots.floor)
    crowd = Crowd(lots.arrival, book.sale_spread[lots.row], level, slope, terms.sealed[at])
    returned = draws[:, 3 * runs] < terms.returns.rate[at, None]
    base = lots.log_value[:, None] + book.unit_scale[lots.row, None] * shock
    floor, now = lots.floor[:, None], 1.0
    alive = np.ones(shock.shape, dtype=bool)
    money, sold = np.zeros(shock.shape), np.zeros((lots.row.size, runs))
    if situation.gone is not None:
        alive &= ~situation.gone[lots.row]
    for run in range(runs):
        day = lots.days + run * gap
        _count(offered, lots.venue_id, day, alive)
        log_value = base + (run * lots.step[:, None] + _deviation(situation, lots.row, day))
        price = crowd.hammer(
            draws[:, 2 * run : 2 * run + 2],
            draws[:, 2 * runs + run],
            log_value,
            lots.reserves[:, run],
            situation.threads,
        )
        here = alive & (price > 0.0)
        kept = price * (1.0 - terms.tax_rate[at, None]) - terms.sale.fee(at, price)
        kept -= np.where(returned, terms.returns.if_undone(at, price), 0.0)
        money += np.where(here, now * (kept + np.maximum(floor - price, 0.0)), 0.0)
        sold[:, run] = here.mean(axis=1)
        alive &= ~here
        unsold_fee = terms.no_sale.fee(at, lots.reserves[:, run])
        money -= np.where(alive, now * unsold_fee[:, None], 0.0)
        now *= discount
        money -= np.where(alive, now * step_cost(situation), 0.0)
    last = _deviation(situation, lots.row, lots.days + runs * gap)
    worth = (1.0 - rules.fallback_discount) * np.exp(base + runs * lots.step[:, None] + last)
    money += np.where(alive, now * (worth + np.maximum(floor - worth, 0.0)), 0.0)
    settled = situation.discount(lots.days + terms.settlement_days[at])
    return settled[:, None] * money - lots.paid[:, None], sold


def _count(
    offered: dict[tuple[str, int], _Array],
    venue_id: list[str],
    day: NDArray[np.floating],
    alive: NDArray[np.bool_],
) -> None:
    """Add the units that are offered on their days to the counts by venue and week."""
    week = week_of(np.ceil(day).astype(np.int64))
    for place, (venue, number) in enumerate(zip(venue_id, week.tolist(), strict=True)):
        count = offered.setdefault((venue, number), np.zeros(alive.shape[1]))
        count += alive[place]


def _deviation(situation: Situation, row: NDArray[np.int64], day: NDArray[np.floating]) -> _Array:
    """Return each unit's market deviation at the first date on or after a day, float64[b, n].

    Past the last date of the book the market is taken to stay where it was.
    """
    book = situation.book
    place = np.minimum(np.searchsorted(situation.days, day), situation.days.size - 1)
    return book.factor[book.group[row], place]
