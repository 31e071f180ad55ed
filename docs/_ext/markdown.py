"""Small pieces of Markdown: tables, headings, code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """Return a text that can stand in a cell of a table."""
    return str(text).replace("|", "\\|").replace("*", "\\*").replace("\n", " ").strip()


def code(text: object) -> str:
    """Return a text set as code, fit for a cell."""
    return f"`{text}`".replace("|", "\\|")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are taken as Markdown."""
    lines = [_line(header), _line(["---"] * len(header)), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def sentence(text: str) -> str:
    """Return a text with a capital letter at its start and a full stop at its end."""
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", ":")) else ".")
