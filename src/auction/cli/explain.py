"""``disposal explain``: one vehicle's decision in words."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from auction.cli.arguments import AsJson, Run
from auction.cli.exits import told_errors


def explain(
    run: Run,
    vehicle_id: Annotated[str, typer.Argument(help="Vehicle of the fleet.")],
    as_json: AsJson = False,
) -> None:
    """Tell where a vehicle goes and why, what else was considered, what would change it."""
    from auction.explain import explained
    from auction.explain.words import tell

    with told_errors():
        record = explained(run, vehicle_id)
        text = json.dumps(record, ensure_ascii=False, allow_nan=False) if as_json else tell(record)
        typer.echo(text)
