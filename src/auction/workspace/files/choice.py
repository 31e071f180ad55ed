"""Choose among ways to read a column: the data has to prove one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

#: A reading stands against this many times fewer values that only a rival fits: slips of the pen.
SLIPS: Final = 1000


#: So few values prove a reading only where not many more are read differently by a rival.
FEW: Final = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """How a column is read.

    Parameters
    ----------
    best : str
        The reading that fits most values; of equals the first.
    rival : str or None
        A reading that fits as well and gives other values; None if the data proves the best.
    example : str or None
        A value that the two read differently.
    disagree : bool
        Whether some values only fit the one, and others only the rival or either.
    """

    best: str
    rival: str | None = None
    example: str | None = None
    disagree: bool = False


def choose(texts: pl.Series, readings: Mapping[str, pl.Series]) -> Choice:
    """Choose the reading that the values of a column prove.

    A reading is proven against a rival if they nowhere differ, or if some values fit it alone
    and (slips aside) none the rival alone. A handful of values that fit it alone proves nothing
    of many that the two read differently: they may be the slips.

    Parameters
    ----------
    texts : polars.Series
        Values as they stand, without nulls.
    readings : mapping
        By name, in the order of preference: the values as that reading takes them, null where
        they do not fit.

    Returns
    -------
    Choice
        The best reading, and the rival that is not ruled out.
    """
    fits = {name: len(values) - values.null_count() for name, values in readings.items()}
    best = max(fits, key=fits.__getitem__)
    chosen = readings[best]
    for name, values in readings.items():
        differ = (chosen != values).fill_null(value=False)
        if name == best or not differ.any():
            continue
        alone = int((chosen.is_not_null() & values.is_null()).sum())
        against = int((chosen.is_null() & values.is_not_null()).sum())
        if against * SLIPS > alone or _proves_little(alone, int(differ.sum())):
            disagree = alone > 0 or against > 0
            return Choice(best, name, str(texts.filter(differ).min()), disagree=disagree)
    return Choice(best)


def _proves_little(alone: int, open_ones: int) -> bool:
    return alone * SLIPS < open_ones or (alone < FEW and alone * FEW <= open_ones)
