"""The page of a backtest: its charts and its scores, in one file that asks for nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from auction.backtests.charts import group_words, segments_of

if TYPE_CHECKING:
    import residual
    from auction.report.drawing import Chart

_STYLE: Final = """
:root { color-scheme: light; }
body { font: 15px/1.5 "Liberation Sans", Arial, Helvetica, sans-serif; color: #1c2733;
  background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
p { max-width: 46rem; } .lead { color: #51606f; margin-top: 0; }
figure { margin: 0; } figure svg { width: 100%; height: auto; max-width: 720px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e3e8ed;
  white-space: nowrap; }
th { color: #51606f; font-weight: normal; vertical-align: bottom; }
th:first-child, td:first-child, .word { text-align: left; }
tr.model td { font-weight: bold; }
""".strip()
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_WHO: Final = {
    "model": "this model",
    "naive": "median of make, model, year",
    "guide": "the guide value",
    "model_beside_guide": "this model, where guided",
}
_DIMENSIONS: Final = {
    "all": "", "group": "kind", "grade": "condition", "age": "age", "make": "make",
    "seller_kind": "seller", "guide": "guide", "price_band": "price foretold",
    "horizon": "time ahead",
}  # fmt: skip


def page(tested: residual.Backtest, charts: Sequence[Chart], currency: str, title: str) -> str:
    """Return the page as HTML: no script, no request, the same bytes every time.

    Parameters
    ----------
    tested : residual.Backtest
    charts : sequence of Chart
    currency, title : str
        Of the workspace.
    """
    scores = tested.scores()
    every = scores.filter(pl.col("dimension") == "all")
    segments = segments_of(scores)
    figures = (
        f"<h2>{html.escape(chart.title)}</h2><p>{html.escape(chart.description)}</p>"
        f"<figure>{chart.svg}</figure>"
        for chart in charts
    )
    last = max(tested.learnt)
    lead = (
        f"Origins: {len(tested.learnt)}, from {tested.start} to {last}. Weeks from one to the "
        f"next: {tested.every}; weeks after it whose sales each foretells from those before it: "
        f"{tested.ahead}. Forecasts: {len(tested.table()):,}. Amounts in {currency}."
    )
    body = [
        f"<h1>Backtest of values, {html.escape(title)}</h1>",
        f'<p class="lead">{html.escape(lead)}</p>',
        *(f"<p>{html.escape(note)}</p>" for note in tested.notes),
        "<h2>Who foretold better</h2>",
        _table(
            ("forecaster", "forecasts", "mean error", "mean error, %", "median error, %",
             "bias in ln"),
            (
                (_WHO[row["forecaster"]], f"{row['forecasts']:,}", f"{row['mae']:,.0f}",
                 f"{row['mape']:,.2f}", f"{row['median_ape']:,.2f}", f"{row['bias_ln']:+.4f}")
                for row in every.iter_rows(named=True)
            ),
            bold=1,
        ),
        *figures,
        "<h2>Scores by segment</h2>",
        _table(
            ("segment", "by", "forecasts", "mean error", "mean error, %", "bias in ln",
             "pinball of ln", "CRPS", "in 50 %", "in 80 %", "in 90 %", "KS"),
            (_segment(row) for row in segments.iter_rows(named=True)),
            bold=1,
        ),
    ]  # fmt: skip
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>Backtest of values</title><style>{_STYLE}</style></head><body>"
    )
    return f"{head}\n" + "\n".join(body) + "\n</body></html>\n"


def _segment(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        group_words(row["dimension"], row["group"]),
        _DIMENSIONS.get(row["dimension"], row["dimension"]),
        f"{row['forecasts']:,}",
        f"{row['mae']:,.0f}",
        f"{row['mape']:,.2f}",
        f"{row['bias_ln']:+.4f}",
        f"{row['pinball_ln']:.5f}",
        f"{row['crps']:,.0f}",
        *(f"{row[f'coverage_{level}']:.1%}" for level in (50, 80, 90)),
        f"{row['ks']:.3f}",
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], bold: int) -> str:
    """Return a table whose first so many rows stand out."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
        lines.append(f'<tr class="{"model" if number < bold else ""}">{cells}</tr>')
    body = "\n".join(lines)
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{inner}</table></div>'
