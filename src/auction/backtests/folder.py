"""The folder of a backtest: what a machine reads, what a person looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auction.run.folder import RunFolder
from auction.workspace import Workspace

if TYPE_CHECKING:
    import residual

RECORD = "backtest.json"


def write_backtest(
    folder: RunFolder, tested: residual.Backtest, source: Workspace, *, plots: bool = True
) -> None:
    """Write every file of a backtest.

    Parameters
    ----------
    folder : RunFolder
        Where; still aside.
    tested : residual.Backtest
    source : Workspace
        What it was made from.
    plots : bool
        Whether to draw; else only tables and the record are written.

    Raises
    ------
    MissingExtraError
        Where plots are asked for and the packages of the extra ``report`` are not installed.
    RunFolderError
        Where a file cannot be written.

    Notes
    -----
    ``backtest.json`` holds the settings and all scores, ``forecasts.parquet`` every forecast,
    ``scores.csv`` the scores as a table, ``backtest.html`` a page that needs no network, and
    ``plots`` its charts as SVG. The same sales give the same bytes.
    """
    folder.record(RECORD, as_object(tested, source))
    folder.table("forecasts.parquet", tested.table())
    with folder.writing():
        tested.scores().write_csv(folder.aside / "scores.csv")
    if not plots:
        return
    from auction.backtests.charts import backtest_charts
    from auction.backtests.page import page
    from auction.report.page import need_extra

    need_extra("the plots of a backtest")
    charts = backtest_charts(tested)
    text = page(tested, charts, source.config.currency, source.config.title)
    with folder.writing():
        (folder.aside / "backtest.html").write_text(text, encoding="utf-8", newline="\n")
        (folder.aside / "plots").mkdir()
        for chart in charts:
            target = folder.aside / "plots" / f"{chart.name}.svg"
            target.write_text(f"{chart.svg}\n", encoding="utf-8", newline="\n")


def as_object(tested: residual.Backtest, source: Workspace) -> dict[str, object]:
    """Return a backtest as one object that JSON can hold."""
    return {"currency": source.config.currency, **tested.record()}
