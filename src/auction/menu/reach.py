"""How far a shortfall can go in each scenario, in plans that can still be the best.

A plan with options whose losses at some prices add up to more than the distance of bound and
incumbent is worth less than the incumbent (reduced-cost fixing, Dantzig, Fulkerson and Johnson
1954). Among the rest the largest shortfall of a scenario is bounded by ``sum_v max_o (y - m *
loss) + m * distance`` for every m >= 0, each vehicle on its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.menu.bent import Cover
from auction.options import Options

_Floats = NDArray[np.float64]

#: Money of shortfall that a unit of loss is set against.
_MULTIPLIERS: Final = (2.0, 12.0)
#: Options times scenarios that are looked at together; bounds the memory.
_CELLS: Final = 4_000_000
#: By which share of itself the distance is widened against rounding.
_WIDER: Final = 1e-9
#: The same for the cells, which are held in single precision: of the largest of each vehicle.
_SINGLE: Final = 4e-6


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
    options: Options,
    cover: Cover,
    open_to: NDArray[np.bool_],
    loss: _Floats,
    distance: float,
    known: Reach | None = None,
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
    known : Reach, optional
        Ranges known already; only scenarios in which the pay-off has a corner are looked at.
    """
    limit, quota = cover.layer.limit, cover.layer.quota
    asked = np.ones(options.scenarios, dtype=np.bool_)
    if known is not None:
        asked = ((known.low < 0.0) & (known.high > 0.0) & (not quota)) | (
            (known.low < limit) & (known.high > limit)
        )
        if not asked.any():
            return known
    found = _ranges(
        replace(options, basis=options.basis[:, :, asked]), cover, open_to, loss, distance
    )
    if known is None:
        return found
    low, high = known.low.copy(), known.high.copy()
    low[asked], high[asked] = found.low, found.high
    return Reach(low, high).within(known)


def _ranges(
    options: Options, cover: Cover, open_to: NDArray[np.bool_], loss: _Floats, distance: float
) -> Reach:
    finite = bool(np.isfinite(distance))
    distance = distance * (1.0 + _WIDER) + _WIDER if finite else 0.0
    rows = np.flatnonzero(open_to & (loss <= distance) if finite else open_to)
    vehicle = options.vehicle[rows]
    alone = np.bincount(vehicle, minlength=len(options.vehicle_ids))[vehicle] == 1
    fixed = cover.shortfall(options, rows[alone])
    factors = _MULTIPLIERS if finite else (0.0,)
    high, low = np.zeros((2, len(factors), options.scenarios))
    error = 0.0
    for part in _parts(rows[~alone], options):
        cells = _cells(options, cover, part)
        tolled = np.empty_like(cells)
        start = np.flatnonzero(np.diff(options.vehicle[part], prepend=-1))
        own = loss[part].astype(np.float32)[:, None]
        error += _SINGLE * start.size * float(np.abs(cells).max(initial=0.0))
        for place, factor in enumerate(factors):
            toll = np.float32(factor) * own if finite else np.zeros_like(own)
            np.subtract(cells, toll, out=tolled)
            high[place] += np.maximum.reduceat(tolled, start, axis=0).sum(axis=0, dtype=np.float64)
            np.add(cells, toll, out=tolled)
            low[place] += np.minimum.reduceat(tolled, start, axis=0).sum(axis=0, dtype=np.float64)
    room = np.array(factors)[:, None] * distance + error
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


def _cells(options: Options, cover: Cover, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return what each option adds to the shortfall, float32[h, n]."""
    cells = np.zeros((rows.size, options.scenarios), dtype=np.float32)
    covered = np.flatnonzero(cover.rows[rows])
    group = options.group[rows[covered]]
    order = np.argsort(group, kind="stable")
    for part in np.split(covered[order], np.flatnonzero(np.diff(group[order])) + 1):
        if part.size:
            own = rows[part]
            basis = options.basis[options.group[own[0]]].astype(np.float32)
            net = options.coefficient[own].astype(np.float32) @ basis
            cells[part] = cover.agreed[own].astype(np.float32)[:, None] - net
    return cells
