"""Whole numbers and sparse columns in as few bytes as hold them, for the way between machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


def narrowed(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in the narrowest kind that holds them all.

    Parameters
    ----------
    numbers : int[...]
        At least 0.

    Raises
    ------
    ValueError
        When one is negative.
    """
    if numbers.size and int(numbers.min()) < 0:
        raise ValueError("only numbers of at least 0 are narrowed")
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def steps_of(column: _Places) -> NDArray[Any]:
    """Return ascending places as the steps between them, narrowed; `places_of` is the inverse."""
    return narrowed(np.diff(column, prepend=0))


def places_of(steps: NDArray[Any]) -> _Places:
    """Return the places between which so many steps lie."""
    return np.cumsum(steps, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Uses:
    """What columns use, in compressed columns.

    Parameters
    ----------
    count : uint[c]
        Rows that each column uses.
    row : uint[e]
        The rows.
    amount : float64[e] or float64[1]
        Units of each; one number where all are equal.
    """

    count: NDArray[Any]
    row: NDArray[Any]
    amount: _Floats

    @classmethod
    def of(cls, use: sparse.csc_array, columns: slice) -> Uses:
        """Return what some columns use."""
        pointer = use.indptr[columns.start : columns.stop + 1]
        entries = slice(int(pointer[0]), int(pointer[-1]))
        amount = use.data[entries]
        if amount.size and (amount == amount[0]).all():
            amount = amount[:1]
        return cls(narrowed(np.diff(pointer)), narrowed(use.indices[entries]), amount)

    @property
    def sent(self) -> tuple[NDArray[Any], NDArray[Any], _Floats]:
        """The arrays that travel."""
        return self.count, self.row, self.amount

    def kernel(self) -> tuple[NDArray[np.int32], NDArray[np.int32], _Floats]:
        """Return pointer, row and amount as :class:`_core.choice.Choices` takes them."""
        amount = np.broadcast_to(self.amount, self.row.shape) if self.row.size else self.amount
        return (
            np.append(0, np.cumsum(self.count, dtype=np.int32)).astype(np.int32),
            self.row.astype(np.int32),
            np.array(amount, dtype=np.float64),
        )
