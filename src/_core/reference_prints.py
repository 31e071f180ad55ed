"""Plain NumPy twin of the print of an array's content, with its signature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LANES = 64
_ODD, _OTHER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)


def content_print(array: NDArray[Any]) -> tuple[object, ...]:
    """Twin of `_core.prints.content_print`."""
    if array.dtype.hasobject:
        raise TypeError("objects have no print of their content")
    content = np.frombuffer(array.tobytes(), dtype=np.uint8)
    row_size = 8 * _LANES
    filled = np.zeros((content.size // row_size + 1) * row_size, dtype=np.uint8)
    filled[: content.size] = content
    lanes = np.arange(1, _LANES + 1, dtype=np.uint64)
    for row in filled.view(np.uint64).reshape(-1, _LANES):
        lanes = (lanes ^ row) * _ODD
        lanes = ((lanes << np.uint64(29)) | (lanes >> np.uint64(35))) * _OTHER
        lanes = (lanes << np.uint64(32)) | (lanes >> np.uint64(32))
    return array.dtype.str, array.shape, *lanes.tolist()
