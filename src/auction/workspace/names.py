"""Names that are like a name: what somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the name most like the given one, or None if none is like it."""
    found = get_close_matches(name, sorted(names), n=1, cutoff=cutoff)
    return found[0] if found else None


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return a remedy: the nearest name, else all that there are."""
    known = sorted(names)
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
