"""``disposal init``: a workspace to start from, the sample's or one for foreign files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auction.cli.arguments import AsOf
from auction.cli.exits import INPUT, told_errors

if TYPE_CHECKING:
    from auction.intake import Proposal


def init(
    folder: Annotated[Path, typer.Argument(help="New or empty folder.")],
    sources: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="CSV, Parquet or Excel file of your own to map; may be given several times.",
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(help="Sheet of the Excel files; needed where one has several."),
    ] = None,
    header_row: Annotated[
        int, typer.Option(help="Row of the files that holds the column names.", min=1, max=1000)
    ] = 1,
    as_of: AsOf = None,
) -> None:
    """Write a workspace to start from: the sample, or a proposal for files of your own.

    With --from each file is looked at: which table it is, which of its columns are ours, in which
    units. The mapping is written to disposal.toml with reasons, for review.
    """
    if not sources:
        _refuse_alone(as_of=as_of, sheet=sheet, header_row=None if header_row == 1 else header_row)
        _sample(folder)
        return
    from auction.intake import propose, write_proposal

    with told_errors():
        proposal = propose(sources, as_of, sheet=sheet, header_row=header_row)
        if proposal.recognised:
            write_proposal(proposal, folder)
    _show(proposal)
    if not proposal.recognised:
        typer.echo("No file is like one of our tables; nothing was written.", err=True)
        raise typer.Exit(INPUT)
    typer.echo(f"Written to {folder}. Review {folder / 'disposal.toml'}, then:")
    typer.echo(f"  disposal check {folder}")


def _refuse_alone(**given: object) -> None:
    for name, value in given.items():
        if value is not None:
            hint = f"--{name.replace('_', '-')}"
            raise typer.BadParameter("goes with --from alone", param_hint=hint)


def _sample(folder: Path) -> None:
    from auction.sample import write_sample

    with told_errors():
        written = write_sample(folder)
    typer.echo(f"{folder}: {len(written)} files. Look at them, then:")
    typer.echo(f"  disposal plan {folder} --out RUN")


def _show(proposal: Proposal) -> None:
    """Print what is proposed: a table for each file, then what has to be reviewed."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=400)  # a pipe has no width: nothing is wrapped or cut there
    for table in proposal.tables:
        title = f"{table.source.name} → {table.table or 'no table of ours'}: {table.why}"
        console.print(Text(title), soft_wrap=True)
        shown = Table()
        for name in ("ours", "yours", "unit", "", "why"):
            shown.add_column(name, overflow="fold")
        for column in table.columns:
            shown.add_row(
                column.ours, Text(column.owner), column.unit or "", column.word, Text(column.why)
            )
        if table.columns:
            console.print(shown)
    notes = [
        *proposal.review,
        *(f"{table.source.name}: {note}" for table in proposal.tables for note in table.review),
    ]
    for number, note in enumerate(notes, start=1):
        console.print(Text(f"REVIEW {number}. {note}"), soft_wrap=True)
