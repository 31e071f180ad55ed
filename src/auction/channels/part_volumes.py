"""Parts that sell for less the more of them are sold: what each teardown adds to the number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from auction.channels.part_lists import Teardowns
from auction.channels.quotes import Use
from auction.channels.teardown import Demand
from auction.options import Resource


def part_uses(
    best: Teardowns,
    vehicle: NDArray[np.int64],
    site: NDArray[np.int64],
    kept: NDArray[np.float64],
) -> Iterator[Use]:
    """Tell the parts whose price falls with volume, by the number expected from each option.

    One market is shared by the fleet and by all dismantlers. A step loses money at the mean of
    what options keep of a unit of money: after fees and tax, as of the planning date.

    Parameters
    ----------
    best : Teardowns
    vehicle, site : int64[m]
        Unit and dismantler of each option.
    kept : float64[m]
        What each option keeps of a unit of money.
    """
    number = best.number[vehicle, site]
    found: dict[Demand, dict[int, float]] = {}
    for place in np.unique(number).tolist():
        for part in best.best[place].parts:
            if part.demand is not None and part.chance > 0.0:
                found.setdefault(part.demand, {})[place] = part.chance
    share = float(kept.mean()) if kept.size else 1.0
    for demand in sorted(found, key=lambda each: (each.group, each.part)):
        chances = np.zeros(len(best.best))
        chances[list(found[demand])] = list(found[demand].values())
        rows = np.flatnonzero(chances[number] > 0.0)
        yield Use(_market(demand, share), rows, chances[number[rows]])


def _market(demand: Demand, share: float) -> Resource:
    owner = "any vehicle" if demand.group == "*" else demand.group
    return Resource(
        f"part:{demand.group}:{demand.part}",
        "volume",
        f"parts of {owner}: {demand.part}",
        demand.units,
        tuple((units, share * lost) for units, lost in demand.steps),
    )
