"""First offerings of known bidders and sellers, bids drawn one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.auctions.bidders import Floats, top_two
from residual.lots import Lots

#: How far rows that have nothing to do with bids lie from the hammer foretold, at most.
_STRAY = 10.0


@dataclass(frozen=True, slots=True)
class World:
    """How lots come and go, in units of the scale of the hammer foretold.

    Attributes
    ----------
    name : str
    rate : float
        Mean number of bidders, Poisson.
    share : float
        Sd of bidders around the unit's value.
    noise : float
        Sd of reserves around what sellers know of a unit.
    counted : float
        Share of the lots whose bidders somebody counted.
    value, unit, asked, known : float
        Where values lie, the sd of a unit's own shock, where reserves lie, and the part of a
        unit's shock that sellers know.
    strays : float
        Share of rows that have nothing to do with bids.
    """

    name: str
    rate: float
    share: float
    noise: float
    counted: float
    value: float = -0.4
    unit: float = 0.85
    asked: float = -0.1
    known: float = 0.8
    strays: float = 0.0

    def numbers(self) -> Floats:
        """Return the truth in the order of `residual.lots.NAMES`."""
        return np.array(
            [self.value, np.log(self.unit), np.log(self.share), 0.0, 0.0, self.asked, self.known,
             0.0, np.log(self.noise), np.log(self.rate)]
        )  # fmt: skip


def offerings(rng: np.random.Generator, world: World, lots: int) -> Lots:
    """Offer so many lots: bids, reserves by what sellers know, and what a file tells of it."""
    own = world.unit * rng.standard_normal(lots)
    number = rng.poisson(world.rate, lots)
    highest, second = (world.value + own + world.share * bid for bid in top_two(rng, number))
    reserve = world.asked + world.known * own + world.noise * rng.standard_normal(lots)
    sold, exact = highest >= reserve, second > reserve
    counted = rng.random(lots) < world.counted
    log = np.log1p(number.astype(np.float64))
    drawn = np.where(counted, log - log[counted].mean(), 0.0) if counted.any() else np.zeros(lots)
    told = Lots(
        np.where(exact, second, reserve), reserve, sold, exact, np.zeros(lots, dtype=np.bool_),
        np.where(counted, number.astype(np.float64), np.nan), drawn, np.zeros(lots),
        np.zeros(lots, dtype=np.int64),
    )  # fmt: skip
    return _spoilt(rng, told, world.strays)


def _spoilt(rng: np.random.Generator, lots: Lots, strays: float) -> Lots:
    """Put rows in whose reserve, outcome and hammer follow nothing at all."""
    count = len(lots)
    bad, outcome = rng.random(count) < strays, rng.integers(0, 3, count)
    anywhere = rng.uniform(-_STRAY, _STRAY, (2, count))
    reserve = np.where(bad, anywhere[0], lots.reserve)
    return replace(
        lots,
        reserve=reserve,
        bound=np.where(bad, np.where(outcome == 2, anywhere[1], reserve), lots.bound),
        above=np.where(bad, outcome > 0, lots.above),
        exact=np.where(bad, outcome == 2, lots.exact),
        bidders=np.where(bad, np.nan, lots.bidders),
        drawn=np.where(bad, 0.0, lots.drawn),
    )
