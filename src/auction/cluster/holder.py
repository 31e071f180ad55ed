"""What a worker holds: the values of a block of vehicles, and the passes over their columns."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from _core.choice import Choices
from auction.allocation.passes import At, worths_at

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
        self._columns: dict[str, Choices] = {}

    def release(self) -> str:
        """Return the version of the engine here."""
        return release()

    def hold_values(self, values: str, coefficient: _Floats, group: NDArray[Any]) -> None:
        """Hold the coefficients of the block's options, float64[m, R], and their groups."""
        self._values[values] = _own(coefficient), np.array(group, dtype=np.int64)

    def hold_columns(
        self,
        columns: str,
        values: str,
        start: NDArray[Any],
        option: NDArray[Any] | None,
        use: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
        offer: NDArray[Any] | None,
        shape: tuple[int, int],
        part: _Places,
    ) -> None:
        """Hold the columns of a problem over the block's options.

        Parameters
        ----------
        columns, values : str
            Names of the problem, and of the values that it rests on.
        start, option, offer
            As in :class:`_core.choice.Choices`; no options for all, no offers for none.
        use : (int32[c + 1], int32[e], float64[e])
            What each column uses, in compressed columns.
        shape : (int, int)
            Groups of basis functions; rows that columns use.
        part : int64[P + 1]
            First vehicle of each part by which sums are taken.
        """
        coefficient, group = self._values[values]
        first = np.array(start, dtype=np.int64)
        size = int(first[-1])
        self._columns[columns] = Choices(
            first,
            np.arange(size) if option is None else np.array(option, dtype=np.int64),
            coefficient,
            group,
            _own(use[0]),
            _own(use[1]),
            _own(use[2]),
            np.full(size, -1) if offer is None else np.array(offer, dtype=np.int64),
            shape[0],
            shape[1],
            _own(part),
        )

    def drop(self, names: list[str]) -> None:
        """Hold values or columns no longer."""
        for name in names:
            self._values.pop(name, None)
            self._columns.pop(name, None)

    def rows(self, values: str, option: NDArray[Any]) -> _Floats:
        """Return the coefficients of some options, float64[..., R]."""
        coefficient, _ = self._values[values]
        found: _Floats = coefficient[option]
        return found

    def best(
        self, columns: str, prices: At, vehicle: _Places | None
    ) -> tuple[_Places, _Floats, _Floats]:
        """Return what `Choices.best` tells of some vehicles of the block, or of all."""
        asked = None if vehicle is None else _own(vehicle)
        moments, price, toll = map(_own, prices)
        return self._columns[columns].best(moments, price, toll, self._threads, asked)

    def worths(self, columns: str, prices: tuple[At, ...], column: range | NDArray[Any]) -> _Floats:
        """Return what `Choices.worths` tells of some columns of the block at each of the prices."""
        asked = np.arange(column.start, column.stop) if isinstance(column, range) else _own(column)
        each = [(_own(moments), _own(price), _own(toll)) for moments, price, toll in prices]
        return worths_at(self._columns[columns], asked, each, self._threads)

    def above(
        self,
        columns: str,
        prices: At,
        vehicle: _Places,
        floor: _Floats,
    ) -> tuple[_Places, _Places]:
        """Return what `Choices.above` tells of some vehicles of the block."""
        moments, price, toll = map(_own, prices)
        kernel = self._columns[columns]
        return kernel.above(_own(vehicle), _own(floor), moments, price, toll, self._threads)

    def sums(self, columns: str, column: _Places, share: _Floats | None) -> _Floats:
        """Return coefficients by part and group, float64[P, G, R], of columns taken in shares."""
        taken = _own(column)
        each = np.ones(taken.size) if share is None else _own(share)
        return self._columns[columns].partial_sums(taken, each, self._threads)[1]


def _own(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy in memory of its own: what came over the wire may lie anywhere in it."""
    return np.array(array, order="C")
