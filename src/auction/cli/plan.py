"""``disposal plan``: the main job, into a new run folder."""

from __future__ import annotations

import json
import logging
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auction.cli.arguments import AsJson, WorkspaceFolder
from auction.cli.exits import LIMIT

if TYPE_CHECKING:
    from auction.cluster import Cluster
    from auction.planned import Planning
    from auction.run.stamp import RunStamp
    from auction.workspace import Workspace

logger = logging.getLogger(__name__)


def plan(
    workspace: WorkspaceFolder,
    out: Annotated[Path, typer.Option(help="Run folder to write; must not exist.")],
    as_of: Annotated[
        str | None, typer.Option(help="Planning date, YYYY-MM-DD, in place of the setting.")
    ] = None,
    last: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Run folder whose plan to start from: vehicles keep their places there unless "
            "moving them pays more than solver.churn.",
            metavar="RUN",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed, in place of the setting.", min=0, max=2**63 - 1)
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads; all that the machine grants by default.", min=1)
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the allocation, in place of the setting.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Search for the plan on the workers of this dask.distributed scheduler, "
            "tls://HOST:PORT.",
            metavar="ADDRESS",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Tell nothing unless something is wrong; for cron."),
    ] = False,
    log_json: Annotated[
        str | None,
        typer.Option(help="Add a log of JSON lines to this file; - is stderr.", metavar="FILE"),
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option(help="Name of the run in its logs and manifest; made up by default."),
    ] = None,
) -> None:
    """Plan a fleet and write a run folder with the plan, its risk, its proof and a report.

    Exit codes: 0 done, 2 wrong usage or a folder that cannot be written, 3 the input is at
    fault, 4 no plan keeps every rule, 5 stopped at a limit or by Ctrl-C with a plan that is
    written but not all that was asked for, 130 ended by Ctrl-C and 143 by SIGTERM with nothing
    written.

    Ctrl-C during the allocation or the frontier ends the search there and writes the best plan
    so far; anywhere else it ends the run, as SIGTERM always does. A second Ctrl-C ends at once.
    """
    _refuse_impossible(time_limit)
    day, stamp = _day(as_of), _stamp(run_id)
    from _core import resolve
    from auction.cli.logs import json_logs
    from auction.cli.progress import shown_progress
    from auction.cli.signals import heard_signals
    from auction.run.folder import RunFolder

    with json_logs(log_json, stamp.run_id), heard_signals() as signals:
        start = time.monotonic()
        with ExitStack() as stack:
            with signals.deferred():
                run = stack.enter_context(RunFolder(out))
                signals.clear = run.discard
            silence = quiet or log_json == "-"
            show = stack.enter_context(shown_progress(quiet=silence, check=signals.check))
            from auction.last_plan import LastPlan
            from auction.planning import plan_workspace
            from auction.progress import Stages
            from auction.run.writing import fill_run

            stages = Stages(show)
            cluster = None if scheduler is None else stack.enter_context(_joined(scheduler))
            before = None if last is None else LastPlan.read(last)
            source = _read(workspace, day, seed, stages)
            _doubt(stamp, source, quiet=quiet)
            count = resolve(threads if threads is not None else source.config.solver.threads)
            planning = plan_workspace(
                source, threads=count, time_limit=time_limit, progress=stages, last=before,
                executor=cluster,
            )  # fmt: skip
            fill_run(run, planning, count, stamp=stamp, progress=stages)
            with signals.deferred():
                stack.close()
                signals.outcome = f"the run stands complete: {out}"
        done = planning.complete
        logger.info("run ends", extra=_end(planning, time.monotonic() - start))
        _tell(planning, out, stamp, as_json=as_json, quiet=quiet)
    if not done:
        raise typer.Exit(LIMIT)


def _joined(scheduler: str) -> Cluster:
    from auction.cluster import Cluster

    return Cluster(scheduler)


def _refuse_impossible(time_limit: float | None) -> None:
    if time_limit is not None and not 0.0 <= time_limit < float("inf"):
        raise typer.BadParameter("must be zero or more seconds", param_hint="--time-limit")


def _day(as_of: str | None) -> date | None:
    try:
        return None if as_of is None else date.fromisoformat(as_of)
    except ValueError:
        raise typer.BadParameter(
            f"{as_of!r} is no date written as YYYY-MM-DD", param_hint="--as-of"
        ) from None


def _stamp(run_id: str | None) -> RunStamp:
    from auction.run.stamp import RunStamp

    if run_id == "":
        raise typer.BadParameter("must not be empty", param_hint="--run-id")
    try:
        return RunStamp(run_id or "")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--run-id") from None


def _read(workspace: Path, as_of: date | None, seed: int | None, stages: Any) -> Workspace:
    from auction.workspace import load_workspace

    with stages.stage("reading", str(workspace)):
        return load_workspace(workspace, as_of=as_of, seed=seed)


def _doubt(stamp: RunStamp, source: Workspace, *, quiet: bool) -> None:
    """Tell what is doubtful by the clock; the manifest keeps it."""
    for doubt in stamp.doubts(source.config.as_of):
        logger.warning(doubt)
        if not quiet:
            typer.echo(f"warning: {doubt}", err=True)


def _end(planning: Planning, seconds: float) -> dict[str, Any]:
    allocation = planning.allocation
    return {
        "seconds": seconds,
        "status": allocation.status,
        "interrupted": planning.interrupted,
        "objective": allocation.objective,
        "bound": allocation.bound,
        "gap": allocation.gap,
        "vehicles": planning.chosen.height,
        "exit_code": 0 if planning.complete else LIMIT,
    }


def _tell(planning: Planning, out: Path, stamp: RunStamp, *, as_json: bool, quiet: bool) -> None:
    from auction.cli.plan_summary import as_object, show

    if as_json:
        typer.echo(json.dumps(as_object(planning, out, stamp.run_id), indent=2))
    elif not quiet:
        show(planning, out)
    if quiet and not planning.complete:
        allocation = planning.allocation
        broken_off = "; the comparison with other appetites was broken off"
        typer.echo(
            f"{out}: {allocation.status}, {allocation.reason}; proven within "
            f"{allocation.gap:.1e} of the best plan" + (broken_off if planning.interrupted else ""),
            err=True,
        )
