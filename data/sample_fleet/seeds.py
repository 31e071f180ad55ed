"""The planning date, the horizon and the seed every draw of the sample goes back to."""

from __future__ import annotations

from datetime import date
from zlib import crc32

import numpy as np

SEED = 20260601
AS_OF = date(2026, 6, 1)
WEEKS = 8
CURRENCY = "USD"


def stream(name: str) -> np.random.Generator:
    """Return the generator of one table, so that editing a table leaves the others as they are."""
    return np.random.default_rng([SEED, crc32(name.encode())])


def days(values: object) -> np.ndarray:
    """Return dates as whole days since 1970-01-01 (int64)."""
    return np.asarray(values, dtype="datetime64[D]").astype(np.int64)


def as_dates(values: np.ndarray) -> np.ndarray:
    """Return whole days since 1970-01-01 as dates (datetime64[D])."""
    return np.asarray(values, dtype=np.int64).astype("datetime64[D]")
