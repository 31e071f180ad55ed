"""``disposal explain``: one vehicle's decision in words."""

from __future__ import annotations

from typing import Annotated

import typer

from auction.cli.arguments import Run
from auction.cli.exits import told_errors


def explain(
    run: Run, vehicle_id: Annotated[str, typer.Argument(help="Vehicle of the fleet.")]
) -> None:
    """Tell in words where a vehicle goes, what that earns, and what else was considered."""
    from auction.explain import explain_vehicle

    with told_errors():
        typer.echo(explain_vehicle(run, vehicle_id))
