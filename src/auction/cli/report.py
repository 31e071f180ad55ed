"""``disposal report``: the report of a run, written anew."""

from __future__ import annotations

import typer

from auction.cli.arguments import Run
from auction.cli.exits import told_errors


def report(run: Run) -> None:
    """Write the report of a run anew from its tables."""
    from auction.report import write_report

    with told_errors():
        typer.echo(write_report(run))
