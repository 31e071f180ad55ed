"""Reasons: a code with its figures says the same as the words."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest

from auction.reasons import COLUMNS, REASONS, Reason, reason_columns

FIGURES = {
    "who": "yard lead", "why": "100 % \"next door\"", "given_up": 1234.5, "count": 12,
    "where": "venue DAL", "kind": "police", "until": "2026-09-01", "day": "2026-09-01",
}  # fmt: skip


def reason(code: str) -> Reason:
    names = re.findall(r"%\((\w+)\)s", REASONS[code])
    return Reason(code, {name: FIGURES[name] for name in names})


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_has_words_and_a_record(code: str) -> None:
    made = reason(code)
    assert "%(" not in made.words
    assert json.loads(made.record) == made.values


def test_words_hold_the_figures() -> None:
    assert reason("pinned").words == 'pinned by yard lead: 100 % "next door"'
    assert reason("gives_up").words == (
        "gives up 1,234 so that scarce slots, risk or limits serve the fleet"
    )
    assert reason("best").words == "the best of its 12 options"
    assert reason("legal_hold").words == "legal hold (police) until 2026-09-01"


def test_columns_stand_even_without_rows() -> None:
    assert pl.DataFrame(reason_columns([])).schema == pl.Schema(COLUMNS)
    assert pl.DataFrame(reason_columns([reason("title_missing")])).rows() == [
        ("title missing", "title_missing", "{}")
    ]
