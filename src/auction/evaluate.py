"""Judging a plan on fresh scenarios: every auction is run, every unit has its own luck.

The optimiser sees expectations given the market. Here each scenario draws the market anew
(from another seed than the optimiser's), the shock of each unit and the two highest bidders of
each run, and follows the reserve policy to its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import cvar, norm_ppf, row_quantiles, uniforms, unit_keys
from auction.channels.auction import step_cost
from auction.channels.dismantling import dismantling_worth
from auction.consigned import consigned_rows, sell_from_lists
from auction.situation import Situation, hold_date, week_of

#: Streams of the counter-based draws; the scenarios of the market have a stream of their own.
_UNIT_STREAM = 1
_BIDDER_STREAM = 2
#: Units whose auctions are run at once; bounds the memory.
_BLOCK = 256
_QUANTILES = np.array([0.05, 0.5, 0.95])

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a plan brings when it is carried out, over n fresh scenarios.

    Parameters
    ----------
    net : float64[V, n]
        Net proceeds of each vehicle, discounted, money.
    hedges : float64[n]
        Pay-off of the hedge positions less their premiums, money.
    sold_in_run : float64[V, runs]
        Share of the scenarios in which a vehicle sells in each auction run.
    used : polars.DataFrame
        Units offered by venue and week, mean and 95 % quantile over scenarios, re-runs
        included: venue_id, week, mean, q95.
    """

    net: _Array
    hedges: _Array
    sold_in_run: _Array
    used: pl.DataFrame

    @property
    def total(self) -> _Array:
        """Proceeds of fleet and hedges by scenario, float64[n]."""
        return np.asarray(self.net.sum(axis=0) + self.hedges)

    def quantiles(self) -> _Array:
        """5 %, 50 % and 95 % quantiles of each vehicle's net proceeds, float64[V, 3]."""
        return row_quantiles(np.ascontiguousarray(self.net), _QUANTILES)

    def tail(self, alpha: float) -> tuple[float, float]:
        """Return the CVaR of the total and its standard error.

        The standard error is that of the mean of ``q + min(X - q, 0) / (1 - alpha)`` at the
        empirical quantile q (Trindade et al., Journal of Banking and Finance 31, 2007).
        """
        total = self.total
        value, _ = cvar(total, alpha)
        at = np.quantile(total, 1.0 - alpha)
        return float(value), standard_error(np.minimum(total - at, 0.0) / (1.0 - alpha))

    def tail_weights(self, alpha: float) -> _Array:
        """Return the weights of the scenarios in the tail of the total, float64[n]."""
        return cvar(self.total, alpha)[1]


