"""Passes over columns whose values lie on workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.passes import At, LocalPasses, Near
from auction.cluster.crew import Call, Crew, Recipe
from auction.cluster.packing import Uses, narrowed, steps_of
from auction.cluster.placing import Block, Placed

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


class RemotePasses:
    """Passes of which every block makes its own, see `auction.allocation.passes.Passes`.

    Workers are asked wherever all columns are looked at to find a few: the best of each vehicle and
    those near it, with the sums of vehicles that have no choice. What is known to rest on certain
    columns takes longer to ask for than to reckon, and what takes one vehicle after the other
    cannot be shared: both are done here, since this machine has quoted the options and holds them.

    Parameters
    ----------
    crew : Crew
        Holds the blocks.
    placed : Placed
        The values.
    name : str
        How the holders call the columns.
    start, column, use, offer
        As in :class:`auction.allocation.problem.Problem`.
    """

    def __init__(
        self,
        crew: Crew,
        placed: Placed,
        name: str,
        start: _Places,
        column: _Places,
        use: sparse.csc_array,
        offer: _Places,
    ) -> None:
        self._crew, self._placed, self._name = crew, placed, name
        self._start, self._column, self._use, self._offer = start, column, use, offer
        self._groups = placed.options.basis.shape[0]
        options = placed.options
        self._here = LocalPasses(
            start, column, options.coefficient, options.group, self._groups, use, offer
        )

    def recipes(self) -> dict[int, Recipe]:
        """Return what tells each block its columns."""
        return {block.number: partial(self._told, block) for block in self._placed.blocks}

    def _told(self, block: Block) -> Call:
        first, last = block.vehicles
        own = self._columns(block)
        option = self._column[own] - self._placed.rows(block).start
        offer = self._offer[own]
        return "hold_columns", (
            self._name,
            self._placed.name,
            narrowed(np.diff(self._start[first : last + 1])),
            None if _is_range(option) and not option[:1].any() else steps_of(option),
            Uses.of(self._use, own).sent,
            offer if (offer >= 0).any() else None,
            (self._groups, self._use.shape[0]),
            block.part - first,
        )

    def _columns(self, block: Block) -> slice:
        first, last = block.vehicles
        return slice(int(self._start[first]), int(self._start[last]))

    def best(
        self,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
        vehicle: _Places | None = None,
    ) -> tuple[_Places, _Floats, _Floats]:
        """Return what `Choices.best` does; vehicles asked for ascend."""
        calls = self._per_vehicle("best", vehicle, (moments, price, toll))
        best, top, second = [], [], []
        for block, (place, *worths) in self._ask(calls):
            best.append(self._first(block, vehicle) + place)
            top.append(worths[0])
            second.append(worths[1])
        return _joined(best, np.int64), _joined(top), _joined(second)

    def near(
        self, width: float, prices: At, threads: int = 1, vehicle: _Places | None = None
    ) -> Near:
        """Return what `Near.of` does, in one round trip; vehicles asked for ascend."""
        calls = self._per_vehicle("near", vehicle, prices, width)
        best, free, columns, summed = [], [], [], {}
        for block, (place, packed, count, found, parted) in self._ask(calls):
            first = self._first(block, vehicle)
            several = np.unpackbits(packed, count=place.size).astype(np.bool_)
            best.append(first + place)
            free.append(several)
            columns.append(np.repeat(first[several], count) + found)
            summed[block.number] = parted
        chosen, choosing = _joined(best, np.int64), _joined(free, np.bool_)
        settled = chosen[~choosing]
        used = self._here.used(settled, threads)
        return Near(chosen, choosing, _joined(columns, np.int64), (used, self._whole(summed)))

    def _per_vehicle(
        self, method: str, vehicle: _Places | None, prices: At, *more: float
    ) -> dict[int, Call]:
        """Return what asks every block of some of its vehicles, or of all."""
        calls: dict[int, Call] = {}
        for block in self._placed.blocks:
            if vehicle is None:
                calls[block.number] = (method, (self._name, prices, *more, None))
                continue
            asked = self._asked(block, vehicle) - block.vehicles[0]
            if asked.size:
                calls[block.number] = (method, (self._name, prices, *more, steps_of(asked)))
        return calls

    def _asked(self, block: Block, vehicle: _Places) -> _Places:
        return vehicle[slice(*np.searchsorted(vehicle, block.vehicles))]

    def _first(self, block: Block, vehicle: _Places | None) -> _Places:
        """Return the first columns of the vehicles of a block that were asked for."""
        if vehicle is None:
            return self._start[slice(*block.vehicles)]
        return self._start[self._asked(block, vehicle)]

    def _whole(self, summed: Mapping[int, _Floats]) -> _Floats:
        """Add up sums by part and group of every block, 0 of those that are not there."""
        terms = self._placed.options.coefficient.shape[1]
        every = [
            summed.get(block.number, np.zeros((block.part.size - 1, self._groups, terms)))
            for block in self._placed.blocks
        ]
        total: _Floats = np.concatenate(every).sum(axis=0)
        return total

    def above(
        self,
        vehicle: _Places,
        floor: _Floats,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
    ) -> tuple[_Places, _Places]:
        """Return what `Choices.above` does; the vehicles ascend."""
        calls: dict[int, Call] = {}
        for block in self._placed.blocks:
            asked = slice(*np.searchsorted(vehicle, block.vehicles))
            if asked.stop > asked.start:
                mine = (steps_of(vehicle[asked] - block.vehicles[0]), floor[asked])
                calls[block.number] = ("above", (self._name, (moments, price, toll), *mine))
        counts, columns = [], []
        for block, (count, found) in self._ask(calls):
            counts.append(count)
            columns.append(np.repeat(self._first(block, vehicle), count) + found)
        begin = np.append(0, np.cumsum(_joined(counts, np.int64)))
        return begin, _joined(columns, np.int64)

    def sums(self, column: _Places, share: _Floats, threads: int = 1) -> tuple[_Floats, _Floats]:
        """Return what `Choices.sums` does; asks nobody."""
        return self._here.sums(column, share, threads)

    def worths(
        self, column: _Places, moments: _Floats, price: _Floats, toll: _Floats, threads: int = 1
    ) -> _Floats:
        """Return what `Choices.worths` does; asks nobody."""
        return self._here.worths(column, moments, price, toll, threads)

    def worths_at(self, column: _Places, prices: Sequence[At], threads: int = 1) -> _Floats:
        """Return what `Choices.worths` does at each of several prices; asks nobody."""
        return self._here.worths_at(column, prices, threads)

    def used(self, column: _Places, threads: int = 1) -> _Floats:
        """Return what `Choices.used` does; asks nobody."""
        return self._here.used(column, threads)

    def dearest(
        self, begin: int, end: int, price: _Floats, threads: int = 1
    ) -> tuple[_Places, _Floats, _Floats, _Floats]:
        """Return what `Choices.dearest` does; asks nobody."""
        return self._here.dearest(begin, end, price, threads)

    def take(self, order: _Places, vehicle: _Places, room: _Floats, offered: _Floats) -> _Places:
        """Return what `Choices.take` does; asks nobody."""
        return self._here.take(order, vehicle, room, offered)

    def serve(
        self,
        chosen: _Places,
        order: _Places,
        room: _Floats,
        offered: _Floats,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
    ) -> _Places:
        """Return what `Choices.serve` does; asks nobody."""
        return self._here.serve(chosen, order, room, offered, moments, price, toll)

    def within(
        self, kept: _Places, start: _Places, use: sparse.csc_array, offer: _Places
    ) -> LocalPasses:
        """Return passes over some of the columns, which this process makes."""
        return self._here.within(kept, start, use, offer)

    def _ask(self, calls: Mapping[int, Call]) -> Iterator[tuple[Block, Any]]:
        answers = self._crew.ask(calls)
        for block in self._placed.blocks:
            if block.number in answers:
                yield block, answers[block.number]


def _is_range(places: _Places) -> bool:
    return bool((np.diff(places) == 1).all())


def _joined(arrays: list[Any], kind: type[np.generic] = np.float64) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *arrays])
