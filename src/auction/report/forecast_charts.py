"""Charts of the forecast: the market's fan, coverage by group, and where prices fell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from auction.report.drawing import INK, PLAN, SMALL, Chart, chart_of, month_format, rendered
from auction.report.forecast import LEVELS, group_name, shown
from auction.report.grid import Column, grid
from auction.report.language import _
from auction.report.wording import day, percent

if TYPE_CHECKING:
    from auction.report.drawing import Drawing

#: Colour and mark of each interval, apart in lightness and in form.
LOOKS: Final = {50: ("#c77d0a", "circle"), 80: ("#2f8f83", "square"), 90: (PLAN, "diamond")}
#: Height of the legend and of the axis: few rows are not to be pushed out of the picture by them.
_AROUND: Final = 90


def market(path: pl.DataFrame) -> Chart:
    """Return the level of the market, seen and forecast, with its fan.

    Parameters
    ----------
    path : polars.DataFrame
        As of ``ResidualModel.market_path``.
    """
    import altair as alt

    past, fan = _rows(path, "past"), _rows(path, "forecast")
    values = [*past, *fan]
    wide, narrow = _("90 %% of cases"), _("50 %% of cases")
    bands = [
        {"date": row["date"], "low": row[low], "high": row[high], "band": name}
        for name, low, high in ((wide, "q05", "q95"), (narrow, "q25", "q75"))
        for row in fan
    ]
    seen, ahead = _("seen"), _("middle forecast")
    for row in values:
        row["series"] = seen if row["kind"] == "past" else ahead

    def draw(width: int) -> Drawing:
        x = alt.X(
            "date:T", title=None, scale=alt.Scale(type="utc"),  # the same on every clock
            axis=alt.Axis(format=month_format(), tickCount=4 if width < SMALL else 8, grid=False),
        )  # fmt: skip
        columns = 1 if width < SMALL else 0
        title = _("Market level, 100 on the day of the plan")
        y = alt.Y("level:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5), title=title)
        area = (
            chart_of(bands)
            .mark_area(opacity=1.0)
            .encode(
                x=x, y=alt.Y("low:Q", title=title), y2="high:Q",
                color=alt.Color(
                    "band:N",
                    scale=alt.Scale(domain=[wide, narrow], range=["#dbe8f3", "#a9c8e2"]),
                    legend=alt.Legend(
                        orient="top", title=None, symbolType="square", columns=columns
                    ),
                ),
            )
        )  # fmt: skip
        lines = (
            chart_of(values)
            .mark_line(strokeWidth=2, color=PLAN)
            .encode(
                x=x,
                y=y,
                strokeDash=alt.StrokeDash(
                    "series:N",
                    scale=alt.Scale(domain=[seen, ahead], range=[[1, 0], [5, 3]]),
                    legend=alt.Legend(
                        orient="top", title=None, symbolStrokeColor=PLAN, columns=columns
                    ),
                ),
            )
        )
        near = alt.selection_point(
            name="near", fields=["date"], nearest=True, on="pointerover", empty=False,
            clear="pointerout",
        )  # fmt: skip
        points = (
            chart_of(values, "market")
            .mark_point(filled=True, size=60, color=INK)
            .encode(
                x=x,
                y=y,
                opacity=alt.condition(near, alt.value(1.0), alt.value(0.0)),
                tooltip=[
                    alt.Tooltip("day:N", title=_("Day")),
                    alt.Tooltip("level:Q", title=_("Level"), format=".1f"),
                    alt.Tooltip("q05:Q", title=_("5 %% case"), format=".1f"),
                    alt.Tooltip("q95:Q", title=_("95 %% case"), format=".1f"),
                ],
            )
            .add_params(near)
        )
        return alt.layer(area, lines, points).properties(width=width, height=260)

    return rendered(
        "market-level",
        _("Level of the market, seen and forecast"),
        _(
            "A line of past levels, then the forecast with the bands that hold half and nine "
            "tenths of the cases. The table below the chart has the figures."
        ),
        draw,
    )


def _rows(path: pl.DataFrame, kind: str) -> list[dict[str, Any]]:
    figures = ("level", "q05", "q25", "q75", "q95")
    return [
        {
            "date": row["date"].isoformat(),
            "day": day(row["date"]),
            "kind": kind,
            **{name: round(row[name], 3) for name in figures if row[name] is not None},
        }
        for row in path.filter(pl.col("kind") == kind).sort("date").iter_rows(named=True)
    ]


def coverage(table: pl.DataFrame) -> Chart:
    """Return the share of prices inside each interval by group of sales.

    Parameters
    ----------
    table : polars.DataFrame
        As of ``ResidualModel.calibration``.
    """
    import altair as alt

    rows = [row for row in shown(table) if not row["joined"]]
    names = {level: percent(level / 100, 0) for level in LEVELS}
    values = [
        {
            "place": place,
            "row": group_name(row["dimension"], row["group"]),
            "level": names[level],
            "share": round(row[f"inside_{level}"], 4),
            "low": round(max(row[f"inside_{level}"] - 2 * row[f"inside_{level}_error"], 0.0), 4),
            "high": round(min(row[f"inside_{level}"] + 2 * row[f"inside_{level}_error"], 1.0), 4),
            "sales": row["sales"],
        }
        for place, row in enumerate(rows)
        for level in LEVELS
    ]
    least = min(0.4, *(value["low"] for value in values))
    colours = alt.Scale(domain=list(names.values()), range=[LOOKS[level][0] for level in LEVELS])

    def draw(width: int) -> Drawing:
        small = width < SMALL
        pick = alt.selection_point(name="intervals", fields=["level"], bind="legend")
        shade = alt.condition(pick, alt.value(1.0), alt.value(0.1))
        y = alt.Y(
            "row:N",
            sort=alt.SortField("place"),
            title=None,
            axis=alt.Axis(labelLimit=110 if small else 240, ticks=False, domain=False, grid=True),
        )
        apart = alt.YOffset("level:N", sort=list(names.values()), scale=alt.Scale(padding=0.35))
        scale = alt.Scale(domain=[math.floor(20 * least) / 20, 1.0], nice=False)
        x = alt.X(
            "share:Q",
            scale=scale,
            axis=alt.Axis(format=".0%", tickCount=4 if small else 7, grid=False),
            title=_("Share of prices inside the interval"),
        )
        aims = (
            chart_of([{"at": level / 100, "level": names[level]} for level in LEVELS])
            .mark_rule(strokeDash=[4, 3])
            .encode(x=alt.X("at:Q"), color=alt.Color("level:N", scale=colours))
        )
        colour = alt.Color("level:N", scale=colours)
        errors = (
            chart_of(values)
            .mark_rule(strokeWidth=2)
            .encode(
                y=y,
                yOffset=apart,
                x=alt.X("low:Q", scale=scale),
                x2="high:Q",
                color=colour,
                opacity=shade,
            )
        )
        points = (
            chart_of(values, "coverage")
            .mark_point(filled=True, size=60)
            .encode(
                y=y,
                yOffset=apart,
                x=x,
                color=alt.Color(
                    "level:N",
                    scale=colours,
                    legend=alt.Legend(orient="top", title=_("Interval"), titleFontWeight="normal"),
                ),
                shape=alt.Shape(
                    "level:N",
                    scale=alt.Scale(
                        domain=list(names.values()), range=[LOOKS[level][1] for level in LEVELS]
                    ),
                ),
                opacity=shade,
                tooltip=[
                    alt.Tooltip("row:N", title=_("Sales of")),
                    alt.Tooltip("level:N", title=_("Interval")),
                    alt.Tooltip("share:Q", title=_("Prices inside"), format=".1%"),
                    alt.Tooltip("low:Q", title=_("at least"), format=".1%"),
                    alt.Tooltip("high:Q", title=_("at most"), format=".1%"),
                    alt.Tooltip("sales:Q", title=_("Sales"), format=",d"),
                ],
            )
            .add_params(pick)
        )
        return alt.layer(aims, errors, points).properties(
            width=width, height=24 * len(rows) + _AROUND
        )

    return rendered(
        "coverage",
        _("Share of later prices inside the intervals foretold, by group of sales"),
        _(
            "A row for each group of sales with the share of prices inside the 50, 80 and 90 %% "
            "intervals, two standard errors to either side, and a dashed line where each should "
            "be. The table below the chart has the figures."
        ),
        draw,
    )


def parts(table: pl.DataFrame) -> Chart:
    """Return how many prices fell into each twentieth of the distribution foretold.

    Parameters
    ----------
    table : polars.DataFrame
        As of ``ResidualModel.calibration``; its first row counts.
    """
    import altair as alt

    counts = table["parts"][0].to_list()
    sales, cells = sum(counts), len(counts)
    even = sales / cells
    margin = 2.0 * sales * table["part_error"][0]
    values = [
        {
            "left": place / cells,
            "right": (place + 1) / cells,
            "count": count,
            "range": f"{percent(place / cells, 0)} – {percent((place + 1) / cells, 0)}",
        }
        for place, count in enumerate(counts)
    ]

    def draw(width: int) -> Drawing:
        x = alt.X(
            "left:Q",
            scale=alt.Scale(domain=[0, 1], nice=False),
            axis=alt.Axis(format=".0%", tickCount=5, grid=False),
            title=_("Where the price fell in the distribution foretold, lowest to highest"),
        )
        bars = (
            chart_of(values)
            .mark_bar(color="#7fa8cc", stroke="white", strokeWidth=0.6)
            .encode(
                x=x,
                x2="right:Q",
                y=alt.Y(
                    "count:Q",
                    title=_("Sales"),
                    scale=alt.Scale(zero=True),
                    axis=alt.Axis(tickCount=5, tickMinStep=1),
                ),
                y2=alt.datum(0),
                tooltip=[
                    alt.Tooltip("range:N", title=_("Part of the distribution")),
                    alt.Tooltip("count:Q", title=_("Sales"), format=",d"),
                ],
            )
        )
        band = chart_of([{"low": max(even - margin, 0.0), "high": even + margin, "even": even}])
        area = band.mark_rect(color=INK, opacity=0.13).encode(y="low:Q", y2="high:Q")
        line = band.mark_rule(color=INK, strokeDash=[5, 3]).encode(y="even:Q")
        return alt.layer(bars, area, line).properties(width=width, height=210)

    title = _("Where later prices fell in the distribution foretold of them")
    return rendered(
        "parts",
        title,
        _(
            "Twenty bars of equal chance. Even bars mean that the forecast is right as a whole; "
            "a heap in the middle, that it is too wide; heaps at the ends, too narrow. The band "
            "is what luck alone would leave in nineteen of twenty bars, sales of a week erring "
            "together."
        ),
        draw,
        grid(
            "parts-figures",
            title,
            [Column(_("Part of the distribution"), "label"), Column(_("Sales"), "count")],
            [(value["range"], value["count"]) for value in values],
        ),
    )  # fmt: skip
