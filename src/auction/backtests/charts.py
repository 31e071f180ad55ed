"""Charts of a backtest: where prices fell, coverage by segment, errors from origin to origin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from auction.report.drawing import INK, MUTED, PLAN, SMALL, Chart, chart_of, rendered
from auction.report.forecast_charts import LOOKS, parts

if TYPE_CHECKING:
    import residual
    from auction.report.drawing import Drawing

#: Per cents that stand on an axis of ratios.
_TICKS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
#: Dates that stand on an axis of origins, on a desk's screen and on a telephone.
_DATES: Final = (7, 3)
#: Colour and dash of each forecaster.
_LINES: Final = {
    "model": (PLAN, [1, 0]),
    "guide": ("#c77d0a", [6, 3]),
    "naive": (MUTED, [2, 3]),
}
_NAMES: Final = {
    "model": "this model",
    "guide": "the guide value",
    "naive": "median of make, model and year",
}
_DIMENSIONS: Final = {
    "grade": "grade {}",
    "age": "age {} years",
    "horizon": "{} weeks ahead",
    "guide": "{} guide value",
}
_QUARTERS: Final = {
    "1 of 4": "cheapest quarter", "2 of 4": "second quarter", "3 of 4": "third quarter",
    "4 of 4": "dearest quarter",
}  # fmt: skip
#: Groups of one dimension that are drawn, those with most forecasts first.
_MOST_GROUPS: Final = 8


def backtest_charts(tested: residual.Backtest) -> list[Chart]:
    """Return every chart of a backtest."""
    scores, origins = tested.scores(), tested.by_origin()
    counts = pl.DataFrame({"parts": [tested.pit_counts()], "part_error": [tested.pit_error()]})
    return [
        parts(counts),
        coverage_by_segment(scores),
        error_by_origin(origins),
        bias_by_origin(origins),
    ]


def group_words(dimension: str, group: str) -> str:
    """Return what a group of sales is called beside a chart or in a table."""
    if dimension == "all":
        return "all sales"
    if dimension == "price_band":
        return _QUARTERS[group]
    return _DIMENSIONS.get(dimension, "{}").format(group)


def segments_of(scores: pl.DataFrame) -> pl.DataFrame:
    """Return the model's rows of the scores, less groups that hold every sale again."""
    model = scores.filter(pl.col("forecaster") == "model")
    whole = pl.col("forecasts") == pl.col("forecasts").max()
    return model.filter((pl.col("dimension") == "all") | ~whole)


def _drawn(scores: pl.DataFrame) -> pl.DataFrame:
    """The largest groups of each dimension, in the order of the scores."""
    model = segments_of(scores).with_row_index("place")
    largest = pl.struct(-pl.col("forecasts"), "place").rank("ordinal").over("dimension")
    return model.filter(largest <= _MOST_GROUPS).sort("place").drop("place")


def coverage_by_segment(scores: pl.DataFrame) -> Chart:
    """Return the share of prices inside each interval by segment, two standard errors around.

    Parameters
    ----------
    scores : polars.DataFrame
        As of ``Backtest.scores``.
    """
    import altair as alt

    table = _drawn(scores)
    names = {level: f"{level} %" for level in LOOKS}
    values = [
        {
            "place": place,
            "row": group_words(row["dimension"], row["group"]),
            "level": names[level],
            "share": round(row[f"coverage_{level}"], 4),
            "low": round(max(row[f"coverage_{level}"] - 2 * row[f"coverage_{level}_error"], 0), 4),
            "high": round(min(row[f"coverage_{level}"] + 2 * row[f"coverage_{level}_error"], 1), 4),
        }
        for place, row in enumerate(table.iter_rows(named=True))
        for level in LOOKS
    ]
    floor = math.floor(20 * min(0.4, *(value["low"] for value in values))) / 20
    colours = alt.Scale(domain=list(names.values()), range=[look[0] for look in LOOKS.values()])
    shapes = alt.Scale(domain=list(names.values()), range=[look[1] for look in LOOKS.values()])

    def draw(width: int) -> Drawing:
        small = width < SMALL
        y = alt.Y(
            "row:N", sort=alt.SortField("place"), title=None,
            axis=alt.Axis(labelLimit=110 if small else 200, ticks=False, domain=False, grid=True),
        )  # fmt: skip
        scale = alt.Scale(domain=[floor, 1.0], nice=False)
        axis = alt.Axis(format=".0%", tickCount=4 if small else 7, grid=False)
        colour = alt.Color(
            "level:N", scale=colours,
            legend=alt.Legend(orient="top", title="Interval", titleFontWeight="normal"),
        )  # fmt: skip
        aims = chart_of([{"at": level / 100, "level": names[level]} for level in LOOKS])
        base = chart_of(values)
        return alt.layer(
            aims.mark_rule(strokeDash=[4, 3]).encode(x=alt.X("at:Q", scale=scale), color=colour),
            base.mark_rule(strokeWidth=2).encode(
                y=y, x=alt.X("low:Q", scale=scale), x2="high:Q", color=colour
            ),
            base.mark_point(filled=True, size=55).encode(
                y=y,
                x=alt.X(
                    "share:Q", scale=scale, axis=axis, title="Share of prices inside the interval"
                ),
                color=colour,
                shape=alt.Shape("level:N", scale=shapes),
            ),
        ).properties(width=width, height=max(19 * len(table), 60))

    return rendered(
        "coverage",
        "Share of later prices inside the intervals foretold, by segment",
        "A row for each segment with the share of prices inside the 50, 80 and 90 % intervals, "
        "two standard errors to either side, and a dashed line where each should be.",
        draw,
    )


