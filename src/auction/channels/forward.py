"""Forward commitments: a dealer takes a unit later, at the market's price but not below a floor.

On the day of the hand-over the dealer pays the larger of the floor and ``market_rate`` times the
hammer price then expected of the unit, whose condition is seen by then. What this is worth in a
scenario of the market is an average over the unit's own shock; above the market's price it is a
put that the dealer has written.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.basis import TERMS, interpolation, nodes
from auction.channels.arbitration import undone
from auction.channels.channel import Outcome
from auction.channels.dealer import deliveries, offered_prices, offers_at
from auction.channels.quotes import Quotes, dates, framed, named, nothing, payday
from auction.channels.uncertain_fees import UncertainPrices, mean_excess
from auction.channels.uses import lane_uses, week_uses
from auction.fee_schedule import FeeSchedules
from auction.situation import Situation, unit_nodes, week_of

_Floats = NDArray[np.float64]

#: Rows looked at together; bounds the memory.
_BLOCK = 2048


def quote_forwards(situation: Situation) -> Quotes:
    """Quote every unit to every forward commitment that it meets, at the end of each week.

    A unit can be handed over at the end of any week in which the offer is valid. The floor is
    the offer's price, or its rate of the unit's guide value.
    """
    market = situation.market
    venues = market.places("dealer")
    offers = offers_at(situation, venues, "forward")
    if offers.is_empty():
        return nothing()
    moves = situation.moves(venues)
    vehicle, offer, week = deliveries(situation, venues, moves, offers, moving=True)
    site = offers["site"].to_numpy()[offer]
    days = week * 7
    rate = offers["market_rate"].to_numpy()[offer]
    floor = offered_prices(situation, offers)[vehicle, offer]
    group, market_part, floor_part = _payoffs(situation, vehicle, days, rate, floor)
    gross, topped_up = (situation.basis.expected(part, group) for part in (market_part, floor_part))
    terms = {name: venues[name].to_numpy()[site] for name in ("tax_rate", "settlement_days")}
    fees, returns = market.sale_fees("dealer"), market.returns("dealer")
    fee_rate, fee_sale = fees.rate[site, 0], fees.fixed[site, 0]
    beyond = _beyond_first_tier(situation, fees, site, vehicle, days, rate, floor)
    worth = situation.discount(days + terms["settlement_days"])
    kept = 1.0 - fee_rate - terms["tax_rate"] - returns.share[site]
    transport, holding = moves.cost[vehicle, site], situation.holding(days.astype(np.float64))
    coefficient = (market_part + floor_part) * (worth * kept)[:, None] - beyond * worth[:, None]
    coefficient[:, 0] -= worth * fee_sale + transport + holding + worth * returns.fixed[site]
    charged = fee_rate * (gross + topped_up) + fee_sale + situation.basis.expected(beyond, group)
    columns: dict[str, object] = {
        "channel": "dealer",
        "venue_id": named(venues["venue_id"], site),
        "counterparty": named(venues["venue_id"], site),
        "exposure": floor,
        "date": dates(situation.as_of, days),
        "week": week_of(days),
        "offer_id": named(offers["offer_id"], offer),
        "terms": named(_terms(offers), offer),
        "reserve": floor,
        "sale_probability": 1.0,
        "paid_on": payday(situation.as_of, days + terms["settlement_days"]),
        "distance_km": moves.distance[vehicle, site],
        "gross": gross,
        "fees": worth * charged,
        "tax": worth * terms["tax_rate"] * (gross + topped_up),
        "transport": transport,
        "holding": holding,
        "finance": gross * (1.0 - worth),
        "returns": worth * returns.loss(site, gross + topped_up),
        "hedge_payoff": worth * topped_up,
    }
    departure = np.floor(days - moves.days[vehicle, site]).astype(np.int64)
    uses = (
        *lane_uses(situation, moves, vehicle, site, departure),
        *week_uses(venues, site, week_of(days)),
    )
    return Quotes(vehicle, framed(columns, vehicle.size), coefficient, group, uses)


def _terms(offers: pl.DataFrame) -> pl.Series:
    """Return what each forward pays, in words."""
    shares = offers["market_rate"].to_numpy()
    return pl.Series([f"forward at {share:.1%} of the market or the floor" for share in shares])


def _payoffs(
    situation: Situation,
    vehicle: NDArray[np.int64],
    days: NDArray[np.int64],
    rate: _Floats,
    floor: _Floats,
) -> tuple[NDArray[np.int64], _Floats, _Floats]:
    """Return each row's basis, and on it the market's price and what the floor adds to it."""
    book = situation.book
    date = situation.position(days)
    group = situation.basis.market(book.group[vehicle], date)
    level = _levels(situation, vehicle, date, rate)
    shock, weight = unit_nodes(book)
    market_part, floor_part = np.zeros((2, vehicle.size, TERMS))
    for start in range(0, vehicle.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        deviation = situation.basis.half_width[group[rows], None] * nodes()
        own = book.unit_scale[vehicle[rows], None] * shock[book.form[vehicle[rows]]]
        price = level[rows, None, None] * np.exp(deviation[:, :, None] + own[:, None, :])
        short = np.maximum(floor[rows, None, None] - price, 0.0)
        market_part[rows] = (price @ weight) @ interpolation().T
        floor_part[rows] = (short @ weight) @ interpolation().T
    return group, market_part, floor_part


def _levels(
    situation: Situation, vehicle: NDArray[np.int64], date: NDArray[np.int64], rate: _Floats
) -> _Floats:
    """Return what is paid for the median unit at the market's forecast, float64[m]."""
    value = np.exp(situation.log_value[vehicle, date])
    return np.asarray(rate * situation.hammer_share[vehicle] * value)


