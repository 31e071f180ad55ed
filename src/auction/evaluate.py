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
from auction.situation import Situation, hold_date, week_of
from residual import ValueBook

#: Streams of the counter-based draws; the scenarios of the market have a stream of their own.
_UNIT_STREAM = 1
_BIDDER_STREAM = 2
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
        shortfall = np.minimum(total - at, 0.0) / (1.0 - alpha)
        return float(value), float(shortfall.std(ddof=1) / np.sqrt(total.size))

    def tail_weights(self, alpha: float) -> _Array:
        """Return the weights of the scenarios in the tail of the total, float64[n]."""
        return cvar(self.total, alpha)[1]


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
    runs = situation.market.auction.runs
    net = np.zeros((chosen.height, n))
    sold = np.zeros((chosen.height, runs))
    shock = book.unit_shocks(_UNIT_STREAM, n, threads)
    channel = chosen["channel"].to_numpy()
    offered: list[pl.DataFrame] = []
    for row in np.flatnonzero(channel == "auction"):
        net[row], sold[row], use = _auction(situation, chosen, int(row), shock[row], threads)
        offered.append(use)
        situation.progress("evaluate", (row + 1) / chosen.height, "running the auctions")
    for row in np.flatnonzero(channel == "hold"):
        net[row] = _hold(situation, int(row), shock[row])
    fixed = np.flatnonzero(channel == "dealer")
    net[fixed] = chosen["expected_net"].to_numpy()[fixed][:, None]
    for row in np.flatnonzero(channel == "dismantling"):
        net[row] = _dismantle(situation, chosen, int(row))
    return Evaluation(net, positions, sold, _use(offered, n))


def _auction(
    situation: Situation, chosen: pl.DataFrame, row: int, shock: _Array, threads: int
) -> tuple[_Array, _Array, pl.DataFrame]:
    """Run one unit's auctions: net by scenario, share sold by run, offerings by week."""
    book, market = situation.book, situation.market
    terms = chosen.row(row, named=True)
    venue = market.venues.row(by_predicate=pl.col("venue_id") == terms["venue_id"], named=True)
    days = (terms["date"] - situation.as_of).days
    date = int(situation.position(np.array([days]))[0])
    log_factor = float(book.model.venue_log_factor([terms["venue_id"]])[0])
    arrival = situation.arrival[terms["venue_id"]]
    gap = market.auction.rerun_gap_days
    step = situation.slope[row, date] * gap + np.log1p(-market.auction.reoffer_discount)
    discount = float(situation.discount(np.array([gap]))[0])
    floor = situation.floor_price(row, terms["hedge_id"])
    draws = uniforms(
        book.seed,
        _BIDDER_STREAM,
        unit_keys([terms["vehicle_id"]]),
        2 * market.auction.runs,
        shock.size,
        threads=threads,
    )[0]
    base = book.log_value[row, date] + log_factor + book.unit_scale[row] * shock
    alive = np.ones(shock.size, dtype=bool)
    money, sold = np.zeros(shock.size), np.zeros(market.auction.runs)
    weeks, counts = [], []
    now = 1.0
    for run, reserve in enumerate(terms["reserves"]):
        day = days + run * gap
        log_value = base + run * step + _deviation(book, row, situation.days, day)
        first, second = _two_highest(draws[2 * run : 2 * run + 2], arrival, book.sale_spread[row])
        price = np.maximum(np.exp(log_value + second), reserve)
        here = alive & (log_value + first >= np.log(reserve))
        kept = price * (1.0 - venue["fee_rate"] - venue["tax_rate"]) - venue["fee_sale"]
        money += np.where(here, now * (kept + np.maximum(floor - price, 0.0)), 0.0)
        weeks.append(int(week_of(np.array([int(np.ceil(day))]))[0]))
        counts.append(alive)
        sold[run] = here.mean()
        alive = alive & ~here
        money -= np.where(alive, now * venue["fee_no_sale"], 0.0)
        now *= discount
        money -= np.where(alive, now * step_cost(situation), 0.0)
    last = days + market.auction.runs * gap
    worth = np.exp(
        base + market.auction.runs * step + _deviation(book, row, situation.days, last)
    ) * (1.0 - market.auction.fallback_discount)
    money += np.where(alive, now * (worth + np.maximum(floor - worth, 0.0)), 0.0)
    settled = float(situation.discount(np.array([days + venue["settlement_days"]]))[0])
    paid = terms["transport"] + terms["holding"] + terms["hedge_premium"]
    offerings = pl.DataFrame(
        {
            "venue_id": [terms["venue_id"]] * len(weeks),
            "week": weeks,
            "offered": [count.astype(np.float64) for count in counts],
        }
    )
    return settled * money - paid, sold, offerings


def _two_highest(draws: _Array, arrival: float, spread: float) -> tuple[_Array, _Array]:
    """Return the log values of the two highest bidders relative to V, -inf where absent.

    The expected numbers of bidders above the highest and the second-highest value are the
    first two points of a unit Poisson process; a point beyond the mean number of bidders is
    a bidder who did not come.
    """
    above = -np.log(draws[0])
    next_above = above - np.log(draws[1])
    result = []
    for count in (above, next_above):
        tail = np.minimum(count / arrival, 1.0)
        value = -spread * norm_ppf(tail)
        result.append(np.where(count < arrival, value, -np.inf))
    return result[0], result[1]


def _deviation(book: ValueBook, row: int, days: NDArray[np.int64], day: float) -> _Array:
    """Return the market's log deviation at the book's first date on or after a day."""
    place = min(int(np.searchsorted(days, day)), days.size - 1)
    deviation: _Array = book.factor[book.group[row], place]
    return deviation


def _hold(situation: Situation, row: int, shock: _Array) -> _Array:
    """Return what a unit that is kept back brings past the horizon."""
    book = situation.book
    later = (hold_date(situation.market, situation.as_of) - situation.as_of).days
    date = int(situation.position(np.array([later]))[0])
    days = np.array([float(later)])
    value = np.exp(
        book.log_value[row, date]
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


def _use(offered: list[pl.DataFrame], n: int) -> pl.DataFrame:
    """Sum offerings by venue and week in every scenario; return mean and 95 % quantile."""
    schema = {"venue_id": pl.String, "week": pl.Int64, "mean": pl.Float64, "q95": pl.Float64}
    totals: dict[tuple[str, int], _Array] = {}
    for table in offered:
        for venue, week, count in table.iter_rows():
            key = (venue, week)
            totals[key] = totals.get(key, np.zeros(n)) + np.asarray(count)
    rows = [
        (venue, week, float(count.mean()), float(np.quantile(count, 0.95)))
        for (venue, week), count in sorted(totals.items())
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
