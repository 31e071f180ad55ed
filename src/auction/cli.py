"""The command line: ``disposal``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

USAGE, INPUT, INFEASIBLE, LIMIT, INTERRUPTED = 2, 3, 4, 5, 130

app = typer.Typer(
    name="disposal",
    help="Residual values and the disposal of repossessed vehicles: forecast, allocate, hedge.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Workspace = Annotated[Path, typer.Argument(help="Folder with disposal.toml and its tables.")]
_Run = Annotated[Path, typer.Argument(help="Run folder, as written by `disposal plan`.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable object on stdout.")]


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="New or empty folder.")]) -> None:
    """Write a sample workspace to start from."""
    from auction.sample import write_sample

    with _told_errors():
        written = write_sample(folder)
    typer.echo(f"{folder}: {len(written)} files. Look at them, then:")
    typer.echo(f"  disposal plan {folder} --out RUN")


@app.command()
def check(workspace: _Workspace, as_json: _Json = False) -> None:
    """Validate a workspace: tell every fault, change nothing."""
    from auction.preflight import check_before_a_run
    from auction.terminal import check_as_json, print_check

    report = check_before_a_run(workspace)
    if as_json:
        typer.echo(json.dumps(check_as_json(report), indent=2, default=str))
    else:
        print_check(report)
    if not report.ok:
        raise typer.Exit(INPUT)


@app.command()
def plan(
    workspace: _Workspace,
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
    as_json: _Json = False,
) -> None:
    """Plan a fleet and write a run folder with the plan, its risk, its proof and a report.

    Exit codes: 0 done, 2 wrong usage, 3 the input is at fault, 4 no plan keeps every rule,
    5 stopped at a limit with a plan that is not proven to the gap asked for.
    """
    if time_limit is not None and not 0.0 <= time_limit < float("inf"):
        raise typer.BadParameter("must be zero or more seconds", param_hint="--time-limit")
    from auction.run_folder import RunFolder, refuse_existing

    with _told_errors():
        refuse_existing(out)
        from _core import resolve
        from auction.planning import plan_workspace
        from auction.runs import fill_run
        from auction.terminal import plan_as_json, print_plan, progress_on_stderr
        from auction.workspace import load_workspace

        source = load_workspace(workspace, as_of=as_of, seed=seed)
        count = resolve(threads if threads is not None else source.config.solver.threads)
        with RunFolder(out) as run, progress_on_stderr() as progress:
            planning = plan_workspace(
                source, threads=count, time_limit=time_limit, progress=progress
            )
            fill_run(run, planning, count)
    if as_json:
        typer.echo(json.dumps(plan_as_json(planning, out), indent=2))
    else:
        print_plan(planning, out)
    if planning.allocation.status not in ("optimal", "gap"):
        raise typer.Exit(LIMIT)


@app.command()
def explain(
    run: _Run, vehicle_id: Annotated[str, typer.Argument(help="Vehicle of the fleet.")]
) -> None:
    """Tell in words where a vehicle goes, what that earns, and what else was considered."""
    from auction.explain import explain_vehicle

    with _told_errors():
        typer.echo(explain_vehicle(run, vehicle_id))


@app.command()
def report(run: _Run) -> None:
    """Write the report of a run anew from its tables."""
    from auction.report import write_report

    with _told_errors():
        typer.echo(write_report(run))


@contextmanager
def _told_errors() -> Iterator[None]:
    """Turn the engine's own errors into a message on stderr and an exit code."""
    from auction.errors import InfeasibleError
    from residual.errors import DisposalError, InputError

    try:
        yield
    except InputError as error:
        for fault in error.faults:
            typer.echo(f"fault: {fault}", err=True)
        typer.echo(f"{len(error.faults)} fault(s); nothing was written", err=True)
        raise typer.Exit(INPUT) from error
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except InfeasibleError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(INFEASIBLE) from error
    except DisposalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE) from error


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