def _beyond_first_tier(
    situation: Situation,
    fees: FeeSchedules,
    site: NDArray[np.int64],
    vehicle: NDArray[np.int64],
    days: NDArray[np.int64],
    rate: _Floats,
    floor: _Floats,
) -> _Floats:
    """Return on each row's basis what is charged beyond the terms of its first tier."""
    book, beyond = situation.book, np.zeros((vehicle.size, TERMS))
    several = np.flatnonzero(fees.count[site] > 1)
    for start in range(0, several.size, _BLOCK):
        rows = several[start : start + _BLOCK]
        unit, date = vehicle[rows], situation.position(days[rows])
        width = situation.basis.half_width[situation.basis.market(book.group[unit], date)]
        prices = UncertainPrices(
            _levels(situation, unit, date, rate[rows]),
            floor[rows],
            width[:, None] * nodes(),
            book.unit_scale[unit],
            book.form[unit],
        )
        beyond[rows] = mean_excess(book, fees, site[rows], prices) @ interpolation().T
    return beyond


class Forwards:
    """Dealers who commit themselves to take units later, with a floor."""

    def quote(self, situation: Situation) -> Quotes:
        """Quote every unit to every forward commitment that it meets."""
        return quote_forwards(situation)

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V]: the units that are handed over under a forward commitment."""
        offers = situation.market.offers_of("forward")["offer_id"]
        there = (chosen["channel"] == "dealer") & chosen["offer_id"].is_in(offers.implode())
        return there.fill_null(value=False).to_numpy()

    def carry_out(
        self, situation: Situation, chosen: pl.DataFrame, rows: NDArray[np.int64], shock: _Floats
    ) -> Outcome:
        """Pay the market's price of the day for the unit that it turns out to be, or the floor."""
        book, taken = situation.book, chosen[rows]
        rate = taken.join(
            situation.market.offers_of("forward"), on="offer_id", how="left", maintain_order="left"
        )["market_rate"].to_numpy()
        dealers = situation.market.places("dealer")
        site = situation.market.positions("dealer", taken["venue_id"])
        days = np.array([(day - situation.as_of).days for day in taken["date"]], dtype=np.int64)
        date = situation.position(days)
        value = np.exp(
            situation.log_value[rows, date, None]
            + book.unit_scale[rows, None] * shock
            + book.factor[book.group[rows], date]
        )
        price = (rate * situation.hammer_share[rows])[:, None] * value
        paid = np.maximum(price, taken["reserve"].to_numpy()[:, None])
        worth = situation.discount(days + dealers["settlement_days"].to_numpy()[site])
        fixed, share = situation.market.sale_fees("dealer").terms(site, paid)
        returns = situation.market.returns("dealer")
        falls = undone(situation, returns, rows, site, shock.shape[1])
        lost = np.where(falls, returns.if_undone(site, paid), 0.0)
        kept = 1.0 - (share + dealers["tax_rate"].to_numpy()[site, None])
        costs = worth[:, None] * (fixed + lost)
        costs = costs + (taken["transport"] + taken["holding"]).to_numpy()[:, None]
        return Outcome(np.asarray(worth[:, None] * kept * paid - costs))
