"""What is lost as volume grows: use beyond a limit that costs more, step by step.

Where a market pays less for each further unit, the proceeds are concave in the volume. A piecewise
linear loss, convex in what is used beyond the limit, takes a variable for each piece; dearer pieces
are filled last by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.options import Resource

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """Pieces of the losses of some capped things: T of them.

    Parameters
    ----------
    row : int64[T]
        Which cap a piece belongs to, ascending.
    begin : float64[T]
        Units beyond the cap's limit where it begins; within a cap ascending from 0.
    width : float64[T]
        Units that it holds. Those of a cap hold all that any plan can use.
    cost : float64[T]
        Money that a unit loses, within a cap ascending.
    """

    row: NDArray[np.int64]
    begin: _Floats
    width: _Floats
    cost: _Floats

    @classmethod
    def of(
        cls,
        resources: Sequence[Resource],
        use: sparse.csr_array,
        vehicle: NDArray[np.int64],
        vehicles: int,
    ) -> Steps:
        """Read the steps of resources, the last of each long enough for any plan.

        Parameters
        ----------
        resources : sequence of Resource, length k
        use : scipy.sparse.csr_array, [k, c]
            What each column uses of them.
        vehicle : int64[c]
            Vehicle of each column.
        vehicles : int
            Number of vehicles.
        """
        rows: list[tuple[int, float, float, float]] = []
        for place, resource in enumerate(resources):
            if not resource.steps:
                continue
            part = slice(use.indptr[place], use.indptr[place + 1])
            most = np.zeros(vehicles)
            np.maximum.at(most, vehicle[use.indices[part]], use.data[part])
            begin = 0.0
            for number, (width, cost) in enumerate(resource.steps):
                last = number + 1 == len(resource.steps)
                room = max(float(most.sum()) + 1.0 - resource.limit - begin, width)
                rows.append((place, begin, room if last else width, cost))
                begin += width
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        return cls(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])

    def held(self, count: int) -> _Floats:
        """Return the units that the pieces of each of ``count`` caps hold, 0 without pieces."""
        return np.bincount(self.row, weights=self.width, minlength=count).astype(np.float64)

    def amounts(self, beyond: _Floats) -> _Floats:
        """Return the units in each piece at a use beyond the limits, float64[T]."""
        return np.clip(beyond[self.row] - self.begin, 0.0, self.width)

    def losses(self, beyond: _Floats) -> _Floats:
        """Return the money lost to each cap at a use beyond the limits, float64[k]."""
        lost = self.cost * self.amounts(beyond)
        return np.bincount(self.row, weights=lost, minlength=beyond.size).astype(np.float64)

    def marginal(self, beyond: _Floats) -> _Floats:
        """Return the money that the next unit of each cap would lose, float64[k]."""
        entered = (beyond[self.row] >= self.begin).astype(np.float64)
        rise = np.diff(self.cost, prepend=0.0)
        rise = np.where(self.begin == 0.0, self.cost, rise)
        return np.bincount(self.row, weights=rise * entered, minlength=beyond.size).astype(
            np.float64
        )

    def slack(self, prices: _Floats, weight: float = 1.0) -> float:
        """Return what the pieces add to the bound that prices of the caps prove, money.

        What they lose counts with the weight of the scenarios in the measure, together.
        """
        return float(self.width @ np.maximum(prices[self.row] - weight * self.cost, 0.0))
