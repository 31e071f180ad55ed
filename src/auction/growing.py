"""An array that grows part by part and is never held twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

#: Room beyond what is expected.
_SPARE = 1.02


class Growing:
    """An array of one dimension to which parts are added.

    Joining parts at the end would hold all of them beside the whole; here room is made by
    enlarging the one array, which the system does by moving pages instead of copying them.

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
            self._resize(max(size, int(size / share * _SPARE)))
        self._held[self._size : size] = part
        self._size = size

    def whole(self) -> NDArray[Any]:
        """Return what was added; nothing can be added any more."""
        self._resize(self._size)
        return self._held

    def _resize(self, size: int) -> None:
        # nobody else can hold the array: it is handed out once it no longer grows
        self._held.resize(size, refcheck=False)
