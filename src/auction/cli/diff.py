"""``disposal diff``: what changed between two plans, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from auction.cli.arguments import AsJson, Run
from auction.cli.exits import told_errors


def diff(
    before: Run,
    after: Annotated[Path, typer.Argument(help="Run folder of the later plan.")],
    as_json: AsJson = False,
) -> None:
    """Tell which vehicles moved between two plans, why, and what that is worth."""
    from auction.diff import diff_runs, tell

    with told_errors():
        record = diff_runs(before, after)
        text = json.dumps(record, ensure_ascii=False, allow_nan=False) if as_json else tell(record)
        typer.echo(text)
