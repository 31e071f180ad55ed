"""What a worker holds: the values of a block of vehicles, and the passes over their columns."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from _core.choice import Choices
from auction.allocation.passes import At
from auction.cluster.packing import Uses, narrowed, places_of

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


def release() -> str:
    """Return the version of the engine; arrays of another one may mean something else."""
    try:
        engine = version("residual-auction")
    except PackageNotFoundError:
        engine = "not installed"
    return f"residual-auction {engine}, numpy {np.__version__}"


class Holder:
    """A block of vehicles, numbered from 0, with their columns and options.

    Lives on a worker, and is asked from afar; nothing that it is asked changes an answer.

    Parameters
    ----------
    threads : int
        Threads of the kernels.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._values: dict[str, tuple[_Floats, _Places]] = {}
        self._columns: dict[str, tuple[Choices, _Places]] = {}

    def release(self) -> str:
        """Return the version of the engine here."""
        return release()

    def hold_values(self, values: str, coefficient: _Floats, group: NDArray[Any]) -> None:
        """Hold the coefficients of the block's options, float64[m, R], and their groups."""
        self._values[values] = _own(coefficient), np.array(group, dtype=np.int64)

    def hold_changed(self, values: str, last: str, constant: _Floats) -> None:
        """Hold values that differ from others in what is the same in all scenarios.

        Parameters
        ----------
        values, last : str
            Names of the values, and of those that they are like.
        constant : float64[m]
            First coefficient of each option, money.
        """
        before, group = self._values[last]
        coefficient = before.copy()
        coefficient[:, 0] = constant
        self._values[values] = coefficient, group

    def hold_columns(
        self,
        columns: str,
        values: str,
        count: NDArray[Any],
        option: NDArray[Any] | None,
        use: tuple[NDArray[Any], NDArray[Any], _Floats],
        offer: NDArray[Any] | None,
        shape: tuple[int, int],
        part: _Places,
    ) -> None:
        """Hold the columns of a problem over the block's options.

        Parameters
        ----------
        columns, values : str
            Names of the problem, and of the values that it rests on.
        count : uint[v]
            Columns of each vehicle.
        option : uint[c], optional
            Steps between the options of the columns; all options if not given.
        use : (uint[c], uint[e], float64[e or 1])
            What each column uses, see :class:`auction.cluster.packing.Uses`.
        offer : int64[c], optional
            As in :class:`_core.choice.Choices`; none if not given.
        shape : (int, int)
            Groups of basis functions; rows that columns use.
        part : int64[P + 1]
            First vehicle of each part by which sums are taken.
        """
        coefficient, group = self._values[values]
        first = np.append(0, np.cumsum(count, dtype=np.int64))
        size = int(first[-1])
        kernel = Choices(
            first,
            np.arange(size) if option is None else places_of(option),
            coefficient,
            group,
            *Uses(*use).kernel(),
            np.full(size, -1) if offer is None else np.array(offer, dtype=np.int64),
            shape[0],
            shape[1],
            _own(part),
        )
        self._columns[columns] = kernel, first

    def drop(self, names: list[str]) -> None:
        """Hold values or columns no longer."""
        for name in names:
            self._values.pop(name, None)
            self._columns.pop(name, None)

    def best(
        self, columns: str, prices: At, vehicle: NDArray[Any] | None
    ) -> tuple[NDArray[Any], _Floats, _Floats]:
        """Return what `Choices.best` tells of some vehicles of the block, or of all.

        Columns are told as places among their vehicle's, narrowed.
        """
        kernel, start = self._columns[columns]
        asked = None if vehicle is None else places_of(vehicle)
        best, top, second = kernel.best(*_owned(prices), self._threads, asked)
        return narrowed(best - (start[:-1] if asked is None else start[asked])), top, second

    def near(
        self, columns: str, prices: At, width: float, vehicle: NDArray[Any] | None
    ) -> tuple[NDArray[Any], NDArray[np.uint8], NDArray[Any], NDArray[Any], _Floats]:
        """Return what `Near.of` tells of some vehicles of the block, or of all.

        Returns
        -------
        (uint[v], uint8[...], uint[f], uint[d], float64[P, G, R])
            The place of each vehicle's best among its columns; bits that are set for the f
            vehicles with a choice; how many columns each of these has near, and their places;
            coefficients of the others' best by part and group.
        """
        kernel, start = self._columns[columns]
        asked = np.arange(start.size - 1) if vehicle is None else places_of(vehicle)
        best, free, begin, found = kernel.nearest(width, *_owned(prices), self._threads, asked)
        settled = best[~free]
        summed = kernel.partial_sums(settled, np.ones(settled.size), self._threads)[1]
        count = np.diff(begin)
        first = start[asked]
        return (
            narrowed(best - first),
            np.packbits(free),
            narrowed(count),
            narrowed(found - np.repeat(first[free], count)),
            summed,
        )

    def above(
        self, columns: str, prices: At, vehicle: NDArray[Any], floor: _Floats
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return how many columns of each vehicle lie above its floor, and their places."""
        kernel, start = self._columns[columns]
        asked = places_of(vehicle)
        begin, found = kernel.above(asked, _own(floor), *_owned(prices), self._threads)
        count = np.diff(begin)
        return narrowed(count), narrowed(found - np.repeat(start[asked], count))


def _own(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy in memory of its own: what came over the wire may lie anywhere in it."""
    return np.array(array, order="C")


def _owned(prices: At) -> At:
    moments, price, toll = prices
    return _own(moments), _own(price), _own(toll)
