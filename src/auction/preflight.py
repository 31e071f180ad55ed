"""What can be told of a workspace before any work starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from auction.channels.transport import plan_moves
from auction.workspace import CheckReport, Workspace, check_workspace, load_workspace
from residual.errors import Fault, InputError


def check_before_a_run(path: Path) -> CheckReport:
    """Check a workspace as a run would, its moves and sales included; change nothing.

    Parameters
    ----------
    path : Path
        The workspace.

    Returns
    -------
    CheckReport
        Every fault found.
    """
    report = check_workspace(path)
    if not report.ok:
        return report
    return replace(report, faults=tuple(preflight(load_workspace(path))))


def preflight(workspace: Workspace) -> list[Fault]:
    """Return what would stop a run on a workspace whose tables are sound by themselves.

    Parameters
    ----------
    workspace : Workspace
        Read and checked.
    """
    tables, faults = workspace.tables, []
    sold = tables["sales"].filter(pl.col("outcome").fill_null("sold") == "sold")
    if sold.is_empty():
        rule = "at least one row must have been sold by the planning date"
        faults.append(Fault(rule, file="sales", column="outcome"))
    if not tables["venues"].is_empty():
        try:
            plan_moves(
                tables["vehicles"], tables["venues"], tables["tariffs"], workspace.config.costs
            )
        except InputError as error:
            faults += error.faults
    return faults
