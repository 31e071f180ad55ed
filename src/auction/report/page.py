"""The report put together: views and charts poured into the page's template."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import polars as pl

from auction.errors import MissingExtraError, RunFolderError
from auction.report import (
    assumptions,
    capacities,
    charts,
    decisions,
    habits,
    proceeds,
    protection,
    summary,
)
from auction.report.drawing import Chart
from auction.report.source import Source, read_source
from auction.report.wording import units

_NAME: Final = "report.html"
_NEEDED: Final = ("altair", "jinja2", "vl_convert")


def write_report(run: Path) -> Path:
    """Write the report of a run into its folder, in place of an older one.

    One file that needs no network: charts are drawn into it, tables are sorted by a few lines
    of its own script. The same tables give the same bytes.

    Parameters
    ----------
    run : Path
        Run folder; only its files are read.

    Returns
    -------
    Path
        The report, ``report.html``.

    Raises
    ------
    MissingExtraError
        Where the packages of the extra ``report`` are not installed.
    RunFolderError
        Where the folder, or a file of it, is missing or damaged.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise MissingExtraError("report", "the report")
    run = Path(run)
    source = read_source(run)
    try:
        page = render(source)
    except (KeyError, ValueError, pl.exceptions.PolarsError) as error:
        raise RunFolderError(f"{run} does not hold what its report needs: {error!r}") from error
    return _replace(run / _NAME, page)


def render(source: Source) -> str:
    """Return the page of a run."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("auction.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html").render(views(source))


def views(source: Source) -> dict[str, Any]:
    """Return all that the template shows."""
    currency = source.manifest["currency"]
    spread = proceeds.distribution(source)
    steps = proceeds.bridge(source)
    header = summary.header(source)
    return {
        "header": header,
        "fleet_sentence": summary.fleet_sentence(source),
        "key_figures": summary.key_figures(source),
        "proof": summary.proof(source),
        "comparison": habits.comparison(source),
        "weeks": proceeds.money_table(source),
        "runs": capacities.runs(source),
        "distribution": spread,
        "caution": proceeds.caution(source) if source.frontier.height > 1 else None,
        "bridge": steps,
        "heatmap": capacities.heatmap(source),
        "overfull": capacities.overfull(source),
        "prices": capacities.shadow_prices(source),
        "kinds": capacities.kinds(source),
        "decisions": decisions.decisions(source),
        "staying": decisions.staying(source),
        "loans": decisions.loans(source),
        "hedges": protection.hedges(source),
        "dismantling": protection.dismantling(source),
        "assumptions": assumptions.assumptions(source),
        "charts": _charts(source, currency, spread, steps),
    }


def _charts(
    source: Source, currency: str, spread: dict[str, Any], steps: dict[str, Any]
) -> dict[str, Chart]:
    drawn = {
        "distribution": charts.distribution(
            spread,
            currency,
            f"Histogram of {spread['scenarios']}. Half of them bring at least "
            f"{spread['quantiles']['p50']}, one in twenty less than "
            f"{spread['quantiles']['p05']}. The table below the chart has the figures.",
        )
    }
    if source.planned.height:
        drawn["money"] = charts.money_by_week(
            proceeds.money_bars(source),
            currency,
            f"Stacked bars for {units(source.planned.height, 'vehicle')}. "
            "The table below the chart has the figures.",
        )
    if steps["waterfall"]:
        drawn["bridge"] = charts.waterfall(
            steps["waterfall"],
            currency,
            f"Steps from gross prices of {steps['gross']} to proceeds of {steps['net']}. "
            "The table beside the chart has the figures.",
        )
    return drawn


def _replace(target: Path, page: str) -> Path:
    """Write a file aside and move it into place, so that no reader sees half of it."""
    handle, aside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
        Path(aside).chmod(0o644)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return target
