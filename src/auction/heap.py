"""The heap of the C library, which keeps what was let go of for later."""

from __future__ import annotations

import ctypes
from typing import Final

#: glibc's malloc_trim, None where the C library is another.
_TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None)


def trim() -> None:
    """Give what the heap keeps back to the machine, some hundred MiB after a large stage.

    Each thread has a heap of its own, which shrinks by itself only from its end. Does nothing
    where the C library is not glibc.
    """
    if _TRIM is not None:
        _TRIM(0)
