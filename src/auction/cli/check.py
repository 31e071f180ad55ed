"""``disposal check``: every fault of a workspace, changing nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from auction.cli.arguments import AsJson, WorkspaceFolder
from auction.cli.exits import INPUT

if TYPE_CHECKING:
    from auction.workspace import CheckReport


def check(workspace: WorkspaceFolder, as_json: AsJson = False) -> None:
    """Validate a workspace: tell every fault, change nothing."""
    from auction.preflight import check_before_a_run

    report = check_before_a_run(workspace)
    if as_json:
        typer.echo(json.dumps(_as_json(report), indent=2, default=str))
    else:
        _show(report)
    if not report.ok:
        raise typer.Exit(INPUT)


def _show(report: CheckReport) -> None:
    """Print what a check found."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    rows = Table("table", "read", "kept", "set aside", "left out", title="Rows")
    for name, counts in report.counts.items():
        left_out = ", ".join(f"{count} {reason}" for reason, count in counts.excluded.items())
        rows.add_row(name, f"{counts.read:,}", f"{counts.kept:,}", f"{counts.rejected:,}", left_out)
    console.print(rows)
    if report.faults:
        faults = Table("file", "row", "column", "value", "rule", "remedy", title="Faults")
        for fault in report.faults:
            faults.add_row(
                fault.file or "", "" if fault.row is None else str(fault.row), fault.column or "",
                fault.value or "", fault.rule, fault.remedy or "",
            )  # fmt: skip
        console.print(faults)
        console.print(f"{len(report.faults)} fault(s): a run would refuse to start")
    else:
        console.print("No fault: a run can start.")


def _as_json(report: CheckReport) -> dict[str, Any]:
    """Return what a check found as one object."""
    return {
        "ok": report.ok,
        "faults": [
            {
                "file": fault.file,
                "row": fault.row,
                "column": fault.column,
                "value": fault.value,
                "rule": fault.rule,
                "remedy": fault.remedy,
            }
            for fault in report.faults
        ],
        "tables": {
            name: {
                "read": counts.read,
                "kept": counts.kept,
                "rejected": counts.rejected,
                "excluded": counts.excluded,
            }
            for name, counts in report.counts.items()
        },
        "defaults_used": [
            {"setting": used.setting, "value": used.value, "source": used.source}
            for used in report.defaults
        ],
    }
