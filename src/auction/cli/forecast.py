"""``disposal forecast``: what every vehicle will be worth, week by week."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auction.cli.arguments import AsJson, AsOf, WorkspaceFolder

if TYPE_CHECKING:
    from auction.forecasting import Forecasting
    from auction.workspace import Workspace

WEEKS = 26


def _probabilities(text: str) -> tuple[float, ...]:
    """Read probabilities with commas between them; anything else is wrong usage."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers such as 0.05,0.5,0.95") from None
    if not all(0.0 < probability < 1.0 for probability in found) or len(set(found)) < len(found):
        raise typer.BadParameter("each must lie between 0 and 1 and stand once")
    return found


def forecast(
    workspace: WorkspaceFolder,
    out: Annotated[
        Path, typer.Option(help="File to write: .parquet, .csv or .xlsx; must not exist.")
    ],
    weeks: Annotated[
        int | None,
        typer.Option(help=f"Weeks ahead, a date a week; {WEEKS} by default.", min=0, max=260),
    ] = None,
    months: Annotated[
        int | None,
        typer.Option(help="Months ahead, a date a month, in place of weeks.", min=0, max=60),
    ] = None,
    quantiles: Annotated[
        Any,
        typer.Option(
            parser=_probabilities, metavar="LIST", help="Probabilities, with commas between them."
        ),
    ] = "0.05,0.5,0.95",
    km_per_year: Annotated[
        float | None,
        typer.Option(help="Kilometres driven in a year; vehicles stand still by default."),
    ] = None,
    as_of: AsOf = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Saved model to use, in place of one fitted on the past sales.",
            exists=True,
            dir_okay=False,
            metavar="FILE",
        ),
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option(help="Keep the fitted model in this file; must not exist.", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Tell nothing unless something is wrong; for cron."),
    ] = False,
) -> None:
    """Forecast the hammer price of every vehicle by week or month, and how sure it is.

    A row for each vehicle and date, from the planning date on: vehicle_id, date, mean, sd, a
    column per quantile and support, the deepest level of make, model and variant that past sales
    knew. Prices are given a sale, at the reference venue. Vehicles stand still, or are driven.

    Exit codes: 0 done, 2 wrong usage or a file that cannot be written, 3 the input is at fault,
    130 ended by Ctrl-C and 143 by SIGTERM with nothing written.
    """
    _refuse_wrong(out, weeks, months, km_per_year, model, save_model)
    from auction.cli.progress import shown_progress
    from auction.cli.signals import heard_signals
    from auction.run.new_file import NewFile

    with heard_signals() as signals:
        with ExitStack() as stack:
            with signals.deferred():
                file = stack.enter_context(NewFile(out))
                kept = None if save_model is None else stack.enter_context(NewFile(save_model))
                signals.clear = _discard(file, kept)
            show = stack.enter_context(shown_progress(quiet=quiet, check=signals.check))
            from auction.forecasting import forecast_dates, forecast_workspace
            from auction.progress import Stages
            from auction.workspace import load_workspace

            stages = Stages(show)
            with stages.stage("reading", str(workspace)):
                source = load_workspace(workspace, as_of=as_of)
            ahead = WEEKS if weeks is None else weeks
            dates = forecast_dates(source.config.as_of, weeks=ahead, months=months)
            found = forecast_workspace(
                source, dates, quantiles=quantiles, km_per_year=km_per_year, model=model,
                progress=stages,
            )  # fmt: skip
            with stages.stage("writing", str(out)):
                file.table(found.values, source.config.as_of, "forecast")
                if kept is not None:
                    found.model.save(kept.aside)
            with signals.deferred():
                stack.close()
                signals.outcome = f"the forecast stands complete: {out}"
        if as_json:
            told = _as_object(found, source, out, save_model, km_per_year)
            typer.echo(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
        elif not quiet:
            _show(found, source, out)


def _refuse_wrong(
    out: Path,
    weeks: int | None,
    months: int | None,
    km_per_year: float | None,
    model: Path | None,
    save_model: Path | None,
) -> None:
    from auction.run.new_file import check_form

    wrong = check_form(out)
    if wrong is not None:
        raise typer.BadParameter(wrong, param_hint="--out")
    if weeks is not None and months is not None:
        raise typer.BadParameter("give weeks or months, not both", param_hint="--months")
    if km_per_year is not None and not 0.0 <= km_per_year <= 500_000.0:
        raise typer.BadParameter("must lie between 0 and 500,000", param_hint="--km-per-year")
    if model is not None and save_model is not None:
        raise typer.BadParameter("the model of --model is kept already", param_hint="--save-model")
    if save_model is not None and save_model.absolute() == out.absolute():
        raise typer.BadParameter("must be another file than --out", param_hint="--save-model")


def _discard(*files: Any) -> Any:
    def clear() -> None:
        for file in files:
            if file is not None:
                file.discard()

    return clear


def _as_object(
    found: Forecasting,
    source: Workspace,
    out: Path,
    save_model: Path | None,
    km_per_year: float | None,
) -> dict[str, Any]:
    support = found.values.filter(found.values["date"] == found.dates[0])["support"]
    return {
        "out": str(out),
        "currency": source.config.currency,
        "as_of": source.config.as_of.isoformat(),
        "rows": found.values.height,
        "vehicles": len(support),
        "dates": [day.isoformat() for day in found.dates],
        "km_per_year": km_per_year,
        "columns": found.values.columns,
        "expected_value": [
            {"date": day.isoformat(), "mean": mean}
            for day, mean in found.by_date().select("date", "mean").iter_rows()
        ],
        "support": dict(support.value_counts().sort(support.name).iter_rows()),
        "model": {
            "as_of": found.model.as_of.isoformat(),
            "saved": None if save_model is None else str(save_model),
            "counts": found.model.counts,
        },
        "notes": list(found.notes),
    }


def _show(found: Forecasting, source: Workspace, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "date", "vehicles", "expected value", "of today's",
        title=f"Fleet at the reference venue, {source.config.currency}",
    )  # fmt: skip
    rows = found.by_date().rows()
    step = max((len(rows) - 1) // 6, 1)
    for place in sorted({*range(0, len(rows), step), len(rows) - 1}):
        day, vehicles, mean = rows[place]
        share = f"{mean / rows[0][2]:.1%}" if rows[0][2] else ""
        table.add_row(day.isoformat(), f"{vehicles:,}", f"{mean:,.0f}", share)
    console.print(table)
    for note in found.notes:
        console.print(f"Note: {note}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"Forecast: {out}", soft_wrap=True, markup=False, highlight=False)
