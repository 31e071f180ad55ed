"""Own lots of one model at one sale: the more there are, the less each fetches.

With elasticity e, n lots fetch n ** (1 + e) times what one does. The loss against n times that is
convex in n and taken piece by piece; whole numbers up to four are exact, beyond them a chord, which
overrates the loss by little. First runs count alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from auction.channels.lots import AuctionMarket, Lots
from auction.channels.quotes import Use
from auction.options import Resource
from auction.situation import Situation


def volume_uses(situation: Situation, here: AuctionMarket, lots: Lots) -> Iterator[Use]:
    """Tell how many of each model are offered at each event, where that moves prices.

    What one lot fetches is that of a typical unit: the mean forecast of the fleet's units of the
    model, by the venue's factor, after tax, returns and the rate of the fee at that price, as of
    the planning date.

    Parameters
    ----------
    situation : Situation
    here : AuctionMarket
    lots : Lots
    """
    volume = situation.market.own_volume
    if volume is None or not lots.vehicle.size:
        return
    code, models = situation.alike
    names, units, forecast = models["name"], models["units"], models["forecast"]
    market = situation.market
    fees, returns = market.sale_fees("auction"), market.returns("auction")
    tax = here.venues["tax_rate"].to_numpy()
    settle = here.venues["settlement_days"].to_numpy()
    pair = lots.event * models.height + code[lots.vehicle]
    order = np.argsort(pair, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(pair[order])) + 1):
        lot = int(rows[0])
        site, kind = int(lots.venue[lot]), int(code[lots.vehicle[lot]])
        paid = float(situation.discount(np.array([lots.days[lot] + settle[site]]))[0])
        price = forecast[kind] * np.exp(situation.venue_factor[site])
        rate = fees.terms(np.array([site]), np.array([price]))[1][0] + tax[site]
        money = price * (1.0 - rate - returns.share[site]) * paid
        losses = steps(volume.at(here.venues["venue_id"][site]), int(units[kind]), float(money))
        if losses:
            event = here.events["event_id"][int(lots.event[lot])]
            label = f"{event}: units of {names[kind]}"
            resource = Resource(
                f"volume:{event}:{names[kind].lower()}", "volume", label, 1.0, losses
            )
            yield Use(resource, rows, np.ones(rows.size))


def steps(elasticity: float, count: int, money: float) -> tuple[tuple[float, float], ...]:
    """Return units beyond the first and the money that each loses, piece by piece.

    Parameters
    ----------
    elasticity : float
        Of the price to the number of lots, in (-1, 0].
    count : int
        Units that may come; beyond them nothing is needed.
    money : float
        What one lot alone fetches.
    """
    if elasticity >= 0.0 or count < 2:
        return ()
    edges = _edges(count)
    fetched = edges ** (1.0 + elasticity)
    width = np.diff(edges)
    lost = money * (1.0 - np.diff(fetched) / width)
    return tuple(zip(width.tolist(), lost.tolist(), strict=True))


def _edges(count: int) -> NDArray[np.float64]:
    """Return 1, 2, 3, 4, 6, 8, 12, 16 and so on, up to the count."""
    edges = [1, 2, 3, 4]
    while edges[-1] < count:
        edges.append(edges[-1] * 3 // 2 if edges[-1] & (edges[-1] - 1) == 0 else edges[-1] * 4 // 3)
    return np.array([edge for edge in edges if edge < count] + [count], dtype=np.float64)
