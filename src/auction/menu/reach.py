"""How far a shortfall can go in each scenario, in plans that can still be the best.

A plan with options whose losses at some prices add up to more than the distance of bound and
incumbent is worth less than the incumbent (reduced-cost fixing, Dantzig, Fulkerson and Johnson
1954). Among the rest the largest shortfall of a scenario is bounded by ``sum_v max_o (y - m *
loss) + m * distance`` for every m >= 0, each vehicle on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.menu.bent import Cover
from auction.options import Options

_Floats = NDArray[np.float64]

#: Money of shortfall that a unit of loss is set against.
_MULTIPLIERS: Final = (0.0, 0.25, 1.0, 4.0, 16.0, 64.0, 256.0)
#: Options times scenarios that are looked at together; bounds the memory.
_CELLS: Final = 4_000_000
#: By which share of itself the distance is widened against rounding.
_WIDER: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Reach:
    """Range of a shortfall by scenario.

    Parameters
    ----------
    low, high : float64[n]
        Money.
    """

    low: _Floats
    high: _Floats

    def within(self, other: Reach) -> Reach:
        """Return what both allow; where rounding parts them they meet in one point."""
        low, high = np.maximum(self.low, other.low), np.minimum(self.high, other.high)
        return Reach(low, np.maximum(low, high))

    def clipped(self, scenario: int, *, above: bool) -> Reach:
        """Return the part of one scenario's range that lies above nought, or below it."""
        low, high = self.low.copy(), self.high.copy()
        if above:
            low[scenario] = max(low[scenario], 0.0)
        else:
            high[scenario] = min(high[scenario], 0.0)
        return Reach(low, high)


def reach(
    options: Options, cover: Cover, open_to: NDArray[np.bool_], loss: _Floats, distance: float
) -> Reach:
    """Return how far the shortfall of a layer can go.

    Parameters
    ----------
    options : Options
        Options without layers.
    cover : Cover
        The layer.
    open_to : bool[m]
        Options that may be taken; every vehicle has one.
    loss : float64[m]
        What each falls short of its vehicle's best by, money >= 0.
    distance : float
        Losses add up to this at most, money; infinite where nothing is known.
    """
    distance = distance * (1.0 + _WIDER) + _WIDER
    rows = np.flatnonzero(open_to & (loss <= distance))
    vehicle = options.vehicle[rows]
    alone = np.bincount(vehicle, minlength=len(options.vehicle_ids))[vehicle] == 1
    single = rows[alone]
    fixed = cover.shortfall(options, single)
    finite = np.isfinite(distance)
    factors = _MULTIPLIERS if finite else _MULTIPLIERS[:1]
    high, low = np.zeros((2, len(factors), options.scenarios))
    # losses of those without a choice count too
    least = float(loss[single].sum()) if finite else 0.0
    for part in _parts(rows[~alone], options):
        cells = _cells(options, cover, part)
        start = np.flatnonzero(np.diff(options.vehicle[part], prepend=-1))
        for place, factor in enumerate(factors):
            toll = factor * loss[part][:, None] if factor else 0.0
            high[place] += np.maximum.reduceat(cells - toll, start, axis=0).sum(axis=0)
            low[place] += np.minimum.reduceat(cells + toll, start, axis=0).sum(axis=0)
    room = np.array(factors)[:, None] * ((distance - least) if finite else 0.0)
    return Reach(fixed + (low - room).max(axis=0), fixed + (high + room).min(axis=0))


def _parts(rows: NDArray[np.int64], options: Options) -> list[NDArray[np.int64]]:
    """Cut rows into parts that hold whole vehicles."""
    if not rows.size:
        return []
    most = max(1, _CELLS // options.scenarios)
    vehicle = options.vehicle[rows]
    first = np.flatnonzero(np.diff(vehicle, prepend=-1))
    wanted = np.arange(most, rows.size, most)
    cuts = np.unique(first[np.minimum(np.searchsorted(first, wanted), first.size - 1)])
    return [part for part in np.split(rows, cuts) if part.size]


def _cells(options: Options, cover: Cover, rows: NDArray[np.int64]) -> _Floats:
    """Return what each option adds to the shortfall, float64[h, n]."""
    cells = np.zeros((rows.size, options.scenarios))
    covered = np.flatnonzero(cover.rows[rows])
    group = options.group[rows[covered]]
    order = np.argsort(group, kind="stable")
    for part in np.split(covered[order], np.flatnonzero(np.diff(group[order])) + 1):
        if part.size:
            own = rows[part]
            net = options.coefficient[own] @ options.basis[options.group[own[0]]]
            cells[part] = cover.agreed[own][:, None] - net
    return cells
