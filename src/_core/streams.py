"""Keys of random streams: which numbers a seed, a stream and a unit name."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_LIMIT = 1 << 64


def unit_key(text: str) -> int:
    """Key of a unit by its name: the same on every machine and in every run.

    Parameters
    ----------
    text : str
        A vehicle's id, or any other name; the empty string is a name too.

    Returns
    -------
    int
        The 64-bit BLAKE2b digest of the name in UTF-8, read little-endian. Among a million
        names two share a key with a probability of 3e-8.
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def unit_keys(names: Iterable[str]) -> NDArray[np.uint64]:
    """Keys of many units, see `unit_key`.

    Returns
    -------
    ndarray of uint64, shape (u,)
        One key per name, in the order given.
    """
    return np.fromiter((unit_key(name) for name in names), dtype=np.uint64)


def stream_key(seed: int, stream: int) -> int:
    """64-bit Philox key of a stream under a seed.

    Both numbers are digested together (BLAKE2b of the two as 64-bit little-endian words), so
    that neighbouring seeds and streams have unrelated keys.

    Raises
    ------
    ValueError
        If one of them is negative or needs more than 64 bits.
    """
    for name, number in (("seed", seed), ("stream", stream)):
        if not 0 <= number < _LIMIT:
            raise ValueError(f"{name} must lie in [0, 2**64), got {number}")
    text = seed.to_bytes(8, "little") + stream.to_bytes(8, "little")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