def standard_error(values: _Array) -> float:
    """Return the standard error of a mean over scenarios whose markets are drawn in pairs.

    Scenarios 2k and 2k + 1 mirror each other, so only the means of the pairs are independent.

    Parameters
    ----------
    values : float64[n]
        One value a scenario; the last is left aside where n is odd.
    """
    pairs = values[: values.size // 2 * 2].reshape(-1, 2).mean(axis=1)
    return float(pairs.std(ddof=1) / np.sqrt(pairs.size)) if pairs.size > 1 else float("nan")


def evaluate(
    situation: Situation, chosen: pl.DataFrame, positions: _Array, threads: int = 1
) -> Evaluation:
    """Carry a plan out in every scenario of a fresh book.

    Parameters
    ----------
    situation : Situation
        The fleet and market with a book drawn from another seed than the plan was made with.
    chosen : polars.DataFrame, V rows
        The option of each vehicle, as in ``Options.frame``, in the order of the fleet.
    positions : float64[n]
        Net pay-off of the hedge positions by scenario.
    threads : int
        The result does not depend on it.

    Returns
    -------
    Evaluation
    """
    book = situation.book
    n = book.factor.shape[2]
    net = np.zeros((chosen.height, n))
    sold = np.zeros((chosen.height, situation.market.auction.runs))
    shock = book.unit_shocks(_UNIT_STREAM, n, threads)
    channel = chosen["channel"].to_numpy()
    offered: dict[tuple[str, int], _Array] = {}
    auctioned = np.flatnonzero(channel == "auction")
    for start in range(0, auctioned.size, _BLOCK):
        lots = _Lots.of(situation, chosen, auctioned[start : start + _BLOCK])
        money, chances = _run_auctions(situation, lots, shock[lots.row], offered, threads)
        net[lots.row], sold[lots.row] = money, chances
        situation.progress("evaluate", (start + lots.row.size) / auctioned.size, "auctions")
    for row in np.flatnonzero(channel == "hold"):
        net[row] = _hold(situation, int(row), shock[row])
    consigned = consigned_rows(situation, chosen)
    if consigned.size:
        net[consigned] = sell_from_lists(
            situation, chosen, consigned, shock[consigned], _BIDDER_STREAM
        )
    fixed = np.setdiff1d(np.flatnonzero(channel == "dealer"), consigned)
    net[fixed] = chosen["expected_net"].to_numpy()[fixed][:, None]
    for row in np.flatnonzero(channel == "dismantling"):
        net[row] = _dismantle(situation, chosen, int(row))
    return Evaluation(net, positions, sold, _use(offered))


@dataclass(frozen=True, slots=True)
class _Lots:
    """Auctioned units as arrays: b rows of the fleet and their terms."""

    row: NDArray[np.int64]
    venue_id: list[str]
    days: NDArray[np.int64]
    log_value: _Array
    step: _Array
    arrival: _Array
    floor: _Array
    reserves: _Array
    paid: _Array
    venue: dict[str, _Array]

    @classmethod
    def of(cls, situation: Situation, chosen: pl.DataFrame, row: NDArray[np.int64]) -> _Lots:
        rules = situation.market.auction
        terms = chosen[row]
        days = np.array([(day - situation.as_of).days for day in terms["date"]], dtype=np.int64)
        date = situation.position(days)
        venue_id = terms["venue_id"].to_list()
        named = terms.select("venue_id").join(
            situation.market.venues, on="venue_id", how="left", maintain_order="left"
        )
        step = situation.slope[row, date] * rules.rerun_gap_days + np.log1p(-rules.reoffer_discount)
        return cls(
            row=row,
            venue_id=venue_id,
            days=days,
            log_value=situation.log_value[row, date]
            + np.array([situation.venue_factor[venue] for venue in venue_id]),
            step=step,
            arrival=np.array([situation.arrival[venue] for venue in venue_id]),
            floor=np.array(
                [
                    situation.floor_price(int(unit), hedge)
                    for unit, hedge in zip(row, terms["hedge_id"], strict=True)
                ]
            ),
            reserves=np.array(terms["reserves"].to_list()),
            paid=(terms["transport"] + terms["holding"] + terms["hedge_premium"]).to_numpy(),
            venue={
                name: named[name].to_numpy()
                for name in ("fee_sale", "fee_rate", "fee_no_sale", "tax_rate", "settlement_days")
            },
        )


def _run_auctions(
    situation: Situation,
    lots: _Lots,
    shock: _Array,
    offered: dict[tuple[str, int], _Array],
    threads: int,
) -> tuple[_Array, _Array]:
    """Run every unit's auctions in every scenario.

    Returns the net proceeds, float64[b, n], and the share sold in each run, float64[b, runs];
    adds the units offered to ``offered`` by venue and week.
    """
    book, rules = situation.book, situation.market.auction
    gap, n = rules.rerun_gap_days, shock.shape[1]
    discount = float(situation.discount(np.array([gap]))[0])
    ids = [book.vehicle_ids[row] for row in lots.row]
    draws = uniforms(book.seed, _BIDDER_STREAM, unit_keys(ids), 2 * rules.runs, n, threads=threads)
    base = lots.log_value[:, None] + book.unit_scale[lots.row, None] * shock
    rate = (lots.venue["fee_rate"] + lots.venue["tax_rate"])[:, None]
    floor, now = lots.floor[:, None], 1.0
    alive = np.ones(shock.shape, dtype=bool)
    money, sold = np.zeros(shock.shape), np.zeros((lots.row.size, rules.runs))
    for run in range(rules.runs):
        day = lots.days + run * gap
        _count(offered, lots.venue_id, day, alive)
        log_value = base + (run * lots.step[:, None] + _deviation(situation, lots.row, day))
        first, second = _two_highest(
            draws[:, 2 * run : 2 * run + 2], lots.arrival, book.sale_spread[lots.row], threads
        )
        reserve = lots.reserves[:, run, None]
        price = np.maximum(np.exp(log_value + second), reserve)
        here = alive & (log_value + first >= np.log(reserve))
        kept = price * (1.0 - rate) - lots.venue["fee_sale"][:, None]
        money += np.where(here, now * (kept + np.maximum(floor - price, 0.0)), 0.0)
        sold[:, run] = here.mean(axis=1)
        alive &= ~here
        money -= np.where(alive, now * lots.venue["fee_no_sale"][:, None], 0.0)
        now *= discount
        money -= np.where(alive, now * step_cost(situation), 0.0)
    last = _deviation(situation, lots.row, lots.days + rules.runs * gap)
    worth = (1.0 - rules.fallback_discount) * np.exp(base + rules.runs * lots.step[:, None] + last)
    money += np.where(alive, now * (worth + np.maximum(floor - worth, 0.0)), 0.0)
    settled = situation.discount(lots.days + lots.venue["settlement_days"])
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


def _two_highest(
    draws: _Array, arrival: _Array, spread: _Array, threads: int
) -> tuple[_Array, _Array]:
    """Return the log values of the two highest bidders relative to V, -inf where absent.

    The expected numbers of bidders above the highest and the second-highest value are the
    first two points of a unit Poisson process; a point beyond the mean number of bidders is
    a bidder who did not come. ``draws`` is float64[b, 2, n]; two float64[b, n] come back.
    """
    highest = -np.log(draws[:, 0])
    next_highest = highest - np.log(draws[:, 1])
    values = []
    for count in (highest, next_highest):
        share = count / arrival[:, None]
        value = -spread[:, None] * norm_ppf(np.minimum(share, 1.0), threads)
        values.append(np.where(share < 1.0, value, -np.inf))
    return values[0], values[1]


def _deviation(situation: Situation, row: NDArray[np.int64], day: NDArray[np.floating]) -> _Array:
    """Return each unit's market deviation at the first date on or after a day, float64[b, n].

    Past the last date of the book the market is taken to stay where it was.
    """
    book = situation.book
    place = np.minimum(np.searchsorted(situation.days, day), situation.days.size - 1)
    return book.factor[book.group[row], place]


def _hold(situation: Situation, row: int, shock: _Array) -> _Array:
    """Return what a unit that is kept back brings past the horizon."""
    book = situation.book
    later = (hold_date(situation.market, situation.as_of) - situation.as_of).days
    date = int(situation.position(np.array([later]))[0])
    days = np.array([float(later)])
    value = np.exp(
        situation.log_value[row, date]
        + book.unit_scale[row] * shock
        + book.factor[book.group[row], date]
    )
    share = (1.0 - situation.market.auction.fallback_discount) * situation.discount(days)[0]
    return np.asarray(share * value - situation.holding(days)[0])


def _dismantle(situation: Situation, chosen: pl.DataFrame, row: int) -> _Array:
    """Return what a dismantled unit brings: parts as expected, the hulk with scrap."""
    terms = chosen.row(row, named=True)
    venue = situation.market.venues.row(
        by_predicate=pl.col("venue_id") == terms["venue_id"], named=True
    )
    parts, hulk = dismantling_worth(situation, terms["venue_id"], row)
    days = (terms["date"] - situation.as_of).days
    date = int(situation.position(np.array([days]))[0])
    cash = days + venue["settlement_days"] + situation.market.dismantling.days_to_cash
    worth = float(situation.discount(np.array([cash]))[0])
    gross = parts + hulk * np.exp(situation.book.scrap[date])
    kept = gross * (1.0 - venue["fee_rate"] - venue["tax_rate"]) - venue["fee_sale"]
    net: _Array = worth * kept - terms["transport"] - terms["holding"]
    return net


def _use(offered: dict[tuple[str, int], _Array]) -> pl.DataFrame:
    """Return mean and 95 % quantile over scenarios of the units offered."""
    schema = {"venue_id": pl.String, "week": pl.Int64, "mean": pl.Float64, "q95": pl.Float64}
    rows = [
        (venue, week, float(count.mean()), float(np.quantile(count, 0.95)))
        for (venue, week), count in sorted(offered.items())
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
