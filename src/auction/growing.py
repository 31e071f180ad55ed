"""An array that grows part by part, without all parts being held beside the whole at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

#: Room beyond what is expected; what is never written to takes no memory.
_SPARE = 1.05


class Growing:
    """An array of one dimension to which parts are added.

    Room is made for as much as the whole is expected to be. Where that is too little, it is made
    anew and what is there moves: enlarging it in place would save that, but leaves an array in
    small pages, which kernels read a third slower than one that was made at once.

    Parameters
    ----------
    dtype : dtype
        Of the items.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._held: NDArray[Any] = np.empty(0, dtype=dtype)
        self._size = 0

    def add(self, part: NDArray[Any], share: float) -> None:
        """Add items at the end.

        Parameters
        ----------
        part : array[j]
            The items.
        share : float
            Which share of the whole is there with them, more or less; above 0.
        """
        size = self._size + part.size
        if size > self._held.size:
            room = np.empty(max(size, int(size / share * _SPARE)), dtype=self._held.dtype)
            room[: self._size] = self._held[: self._size]
            self._held = room
        self._held[self._size : size] = part
        self._size = size

    def whole(self) -> NDArray[Any]:
        """Return what was added."""
        return self._held[: self._size]
