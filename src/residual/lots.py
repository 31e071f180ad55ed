"""Past offerings as the likelihood of bids sees them, and what each tells of the bidding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.outcomes import HALF_LOG, of_bids

#: What the bidding is told by, in the order of its numbers.
NAMES: Final = (
    "value", "unit", "share", "drawn", "usual", "asked", "known", "asked usual", "reserve", "rate",
)  # fmt: skip
#: Rows that have nothing to do with bids lie up to ten scales either way, in one of three outcomes.
_STRAY: Final = np.log(0.05 / 3.0)
_WIDE: Final = np.log(0.05)


@dataclass(frozen=True, slots=True)
class Lots:
    """First offerings, logs against the hammer foretold and in units of each row's scale.

    Attributes
    ----------
    bound : float64[n]
        The second highest bid where it is known, else the reserve.
    reserve : float64[n]
        NaN where none is known.
    above, exact : bool[n]
        Whether the highest bidder meets the reserve, and whether the second highest stands at
        `bound`: neither where all that is known is that the reserve was missed, the first alone
        after a sale at the reserve, the second alone where bids ended below the reserve.
    blind : bool[n]
        Whether nothing is known but that the highest meets the reserve, as of sealed bids.
    bidders : float64[n]
        NaN where not known.
    drawn, usual : float64[n]
        ln of one more than the bidders, 0 where not known: what is the lot's own, and what units
        of its model draw in general.
    venue : int64[n]
        From 0.
    """

    bound: Floats
    reserve: Floats
    above: NDArray[np.bool_]
    exact: NDArray[np.bool_]
    blind: NDArray[np.bool_]
    bidders: Floats
    drawn: Floats
    usual: Floats
    venue: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bound)

    @property
    def venues(self) -> int:
        """How many venues there are."""
        return int(self.venue.max(initial=-1)) + 1

    def take(self, rows: NDArray[np.int64]) -> Lots:
        """Some of the lots, their venues' numbers kept."""
        return replace(
            self,
            bound=self.bound[rows], reserve=self.reserve[rows], above=self.above[rows],
            exact=self.exact[rows], blind=self.blind[rows], bidders=self.bidders[rows],
            drawn=self.drawn[rows], usual=self.usual[rows], venue=self.venue[rows],
        )  # fmt: skip


def likelihood(
    lots: Lots,
    numbers: Floats,
    worth: Floats,
    asking: Floats,
    nodes: Floats,
    weights: Floats,
    strays: float,
) -> tuple[Floats, Floats, Floats]:
    """Log likelihood of each lot, its slope in each number, and what it says of the shock.

    Parameters
    ----------
    lots : Lots
    numbers : float64[10]
        In the order of `NAMES`: where values lie; ln of the unit's ratio; ln of the bidders'
        share; what drawing more bidders goes with, for a lot and for its model; where reserves
        lie; how much of the unit's shock sellers know; what reserves add for the model's usual
        bidders; ln of the reserve's noise; ln of the mean number of bidders where not known.
    worth, asking : float64[g]
        What each venue adds to values and to reserves.
    nodes, weights : float64[k]
        The unit's shock.
    strays : float
        Share of lots that have nothing to do with bids, above nought.

    Returns
    -------
    log : float64[n]
    slopes : float64[n, 10]
        Those in a venue's `worth` and `asking` are those in "value" and "asked".
    mass : float64[k]
        How many lots are taken to have each shock, those that have nothing to do with bids apart.

    Notes
    -----
    With v = value + worth + drawn' + usual' + unit * shock, bidders stand at v + share * normal
    and t = (bound - v) / share; what they say of each outcome stands in `residual.outcomes`. The
    reserve is asked + asking + known * (v's own part) + noise. The shock is summed out.
    """
    value, unit, share, more, usual, asked, known, own, noise, rate = numbers
    unit, share, noise, rate = np.exp([unit, share, noise, rate])
    shock = unit * nodes[None, :]
    base = value + worth[lots.venue] + more * lots.drawn + usual * lots.usual
    t = ((lots.bound - base)[:, None] - shock) / share
    bids = of_bids(lots, t, share, rate)
    log = bids.log
    asks = np.isfinite(lots.reserve)
    self_known = more * lots.drawn[:, None] + shock
    miss = lots.reserve - asked - asking[lots.venue] - own * lots.usual
    e = np.where(asks[:, None], (miss[:, None] - known * self_known) / noise, 0.0)
    log += np.where(asks[:, None], -0.5 * e**2 - HALF_LOG - np.log(noise), 0.0) + np.log(weights)
    top = log.max(axis=1, keepdims=True)
    chance = np.exp(log - top)
    total = chance.sum(axis=1, keepdims=True)
    said = (top + np.log(total))[:, 0]
    stray = np.log(strays) + _STRAY + np.where(asks, 0.0, -_WIDE) + np.where(lots.exact, _WIDE, 0.0)
    full = np.logaddexp(np.log1p(-strays) + said, stray)
    chance *= np.exp(np.log1p(-strays) + said - full)[:, None] / total

    def mean(of: Floats) -> Floats:
        return np.asarray(np.einsum("ij,ij->i", chance, of))

    lift, pull = -bids.turn / share, -e / noise
    both = lift - known * pull
    slopes = np.column_stack(
        [
            mean(lift),
            mean(both * shock),
            mean(bids.stretch),
            mean(both) * lots.drawn,
            mean(lift) * lots.usual,
            -mean(pull),
            -mean(pull * self_known),
            -mean(pull) * lots.usual,
            mean(np.where(asks[:, None], e**2 - 1.0, 0.0)),
            mean(bids.crowd),
        ]
    )
    return full, slopes, chance.sum(axis=0)
