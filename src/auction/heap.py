"""Heaps, which keep what was let go of for later: of the C library, and of polars."""

from __future__ import annotations

import ctypes
import os
from typing import Final

#: glibc's malloc_trim, None where the C library is another.
_TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None)


#: Where polars is built with jemalloc: what was let go of stays for half a second, then goes back.
_POLARS: Final = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:500,muzzy_decay_ms:0")


def lean_polars() -> None:
    """Have polars give memory back that it let go of; before it is imported.

    Left to itself it only marks such memory as free to take, and it counts as the process's own
    until another one needs it. Settings of the user's own stay.
    """
    os.environ.setdefault(*_POLARS)


def trim() -> None:
    """Give what the heap keeps back to the machine, some hundred MiB after a large stage.

    Each thread has a heap of its own, which shrinks by itself only from its end. Does nothing
    where the C library is not glibc.
    """
    if _TRIM is not None:
        _TRIM(0)
