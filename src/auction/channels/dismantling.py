"""The dismantling channel: parts and the hulk instead of the vehicle."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.handover import first_weeks, weekly
from auction.channels.quotes import Quotes, framed
from auction.channels.teardown import Teardown, tear_down
from auction.channels.transport import plan_moves
from auction.channels.uses import lane_uses, week_uses
from auction.situation import Situation, week_of

#: The group that stands for every vehicle without a list of its own.
_ANY = "*"


def quote_dismantling(situation: Situation) -> Quotes:
    """Quote taking each unit apart at each dismantler.

    The parts are those of the best teardown under the law; their money comes
    ``days_to_cash`` after delivery, and the hulk's moves with the scrap market.
    """
    market = situation.market
    venues = market.places("dismantling")
    moves = plan_moves(situation.vehicles, venues, market.tariffs, market.costs, market.venues)
    value, hulk = _worth(situation, venues)
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
    terms = {
        name: venues[name].to_numpy()[site]
        for name in ("fee_sale", "fee_rate", "tax_rate", "settlement_days")
    }
    cash = days + terms["settlement_days"] + market.dismantling.days_to_cash
    worth = situation.discount(cash)
    rates = terms["fee_rate"] + terms["tax_rate"]
    scrap = situation.basis.coefficients_of_exponential(group, hulk[vehicle, site])
    gross = value[vehicle, site] + situation.basis.expected(scrap, group)
    transport, holding = moves.cost[vehicle, site], situation.holding(days.astype(np.float64))
    coefficient = scrap * (worth * (1.0 - rates))[:, None]
    coefficient[:, 0] += (
        worth * ((1.0 - rates) * value[vehicle, site] - terms["fee_sale"]) - transport - holding
    )
    columns: dict[str, object] = {
        "channel": ["dismantling"] * vehicle.size,
        "venue_id": venues["venue_id"].to_numpy()[site],
        "date": [situation.as_of + timedelta(days=int(day)) for day in days],
        "week": week_of(days),
        "terms": ["parts and hulk"] * vehicle.size,
        "sale_probability": np.ones(vehicle.size),
        "distance_km": moves.distance[vehicle, site],
        "gross": gross,
        "fees": worth * (terms["fee_rate"] * gross + terms["fee_sale"]),
        "tax": worth * terms["tax_rate"] * gross,
        "transport": transport,
        "holding": holding,
        "finance": gross * (1.0 - worth),
    }
    departure = np.floor(days - moves.days[vehicle, site]).astype(np.int64)
    uses = (
        *lane_uses(situation, moves, vehicle, site, departure),
        *week_uses(venues, site, week_of(days)),
    )
    return Quotes(vehicle, framed(columns, vehicle.size), coefficient, group, uses)


def part_groups(vehicles: pl.DataFrame, parts: pl.DataFrame) -> list[str | None]:
    """Return the parts list that fits each vehicle: its model's, make's, body's, or any's.

    Groups are compared without regard to case; None where no list fits.
    """
    names = {name.lower(): name for name in parts["group"].unique(maintain_order=True)}
    found = []
    for make, model, body in vehicles.select("make", "model", "body").iter_rows():
        keys = (f"{make} {model}", make, body or "", _ANY)
        found.append(next((names[key.lower()] for key in keys if key.lower() in names), None))
    return found


def teardowns(situation: Situation, labour_rate: float) -> dict[str, Teardown]:
    """Return the best teardown of every parts group at a labour rate."""
    parts = situation.market.parts
    if parts is None:
        return {}
    return {
        str(name): tear_down(rows, labour_rate, situation.market.dismantling)
        for (name,), rows in parts.group_by(["group"], maintain_order=True)
    }


def labour_rates(situation: Situation, venues: pl.DataFrame) -> list[float]:
    """Return the labour rate of each dismantler, the settings' where it states none."""
    return venues["labour_rate"].fill_null(situation.market.dismantling.labour_rate).to_list()


def dismantling_worth(situation: Situation, venue_id: str, unit: int) -> tuple[float, float]:
    """Return the worth of a unit's parts and of its hulk at a dismantler, money."""
    teardown = teardown_of(situation, venue_id, unit)
    return teardown.value, teardown.hulk


def teardown_of(situation: Situation, venue_id: str, unit: int) -> Teardown:
    """Return the best teardown of a unit at a dismantler.

    Raises
    ------
    ValueError
        Where no parts list fits the unit.
    """
    venues = situation.market.places("dismantling")
    place = venues["venue_id"].to_list().index(venue_id)
    parts = situation.market.parts
    group = None if parts is None else part_groups(situation.vehicles[[unit]], parts)[0]
    if parts is None or group is None:
        raise ValueError(f"no parts list fits {situation.book.vehicle_ids[unit]}")
    rows = parts.filter(pl.col("group") == group)
    return tear_down(rows, labour_rates(situation, venues)[place], situation.market.dismantling)


def _worth(
    situation: Situation, venues: pl.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the worth of parts and of the hulk, float64[V, N] each, NaN without a list."""
    shape = (situation.vehicles.height, venues.height)
    value, hulk = np.full(shape, np.nan), np.full(shape, np.nan)
    parts = situation.market.parts
    if parts is None:
        return value, hulk
    groups = part_groups(situation.vehicles, parts)
    for place, rate in enumerate(labour_rates(situation, venues)):
        best = teardowns(situation, rate)
        for unit, group in enumerate(groups):
            if group is not None:
                value[unit, place] = best[group].value
                hulk[unit, place] = best[group].hulk
    return value, hulk
