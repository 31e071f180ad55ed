"""Passes over columns whose values lie on workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from _core.choice import Choices
from auction.allocation.passes import At, LocalPasses
from auction.cluster.crew import Call, Crew, Recipe
from auction.cluster.placing import Block, Placed

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


class RemotePasses:
    """Passes of which every block makes its own, see `auction.allocation.passes.Passes`.

    What columns use is known here too, so that what rests on use alone asks nobody.

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
        self._without = Choices(
            start,
            column,
            np.zeros((0, 0)),
            np.zeros(0, dtype=np.int64),
            use.indptr,
            use.indices,
            use.data,
            offer,
            self._groups,
            use.shape[0],
        )

    def recipes(self) -> dict[int, Recipe]:
        """Return what tells each block its columns."""
        return {block.number: partial(self._told, block) for block in self._placed.blocks}

    def _told(self, block: Block) -> Call:
        first, last = block.vehicles
        own = self._columns(block)
        option = self._column[own] - self._placed.rows(block).start
        pointer = self._use.indptr[own.start : own.stop + 1]
        entries = slice(int(pointer[0]), int(pointer[-1]))
        offer = self._offer[own]
        return "hold_columns", (
            self._name,
            self._placed.name,
            self._start[first : last + 1] - own.start,
            None if _is_range(option) and not option[:1].any() else option,
            (
                (pointer - pointer[0]).astype(np.int32),
                self._use.indices[entries].astype(np.int32),
                self._use.data[entries],
            ),
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
        prices, calls = (moments, price, toll), {}
        for block in self._placed.blocks:
            first, last = block.vehicles
            asked = None
            if vehicle is not None:
                asked = vehicle[slice(*np.searchsorted(vehicle, [first, last]))] - first
            if asked is None or asked.size:
                calls[block.number] = ("best", (self._name, prices, asked))
        found = [
            (part[0] + self._columns(block).start, *part[1:]) for block, part in self._ask(calls)
        ]
        best, top, second = ([*each] for each in zip(*found, strict=True)) if found else ([],) * 3
        return _joined(best, np.int64), _joined(top), _joined(second)

    def worths(
        self, column: _Places, moments: _Floats, price: _Floats, toll: _Floats, threads: int = 1
    ) -> _Floats:
        """Return what `Choices.worths` does."""
        found: _Floats = self.worths_at(column, [(moments, price, toll)])[0]
        return found

    def worths_at(self, column: _Places, prices: Sequence[At], threads: int = 1) -> _Floats:
        """Return what `Choices.worths` does at each of several prices, float64[K, h]."""
        if not prices:
            return np.zeros((0, column.size))
        order: _Places | None = None
        if (np.diff(column) < 0).any():
            order = np.argsort(column, kind="stable")
            column = column[order]
        calls: dict[int, Call] = {}
        for block in self._placed.blocks:
            own = self._columns(block)
            asked = column[slice(*np.searchsorted(column, [own.start, own.stop]))] - own.start
            if asked.size:
                calls[block.number] = ("worths", (self._name, tuple(prices), _short(asked)))
        nothing = np.zeros((len(prices), 0))
        found = np.concatenate([nothing, *(part for _, part in self._ask(calls))], axis=1)
        if order is None:
            return found
        result = np.empty_like(found)
        result[:, order] = found
        return result

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
        prices, calls = (moments, price, toll), {}
        for block in self._placed.blocks:
            first = block.vehicles[0]
            asked = slice(*np.searchsorted(vehicle, block.vehicles))
            if asked.stop > asked.start:
                mine = (vehicle[asked] - first, floor[asked])
                calls[block.number] = ("above", (self._name, prices, *mine))
        count, columns = [], []
        for block, (start, found) in self._ask(calls):
            count.append(np.diff(start))
            columns.append(found + self._columns(block).start)
        begin = np.append(0, np.cumsum(_joined(count, np.int64)))
        return begin, _joined(columns, np.int64)

    def sums(self, column: _Places, share: _Floats, threads: int = 1) -> tuple[_Floats, _Floats]:
        """Return what `Choices.sums` does."""
        used = self._without.sums(column, share, threads)[0]
        whole = bool((share == 1.0).all())
        calls = {}
        for block in self._placed.blocks:
            own = self._columns(block)
            asked = slice(*np.searchsorted(column, [own.start, own.stop]))
            if asked.stop > asked.start:
                each = None if whole else share[asked]
                calls[block.number] = ("sums", (self._name, column[asked] - own.start, each))
        found = {block.number: part for block, part in self._ask(calls)}
        terms = self._placed.options.coefficient.shape[1]
        every = [
            found.get(block.number, np.zeros((block.part.size - 1, self._groups, terms)))
            for block in self._placed.blocks
        ]
        return used, np.concatenate(every).sum(axis=0)

    def used(self, column: _Places, threads: int = 1) -> _Floats:
        """Return what `Choices.used` does; asks nobody."""
        return self._without.used(column, threads)

    def dearest(
        self, begin: int, end: int, price: _Floats, threads: int = 1
    ) -> tuple[_Places, _Floats, _Floats, _Floats]:
        """Return what `Choices.dearest` does; asks nobody."""
        return self._without.dearest(begin, end, price, threads)

    def take(self, order: _Places, vehicle: _Places, room: _Floats, offered: _Floats) -> _Places:
        """Return what `Choices.take` does; asks nobody."""
        return self._without.take(order, vehicle, room, offered)

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
        """Return what `Choices.serve` does, the worths of those served being fetched before."""
        served = np.array(chosen, dtype=np.int64)
        if not order.size:
            return served
        vehicle = np.sort(order)
        count = self._start[vehicle + 1] - self._start[vehicle]
        begin = np.append(0, np.cumsum(count))
        columns = np.arange(begin[-1]) + np.repeat(self._start[vehicle] - begin[:-1], count)
        worth = self.worths(columns, moments, price, toll)
        use = self._use if columns.size == self._column.size else self._use[:, columns]
        # the worth stands in for coefficients and prices: times one, less nothing
        few = LocalPasses(
            begin.astype(np.int64),
            np.arange(columns.size),
            worth[:, None],
            np.zeros(columns.size, dtype=np.int64),
            1,
            sparse.csc_array(use),
            self._offer[columns],
        )
        place = np.searchsorted(vehicle, order)
        free, tolls = np.zeros(price.size), np.zeros(toll.size)
        nobody = np.full(vehicle.size, -1, dtype=np.int64)
        found = few.serve(nobody, place, room, offered, np.ones((1, 1)), free, tolls)
        served[vehicle] = np.where(found < 0, -1, columns[found])
        return served

    def within(
        self, kept: _Places, start: _Places, use: sparse.csc_array, offer: _Places
    ) -> LocalPasses:
        """Return passes over some of the columns, whose coefficients are fetched for it."""
        option = self._column[kept]
        calls: dict[int, Call] = {}
        for block in self._placed.blocks:
            own = self._placed.rows(block)
            asked = option[slice(*np.searchsorted(option, [own.start, own.stop]))] - own.start
            if asked.size:
                calls[block.number] = ("rows", (self._placed.name, asked))
        coefficient = np.concatenate([part for _, part in self._ask(calls)])
        group = self._placed.options.group[option]
        return LocalPasses(
            start, np.arange(kept.size), coefficient, group, self._groups, use, offer
        )

    def _ask(self, calls: Mapping[int, Call]) -> Iterator[tuple[Block, Any]]:
        answers = self._crew.ask(calls)
        for block in self._placed.blocks:
            if block.number in answers:
                yield block, answers[block.number]


def _is_range(places: _Places) -> bool:
    return bool((np.diff(places) == 1).all())


def _short(places: _Places) -> range | _Places:
    """Return places that follow each other as a range, which costs nothing to send."""
    if places.size == places[-1] - places[0] + 1 and _is_range(places):
        return range(int(places[0]), int(places[-1]) + 1)
    return places


def _joined(arrays: list[Any], kind: type[np.generic] = np.float64) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *arrays])
