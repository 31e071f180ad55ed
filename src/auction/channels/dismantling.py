"""The dismantling channel: parts and the hulk instead of the vehicle."""

from __future__ import annotations

import numpy as np

from auction.basis import interpolation, nodes
from auction.channels.handover import first_weeks, weekly
from auction.channels.part_lists import Teardowns
from auction.channels.part_volumes import part_uses
from auction.channels.quotes import Quotes, dates, framed, named, nothing, payday
from auction.channels.uses import lane_uses, week_uses
from auction.situation import Situation, week_of


def quote_dismantling(situation: Situation) -> Quotes:
    """Quote taking each unit apart at each dismantler.

    The parts are those of the best teardown under the law; their money comes
    ``days_to_cash`` after delivery, on the mean of what is sold, and that of the hulk and of what
    is smelted moves with the scrap market. Prices are those of the first parts sold; what is lost
    where many alike are sold is for the allocation to weigh. Where scrap carries the proceeds over
    the threshold of a fee, the step is smoothed as every pay-off is that stands on the basis.
    """
    market = situation.market
    venues = market.places("dismantling")
    if venues.is_empty():
        return nothing()
    moves = situation.moves(venues)
    best = Teardowns.of(situation)
    value, smelted = best.value, best.scrap
    accepted = situation.accepted(venues) & ~np.isnan(value)
    rows = [np.zeros((0, 3), dtype=np.int64)]
    for place in range(venues.height):
        unit = np.flatnonzero(accepted[:, place])
        first = first_weeks(situation, moves, unit, place)
        units, weeks = weekly(situation, venues, moves, unit, place, first, market.weeks)
        rows.append(np.stack([units, np.full(units.size, place), weeks], axis=1))
    table = np.concatenate(rows)
    vehicle, site, week = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))].T
    days = week * 7
    group = situation.basis.scrap(situation.position(days))
    terms = {name: venues[name].to_numpy()[site] for name in ("tax_rate", "settlement_days")}
    fees = market.sale_fees("dismantling")
    fee_sale, fee_rate = fees.fixed[site, 0], fees.rate[site, 0]
    cash = days + terms["settlement_days"] + best.days[vehicle, site]
    worth = situation.discount(cash)
    rates = fee_rate + terms["tax_rate"]
    scrap = situation.basis.coefficients_of_exponential(group, smelted[vehicle, site])
    gross = value[vehicle, site] + situation.basis.expected(scrap, group)
    at_nodes = np.exp(situation.basis.half_width[group][:, None] * nodes()[None, :])
    prices = value[vehicle, site, None] + smelted[vehicle, site, None] * at_nodes
    beyond = fees.excess(site, prices) @ interpolation().T
    transport, holding = moves.cost[vehicle, site], situation.holding(days.astype(np.float64))
    coefficient = scrap * (worth * (1.0 - rates))[:, None] - beyond * worth[:, None]
    coefficient[:, 0] += (
        worth * ((1.0 - rates) * value[vehicle, site] - fee_sale) - transport - holding
    )
    charged = fee_rate * gross + fee_sale + situation.basis.expected(beyond, group)
    columns: dict[str, object] = {
        "channel": "dismantling",
        "venue_id": named(venues["venue_id"], site),
        "date": dates(situation.as_of, days),
        "week": week_of(days),
        "terms": "parts and hulk",
        "sale_probability": 1.0,
        "paid_on": payday(situation.as_of, cash),
        "distance_km": moves.distance[vehicle, site],
        "gross": gross,
        "fees": worth * charged,
        "tax": worth * terms["tax_rate"] * gross,
        "transport": transport,
        "holding": holding,
        "finance": gross * (1.0 - worth),
    }
    departure = np.floor(days - moves.days[vehicle, site]).astype(np.int64)
    uses = (
        *lane_uses(situation, moves, vehicle, site, departure),
        *week_uses(venues, site, week_of(days)),
        *part_uses(situation, best, vehicle, site),
    )
    return Quotes(vehicle, framed(columns, vehicle.size), coefficient, group, uses)