def error_by_origin(origins: pl.DataFrame) -> Chart:
    """Return the median error of each forecaster from origin to origin.

    Parameters
    ----------
    origins : polars.DataFrame
        As of ``Backtest.by_origin``.
    """
    import altair as alt

    values = _lines(origins, "median_ape", tuple(_LINES))
    sizes = [value["value"] for value in values]
    low, high = 0.7 * min(sizes, default=1.0), 1.4 * max(sizes, default=100.0)
    return _over_origins(
        "error",
        "Size of the middle error, by origin",
        "A line for each forecaster: half of the sales of an origin's window were foretold "
        "better than this, in per cent of the price, on a scale of ratios.",
        values,
        alt.Y(
            "value:Q",
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(
                values=[tick for tick in _TICKS if low <= tick <= high],
                labelExpr="datum.value + ' %'",
            ),
            title="Median error, % of the price",
        ),
    )


def bias_by_origin(origins: pl.DataFrame) -> Chart:
    """Return the mean error in ln of the model and the guide from origin to origin.

    Parameters
    ----------
    origins : polars.DataFrame
        As of ``Backtest.by_origin``.
    """
    import altair as alt

    values = _lines(origins, "bias_ln", ("model", "guide"))
    return _over_origins(
        "bias",
        "Mean error, signed, by origin",
        "A line for each forecaster: above zero, forecasts were too high as a whole; what stays "
        "on one side is a course of the market that was not foreseen.",
        values,
        alt.Y(
            "value:Q",
            axis=alt.Axis(tickCount=5, format="+.1%"),
            title="Mean of ln forecast / price",
        ),
        zero=True,
    )


def _lines(origins: pl.DataFrame, column: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = origins.filter(pl.col("forecaster").is_in(names)).sort("group", "forecaster")
    return [
        {
            "origin": row["group"],
            "who": _NAMES[row["forecaster"]],
            "value": round(row[column], 6),
            "sales": row["forecasts"],
        }
        for row in rows.iter_rows(named=True)
        if column != "median_ape" or row[column] > 0.0
    ]


def _over_origins(
    name: str,
    title: str,
    description: str,
    values: list[dict[str, Any]],
    y: Any,
    zero: bool = False,
) -> Chart:
    import altair as alt

    known = {value["who"] for value in values}
    order = [who for who in _NAMES if _NAMES[who] in known]
    words = [_NAMES[who] for who in order]
    colours = alt.Scale(domain=words, range=[_LINES[who][0] for who in order])
    days = sorted({value["origin"] for value in values})
    dashes = alt.Scale(domain=words, range=[_LINES[who][1] for who in order])

    def draw(width: int) -> Drawing:
        legend = alt.Legend(orient="top", title=None, columns=1 if width < SMALL else 0)
        step = math.ceil(len(days) / _DATES[width < SMALL])
        x = alt.X(
            "origin:T",
            title="Origin: the day up to which sales were known",
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(format="%-d %b %Y", values=days[::step], grid=False),
        )
        base = chart_of(values).encode(
            x=x,
            y=y,
            color=alt.Color("who:N", scale=colours, legend=legend),
            tooltip=["origin:N", "who:N", "value:Q", "sales:Q"],
        )
        line = base.mark_line(strokeWidth=2).encode(
            strokeDash=alt.StrokeDash("who:N", scale=dashes, legend=legend)
        )
        layers = [line, base.mark_point(filled=True, size=34)]
        if zero:
            rule = chart_of([{"at": 0.0}]).mark_rule(color=INK, strokeWidth=1)
            layers.insert(0, rule.encode(y="at:Q"))
        return alt.layer(*layers).properties(width=width, height=220)

    return rendered(name, title, description, draw)
