"""The report put together: views and charts poured into the page's template."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from auction.errors import MissingExtraError, RunFolderError
from auction.report import (
    assumptions,
    capacities,
    card,
    card_charts,
    charts,
    decisions,
    forecast,
    forecast_charts,
    habits,
    inspections,
    proceeds,
    protection,
    risk_charts,
    risks,
    summary,
    today,
    vehicles,
)
from auction.report.drawing import Chart, config, embedded
from auction.report.language import ENGLISH, LANGUAGES, _, current, speaking
from auction.report.policy import content_policy
from auction.report.script import bundle
from auction.report.source import Source, read_source

_NAME: Final = "report.html"
_NEEDED: Final = ("altair", "babel", "jinja2", "vl_convert")
#: The page's own script, in this order.
_SCRIPTS: Final = ("sort.js", "filter.js", "charts.js")


def write_report(run: Path, *, language: str | None = None) -> Path:
    """Write the report of a run into its folder, in place of an older one.

    One file that needs no network, and is forbidden any: charts are drawn into it, for paper
    and for readers without scripts, and drawn live by the script that it carries; tables are
    sorted and searched by a few lines of its own. The same tables give the same bytes.

    Parameters
    ----------
    run : Path
        Run folder; only its files are read.
    language : str, optional
        Code of the language to write in, of :data:`auction.report.language.LANGUAGES`; by
        default that of the run's settings.

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
    ValueError
        Where there is no such language.
    """
    need_extra("the report")
    run = Path(run)
    source = read_source(run)
    spoken = language_of(source, language)
    try:
        with speaking(spoken):
            page = render(source)
    except (KeyError, ValueError, pl.exceptions.PolarsError) as error:
        raise RunFolderError(f"{run} does not hold what its report needs: {error!r}") from error
    return replace_file(run / _NAME, page.encode())


def need_extra(purpose: str) -> None:
    """Raise MissingExtraError where the packages of the extra ``report`` are not installed."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise MissingExtraError("report", purpose)


def language_of(source: Source, asked: str | None) -> str:
    """Return the language asked for, else that of the run's settings.

    Raises
    ------
    ValueError
        Where there is no such language.
    """
    if asked is not None and asked not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {asked!r}")
    kept = source.manifest["settings"].get("report", {}).get("language", ENGLISH.code)
    return str(kept) if asked is None else asked


def render(source: Source) -> str:
    """Return the page of a run in the language in use."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("auction.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = current().words
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals["language"] = current().tag
    environment.globals["space"] = current().space
    # The extension adds this method at run time.
    cast("Any", environment).install_gettext_callables(
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext
    )
    with ThreadPoolExecutor(1) as aside:
        bundled = aside.submit(bundle)
        shown = views(source)
    styles = [_asset("style.css")]
    scripts = [bundled.result(), "".join(_asset(name) for name in _SCRIPTS)]
    return environment.get_template("report.html").render(
        shown,
        styles=styles,
        scripts=scripts,
        policy=content_policy(styles, scripts),
        chart_settings=embedded(config()),
    )


def _asset(name: str) -> str:
    return files("auction.report").joinpath("templates", name).read_text(encoding="utf-8")


def views(source: Source) -> dict[str, Any]:
    """Return all that the template shows."""
    spread = proceeds.distribution(source)
    steps = proceeds.bridge(source)
    rests_on = assumptions.assumptions(source)
    listing = vehicles.vehicles(source)
    return {
        "header": summary.header(source),
        "fleet_sentence": summary.fleet_sentence(source),
        "key_figures": summary.key_figures(source),
        "proof": summary.proof(source),
        "decide": today.decide(source),
        "trust": today.trust(source, rests_on["notes"]),
        "comparison": habits.comparison(source),
        "weeks": proceeds.money_table(source),
        "runs": capacities.runs(source),
        "distribution": spread,
        "caution": proceeds.caution(source) if source.frontier.height > 1 else None,
        "risks": risks.risks(source),
        "bridge": steps,
        "forecast": forecast.forecast(source),
        "card": card.card(source),
        "heatmap": capacities.heatmap(source),
        "overfull": capacities.overfull(source),
        "prices": capacities.shadow_prices(source),
        "kinds": capacities.kinds(source),
        "decisions": decisions.decisions(source),
        "staying": decisions.staying(source),
        "inspections": inspections.inspections(source),
        "loans": decisions.loans(source),
        "hedges": protection.hedges(source),
        "dismantling": protection.dismantling(source),
        "vehicles": listing,
        "assumptions": rests_on,
        "charts": {chart.name: chart for chart in drawings(source, spread, steps)},
    }


def drawings(
    source: Source, spread: dict[str, Any] | None = None, steps: dict[str, Any] | None = None
) -> list[Chart]:
    """Return every chart of a run, in the order of the page.

    Parameters
    ----------
    source : Source
    spread, steps : dict, optional
        As of :func:`auction.report.proceeds.distribution` and
        :func:`auction.report.proceeds.bridge`, where they are known already.
    """
    spread = proceeds.distribution(source) if spread is None else spread
    steps = proceeds.bridge(source) if steps is None else steps
    currency = source.manifest["currency"]
    drawn = [charts.money_by_week(source), _distribution(spread, currency)]
    drawn += [risk_charts.frontier(source)]
    if steps["waterfall"]:
        drawn.append(_waterfall(steps, currency))
    if source.market is not None:
        drawn.append(forecast_charts.market(source.market))
    if source.calibration is not None and not source.calibration.is_empty():
        drawn.append(forecast_charts.coverage(source.calibration))
        drawn.append(forecast_charts.parts(source.calibration))
    if source.card is not None:
        drawn += card_charts.charts(source.card, currency)
    drawn.append(charts.loans(source))
    return [chart for chart in drawn if chart is not None]


def _distribution(spread: dict[str, Any], currency: str) -> Chart:
    return risk_charts.distribution(
        spread,
        currency,
        _(
            "Histogram of %(scenarios)s. Half of them bring at least %(half)s, one in twenty "
            "less than %(low)s. The table below the chart has the figures.",
            scenarios=spread["scenarios"],
            half=spread["quantiles"]["p50"],
            low=spread["quantiles"]["p05"],
        ),
    )


def _waterfall(steps: dict[str, Any], currency: str) -> Chart:
    return charts.waterfall(
        steps["waterfall"],
        currency,
        _(
            "Steps from gross prices of %(gross)s to proceeds of %(net)s. The table beside "
            "the chart has the figures.",
            gross=steps["gross"],
            net=steps["net"],
        ),
    )


def replace_file(target: Path, content: bytes) -> Path:
    """Write a file aside and move it into place, so that no reader sees half of it."""
    handle, aside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).chmod(0o644)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return target
