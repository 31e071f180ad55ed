"""Units on a dealer's list: how likely they sell in each week, and what that brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.listing import Calendar, Floats, Money, sale_chances
from auction.situation import Situation, unit_nodes
from residual import TimeToSale
from residual.errors import Fault, InputError


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
        returns=market.returns("dealer").at(site),
    )
