"""Plain twin of the kernel of chains, with its signature."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


def link_moves(
    vehicle: _Places,
    gain: _Floats,
    pointer: _Places,
    row: _Places,
    change: _Floats,
    weight: _Floats,
    room: _Floats,
    begin: _Places,
    least: float,
    depth: int,
    breadth: int,
    visits: int,
    budget: int,
) -> tuple[_Places, _Places]:
    """Twin of `_core.chains.link_moves`."""
    search = _Search(vehicle, gain, pointer, row, change, weight, np.array(room), depth, breadth)
    made: list[int] = []
    ends: list[int] = []
    starts = [place for place in range(len(begin)) if not place or _new(vehicle, begin, place)]
    for first, last in zip(starts, [*starts[1:], len(begin)], strict=True):
        if budget <= 0:
            break
        search.visits, search.found, search.best = min(visits, budget), [], least
        budget -= search.visits + 1
        for move in begin[first:last].tolist():
            if vehicle[move] not in search.moved and gain[move] > search.best:
                search.extend([move], float(gain[move]))
        budget += search.visits
        for move in search.found:
            search.make(move)
        made += search.found
        ends += [len(made)] if search.found else []
    return np.array(made, dtype=np.int64), np.array(ends, dtype=np.int64)


def _new(vehicle: _Places, begin: _Places, place: int) -> bool:
    return bool(vehicle[begin[place]] != vehicle[begin[place - 1]])


class _Search:
    """Chains that begin with one vehicle, the room tried out anew for each."""

    def __init__(
        self,
        vehicle: _Places,
        gain: _Floats,
        pointer: _Places,
        row: _Places,
        change: _Floats,
        weight: _Floats,
        room: _Floats,
        depth: int,
        breadth: int,
    ) -> None:
        self.vehicle, self.gain, self.weight, self.room = vehicle, gain, weight, room
        self.uses = [
            list(zip(row[a:b].tolist(), change[a:b].tolist(), strict=True))
            for a, b in pairwise(pointer.tolist())
        ]
        self.depth, self.breadth = depth, breadth
        self.visits, self.best = 0, 0.0
        self.found: list[int] = []
        self.moved: set[int] = set()

    def make(self, move: int) -> None:
        """Make a move for good."""
        for row, amount in self.uses[move]:
            self.room[row] -= amount
        self.moved.add(int(self.vehicle[move]))

    def extend(self, chain: list[int], gain: float) -> None:
        """Keep the chain if it fits, or free the row that lacks most."""
        left = self.room.copy()
        for move in chain:
            for row, amount in self.uses[move]:
                left[row] -= amount
        worst, most = -1, 0.0
        for row in (row for move in chain for row, _ in self.uses[move]):
            lacking = -left[row] * self.weight[row]
            if left[row] < 0.0 and lacking > most:
                worst, most = row, lacking
        if worst < 0:
            if gain > self.best:
                self.best, self.found = gain, list(chain)
            return
        if len(chain) < self.depth:
            self._free(worst, chain, gain)

    def _free(self, worst: int, chain: list[int], gain: float) -> None:
        tried, named = 0, {int(self.vehicle[move]) for move in chain}
        for move, uses in enumerate(self.uses):
            if not any(row == worst and amount < 0.0 for row, amount in uses):
                continue
            if tried == self.breadth or self.visits == 0:
                return
            owner = int(self.vehicle[move])
            if owner in self.moved or owner in named or gain + self.gain[move] <= self.best:
                continue
            tried += 1
            self.visits -= 1
            self.extend([*chain, move], gain + float(self.gain[move]))
