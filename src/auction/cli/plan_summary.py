"""What a plan is told in: a short summary, or one object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auction.planned import Planning

_HABITS = {"nearest_auction": "nearest auction", "greedy": "best move first"}


def show(planning: Planning, run: Path) -> None:
    """Print a short summary of a plan and where its report stands."""
    from rich.console import Console
    from rich.table import Table

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
    if planning.risk_told is not None:
        told = planning.risk_told.corrected
        console.print(
            f"The optimiser's own CVaR, corrected for what it leaves out: {told.cvar:,.0f} "
            f"± {told.standard_error:,.0f}",
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


def as_object(planning: Planning, run: Path, run_id: str) -> dict[str, Any]:
    """Return the outcome of a plan as one object."""
    allocation = planning.allocation
    tail, error = planning.evaluation.tail(planning.risk.alpha)
    begun = planning.replanned
    return {
        "run": str(run),
        "run_id": run_id,
        "report": str(run / "report.html"),
        "currency": planning.workspace.config.currency,
        "status": allocation.status,
        "reason": allocation.reason,
        "interrupted": planning.interrupted,
        "objective": allocation.objective,
        "bound": allocation.bound,
        "gap": allocation.gap,
        "expected": allocation.expected,
        "cvar": allocation.cvar,
        **({} if begun is None else {"started_from": begun.record}),
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
