"""Plain NumPy twins of the kernels of choices, with their signatures."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]
#: Shares below it do not count in the slope of use.
_UNLIKELY = 1e-5


def parts(vehicles: int) -> _Places:
    """Twin of `_core.choice.parts`."""
    count = min(max(vehicles // 1_024, 1), 64)
    return np.array([place * vehicles // count for place in range(count + 1)], dtype=np.int64)


class Choices:
    """Twin of `_core.choice.Choices`."""

    def __init__(
        self,
        start: _Places,
        option: _Places,
        coefficient: _Floats,
        group: _Places,
        pointer: ArrayLike,
        row: ArrayLike,
        amount: ArrayLike,
        offer: _Places,
        groups: int,
        rows: int,
        part: _Places | None = None,
    ) -> None:
        self.pointer, self.row = np.asarray(pointer), np.asarray(row)
        self.amount = np.asarray(amount)
        self.start, self.offer, self.groups, self.rows = start, offer, groups, rows
        self.edge = start[parts(start.size - 1) if part is None else part]
        self.coefficient, self.group = coefficient[option], group[option]
        self.use = np.zeros((option.size, rows))
        column = np.repeat(np.arange(option.size), np.diff(np.asarray(pointer)))
        np.add.at(self.use, (column, np.asarray(row)), np.asarray(amount))

    def worths(
        self, column: _Places, moments: _Floats, price: _Floats, toll: _Floats, threads: int = 1
    ) -> _Floats:
        """Twin of `_core.choice.Choices.worths`."""
        worth = (self.coefficient * moments[self.group]).sum(axis=1) - self.use @ price
        result: _Floats = (worth - np.append(toll, 0.0)[self.offer])[column]
        return result

    def best(
        self,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
        vehicle: _Places | None = None,
    ) -> tuple[_Places, _Floats, _Floats]:
        """Twin of `_core.choice.Choices.best`."""
        asked = np.arange(self.start.size - 1) if vehicle is None else vehicle
        best = np.empty(asked.size, dtype=np.int64)
        top, second = np.empty(asked.size), np.full(asked.size, -np.inf)
        for place, one in enumerate(asked):
            columns = np.arange(self.start[one], self.start[one + 1])
            worth = self.worths(columns, moments, price, toll)
            best[place], top[place] = columns[np.argmax(worth)], worth.max()
            if worth.size > 1:
                second[place] = np.sort(worth)[-2]
        return best, top, second

    def nearest(
        self,
        width: float,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
        vehicle: _Places | None = None,
    ) -> tuple[_Places, NDArray[np.bool_], _Places, _Places]:
        """Twin of `_core.choice.Choices.nearest`."""
        asked = np.arange(self.start.size - 1) if vehicle is None else vehicle
        best, top, second = self.best(moments, price, toll, threads, asked)
        free = second >= top - width
        begin, found = self.above(asked[free], top[free] - width, moments, price, toll)
        return best, free, begin, found

    def above(
        self,
        vehicle: _Places,
        floor: _Floats,
        moments: _Floats,
        price: _Floats,
        toll: _Floats,
        threads: int = 1,
    ) -> tuple[_Places, _Places]:
        """Twin of `_core.choice.Choices.above`."""
        found = []
        for one, least in zip(vehicle, floor, strict=True):
            columns = np.arange(self.start[one], self.start[one + 1])
            found.append(columns[self.worths(columns, moments, price, toll) >= least])
        start = np.cumsum([0, *(part.size for part in found)])
        return start, np.concatenate([np.zeros(0, dtype=np.int64), *found])

    def sums(self, column: _Places, share: _Floats, threads: int = 1) -> tuple[_Floats, _Floats]:
        """Twin of `_core.choice.Choices.sums`."""
        summed = np.zeros((self.groups, self.coefficient.shape[1]))
        np.add.at(summed, self.group[column], share[:, None] * self.coefficient[column])
        return share @ self.use[column], summed

    def partial_sums(
        self, column: _Places, share: _Floats, threads: int = 1
    ) -> tuple[_Floats, _Floats]:
        """Twin of `_core.choice.Choices.partial_sums`."""
        used, summed = [], []
        for first, last in zip(self.edge[:-1], self.edge[1:], strict=True):
            own = (column >= first) & (column < last)
            part = self.sums(column[own], share[own])
            used.append(part[0])
            summed.append(part[1])
        return np.array(used), np.array(summed)

    def used(self, column: _Places, threads: int = 1) -> _Floats:
        """Twin of `_core.choice.Choices.used`."""
        return self.sums(column, np.ones(column.size))[0]

    def dearest(
        self, begin: int, end: int, price: _Floats, threads: int = 1
    ) -> tuple[_Places, _Floats, _Floats, _Floats]:
        """Twin of `_core.choice.Choices.dearest`."""
        row = np.full(end - begin, -1, dtype=np.int64)
        most, units = np.zeros(end - begin), np.zeros(end - begin)
        for place in range(end - begin):
            own = slice(self.pointer[begin + place], self.pointer[begin + place + 1])
            part = self.amount[own] * price[self.row[own]]
            if part.size and part.max() > 0.0:
                first = int(np.argmax(part))
                row[place], most[place] = self.row[own][first], part[first]
                units[place] = self.amount[own][first]
        return row, self.use[begin:end] @ price, most, units

    def take(self, order: _Places, vehicle: _Places, room: _Floats, offered: _Floats) -> _Places:
        """Twin of `_core.choice.Choices.take`."""
        left, bids = np.array(room), np.array(offered)
        chosen = np.full(self.start.size - 1, -1, dtype=np.int64)
        for column, one in zip(order, vehicle, strict=True):
            if chosen[one] < 0 and self._fits(column, left, bids):
                self._use(column, left, bids)
                chosen[one] = column
        return chosen

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
        """Twin of `_core.choice.Choices.serve`."""
        left, bids, served = np.array(room), np.array(offered), np.array(chosen)
        for one in order:
            columns = np.arange(self.start[one], self.start[one + 1])
            fitting = columns[[self._fits(column, left, bids) for column in columns]]
            served[one] = -1
            if fitting.size:
                worth = self.worths(fitting, moments, price, toll)
                served[one] = fitting[np.argmax(worth)]
                self._use(served[one], left, bids)
        return served

    def _fits(self, column: int, room: _Floats, offered: _Floats) -> bool:
        offer, needed = self.offer[column], self.use[column]
        full = offer >= 0 and offered[offer] < 1.0
        return not full and bool((room >= needed)[needed != 0.0].all())

    def _use(self, column: int, room: _Floats, offered: _Floats) -> None:
        room -= self.use[column]
        if self.offer[column] >= 0:
            offered[self.offer[column]] -= 1.0


def soft_choices(
    start: _Places,
    size: _Floats,
    base: _Floats,
    pointer: _Places,
    row: _Places,
    amount: _Floats,
    price: _Floats,
    temperature: float,
    slopes: bool = True,
    threads: int = 1,
) -> tuple[float, _Floats, _Floats, _Floats]:
    """Twin of `_core.soft.soft_choices`."""
    use = np.zeros((base.size, price.size))
    use[np.repeat(np.arange(base.size), np.diff(pointer)), row] = amount
    worth, share = base - use @ price, np.empty(base.size)
    value, used = 0.0, np.zeros(price.size)
    curve = np.zeros((price.size, price.size))
    for chooser, many in enumerate(size):
        own = slice(start[chooser], start[chooser + 1])
        top = worth[own].max()
        weight = np.exp((worth[own] - top) / temperature)
        share[own] = weight / weight.sum()
        value += many * (top + temperature * np.log(weight.sum()))
        mean = share[own] @ use[own]
        used += many * mean
        # what is left of those that count: second moments less the product of their means
        likely = np.where(share[own] >= _UNLIKELY, share[own], 0.0)
        rough = likely @ use[own]
        moments = (use[own].T * likely) @ use[own]
        curve += many / temperature * (moments - np.outer(rough, rough))
    if not slopes:
        return value, share, np.zeros(0), np.zeros((0, 0))
    return value, share, used, curve


def solve_positive(matrix: _Floats, right: _Floats) -> _Floats:
    """Twin of `_core.soft.solve_positive`, for systems with curvature in every direction."""
    lower = np.tril(matrix)
    return np.asarray(np.linalg.solve(lower + np.tril(matrix, -1).T, right))
