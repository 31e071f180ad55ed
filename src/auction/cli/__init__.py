"""The command line, ``disposal``: one module a command, each importing its work when it runs."""

from __future__ import annotations

import os
import sys
import threading

import typer

from auction import heap
from auction.cli import backtest, check, diff, explain, forecast, init, plan, report
from auction.cli.exits import USAGE, Commands
from auction.cli.signals import heard_signals
from auction.cli.streams import patient_streams

__all__ = ["app", "main"]

app = typer.Typer(
    name="disposal",
    cls=Commands,
    help="Residual values and the disposal of repossessed vehicles: forecast, allocate, hedge.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    init.init, check.check, forecast.forecast, plan.plan, explain.explain, diff.diff,
    backtest.backtest, report.report,
):  # fmt: skip
    app.command()(command)


def main() -> None:
    """Run the command line and end the process."""
    code = 0
    heap.lean_polars()
    with patient_streams() as (out, err), heard_signals():
        try:
            app()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        out.flush()
        if out.failure is not None:
            err.write(f"standard output cannot be written: {out.failure.strerror}\n")
            code = code or USAGE
    if threading.active_count() > 1:
        # A solver that was walked away from is still at work; it cannot outlive the interpreter.
        os._exit(code)
    sys.exit(code)
