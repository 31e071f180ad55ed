"""Auctions held in every scenario: each unit has its own luck, each run its two highest bidders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import uniforms, unit_keys
from auction.channels.auction import quote_auctions
from auction.channels.channel import LUCK_STREAM, Outcome
from auction.channels.covered import covers_named
from auction.channels.crowd import Crowd
from auction.channels.lots import step_cost
from auction.channels.quotes import Quotes
from auction.channels.sale_terms import SaleTerms
from auction.situation import Situation, week_of

#: Units times scenarios whose auctions are run at once: what is made of them stays in the cache.
_CELLS: Final = 2**15

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
        lots = _Lots.of(situation, chosen, rows)

        def run(part: slice) -> dict[tuple[str, int], _Array]:
            offered: dict[tuple[str, int], _Array] = {}
            net[part], sold[part] = _run_auctions(situation, lots.take(part), shock[part], offered)
            return offered

        offered: dict[tuple[str, int], _Array] = {}
        block = max(_CELLS // max(shock.shape[1], 1), 1)
        parts = [slice(start, start + block) for start in range(0, rows.size, block)]
        for number, own in enumerate(_spread(run, parts, situation.threads), start=1):
            for place, count in own.items():
                offered[place] = offered.get(place, 0.0) + count
            situation.progress("evaluate", number / len(parts), "auctions")
        return Outcome(net, sold, offered)


def _spread(
    work: Callable[[slice], dict[tuple[str, int], _Array]], parts: list[slice], threads: int
) -> Iterator[dict[tuple[str, int], _Array]]:
    """Yield what the work makes of each part, in their order, on so many threads."""
    if threads == 1 or len(parts) == 1:
        yield from map(work, parts)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="auctions")
    try:
        yield from pool.map(work, parts)
    finally:
        pool.shutdown(cancel_futures=True)


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
    largest_payout: _Array
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
        floor, largest_payout = covers_named(situation, row, terms["hedge_id"])
        return cls(
            row=row,
            venue=at,
            venue_id=venue_id,
            terms=SaleTerms.of(situation),
            days=days,
            log_value=situation.log_value[row, date] + log_factor,
            step=step,
            arrival=bidders,
            floor=floor,
            largest_payout=largest_payout,
            reserves=np.array(terms["reserves"].to_list()),
            paid=(terms["transport"] + terms["holding"] + terms["hedge_premium"]).to_numpy(),
        )

    def made_good(self, lot: NDArray[np.int64], price: _Array) -> _Array:
        """Return what the covers of some units pay at the prices they bring, float64[m]."""
        short = np.maximum(self.floor[lot] - price, 0.0)
        return np.minimum(short, self.largest_payout[lot])

    def take(self, part: slice) -> _Lots:
        """Return some of the units."""
        kept = {each.name: getattr(self, each.name)[part] for each in fields(self)
                if each.name != "terms"}  # fmt: skip
        return replace(self, **kept)


def _run_auctions(
    situation: Situation,
    lots: _Lots,
    shock: _Array,
    offered: dict[tuple[str, int], _Array],
) -> tuple[_Array, _Array]:
    """Run every unit's auctions in every scenario.

    Returns the net proceeds, float64[b, n], and the share sold in each run, float64[b, runs];
    adds the units offered to ``offered`` by venue and week. A run looks at the cases alone in
    which a unit is still there, as positions in [b, n].
    """
    book, rules = situation.book, situation.market.auction
    terms, runs = lots.terms, rules.runs
    gap, n = rules.rerun_gap_days, shock.shape[1]
    discount = float(situation.discount(np.array([gap]))[0])
    keys = unit_keys([book.vehicle_ids[row] for row in lots.row])
    # Two highest bidders a run, one seller's mind a run, and one arbitration.
    draws = uniforms(book.seed, LUCK_STREAM, keys, 3 * runs + 1, n)
    level, slope = terms.accepts(lots.venue, lots.floor)
    sealed = terms.sealed[lots.venue]
    crowd = Crowd(lots.arrival, book.sale_spread[lots.row], level, slope, sealed)
    base = (lots.log_value[:, None] + book.unit_scale[lots.row, None] * shock).ravel()
    now, wait = 1.0, step_cost(situation)
    there = np.ones(shock.shape, dtype=np.bool_)
    if situation.gone is not None:
        there &= ~situation.gone[lots.row]
    money, sold = np.zeros(shock.size), np.zeros((lots.row.size, runs))
    case = np.flatnonzero(there)
    for run in range(runs):
        day = lots.days + run * gap
        _count(offered, lots.venue_id, day, there)
        lot = case // n
        drift = run * lots.step[lot] + _deviation(situation, lots.row, day)[case]
        drawn = case + (draws.shape[1] - 1) * n * lot
        first, second, mind = (
            draws.take(drawn + n * kind) for kind in (2 * run, 2 * run + 1, 2 * runs + run)
        )
        price = crowd.prices(
            lot, (first, second, mind), base[case] + drift, lots.reserves[:, run], 1
        )
        here = price > 0.0
        goes, price, undone = case[here], price[here], draws.take(drawn[here] + n * 3 * runs)
        money[goes] += now * _kept(lots, lot[here], price, undone)
        sold[:, run] = np.bincount(lot[here], minlength=lots.row.size) / n
        there.ravel()[goes] = False
        case, lot = case[~here], lot[~here]
        money[case] -= (now * terms.no_sale.fee(lots.venue, lots.reserves[:, run]))[lot]
        now *= discount
        money[case] -= now * wait
    last = _deviation(situation, lots.row, lots.days + runs * gap)[case]
    worth = (1.0 - rules.fallback_discount) * np.exp(base[case] + runs * lots.step[lot] + last)
    money[case] += now * (worth + lots.made_good(lot, worth))
    settled = situation.discount(lots.days + terms.settlement_days[lots.venue])
    return settled[:, None] * money.reshape(shock.shape) - lots.paid[:, None], sold


def _kept(lots: _Lots, lot: NDArray[np.int64], price: _Array, luck: _Array) -> _Array:
    """Return what the seller keeps of sales, float64[m]: fees, tax and arbitration taken off."""
    terms, at = lots.terms, lots.venue[lot]
    kept = price * (1.0 - terms.tax_rate[at]) - terms.sale.fee(at, price)
    undone = np.where(luck < terms.returns.rate[at], terms.returns.if_undone(at, price), 0.0)
    return np.asarray(kept - undone + lots.made_good(lot, price))


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
    """Return each unit's market deviation at the first date on or after a day, float64[b * n].

    Past the last date of the book the market is taken to stay where it was.
    """
    book = situation.book
    place = np.minimum(np.searchsorted(situation.days, day), situation.days.size - 1)
    return book.factor[book.group[row], place].ravel()
