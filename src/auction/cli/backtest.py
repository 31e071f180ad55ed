"""``disposal backtest``: how well past sales would have been foretold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auction.cli.arguments import AsJson, AsOf, WorkspaceFolder, planning_date

if TYPE_CHECKING:
    import residual
    from auction.workspace import Workspace


def backtest(
    workspace: WorkspaceFolder,
    start: Annotated[
        date,
        typer.Option(
            "--from",
            parser=planning_date,
            metavar="YYYY-MM-DD",
            help="First origin: forecasts begin with the sales after this day.",
        ),
    ],
    every: Annotated[
        int, typer.Option(help="Weeks from one origin to the next.", min=1, max=520)
    ] = 4,
    ahead: Annotated[
        int | None,
        typer.Option(
            help="Weeks that each origin foretells; as many as --every by default.",
            min=1,
            max=520,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for scores, forecasts and plots; must not exist."),
    ] = None,
    plots: Annotated[
        bool, typer.Option("--plots/--no-plots", help="Draw plots into the folder.")
    ] = True,
    as_of: AsOf = None,
    as_json: AsJson = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Tell nothing unless something is wrong; for cron."),
    ] = False,
) -> None:
    """Foretell past sales from what was known before them, and score the forecasts.

    At each origin a model is fitted on the sales closed by then, and foretells those of the weeks
    after it at their own day and venue. Scores stand beside those of the guide values and of the
    median price of the same make, model and year.

    Exit codes: 0 done, 2 wrong usage or a folder that cannot be written, 3 the input is at fault,
    130 ended by Ctrl-C and 143 by SIGTERM with nothing written.
    """
    if out is not None and plots:
        from auction.report.page import need_extra

        need_extra("plots (leave them out with --no-plots)")
    from auction.cli.progress import shown_progress
    from auction.cli.signals import heard_signals
    from auction.run.folder import RunFolder

    with heard_signals() as signals:
        with ExitStack() as stack:
            folder = None
            if out is not None:
                with signals.deferred():
                    folder = stack.enter_context(RunFolder(out, latest=False))
                    signals.clear = folder.discard
            show = stack.enter_context(shown_progress(quiet=quiet, check=signals.check))
            from auction.backtests import backtest_workspace, write_backtest
            from auction.progress import Stages
            from auction.workspace import load_workspace

            stages = Stages(show)
            with stages.stage("reading", str(workspace)):
                source = load_workspace(workspace, as_of=as_of)
            with _named_as_asked():
                tested = backtest_workspace(
                    source, start, every=every, ahead=ahead, progress=stages
                )
            if folder is not None:
                with stages.stage("writing", str(out)):
                    write_backtest(folder, tested, source, plots=plots)
            with signals.deferred():
                stack.close()
                if out is not None:
                    signals.outcome = f"the backtest stands complete: {out}"
        _tell(tested, source, out, as_json=as_json, quiet=quiet)


@contextmanager
def _named_as_asked() -> Iterator[None]:
    """Name the option in a fault of the first origin, which the library knows as ``start``."""
    from residual.errors import InputError

    try:
        yield
    except InputError as error:
        asked = [
            replace(fault, file="--from", column=None)
            if (fault.file, fault.column) == (None, "start")
            else fault
            for fault in error.faults
        ]
        raise InputError(asked) from error


def _tell(
    tested: residual.Backtest, source: Workspace, out: Path | None, *, as_json: bool, quiet: bool
) -> None:
    if as_json:
        from auction.backtests.folder import as_object

        told = {"out": None if out is None else str(out), **as_object(tested, source)}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
    elif not quiet:
        typer.echo(tested.summary())
        if out is not None:
            typer.echo(f"Backtest: {out}")
