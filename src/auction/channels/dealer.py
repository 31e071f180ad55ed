"""The dealer channel: standing offers for units that meet their predicates."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.basis import CONSTANT, TERMS
from auction.channels.arbitration import undone
from auction.channels.channel import Outcome
from auction.channels.handover import first_weeks, weekly
from auction.channels.predicates import meets
from auction.channels.quotes import Quotes, dates, framed, named, nothing, payday
from auction.channels.transport import Transport
from auction.channels.uses import lane_uses, week_uses
from auction.situation import Situation, week_of


def quote_dealers(situation: Situation) -> Quotes:
    """Quote every unit to every standing offer that it meets.

    A unit is handed over at the end of a week within the offer's validity, at the offer's
    price or its rate of the unit's guide value.
    """
    market = situation.market
    venues = market.places("dealer")
    if venues.is_empty():
        return nothing()
    moves = situation.moves(venues)
    offers = offers_at(situation, venues, "standing")
    vehicle, offer, week = deliveries(situation, venues, moves, offers)
    price = offered_prices(situation, offers)[vehicle, offer]
    site = offers["site"].to_numpy()[offer]
    days = week * 7
    terms = {name: venues[name].to_numpy()[site] for name in ("tax_rate", "settlement_days")}
    worth = situation.discount(days + terms["settlement_days"])
    bridge = {
        "gross": price,
        "fees": worth * market.sale_fees("dealer").fee(site, price),
        "tax": worth * terms["tax_rate"] * price,
        "transport": moves.cost[vehicle, site],
        "holding": situation.holding(days.astype(np.float64)),
        "finance": price * (1.0 - worth),
        "returns": worth * market.returns("dealer").loss(site, price),
    }
    coefficient = np.zeros((vehicle.size, TERMS))
    coefficient[:, 0] = bridge["gross"] - sum(
        bridge[name] for name in ("fees", "tax", "transport", "holding", "finance", "returns")
    )
    columns: dict[str, object] = {
        "channel": "dealer",
        "venue_id": named(venues["venue_id"], site),
        "counterparty": named(venues["venue_id"], site),
        "exposure": price,
        "date": dates(situation.as_of, days),
        "week": week_of(days),
        "offer_id": named(offers["offer_id"], offer),
        "terms": "standing offer",
        "sale_probability": 1.0,
        "paid_on": payday(situation.as_of, days + terms["settlement_days"]),
        "distance_km": moves.distance[vehicle, site],
        **bridge,
    }
    departure = np.floor(days - moves.days[vehicle, site]).astype(np.int64)
    uses = (
        *lane_uses(situation, moves, vehicle, site, departure),
        *week_uses(venues, site, week_of(days)),
    )
    return Quotes(
        vehicle,
        framed(columns, vehicle.size),
        coefficient,
        np.full(vehicle.size, CONSTANT),
        uses,
    )


def offers_at(situation: Situation, venues: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return the offers of one kind made by the venues, with the row of each as ``site``."""
    place = {venue: i for i, venue in enumerate(venues["venue_id"])}
    offers = situation.market.offers_of(kind)
    known = offers.filter(pl.col("venue_id").is_in(list(place)))
    site = pl.Series("site", [place[v] for v in known["venue_id"]], dtype=pl.Int64)
    return known.with_columns(site)


def deliveries(
    situation: Situation,
    venues: pl.DataFrame,
    moves: Transport,
    offers: pl.DataFrame,
    *,
    moving: bool = False,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return vehicle, offer and week of every hand-over that can be quoted, int64[m] each.

    Every week of an offer is quoted where what it pays is ``moving``.
    """
    rows = [np.zeros((0, 3), dtype=np.int64)]
    accepted, believed = situation.accepted(venues), _guide_believed(situation)
    for row, offer in enumerate(offers.iter_rows(named=True)):
        site = offer["site"]
        fits = meets(situation.vehicles, situation.as_of, offer, believed)
        unit = np.flatnonzero(fits & accepted[:, site])
        opens = np.ceil((offer["valid_from"] - situation.as_of).days / 7)
        first = np.maximum(first_weeks(situation, moves, unit, site), int(opens))
        last = (offer["valid_until"] - situation.as_of).days // 7
        units, weeks = weekly(situation, venues, moves, unit, site, first, last, moving=moving)
        rows.append(np.stack([units, np.full(units.size, row), weeks], axis=1))
    table = np.concatenate(rows)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    return table[:, 0], table[:, 1], table[:, 2]


def _guide_believed(situation: Situation) -> NDArray[np.bool_]:
    """Return bool[V]: whether a unit's guide is within a factor of e of its forecast.

    A dealer does not pay by a guide with a slipped decimal.
    """
    guide = situation.vehicles["guide_value"].fill_null(np.nan).to_numpy()
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(np.log(guide / situation.forecast)) < 1.0)


def offered_prices(situation: Situation, offers: pl.DataFrame) -> NDArray[np.float64]:
    """Return what offers pay by price or guide, a forward at the least.

    Parameters
    ----------
    situation : Situation
    offers : polars.DataFrame, Q rows

    Returns
    -------
    float64[V, Q]
        Money of each unit under each offer, NaN without a guide.
    """
    height = situation.vehicles.height
    if not offers.height:
        return np.zeros((height, 0))
    guide = situation.vehicles["guide_value"].fill_null(np.nan).to_numpy()
    fixed = offers["price"].fill_null(np.nan).to_numpy()
    rate = offers["guide_rate"].fill_null(np.nan).to_numpy()
    return np.where(np.isnan(fixed)[None, :], guide[:, None] * rate[None, :], fixed[None, :])


class StandingOffers:
    """Dealers who buy at once, at a price that is fixed."""

    def quote(self, situation: Situation) -> Quotes:
        """Quote every unit to every standing offer that it meets."""
        return quote_dealers(situation)

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return bool[V]: the units sold under standing offers."""
        offers = situation.market.offers_of("standing")["offer_id"]
        there = (chosen["channel"] == "dealer") & chosen["offer_id"].is_in(offers.implode())
        return there.fill_null(value=False).to_numpy()

    def carry_out(
        self,
        situation: Situation,
        chosen: pl.DataFrame,
        rows: NDArray[np.int64],
        shock: NDArray[np.float64],
    ) -> Outcome:
        """Pay what was offered: neither market nor unit moves it, but a sale may be undone."""
        market, taken = situation.market, chosen[rows]
        later = taken["reconditioning"] + taken["own_volume"]
        kept = (taken["expected_net"] + later + taken["returns"]).to_numpy()
        site = market.positions("dealer", taken["venue_id"])
        returns = market.returns("dealer")
        lost = returns.if_undone(site, taken["gross"].to_numpy())
        days = np.array([(day - situation.as_of).days for day in taken["date"]], dtype=np.float64)
        settled = market.places("dealer")["settlement_days"].to_numpy()[site]
        worth = situation.discount(days + settled)
        falls = undone(situation, returns, rows, site, shock.shape[1])
        return Outcome(kept[:, None] - np.where(falls, (worth * lost)[:, None], 0.0))
