"""The command line, ``disposal``: one module a command, each importing its work when it runs."""

from __future__ import annotations

import typer

from auction.cli import check, explain, init, plan, report

__all__ = ["app", "main"]

app = typer.Typer(
    name="disposal",
    help="Residual values and the disposal of repossessed vehicles: forecast, allocate, hedge.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (init.init, check.check, plan.plan, explain.explain, report.report):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    app()
