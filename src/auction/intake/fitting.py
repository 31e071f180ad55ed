"""How well the values of a column suit one of ours, whatever the column is called."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

from auction.intake.evidence import Evidence
from auction.intake.synonyms import plain
from auction.tables import KEYS
from auction.workspace.mapping import admitted_words

#: Different values of a kind are few; more of them are names.
_KINDS: Final = ("seller_kind", "body", "powertrain", "segment")
_MANY: Final = 200

#: Columns that name places, and words that tell where a unit is on its way instead.
_PLACES: Final = ("region", "from_region", "to_region")
_STAGES: Final = (
    r"(?i)\b(repossess\w*|recovered|in transit|transit|at yard|yard|sold|unsold|pending|available|"
    r"open|closed|active|inactive|new|used|on hold|hold|ready|damaged|released|reserved|returned|"
    r"in stock|withdrawn|yes|no|true|false)\b"
)

Fit = tuple[float, str]


def fit(table: str, ours: str, column: dy.Column, evidence: Evidence) -> Fit:
    """Return how well values suit a column of ours, and what is to be said of it.

    Parameters
    ----------
    table, ours : str
        Our names of table and column.
    column : dataframely.Column
        What the column holds.
    evidence : Evidence
        The values.

    Returns
    -------
    share : float
        From 0, impossible, to 1, just so.
    why : str
        Empty where the values neither help nor hinder.
    """
    if evidence.empty:
        return 0.0, "no value is given"
    words = admitted_words(column)
    if words:
        return _words(tuple(words), evidence)
    if ours == "vin":
        return (1.0, "17 characters as in VINs") if evidence.vins else (0.2, "no VINs by form")
    if ours == "model_year":
        return (1.0, "years of cars") if evidence.years else (0.0, "no years")
    if column.dtype == pl.Date:
        return _dates(evidence)
    if column.dtype.is_numeric():
        return _numbers(ours, column, evidence)
    if KEYS.get(table) == (ours,):
        return (1.0, "no value stands twice") if evidence.unique else (0.35, "values stand twice")
    if ours in _PLACES:
        return _region(evidence)
    if ours in _KINDS and evidence.distinct > _MANY:
        return 0.5, f"{evidence.distinct:,} different texts are many for a kind"
    if not evidence.dates.is_empty() and evidence.numbers.is_empty():
        return 0.1, "dates"
    return 1.0, ""


def _region(evidence: Evidence) -> Fit:
    stages = evidence.texts.unique().str.contains(_STAGES).sum()
    if stages * 4 > evidence.distinct:
        seen = ", ".join(sorted(evidence.texts.unique().to_list())[:4])
        return 0.4, f"no names of places: {seen[:60]}"
    if not evidence.dates.is_empty() and evidence.numbers.is_empty():
        return 0.1, "dates"
    if plain(evidence.header) == "state" and not evidence.states:
        return 0.7, "no states of the USA: are these places?"
    return 1.0, ""


def _words(words: tuple[str, ...], evidence: Evidence) -> Fit:
    if evidence.words_among(words):
        return 1.0, "the words are ours"
    seen = ", ".join(sorted(evidence.texts.unique().to_list())[:4])
    return 0.3, f"must be one of {', '.join(words)}, not {seen[:60]}: map them under values"


def _dates(evidence: Evidence) -> Fit:
    if evidence.dates.is_empty():
        return 0.0, "no dates"
    if evidence.date_doubt:
        return 0.6, f"dates, {evidence.date_doubt}: state date_format"
    return 1.0, f"dates {evidence.first_date} to {evidence.last_date}"


def _numbers(ours: str, column: dy.Column, evidence: Evidence) -> Fit:
    numbers = evidence.numbers
    if numbers.is_empty():
        return 0.0, "no numbers"
    if evidence.years and ours not in ("value", "capacity"):
        return 0.3, "years"
    if column.dtype == pl.Int64 and not bool((numbers == numbers.round(0)).all()):
        return 0.0, "no whole numbers"
    bound = 180.0 if ours == "lon" else 90.0
    if ours in ("lat", "lon") and not bool((numbers.abs() <= bound).all()):
        return 0.0, "no degrees"
    return 1.0, ""
