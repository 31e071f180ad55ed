"""How numbers, dates and names are written in the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

#: What stands where there is nothing to tell.
NOTHING: Final = "–"
#: The sign stays on the line of its number.
_PERCENT: Final = "\u00a0%"

CHANNELS: Final = {
    "auction": "Auction",
    "dealer": "Dealer",
    "dismantling": "Dismantling",
    "hold": "Held back",
    "hedges": "Index hedges",
}
HABITS: Final = {"nearest_auction": "Nearest auction", "greedy": "Best move first"}
STATUSES: Final = {
    "planned": "to be sold",
    "held": "held back",
    "barred": "barred",
    "unsaleable": "not saleable yet",
}


def money(value: float | None, digits: int = 0) -> str:
    """Write an amount with thousands separators; a dash for none.

    Parameters
    ----------
    value : float or None
        Amount; NaN counts as none.
    digits : int
        Decimal places.
    """
    if value is None or math.isnan(value):
        return NOTHING
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"−{text}" if negative else text


def signed(value: float | None, digits: int = 0) -> str:
    """Write a difference with its sign; zero has none."""
    text = money(value, digits)
    positive = value is not None and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if positive else text


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as per cent."""
    text = money(None if share is None else 100.0 * share, digits)
    return text if text == NOTHING else f"{text}{_PERCENT}"


def signed_percent(share: float | None, digits: int = 1) -> str:
    """Write a relative difference as per cent with its sign."""
    text = signed(None if share is None else 100.0 * share, digits)
    return text if text == NOTHING else f"{text}{_PERCENT}"


def small_share(share: float) -> str:
    """Write a gap as per cent with two significant digits, however small."""
    if share <= 0.0:
        return f"0{_PERCENT}"
    digits = min(max(1 - math.floor(math.log10(100.0 * share)), 0), 9)
    text = f"{100.0 * share:.{digits}f}"
    return f"less than 0.000000001{_PERCENT}" if float(text) == 0.0 else f"{text}{_PERCENT}"


def day(value: date | None) -> str:
    """Write a date as 10 June 2026; a dash for none."""
    return NOTHING if value is None else f"{value.day} {value:%B %Y}"


def short_day(value: date) -> str:
    """Write a date without its year as 10 Jun."""
    return f"{value.day} {value:%b}"


def units(count: float, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 vehicle, 2 vehicles."""
    return f"{count:,.0f} {one if round(count) == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def plain(value: object) -> str:
    """Write a setting: lists with commas, true as yes, none as such."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.10g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(part) for part in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(part)}" for name, part in value.items()) or "none"
    return str(value)
