"""``disposal report``: the report of a run, written anew."""

from __future__ import annotations

from typing import Annotated

import typer

from auction.cli.arguments import Run
from auction.cli.exits import told_errors


def report(
    run: Run,
    language: Annotated[
        str | None,
        typer.Option(help="en or zh_CN, in place of the setting that the run was planned with."),
    ] = None,
) -> None:
    """Write the report of a run anew from its tables."""
    from auction.report import write_report
    from auction.report.language import LANGUAGES
    from auction.workspace.names import suggestion

    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(
            f"{language!r} is none of {', '.join(LANGUAGES)}; {suggestion(language, LANGUAGES)}",
            param_hint="--language",
        )
    with told_errors():
        typer.echo(write_report(run, language=language))
