"""``disposal init``: a workspace to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auction.cli.exits import told_errors


def init(folder: Annotated[Path, typer.Argument(help="New or empty folder.")]) -> None:
    """Write a sample workspace to start from."""
    from auction.sample import write_sample

    with told_errors():
        written = write_sample(folder)
    typer.echo(f"{folder}: {len(written)} files. Look at them, then:")
    typer.echo(f"  disposal plan {folder} --out RUN")
