"""What is wrong with rows that tell of a unit, whether it was sold or is to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from residual.errors import Fault
from residual.tables import DAMAGE_LEVELS, RULE_WORDS

#: Model years and grades that are taken for such, as in the schemas of the tables.
_YEARS: Final = (1900, 2100)
_GRADES: Final = (1.0, 5.0)


def unit_faults(rows: pl.DataFrame, file: str, places: Sequence[int]) -> list[Fault]:
    """List what is wrong with the age, the grade and the damage of units.

    Parameters
    ----------
    rows : polars.DataFrame
        n rows with model_year, first_registered or both; grade and damage may be absent.
    file : str
        What the table is called in messages.
    places : sequence of int
        Place of each row in that table, from 0.

    Returns
    -------
    list of Fault
        By rule, within a rule by row. A grade on another scale, or a word for damage that is
        not known, would be read as the best of states.
    """
    faults = []
    for column, wrong, rule in _checks(rows):
        kept = rows.select(
            place=pl.Series(places, dtype=pl.Int64), value=column, wrong=wrong
        ).filter("wrong")
        faults += [
            Fault(rule, file=file, row=place + 1, column=column, value=_text(value))
            for place, value in kept.select("place", "value").iter_rows()
        ]
    dated = [name for name in ("first_registered", "model_year") if name in rows.columns]
    unknown = rows.select(pl.all_horizontal(pl.col(dated).is_null()).alias("unknown"))["unknown"]
    rule = RULE_WORDS["age_known"]
    return faults + [
        Fault(rule, file=file, row=places[row] + 1) for row in unknown.arg_true().to_list()
    ]


def _checks(rows: pl.DataFrame) -> list[tuple[str, pl.Expr, str]]:
    """Columns, where they are wrong, and the rule that says so."""
    checks = []
    if "model_year" in rows.columns:
        year = pl.col("model_year").cast(pl.Float64)
        low, high = _YEARS
        odd = ~year.is_between(low, high) | (year != year.floor())
        checks.append(("model_year", odd, f"must be a whole year from {low} to {high}"))
    if "condition_grade" in rows.columns:
        grade = pl.col("condition_grade").cast(pl.Float64)
        odd = ~grade.is_between(*_GRADES) & ~grade.is_nan()
        checks.append(("condition_grade", odd, "must lie from 1 to 5, the best"))
    if "damage" in rows.columns:
        damage = pl.col("damage").cast(pl.String).str.strip_chars().str.to_lowercase()
        odd = ~damage.is_in((*DAMAGE_LEVELS, ""))
        checks.append(("damage", odd, RULE_WORDS["damage_known"]))
    return [(name, odd.fill_null(value=False), rule) for name, odd, rule in checks]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
