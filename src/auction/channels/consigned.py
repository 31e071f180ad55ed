"""Consigned units on fresh scenarios: each is sold from its list when its luck has it."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import uniforms, unit_keys
from auction.channels.arbitration import undone
from auction.channels.channel import LUCK_STREAM, Outcome
from auction.channels.consignment import quote_consignments
from auction.channels.listed import Consigned, clock_of, consign, log_prices
from auction.channels.quotes import Quotes
from auction.situation import Situation, unit_nodes
from residual import hazard_of

Floats = NDArray[np.float64]


class Consignments:
    """Dealers who sell a unit from their list, for a share of the price."""

    def quote(self, situation: Situation) -> Quotes:
        """Quote every unit to every consignment that it meets."""
        return quote_consignments(situation)

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V]: the units consigned to a dealer."""
        offers = situation.market.offers_of("consignment")["offer_id"]
        there = (chosen["channel"] == "dealer") & chosen["offer_id"].is_in(offers.implode())
        return there.fill_null(value=False).to_numpy()

    def carry_out(
        self, situation: Situation, chosen: pl.DataFrame, rows: NDArray[np.int64], shock: Floats
    ) -> Outcome:
        """Sell each unit from its list when its luck has it."""
        return Outcome(_sell_from_lists(situation, chosen, rows, shock))


def _sell_from_lists(
    situation: Situation,
    chosen: pl.DataFrame,
    rows: NDArray[np.int64],
    shock: Floats,
) -> Floats:
    """Carry consignments out in every scenario.

    Parameters
    ----------
    situation : Situation
        The fleet and market with a fresh book.
    chosen : polars.DataFrame, V rows
        The option of each vehicle, as in ``Options.frame``.
    rows : int64[b]
        Those that are consigned.
    shock : float64[b, n]
        Standardised shock of each unit.

    Returns
    -------
    float64[b, n]
        Net proceeds, worth today. The market is looked at anew each week; what a unit is worth
        beyond what the file tells does not change when it sells, only what the trade pays.
    """
    book, n = situation.book, shock.shape[1]
    terms = chosen[rows]
    keys = unit_keys([book.vehicle_ids[row] for row in rows])
    luck = uniforms(book.seed, LUCK_STREAM, keys, 1, n, threads=situation.threads)[:, 0]
    clock = clock_of(situation)
    prices = log_prices(situation, clock)
    offers = {row["offer_id"]: row for row in situation.market.offers_of("consignment").to_dicts()}
    dealers = {row["venue_id"]: row for row in situation.market.places("dealer").to_dicts()}
    net = np.zeros((rows.size, n))
    for name in terms["offer_id"].unique().sort().to_list():
        here = np.flatnonzero((terms["offer_id"] == name).to_numpy())
        dealer = dealers[offers[name]["venue_id"]]
        days = _days(terms["date"].gather(here), situation.as_of)
        listed = consign(situation, clock, dealer, offers[name], prices, rows[here], days)
        asked = np.array(terms["reserves"].gather(here).to_list())
        net[here] = _sold(situation, listed, asked, luck[here], shock[here])
    return np.asarray(net - terms["transport"].to_numpy()[:, None])


def _days(dates: pl.Series, as_of: date) -> NDArray[np.int64]:
    return np.array([(day - as_of).days for day in dates], dtype=np.int64)


def _sold(
    situation: Situation, listed: Consigned, asked: Floats, luck: Floats, shock: Floats
) -> Floats:
    """Net proceeds before transport, float64[b, n]: sold in the first week of enough hazard."""
    money, weeks = listed.money, listed.calendar
    needed, passed = hazard_of(luck, listed.frailty), np.zeros(luck.shape)
    only = np.zeros(listed.vehicle.size, dtype=np.int64)
    falls = undone(situation, money.returns, listed.vehicle, only, luck.shape[1])
    alive, net = np.ones(luck.shape, dtype=bool), np.zeros(luck.shape)
    for week in range(weeks.start.size):
        moved = _deviation(situation, listed, weeks.start[week])
        gap = (np.log(asked) - listed.log_price)[:, week, None] - moved
        rate = listed.log_rate[:, None] + listed.response * gap
        passed += weeks.exposure[week] * np.exp(rate)
        here = alive & (passed >= needed)
        earned = money.worth[:, week] * money.kept(asked[:, week]) - money.holding[:, week]
        lost = money.worth[:, week] * money.returns.if_undone(only, asked[:, week])
        net += np.where(here, earned[:, None] - np.where(falls, lost[:, None], 0.0), 0.0)
        alive &= ~here
    points, weight = unit_nodes(situation.book)
    scale = situation.book.unit_scale[listed.vehicle, None]
    points = points[situation.book.form[listed.vehicle]]
    own = np.exp(scale * shock) / (np.exp(scale * points) @ weight)[:, None]
    last = _deviation(situation, listed, weeks.length)
    trade = money.trade[:, None] * own * np.exp(last) - money.fee_no_sale(asked[:, -1])[:, None]
    rest = money.worth_unsold[:, None] * trade - money.holding_unsold[:, None]
    return np.asarray(net + np.where(alive, rest, 0.0))


def _deviation(situation: Situation, listed: Consigned, passed: float) -> Floats:
    """Market deviation of each unit some days after its hand-over, float64[b, n].

    Past the last date of the book the market is taken to stay where it was.
    """
    book = situation.book
    place = np.searchsorted(situation.days, listed.days + passed)
    place = np.minimum(place, situation.days.size - 1)
    return np.asarray(book.factor[book.group[listed.vehicle], place])
