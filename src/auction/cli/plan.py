"""``disposal plan``: the main job, into a new run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auction.cli.arguments import AsJson, WorkspaceFolder
from auction.cli.exits import LIMIT, told_errors

if TYPE_CHECKING:
    from auction.planning import Planning

_HABITS = {"nearest_auction": "nearest auction", "greedy": "best move first"}


def plan(
    workspace: WorkspaceFolder,
    out: Annotated[Path, typer.Option(help="Run folder to write; must not exist.")],
    as_of: Annotated[
        str | None, typer.Option(help="Planning date, YYYY-MM-DD, in place of the setting.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, in place of the setting.", min=0)] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads; all that the machine grants by default.", min=1)
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the allocation, in place of the setting.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan a fleet and write a run folder with the plan, its risk, its proof and a report.

    Exit codes: 0 done, 2 wrong usage, 3 the input is at fault, 4 no plan keeps every rule,
    5 stopped at a limit with a plan that is not proven to the gap asked for.
    """
    if time_limit is not None and not 0.0 <= time_limit < float("inf"):
        raise typer.BadParameter("must be zero or more seconds", param_hint="--time-limit")
    from auction.run_folder import RunFolder, refuse_existing

    with told_errors():
        refuse_existing(out)
        from _core import resolve
        from auction.cli.progress import progress_on_stderr
        from auction.planning import plan_workspace
        from auction.runs import fill_run
        from auction.workspace import load_workspace

        source = load_workspace(workspace, as_of=as_of, seed=seed)
        count = resolve(threads if threads is not None else source.config.solver.threads)
        with RunFolder(out) as run, progress_on_stderr() as progress:
            planning = plan_workspace(
                source, threads=count, time_limit=time_limit, progress=progress
            )
            fill_run(run, planning, count)
    if as_json:
        typer.echo(json.dumps(_as_json(planning, out), indent=2))
    else:
        _show(planning, out)
    if planning.allocation.status not in ("optimal", "gap"):
        raise typer.Exit(LIMIT)


def _show(planning: Planning, run: Path) -> None:
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
    console.print(
        f"Solver: {allocation.status}, proven within {allocation.gap:.1e} of the best plan "
        f"({allocation.reason})",
        soft_wrap=True,
    )
    for note in planning.notes:
        console.print(f"Note: {note}", soft_wrap=True)
    console.print(f"Report: {run / 'report.html'}", soft_wrap=True)


def _as_json(planning: Planning, run: Path) -> dict[str, Any]:
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
