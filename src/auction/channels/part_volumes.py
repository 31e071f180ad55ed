"""Parts that sell for less the more of them are sold: what each teardown adds to the number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.part_lists import Teardowns
from auction.channels.quotes import Use
from auction.channels.teardown import Demand, read_parts
from auction.options import Resource
from auction.situation import Situation

#: Days to the end of the first week.
_WEEK: Final = 7.0


def part_uses(
    situation: Situation, best: Teardowns, vehicle: NDArray[np.int64], site: NDArray[np.int64]
) -> Iterator[Use]:
    """Tell the parts whose price falls with volume, by the number expected from each option.

    One market is shared by the fleet and by all dismantlers, so that a step loses the same money
    whoever is quoted beside: what is kept of it at the mean of all dismantlers, for a vehicle that
    is handed over at the end of the first week.

    Parameters
    ----------
    situation : Situation
    best : Teardowns
    vehicle, site : int64[m]
        Unit and dismantler of each option.
    """
    number = best.number[vehicle, site]
    found: dict[Demand, dict[int, float]] = {}
    days: dict[Demand, float] = {}
    for place in np.unique(number).tolist():
        for part in best.best[place].parts:
            if part.demand is not None and part.chance > 0.0:
                found.setdefault(part.demand, {})[place] = part.chance
                days[part.demand] = part.days
    rates = {group: _rates(situation, group) for group in {each.group for each in found}}
    for demand in sorted(found, key=lambda each: (each.group, each.part)):
        chances = np.zeros(len(best.best))
        chances[list(found[demand])] = list(found[demand].values())
        rows = np.flatnonzero(chances[number] > 0.0)
        share = _kept(situation, rates[demand.group], days[demand])
        yield Use(_market(demand, share), rows, chances[number[rows]])


def _rates(situation: Situation, group: str) -> NDArray[np.float64]:
    """Return the shares of a further unit of money from parts that go to fees and tax, float64[N].

    Fees are those on all that the list of an undamaged vehicle may bring.
    """
    market = situation.market
    if market.parts is None:
        raise ValueError("there are no parts lists")
    venues = market.places("dismantling")
    lists = read_parts(market.parts.filter(pl.col("group") == group), market.dismantling)
    whole = float(sum(part.price * part.chance for part in lists[group]))
    every = np.arange(venues.height)
    _, rate = market.sale_fees("dismantling").terms(every, np.full(every.size, whole))
    return np.asarray(rate + venues["tax_rate"].to_numpy())


def _kept(situation: Situation, rates: NDArray[np.float64], days: float) -> float:
    """Return what is kept of a unit of money, as of the planning date, so long after delivery."""
    settle = situation.market.places("dismantling")["settlement_days"].to_numpy()
    return float(np.mean((1.0 - rates) * situation.discount(_WEEK + settle + days)))


def _market(demand: Demand, share: float) -> Resource:
    owner = "any vehicle" if demand.group == "*" else demand.group
    return Resource(
        f"part:{demand.group}:{demand.part}",
        "volume",
        f"parts of {owner}: {demand.part}",
        demand.units,
        tuple((units, share * lost) for units, lost in demand.steps),
    )
