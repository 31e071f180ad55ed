"""Arguments that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

WorkspaceFolder = Annotated[Path, typer.Argument(help="Folder with disposal.toml and its tables.")]
Run = Annotated[Path, typer.Argument(help="Run folder, as written by `disposal plan`.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one machine-readable object on stdout.")
]


def planning_date(text: str) -> date:
    """Read a planning date; anything else is wrong usage."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date written as YYYY-MM-DD") from None


AsOf = Annotated[
    date | None,
    typer.Option(
        parser=planning_date,
        metavar="YYYY-MM-DD",
        help="Planning date, in place of the setting.",
    ),
]
