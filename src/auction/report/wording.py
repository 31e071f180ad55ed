"""How numbers, dates and names are written in the report, in the language in use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

from auction.report.language import _, current, mark

#: What stands where there is nothing to tell.
NOTHING: Final = "–"

CHANNELS: Final = {
    "auction": mark("Auction"),
    "dealer": mark("Dealer"),
    "dismantling": mark("Dismantling"),
    "hold": mark("Held back"),
    "hedges": mark("Puts and layers"),
}
HABITS: Final = {"nearest_auction": mark("Nearest auction"), "greedy": mark("Best move first")}
STATUSES: Final = {
    "planned": mark("to be sold"),
    "held": mark("held back"),
    "barred": mark("barred"),
    "unsaleable": mark("not saleable yet"),
}


def channel_name(channel: str) -> str:
    """Return a channel as the desk calls it; one that is not known as it is."""
    return _(CHANNELS[channel]) if channel in CHANNELS else channel


def habit_name(name: str) -> str:
    """Return a habit as it is called on the desk."""
    return _(HABITS[name]) if name in HABITS else name.replace("_", " ").capitalize()


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
    text = _decimal(abs(value), f"#,##0.{'0' * digits}" if digits else "#,##0")
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"−{text}" if negative else text


def signed(value: float | None, digits: int = 0) -> str:
    """Write a difference with its sign; zero has none."""
    text = money(value, digits)
    positive = value is not None and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if positive else text


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as per cent."""
    return _percent(money(None if share is None else 100.0 * share, digits))


def signed_percent(share: float | None, digits: int = 1) -> str:
    """Write a relative difference as per cent with its sign."""
    return _percent(signed(None if share is None else 100.0 * share, digits))


def small_share(share: float) -> str:
    """Write a gap as per cent with two significant digits, however small."""
    if share <= 0.0:
        return _percent("0")
    digits = min(max(1 - math.floor(math.log10(100.0 * share)), 0), 9)
    if round(100.0 * share, digits) == 0.0:
        return _("less than %(share)s", share=_percent(_decimal(1e-9, "0.000000000")))
    return _percent(_decimal(100.0 * share, f"0.{'0' * digits}" if digits else "0"))


def day(value: date | None) -> str:
    """Write a date as 10 June 2026; a dash for none."""
    from babel.dates import format_date

    return NOTHING if value is None else format_date(value, "long", locale=current().locale)


def short_day(value: date) -> str:
    """Write a date without its year as 10 Jun."""
    from babel.dates import format_skeleton

    return format_skeleton("MMMd", value, locale=current().locale)


def listed(parts: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    from babel.lists import format_list

    return format_list(list(parts), locale=current().locale)


def plain(value: object) -> str:
    """Write a setting: lists with commas, true as yes, none as such."""
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return f"{value:,.10g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(part) for part in value) or _("none")
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(part)}" for name, part in value.items()) or _("none")
    return str(value)


def _decimal(value: float, pattern: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, format=pattern, locale=current().locale)


def _percent(number: str) -> str:
    return number if number == NOTHING else current().percent.format(number)
