"""Consignment: a dealer sells a unit from its list for a fee; unsold, it goes to the trade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.basis import TERMS, interpolation, nodes
from auction.channels.dealer import deliveries, offers_at
from auction.channels.listing import Calendar, Floats, Money, sale_chances
from auction.channels.quotes import Quotes, framed, stack
from auction.channels.transport import Transport, plan_moves
from auction.channels.uses import lane_uses, week_uses
from auction.situation import Situation, unit_nodes, week_of
from residual import TimeToSale
from residual.errors import Fault, InputError

#: Asking prices looked at, as multiples of the price at which such units sell. Past listings that
#: lay further off were mostly of units that differ from what their file tells.
MULTIPLES: Final = np.arange(90, 111) / 100.0
#: Three points with the first five moments of a standard normal, for the choice of a price.
_POINTS: Final = np.array([-np.sqrt(3.0), 0.0, np.sqrt(3.0)])
_WEIGHTS: Final = np.array([1.0, 4.0, 1.0]) / 6.0
#: Listings looked at together; bounds the memory.
_BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class Consigned:
    """Units on the list of dealers under one length of time: m rows.

    Parameters
    ----------
    vehicle, days : int64[m]
        Position in the fleet, and day of the hand-over after the planning date.
    calendar : Calendar
        Weeks of the listing.
    log_price : float64[m, n]
        Median ln price in each week at the market's forecast.
    log_rate : float64[m]
        What unit, place and season add to ln hazard.
    response, frailty : float
        Of ln hazard to ln price, and the variance of the factor that the file does not tell.
    money : Money
        What a sale brings.
    """

    vehicle: NDArray[np.int64]
    days: NDArray[np.int64]
    calendar: Calendar
    log_price: Floats
    log_rate: Floats
    response: float
    frailty: float
    money: Money

    def chances(self, rows: slice, log_asked: Floats, deviation: Floats) -> tuple[Floats, Floats]:
        """Chances of a sale in each week, and of none, of some rows.

        Parameters
        ----------
        rows : slice
            The m rows meant.
        log_asked : float64[m, c, n]
            c lists of prices by week.
        deviation : float64[m, k]
            Log deviations of the market.

        Returns
        -------
        float64[m, c, k, n], float64[m, c, k]
        """
        gap = log_asked - self.log_price[rows, None, :]
        moved = gap[:, :, None, :] - deviation[:, None, :, None]
        rate = self.log_rate[rows, None, None, None] + self.response * moved
        return sale_chances(self.calendar.exposure, rate, self.frailty)

    def net(self, rows: slice, log_asked: Floats, deviation: Floats) -> Floats:
        """Expected net of some rows less their transport, float64[m, c, k]."""
        sold, unsold = self.chances(rows, log_asked, deviation)
        return self.money.net(rows, np.exp(log_asked), sold, unsold, deviation)


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
    none = np.zeros(0, dtype=np.int64)
    quotes = Quotes(none, framed({}, 0), np.zeros((0, TERMS)), none)
    if offers.is_empty():
        return quotes
    clock = clock_of(situation)
    moves = plan_moves(situation.vehicles, venues, market.tariffs, market.costs, market.venues)
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


def clock_of(situation: Situation) -> TimeToSale:
    """Return what the market knows of the time to a sale; refuse where it knows nothing."""
    if situation.market.time_to_sale is None:
        rule = "a consignment needs the time to a sale, learnt from past listings"
        remedy = "give past listings of dealers, or leave the consignments out"
        raise InputError([Fault(rule, file="offers", column="kind", remedy=remedy)])
    return situation.market.time_to_sale


def consign(
    situation: Situation,
    clock: TimeToSale,
    dealer: dict[str, Any],
    terms: dict[str, Any],
    log_price: Floats,
    vehicle: NDArray[np.int64],
    days: NDArray[np.int64],
) -> Consigned:
    """Work out what units bring on the list of one dealer.

    Parameters
    ----------
    situation : Situation
    clock : TimeToSale
    dealer, terms : dict
        A row of the venues, and one of the offers.
    log_price : float64[V, D]
        Median ln price with a dealer of the reference venue, as of :func:`log_prices`.
    vehicle, days : int64[m]
        Units and the days of their hand-over.
    """
    place = situation.position(days)
    calendar = calendar_of(clock, float(terms["list_days"]))
    here = log_price + situation.book.model.venue_log_factor([dealer["venue_id"]])[0]
    start = here[vehicle, place]
    slope = situation.slope[vehicle, place]
    unit = clock.unit_log_rate(situation.vehicles, here[:, 0], situation.as_of)[vehicle]
    site = clock.place_log_rate([dealer["venue_id"]])[0]
    return Consigned(
        vehicle,
        days,
        calendar,
        start[:, None] + slope[:, None] * calendar.middle[None, :],
        unit + site + clock.season_log_rate(_first_day(situation) + days),
        clock.response,
        clock.frailty,
        _money(situation, dealer, terms, calendar, vehicle, days),
    )


def calendar_of(clock: TimeToSale, length: float) -> Calendar:
    """Cut a listing of some days into weeks."""
    start = np.arange(0.0, length, 7.0)
    end = np.minimum(start + 7.0, length)
    return Calendar(start, end, clock.cumulative(end) - clock.cumulative(start))


def log_prices(situation: Situation, clock: TimeToSale) -> Floats:
    """Median ln price with a dealer of each unit at each date of the book, float64[V, D]."""
    days = _first_day(situation) + situation.days
    own = clock.log_price(situation.vehicles, situation.as_of, days)
    return own + (situation.log_value - situation.book.log_value)


def _first_day(situation: Situation) -> int:
    return (situation.as_of - date(1970, 1, 1)).days


def _money(
    situation: Situation,
    dealer: dict[str, Any],
    terms: dict[str, Any],
    calendar: Calendar,
    vehicle: NDArray[np.int64],
    days: NDArray[np.int64],
) -> Money:
    book, market, rules = situation.book, situation.market, situation.market.auction
    site = int(market.positions("dealer", pl.Series([dealer["venue_id"]]))[0])
    returns = market.returns("dealer")
    when = (days[:, None] + calendar.middle[None, :]).astype(np.float64)
    last = (days + calendar.length).astype(np.float64)
    shock, weight = unit_nodes(book)
    own = shock[book.form[vehicle]]
    mean = np.exp(book.unit_scale[vehicle, None] * own) @ weight
    place = situation.position(days)
    fallen = situation.slope[vehicle, place] * calendar.length
    value = np.exp(situation.log_value[vehicle, place] + fallen) * mean
    return Money(
        worth=situation.discount(when + dealer["settlement_days"]),
        holding=situation.holding(when),
        worth_unsold=situation.discount(last + dealer["settlement_days"]),
        holding_unsold=situation.holding(last),
        trade=(1.0 - rules.fallback_discount) * value,
        sale_fees=market.sale_fees("dealer").at(site, terms["fee_rate"]),
        no_sale_fees=market.no_sale_fees("dealer").at(site),
        tax_rate=dealer["tax_rate"],
        return_share=float(returns.share[site]),
        return_fixed=float(returns.fixed[site]),
    )


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
    columns: dict[str, object] = {
        "channel": ["dealer"] * m,
        "venue_id": [terms["venue_id"]] * m,
        "counterparty": [terms["venue_id"]] * m,
        "date": [situation.as_of + timedelta(days=int(day)) for day in listed.days],
        "week": week_of(listed.days),
        "offer_id": [terms["offer_id"]] * m,
        "terms": [f"consignment, {listed.calendar.length:.0f} days"] * m,
        "reserve": price[:, 0],
        "sale_probability": 1.0 - unsold,
        "reserves": price,
        "sale_chances": sold,
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
