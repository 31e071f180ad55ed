"""A proposal as ``disposal.toml``: each line says why it stands there and how sure it is."""

from __future__ import annotations

import json
from collections.abc import Mapping

from auction.intake.proposal import ColumnProposal, Proposal, TableProposal


def settings_text(proposal: Proposal, names: Mapping[int, str]) -> str:
    """Return the settings of a proposed workspace.

    Parameters
    ----------
    proposal : Proposal
        What is proposed.
    names : mapping
        Name of each file inside the workspace, by the number of its table.

    Returns
    -------
    str
        TOML. What is unsure stands there as a comment.
    """
    lines = [
        "# Proposed from foreign files: review each line before you rely on it.",
        "# sure: name and values agree; likely: look at it; unsure: written as a comment.",
        "",
        *_review(proposal),
        _as_of(proposal),
        _currency(proposal),
        "",
    ]
    for number, table in enumerate(proposal.tables):
        lines += _table(table, names[number])
    if proposal.currency not in (None, "USD"):
        lines += [
            "[costs]",
            f"# currency_per_dollar = 1.0  # REVIEW: {proposal.currency} per US dollar; scales the",
            "# default costs, which are stated in dollars. Or set the costs themselves.",
            "",
        ]
    return "\n".join(lines)


def _review(proposal: Proposal) -> list[str]:
    notes = [
        *proposal.review,
        *(
            f"{table.source.name}: {note}"
            for table in proposal.tables
            for note in (table.review if table.table else (table.why,))
        ),
    ]
    lines = ["# REVIEW"]
    for number, note in enumerate(notes, start=1):
        first, *rest = _wrapped(note)
        lines += [f"# {number:>2}. {first}", *(f"#     {part}" for part in rest)]
    return [*lines, ""] if notes else []


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(_comment(text), 90, break_long_words=False) or [""]


def _as_of(proposal: Proposal) -> str:
    if proposal.as_of is None:
        return f"# as_of = 2026-01-01  # REVIEW: {_comment(proposal.as_of_why)}"
    return f"as_of = {proposal.as_of.isoformat()}  # likely: {_comment(proposal.as_of_why)}"


def _currency(proposal: Proposal) -> str:
    if proposal.currency is None:
        return '# currency = "USD"  # REVIEW: nothing tells it'
    return f'currency = "{proposal.currency}"  # likely: {_comment(proposal.currency_why)}'


def _table(table: TableProposal, name: str) -> list[str]:
    read_as = f", read as {', '.join(table.read_as)}" if table.read_as else ""
    about = _comment(f"{table.source.name}: {table.rows:,} rows{read_as}; {table.why}")
    if table.table is None:
        return [f"# {about}", "# [tables.?]", f"# file = {_quoted(name)}", ""]
    head = [f"# {about}", f"[tables.{table.table}]", f"file = {_quoted(name)}"]
    if table.sheet is not None:
        head.append(f"sheet = {_quoted(table.sheet)}  # as asked for")
    if table.header_row > 1:
        head.append(f"header_row = {table.header_row}  # as asked for")
    head += [
        f"{setting} = {_quoted(mark)}  # sure: some columns prove it, others leave it open"
        for setting, mark in zip(("decimal", "thousands"), table.marks, strict=False)
    ]
    head.append("")
    columns = [f"[tables.{table.table}.columns]", *map(_column, table.columns), ""]
    units = [_unit(column) for column in table.columns if column.unit is not None]
    return head + columns + ([f"[tables.{table.table}.units]", *units, ""] if units else [])


def _column(column: ColumnProposal) -> str:
    return _line(column, column.owner, f"{column.word}: {column.why}")


def _unit(column: ColumnProposal) -> str:
    return _line(column, column.unit or "", f"{column.word}: {column.why}")


def _line(column: ColumnProposal, value: str, why: str) -> str:
    mark = "" if column.taken else "# "
    return f"{mark}{column.ours} = {_quoted(value)}  # {_comment(why)}"


def _quoted(text: str) -> str:
    """Return a text as a TOML string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """Return a text that stays on its line."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
