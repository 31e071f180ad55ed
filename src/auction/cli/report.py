"""``disposal report``: the report of a run, written anew."""

from __future__ import annotations

from pathlib import Path
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
    export: Annotated[
        str | None,
        typer.Option(help="png or svg: write each chart as a picture, instead of the report."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="Folder for the pictures; charts in the run folder by default."),
    ] = None,
) -> None:
    """Write the report of a run anew from its tables, or its charts as pictures."""
    from auction.report import export_charts, write_report
    from auction.report.export import FORMS
    from auction.report.language import LANGUAGES
    from auction.run.manifest import note_output
    from auction.workspace.names import suggestion

    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(
            f"{language!r} is none of {', '.join(LANGUAGES)}; {suggestion(language, LANGUAGES)}",
            param_hint="--language",
        )
    if export is not None and export not in FORMS:
        raise typer.BadParameter(f"{export!r} is none of {', '.join(FORMS)}", param_hint="--export")
    if to is not None and export is None:
        raise typer.BadParameter("it needs --export", param_hint="--to")
    with told_errors():
        if export is None:
            written = [write_report(run, language=language)]
        else:
            written = list(export_charts(run, export, to, language=language))
        for path in written:
            if path.resolve().is_relative_to(run.resolve()):
                note_output(run, path.resolve().relative_to(run.resolve()).as_posix())
            typer.echo(path)
