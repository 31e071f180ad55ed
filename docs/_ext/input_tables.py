"""The tables of a workspace in Markdown, as their schemas tell them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import dataframely as dy
from markdown import cell, code, sentence, table

from auction.rule_words import RULE_WORDS
from auction.tables import KEYS, SCHEMAS
from auction.workspace.sources import Tables
from auction.workspace.units import QUANTITIES, UNITS

TYPES = {
    "String": "text",
    "Float64": "number",
    "Int64": "whole number",
    "Date": "date",
    "Bool": "true or false",
}
_BOUNDS = (
    ("min", "at least {}"),
    ("min_exclusive", "above {}"),
    ("max", "at most {}"),
    ("max_exclusive", "below {}"),
)


def meaning(column: dy.Column) -> str:
    """Return what a column means, in words."""
    return column.description or ""


def all_tables() -> str:
    """Return a section for every table of a workspace."""
    return "\n".join(part for name in SCHEMAS for part in _section(name))


def _section(name: str) -> Iterator[str]:
    schema = SCHEMAS[name]
    field = Tables.model_fields[name]
    required = "Required." if field.is_required() else "Optional."
    yield f"({name})=\n## {name}\n"
    yield f"{sentence(inspect.getdoc(schema) or field.description or '')} {required}"
    if name in KEYS:
        yield f"A row is known by {' and '.join(code(key) for key in KEYS[name])}, which no other "
        yield "row of the table may share."
    yield ""
    yield table(
        ("column", "type", "unit", "needed", "meaning"),
        (_row(column_name, column) for column_name, column in schema.columns().items()),
    )
    rules = [RULE_WORDS[rule] for rule in sorted(_rules(schema)) if rule in RULE_WORDS]
    if rules:
        yield "Rules over several columns:\n"
        for words in rules:
            at = f"{code(words.column)}: " if words.column else ""
            remedy = f" Remedy: {words.remedy}." if words.remedy else ""
            yield f"- {at}{cell(words.rule)}.{remedy}"
        yield ""


def _rules(schema: type[dy.Schema]) -> list[str]:
    columns = schema.columns()
    return [
        name
        for name in dir(schema)
        if name in RULE_WORDS and name not in columns and not name.startswith("_")
    ]


def _row(name: str, column: dy.Column) -> tuple[str, ...]:
    told: dict[str, Any] = dict(column.metadata or {})
    words = cell(sentence(meaning(column)))
    limits = _limits(column)
    if limits:
        words += f" {sentence(limits)}"
    if told.get("one_of"):
        words += " One of " + ", ".join(code(value) for value in told["one_of"]) + "."
    if told.get("example"):
        words += f" Example: {code(told['example'])}."
    return (
        code(name),
        TYPES.get(type(column).__name__, type(column).__name__),
        cell(told.get("unit") or ""),
        "" if column.nullable else "yes",
        words,
    )


def _limits(column: dy.Column) -> str:
    """Return the bounds of a number in words."""
    given = ((text, getattr(column, name, None)) for name, text in _BOUNDS)
    return " and ".join(text.format(f"{bound:g}") for text, bound in given if bound is not None)


def units() -> str:
    """Return the units that a file may be written in, and the columns that have them."""
    known = [(unit.quantity, code(name), cell(unit.meaning)) for name, unit in UNITS.items()]
    columns = [
        (quantity, ", ".join(code(name) for name, kind in QUANTITIES.items() if kind == quantity))
        for quantity in dict.fromkeys(QUANTITIES.values())
    ]
    return (
        table(("quantity", "unit", "meaning"), known)
        + "\n"
        + table(("quantity", "columns that have it"), columns)
    )
