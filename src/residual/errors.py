"""The error hierarchy shared by the value models and everything built on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: A longer value is free text: a message tells only its length.
MOST_CHARACTERS: Final = 60
MOST_WORDS: Final = 3


class DisposalError(Exception):
    """Base of every error that the engine raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the input, told so that it can be mended.

    Parameters
    ----------
    rule : str
        What is required, in words.
    file, column : str, optional
        Where the fault stands; a column may also be the path of a setting.
    row : int, optional
        Row of the file, the first row of data being 1.
    value : str, optional
        The offending value as it stands in the file. The fault as text tells only the length of
        a value that reads as free text.
    remedy : str, optional
        What to do about it.
    """

    rule: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        place = [
            text
            for text in (
                self.file,
                None if self.row is None else f"row {self.row}",
                None if self.column is None else f"column {self.column}",
                None if self.value is None else f"value {_told(self.value)}",
            )
            if text is not None
        ]
        sentence = f"{', '.join(place)}: {self.rule}" if place else self.rule
        return f"{sentence} ({self.remedy})" if self.remedy else sentence


def _told(value: str) -> str:
    """Return a value for a message; messages end in logs, where no free text of persons belongs."""
    if len(value) > MOST_CHARACTERS or len(value.split()) > MOST_WORDS:
        return f"of {len(value):,} characters"
    return repr(value)


class InputError(DisposalError):
    """The input is at fault; every fault found is listed.

    Attributes
    ----------
    faults : tuple of Fault
        In the order in which they were found.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        if not faults:
            raise ValueError("an InputError needs at least one fault")
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
