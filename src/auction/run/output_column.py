"""What a column of a run's tables is: its type, its unit and its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MONEY: Final = "money"


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of a table of a run.

    Parameters
    ----------
    type : str
        text, date, number, count, list of counts, yes or no.
    unit : str
        What it is measured in, empty for words, dates and answers. Money stands in the
        currency of the run.
    meaning : str
        What a value says, in words.
    """

    type: str
    unit: str
    meaning: str


def text(meaning: str) -> OutputColumn:
    """Words."""
    return OutputColumn("text", "", meaning)


def date(meaning: str) -> OutputColumn:
    """A day."""
    return OutputColumn("date", "", meaning)


def flag(meaning: str) -> OutputColumn:
    """A yes or a no."""
    return OutputColumn("yes or no", "", meaning)


def count(unit: str, meaning: str) -> OutputColumn:
    """A whole number of something."""
    return OutputColumn("count", unit, meaning)


def number(unit: str, meaning: str) -> OutputColumn:
    """A number in a unit."""
    return OutputColumn("number", unit, meaning)


def money(meaning: str) -> OutputColumn:
    """An amount in the currency of the run."""
    return number(_MONEY, meaning)
