"""Why a vehicle goes where it goes: a code with its figures, and the words for it.

A run's tables hold all three: the words in English for those who read the tables, code and
figures for a report that says the same in another language.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

import polars as pl

#: What each code says; the names stand for the figures that come with it.
REASONS: Final = {
    "pinned": "pinned by %(who)s: %(why)s",
    "dispatched": "dispatched already: %(where)s",
    "promised": "promised already: %(where)s",
    "banned": "the best that a ban leaves; banned by %(who)s: %(why)s",
    "only": "nothing else can be reached within the horizon",
    "kept_back": (
        "kept back: options worth %(given_up)s more would take slots from other vehicles "
        "or break a rule"
    ),
    "gives_up": "gives up %(given_up)s so that scarce slots, risk or limits serve the fleet",
    "stays": (
        "stays where the last plan put it: %(given_up)s more elsewhere would not pay for the move"
    ),
    "best": "the best of its %(count)s options",
    "legal_hold": "legal hold (%(kind)s) until %(until)s",
    "title_missing": "title missing",
    "available_from": "available only from %(day)s",
}

#: Columns of a table that says reasons.
COLUMNS: Final = {
    "reason": pl.String, "reason_code": pl.String, "reason_values": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a vehicle goes where it goes.

    Parameters
    ----------
    code : str
        One of :data:`REASONS`.
    values : dict of str to str, int or float
        Its figures: money as float, counts as int, dates as ISO text, names as they are.
    """

    code: str
    values: dict[str, str | int | float] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The reason in English."""
        written = {
            name: value if isinstance(value, str) else f"{value:,.0f}"
            for name, value in self.values.items()
        }
        return REASONS[self.code] % written

    @property
    def record(self) -> str:
        """The figures as one line of JSON."""
        return json.dumps(self.values, ensure_ascii=False)


def reason_columns(reasons: list[Reason]) -> list[pl.Series]:
    """Return the columns reason, reason_code and reason_values."""
    told = [(reason.words, reason.code, reason.record) for reason in reasons]
    return [
        pl.Series(name, [row[place] for row in told], dtype=kind)
        for place, (name, kind) in enumerate(COLUMNS.items())
    ]
