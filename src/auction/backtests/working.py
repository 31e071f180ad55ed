"""The rolling origin over the past sales of a workspace."""

from __future__ import annotations

from datetime import date

import residual
from auction.preflight import value_faults
from auction.progress import Progress, Stages, silent
from auction.workspace import Workspace, value_priors
from residual.errors import InputError


def backtest_workspace(
    workspace: Workspace,
    start: date,
    *,
    every: int = 4,
    ahead: int | None = None,
    progress: Progress = silent,
) -> residual.Backtest:
    """Foretell the past sales of a workspace from what was known before them.

    Parameters
    ----------
    workspace : Workspace
        Read and checked input.
    start : date
        First origin.
    every, ahead
        As for ``residual.backtest``.
    progress : callable, optional
        Told the stage, the share done and a message.

    Returns
    -------
    residual.Backtest

    Raises
    ------
    InputError
        Where the input is at fault, or no sale lies before the first origin or after it.
    """
    faults = [fault for fault in value_faults(workspace) if fault.file == "sales"]
    if faults:
        raise InputError(faults)
    stages, tables = Stages.of(progress), workspace.tables

    def told(number: int, count: int, origin: date) -> None:
        stages("backtest", number / count, f"origin {number + 1} of {count}, {origin}")

    with stages.stage("backtest", f"{tables['sales'].height:,} past offerings"):
        return residual.backtest(
            tables["sales"],
            tables["index"] if workspace.has("index") else None,
            start=start,
            every=every,
            ahead=ahead,
            priors=value_priors(workspace.config),
            progress=told,
        )
