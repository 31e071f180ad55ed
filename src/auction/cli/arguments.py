"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WorkspaceFolder = Annotated[Path, typer.Argument(help="Folder with disposal.toml and its tables.")]
Run = Annotated[Path, typer.Argument(help="Run folder, as written by `disposal plan`.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one machine-readable object on stdout.")
]
