"""``disposal check``: every fault of a workspace, changing nothing in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auction.cli.arguments import AsJson, AsOf, WorkspaceFolder
from auction.cli.exits import INPUT, told_errors

if TYPE_CHECKING:
    from auction.workspace import CheckReport


def check(
    workspace: WorkspaceFolder,
    as_of: AsOf = None,
    as_json: AsJson = False,
    rejected: Annotated[
        Path | None,
        typer.Option(
            help="New or empty folder for every bad row with its reasons, one CSV a table."
        ),
    ] = None,
) -> None:
    """Validate a workspace: tell every fault and how to mend it, change nothing.

    Exit codes: 0 a run can start, 2 wrong usage, 3 the input is at fault.
    """
    from auction.cli import findings
    from auction.preflight import check_before_a_run

    with told_errors():
        if rejected is not None:
            _refuse_used(rejected)
        report = check_before_a_run(workspace, as_of=as_of)
        if rejected is not None:
            _write(report, rejected)
    if as_json:
        typer.echo(json.dumps(findings.as_json(report), indent=2, default=str))
    else:
        findings.show(report)
    if not report.ok:
        raise typer.Exit(INPUT)


def _write(report: CheckReport, folder: Path) -> None:
    from auction.errors import RunFolderError
    from auction.workspace import write_bad_rows

    try:
        write_bad_rows(report, folder)
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be written: {error.strerror}") from error


def _refuse_used(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter("must be a new or empty folder", param_hint="--rejected")
