"""Texts that a workbook can hold: sheet names, titles and cells, whatever a file contained."""

from __future__ import annotations

import re
from typing import Final

#: What XML 1.0 cannot hold, and with it no workbook.
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANKS: Final = re.compile(r"\s+")
#: What a sheet name may not hold.
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
#: What makes a program take a text for a formula, where it stands first.
_FORMULA: Final = "=+-@"
_LONGEST_NAME: Final = 31
_LONGEST_CELL: Final = 32_767
_LONGEST_HEADER: Final = 200


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it: no characters that XML forbids, no overlength."""
    clean = _ILLEGAL.sub("\ufffd", text)
    return clean if len(clean) <= _LONGEST_CELL else clean[: _LONGEST_CELL - 1] + "…"


def header_text(text: str) -> str:
    """Return a text for a page header or footer, in which an ampersand begins a command."""
    return _BLANKS.sub(" ", cell_text(text))[: _LONGEST_HEADER // 2].replace("&", "&&")


class SheetNames:
    """Gives each sheet a name that every spreadsheet program takes, and that is its own.

    Names are at most 31 characters long, differ whatever their case, hold no bracket, colon,
    asterisk, question mark or slash of either kind, do not begin or end with an apostrophe, do
    not begin as a formula does, and depend on what was asked for before alone.
    """

    def __init__(self) -> None:
        self._taken: set[str] = {"history"}

    def name(self, wanted: str) -> str:
        """Return a name as near as can be to the one wanted."""
        plain = _FORBIDDEN.sub("_", _BLANKS.sub(" ", cell_text(wanted))).strip().strip("'").strip()
        if not plain:
            plain = "sheet"
        if plain[0] in _FORMULA:
            plain = "_" + plain[1:]
        found, count = plain[:_LONGEST_NAME].strip().rstrip("'"), 1
        while found.lower() in self._taken:
            count += 1
            tail = f" ({count})"
            found = plain[: _LONGEST_NAME - len(tail)].strip() + tail
        self._taken.add(found.lower())
        return found
