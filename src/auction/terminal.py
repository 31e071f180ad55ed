"""What a person, or another program, sees on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from auction.planning import Planning
from auction.progress import Progress as Report
from auction.workspace import CheckReport

_HABITS = {"nearest_auction": "nearest auction", "greedy": "best move first"}


@contextmanager
def progress_on_stderr() -> Iterator[Report]:
    """Show the stages of long work on stderr; on no terminal, a line when a stage begins."""
    console = Console(stderr=True)
    if not console.is_terminal:
        begun: set[str] = set()

        def tell(stage: str, _: float | None, message: str) -> None:
            if stage not in begun:
                begun.add(stage)
                console.print(f"{stage}: {message}", highlight=False, markup=False)

        yield tell
        return
    bar = Progress(
        TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.fields[message]}"),
        TimeElapsedColumn(), console=console,
    )  # fmt: skip
    with bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, share: float | None, message: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=1.0, message=message)
            bar.update(tasks[stage], completed=share, message=message)

        yield show


def print_check(report: CheckReport) -> None:
    """Print what a check found."""
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


def check_as_json(report: CheckReport) -> dict[str, Any]:
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


def print_plan(planning: Planning, run: Path) -> None:
    """Print a short summary of a plan and where its report stands."""
    console = Console()
    currency = planning.workspace.config.currency
    allocation = planning.allocation
    left_out = planning.fleet.left_out["status"].value_counts(sort=True).rows()
    console.print(
        f"[bold]{planning.chosen.height:,} vehicles planned[/bold]"
        + "".join(f", {count} {status}" for status, count in left_out)
    )
    units = Table("channel", "units", f"expected net {currency}")
    for channel, group in planning.chosen.group_by("channel", maintain_order=True):
        units.add_row(str(channel[0]), f"{group.height:,}", f"{group['expected_net'].sum():,.0f}")
    console.print(units)
    alpha = planning.risk.alpha
    money = Table("", "expected", f"CVaR {alpha:.0%}", "plan gains", title=f"Proceeds, {currency}")
    money.add_row("plan", f"{allocation.expected:,.0f}", f"{allocation.cvar:,.0f}", "")
    for name, habit in planning.baselines.items():
        gain = allocation.expected - habit.expected
        money.add_row(
            _HABITS[name], f"{habit.expected:,.0f}", f"{habit.cvar:,.0f}",
            f"{gain:+,.0f}" + (f" ({gain / abs(habit.expected):+.1%})" if habit.expected else ""),
        )  # fmt: skip
    console.print(money)
    tail, error = planning.evaluation.tail(alpha)
    console.print(
        f"On fresh scenarios, with every unit's own luck: expected "
        f"{planning.evaluation.total.mean():,.0f}, CVaR {tail:,.0f} ± {error:,.0f}",
        soft_wrap=True,
    )
    console.print(
        f"Solver: {allocation.status}, proven within {allocation.gap:.1e} of the best plan "
        f"({allocation.reason})",
        soft_wrap=True,
    )
    for note in planning.notes:
        console.print(f"Note: {note}", soft_wrap=True)
    console.print(f"Report: {run / 'report.html'}", soft_wrap=True)


def plan_as_json(planning: Planning, run: Path) -> dict[str, Any]:
    """Return the outcome of a plan as one object."""
    allocation = planning.allocation
    tail, error = planning.evaluation.tail(planning.risk.alpha)
    return {
        "run": str(run),
        "report": str(run / "report.html"),
        "currency": planning.workspace.config.currency,
        "status": allocation.status,
        "reason": allocation.reason,
        "objective": allocation.objective,
        "bound": allocation.bound,
        "gap": allocation.gap,
        "expected": allocation.expected,
        "cvar": allocation.cvar,
        "fresh": {
            "expected": float(planning.evaluation.total.mean()),
            "cvar": tail,
            "cvar_standard_error": error,
        },
        "baselines": {
            name: {"expected": habit.expected, "cvar": habit.cvar, "objective": habit.objective}
            for name, habit in planning.baselines.items()
        },
        "vehicles": {
            "planned": planning.chosen.filter(planning.chosen["channel"] != "hold").height,
            "held": planning.chosen.filter(planning.chosen["channel"] == "hold").height,
            **dict(planning.fleet.left_out["status"].value_counts(sort=True).rows()),
        },
    }
