"""Own lots of one model at one sale: the more there are, the less each fetches.

With elasticity e, n lots fetch n ** (1 + e) times what one does. The loss against n times that is
convex in n and taken piece by piece; whole numbers up to four are exact, beyond them a chord, which
overrates the loss by little. Lots offered again count as past ones did: by the chance of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from auction.channels.lots import AuctionMarket
from auction.channels.quotes import Use
from auction.options import Resource
from auction.situation import Situation

Floats = NDArray[np.float64]


def volume_uses(
    situation: Situation,
    here: AuctionMarket,
    vehicle: NDArray[np.int64],
    row: NDArray[np.int64],
    event: NDArray[np.int64],
    units: NDArray[np.float64],
) -> Iterator[Use]:
    """Tell how many of each model are offered at each event, where that moves prices.

    What one lot fetches is that of a typical unit: the mean forecast of the fleet's units of the
    model, by the venue's factor, after tax, returns and the rate of the fee at that price, as of
    the planning date.

    Parameters
    ----------
    situation : Situation
    here : AuctionMarket
    vehicle : int64[m]
        Unit of each lot.
    row, event : int64[k]
        Lot and event of each run.
    units : float64[k]
        Chance that the run is held: one for a first run.
    """
    volume = situation.market.own_volume
    if volume is None or not vehicle.size:
        return
    code, models = situation.alike
    names, alike = models["name"].to_list(), models["units"].to_list()
    event_ids = here.events["event_id"].to_list()
    fall = [volume.at(venue) for venue in here.venues["venue_id"]]
    held = np.flatnonzero(units > 0.0)
    pair = event[held] * len(names) + code[vehicle[row[held]]]
    order = np.argsort(pair, kind="stable")
    runs = np.split(held[order], np.flatnonzero(np.diff(pair[order])) + 1)
    sales, kinds = np.divmod(np.unique(pair), len(names))
    money = _kept(situation, here, sales, models["forecast"].to_numpy()[kinds])
    for own, sale, kind, fetched in zip(
        runs, sales.tolist(), kinds.tolist(), money.tolist(), strict=True
    ):
        losses = steps(fall[int(here.event_venue[sale])], alike[kind], fetched)
        if losses:
            name = event_ids[sale]
            label = f"{name}: units of {names[kind]}"
            resource = Resource(
                f"volume:{name}:{names[kind].lower()}", "volume", label, 1.0, losses
            )
            yield Use(resource, row[own], units[own])


def _kept(
    situation: Situation, here: AuctionMarket, sale: NDArray[np.int64], forecast: Floats
) -> Floats:
    """Return what is kept of the prices of units at events, as of the planning date, money."""
    market, site = situation.market, here.event_venue[sale]
    price = forecast * np.exp(situation.venue_factor[site])
    _, fee_rate = market.sale_fees("auction").terms(site, price)
    rate = fee_rate + here.venues["tax_rate"].to_numpy()[site]
    settle = here.venues["settlement_days"].to_numpy()[site]
    paid = situation.discount(here.event_days[sale] + settle)
    return np.asarray(price * (1.0 - rate - market.returns("auction").share[site]) * paid)


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
