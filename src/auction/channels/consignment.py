"""Consignment: a dealer sells a unit from its list for a fee; unsold, it goes to the trade."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from auction.basis import interpolation, nodes
from auction.channels.dealer import deliveries, offers_at
from auction.channels.listed import Consigned, clock_of, consign, log_prices
from auction.channels.listing import Floats
from auction.channels.quotes import Quotes, dates, framed, nothing, payday, stack
from auction.channels.transport import Transport
from auction.channels.uses import lane_uses, week_uses
from auction.situation import Situation, week_of
from residual import TimeToSale

#: Asking prices looked at, as multiples of the price at which such units sell. Past listings that
#: lay further off were mostly of units that differ from what their file tells.
MULTIPLES: Final = np.arange(90, 111) / 100.0
#: Three points with the first five moments of a standard normal, for the choice of a price.
_POINTS: Final = np.array([-np.sqrt(3.0), 0.0, np.sqrt(3.0)])
_WEIGHTS: Final = np.array([1.0, 4.0, 1.0]) / 6.0
#: Listings looked at together; bounds the memory.
_BLOCK: Final = 256


def quote_consignments(situation: Situation) -> Quotes:
    """Quote every unit to every consignment that takes it, at the best asking price.

    A unit is handed over at the end of a week and listed from then on for ``list_days``. Its
    price is chosen from a grid around what such units sell for, with the dealers' usual first
    markdown or without, for the largest expected net; the choice is made before the market is
    known. Holding runs until the sale. Unsold, the unit goes to the trade at
    ``fallback_discount`` below its value. A price further above the unit's value sells more
    slowly, and so does any price in a market that has fallen.

    Raises
    ------
    InputError
        Where there is a consignment but nothing is known of the time to a sale.
    """
    market = situation.market
    venues = market.places("dealer")
    offers = offers_at(situation, venues, "consignment")
    quotes = nothing()
    if offers.is_empty():
        return quotes
    clock = clock_of(situation)
    moves = situation.moves(venues)
    vehicle, offer, week = deliveries(situation, venues, moves, offers)
    log_price = log_prices(situation, clock)
    for place, terms in enumerate(offers.iter_rows(named=True)):
        rows = np.flatnonzero(offer == place)
        dealer = venues.row(terms["site"], named=True)
        listed = consign(situation, clock, dealer, terms, log_price, vehicle[rows], week[rows] * 7)
        quotes = stack(quotes, _quoted(situation, clock, venues, terms, moves, listed))
        share = (place + 1) / offers.height
        situation.progress("quote", share, f"{place + 1} of {offers.height} consignments")
    return quotes


def _price_lists(clock: TimeToSale, listed: Consigned) -> Floats:
    """Lists of ln prices over the median price of the first week, float64[c, n].

    Every multiple of the grid without a markdown and, where dealers have one, with it: from
    the first week that begins on or after its day.
    """
    start = listed.calendar.start
    flat = np.log(MULTIPLES)[:, None] + np.zeros(start.size)
    usual = clock.markdown
    if usual is None or usual.day > start[-1]:
        return flat
    return np.concatenate([flat, flat + np.where(start >= usual.day, usual.log_cut, 0.0)])


def choose_prices(clock: TimeToSale, listed: Consigned, spread: Floats) -> Floats:
    """Choose what to ask for each unit in each week.

    Parameters
    ----------
    clock : TimeToSale
    listed : Consigned
    spread : float64[m]
        Standard deviation of the log deviation of each unit's market.

    Returns
    -------
    float64[m, n]
        ln of the prices with the largest expected net; of equal ones the first of the grid.
    """
    lists = _price_lists(clock, listed)
    chosen = np.zeros((listed.vehicle.size, lists.shape[1]))
    for start in range(0, listed.vehicle.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        asked = listed.log_price[rows, None, :1] + lists[None, :, :]
        net = listed.net(rows, asked, spread[rows, None] * _POINTS) @ _WEIGHTS
        best = net.argmax(axis=1)
        chosen[rows] = asked[np.arange(best.size), best]
    return chosen


def _quoted(
    situation: Situation,
    clock: TimeToSale,
    venues: pl.DataFrame,
    terms: dict[str, Any],
    moves: Transport,
    listed: Consigned,
) -> Quotes:
    """Choose the prices of listings and itemise what each brings."""
    site, m, date_place = int(terms["site"]), listed.vehicle.size, situation.position(listed.days)
    market = situation.book.group[listed.vehicle]
    group = situation.basis.market(market, date_place)
    asked = choose_prices(clock, listed, situation.book.factor.std(axis=2)[market, date_place])
    price = np.exp(asked)
    deviation = situation.basis.half_width[group][:, None] * nodes()[None, :]
    chances = listed.chances(slice(0, m), asked[:, None, :], deviation)
    net = listed.money.net(slice(0, m), price[:, None, :], *chances, deviation)[:, 0]
    transport = moves.cost[listed.vehicle, site]
    coefficient = net @ interpolation().T
    coefficient[:, 0] -= transport
    weights = situation.basis.node_weights()[group]
    sold = np.einsum("mk,mkn->mn", weights, chances[0][:, 0])
    unsold = np.einsum("mk,mk->m", weights, chances[1][:, 0])
    traded = np.einsum("mk,mk->m", weights, chances[1][:, 0] * np.exp(deviation))
    first, settlement = float(listed.calendar.end[0]), float(venues["settlement_days"][site])
    columns: dict[str, object] = {
        "channel": "dealer",
        "venue_id": terms["venue_id"],
        "counterparty": terms["venue_id"],
        "date": dates(situation.as_of, listed.days),
        "week": week_of(listed.days),
        "offer_id": terms["offer_id"],
        "terms": f"consignment, {listed.calendar.length:.0f} days",
        "reserve": price[:, 0],
        "sale_probability": 1.0 - unsold,
        "reserves": price,
        "sale_chances": sold,
        "paid_on": payday(situation.as_of, listed.days + first + settlement),
        "offering_days": first,
        "distance_km": moves.distance[listed.vehicle, site],
        "transport": transport,
        **listed.money.bridge(price, sold, unsold, traded),
    }
    departure = np.floor(listed.days - moves.days[listed.vehicle, site]).astype(np.int64)
    at = np.full(m, site)
    uses = (
        *lane_uses(situation, moves, listed.vehicle, at, departure),
        *week_uses(venues, at, week_of(listed.days)),
    )
    return Quotes(listed.vehicle, framed(columns, m), coefficient, group, uses)
