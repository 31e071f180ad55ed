"""The values of a workspace's fleet at later dates."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

import residual
from auction.preflight import value_faults
from auction.progress import Progress, Stages, silent
from auction.workspace import Workspace, value_priors
from residual.errors import InputError

#: A saved model older than this many days is told of.
STALE_DAYS = 45


@dataclass(frozen=True, slots=True)
class Forecasting:
    """What a forecast worked out.

    Parameters
    ----------
    values : polars.DataFrame
        As of ``residual.forecast``: a row for each vehicle and date.
    model : ResidualModel
        What knew the values.
    dates : tuple of date
        Dates of the forecast, the first being the planning date.
    notes : tuple of str
        What the desk should know before it trusts them, a sentence each.
    """

    values: pl.DataFrame
    model: residual.ResidualModel
    dates: tuple[date, ...]
    notes: tuple[str, ...]

    def by_date(self) -> pl.DataFrame:
        """Return date, vehicles, and mean: the sum of the expected values."""
        grouped = self.values.group_by("date", maintain_order=True)
        return grouped.agg(pl.len().alias("vehicles"), pl.col("mean").sum()).sort("date")


def forecast_dates(
    as_of: date, *, weeks: int | None = None, months: int | None = None
) -> tuple[date, ...]:
    """Return the planning date and as many weeks, or months, after it as are asked for.

    Months end on the day of the planning date, or on their last day where they are shorter.
    """
    if months is None:
        return tuple(as_of + timedelta(weeks=week) for week in range((weeks or 0) + 1))
    return tuple(_months_later(as_of, month) for month in range(months + 1))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def forecast_workspace(
    workspace: Workspace,
    dates: Sequence[date],
    *,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    km_per_year: float | None = None,
    model: Path | None = None,
    progress: Progress = silent,
) -> Forecasting:
    """Forecast every vehicle of a workspace.

    Parameters
    ----------
    workspace : Workspace
        Read and checked input.
    dates : sequence of date
        Strictly increasing, none before the planning date.
    quantiles, km_per_year
        As for ``residual.forecast``.
    model : Path, optional
        A saved model to use; one is fitted on the past sales if not given.
    progress : callable, optional
        Told the stage, the share done and a message.

    Returns
    -------
    Forecasting

    Raises
    ------
    InputError
        Where the input, or the saved model, is at fault.
    """
    used = ("vehicles",) if model is not None else ("vehicles", "sales")
    faults = [fault for fault in value_faults(workspace) if fault.file in used]
    if faults:
        raise InputError(faults)
    stages = Stages.of(progress)
    vehicles, as_of = workspace.tables["vehicles"], workspace.config.as_of
    with stages.stage("fit", _whence(workspace, model)):
        known = fitted(workspace) if model is None else residual.load(model)
    with stages.stage("values", f"{vehicles.height:,} vehicles, {len(dates)} dates"):
        blocks = []
        for block in residual.forecast_blocks(
            known, vehicles, dates, as_of, quantiles, km_per_year
        ):
            blocks.append(block)
            done = sum(part.height for part in blocks)
            stages("values", done / max(vehicles.height * len(dates), 1), "vehicles")
    notes = (*_stale(known, as_of), *known.notes, *workspace.notes, *_unheard(workspace))
    return Forecasting(pl.concat(blocks), known, tuple(dates), notes)


def fitted(workspace: Workspace) -> residual.ResidualModel:
    """Return the value model of a workspace's own past sales."""
    config, tables = workspace.config, workspace.tables
    index = tables["index"] if workspace.has("index") else None
    venues = tables["venues"]
    sealed = venues.filter(pl.col("format") == "sealed")["venue_id"].to_list()
    return residual.fit(
        tables["sales"],
        index=index,
        as_of=config.as_of,
        priors=value_priors(config),
        sealed=sealed,
    )


def _whence(workspace: Workspace, model: Path | None) -> str:
    if model is not None:
        return f"{model}, a saved model"
    return f"{workspace.tables['sales'].height:,} past offerings"


def _unheard(workspace: Workspace) -> list[str]:
    if workspace.tables["appraisals"].is_empty():
        return []
    return ["appraisals are heard by plans; these values leave them aside"]


def _stale(model: residual.ResidualModel, as_of: date) -> list[str]:
    days = (as_of - model.as_of).days
    if days <= STALE_DAYS:
        return []
    return [f"the model was fitted as of {model.as_of}, {days} days before {as_of}: fit it anew"]
