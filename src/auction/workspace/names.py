"""Names that are like a name: what somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

import polars as pl

#: Names around the place of a name in their order that are compared with it where there are many.
COMPARED: Final = 1_000


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the name most like the given one, or None if none is like it."""
    found = get_close_matches(name, sorted(names), n=1, cutoff=cutoff)
    return found[0] if found else None


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return a remedy: the nearest name, else all that there are."""
    known = sorted(names)
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"


def nearest_of_many(name: str, names: pl.Series) -> str | None:
    """Return the name most like the given one; of very many only those next to it in order.

    Parameters
    ----------
    name : str
        What was written.
    names : polars.Series
        Known names, sorted.

    Returns
    -------
    str or None
        None if none is like it.
    """
    place = names.search_sorted(name)
    start = max(0, place - COMPARED)
    return nearest(name, names.slice(start, place - start + COMPARED).to_list())
