"""Charts of the model card: curves of value, what moves it, and errors from week to week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from auction.report.card import effect_name, shown_kinds
from auction.report.curve_charts import by_group, depreciation, trait
from auction.report.drawing import INK, PLAN, SMALL, Chart, chart_of, day_format, rendered
from auction.report.grid import Column, grid
from auction.report.language import _
from auction.report.wording import day

if TYPE_CHECKING:
    from auction.report.drawing import Drawing
    from auction.report.source import Card

#: Colour of the points of a chart, apart from its line in hue and in lightness.
_POINTS: Final = "#8a4b00"
#: Zero has no sign.
_ZERO: Final = "datum.value == 0 ? format(0, '.0%') : datum.label"
#: Height of an axis with its title, so that few rows keep their own.
_AXIS: Final = 45
_FAN, _LUCK = "#f0f4f8", "#c6dbec"


def charts(kept: Card, currency: str) -> list[Chart]:
    """Return every chart of the card, in the order of the page.

    Parameters
    ----------
    kept : Card
    currency : str
    """
    drawn = [depreciation(kept.curves, currency)]
    drawn.append(by_group(kept.curves))
    drawn += [trait(kept.curves, curve, currency) for curve in ("odometer", "grade")]
    drawn += [kinds(kept.kinds), drift(kept.drift)]
    return [chart for chart in drawn if chart is not None]


def kinds(table: pl.DataFrame) -> Chart | None:
    """Return how far each kind of effect moves vehicles apart."""
    import altair as alt

    if table.is_empty():
        return None
    values = [
        {"place": place, "effect": effect_name(row["effect"]),
         **{name: round(row[name] - 1.0, 4) for name in ("low", "high")}}
        for place, row in enumerate(shown_kinds(table).iter_rows(named=True))
    ]  # fmt: skip
    title = _("What moves values: factors of nine in ten vehicles, by kind of effect")

    def draw(width: int) -> Drawing:
        small = width < SMALL
        y = alt.Y(
            "effect:N", sort=alt.SortField("place"), title=None,
            axis=alt.Axis(labelLimit=130 if small else 260, ticks=False, domain=False),
        )  # fmt: skip
        x = alt.X(
            "low:Q", title=_("Against the middle vehicle"),
            axis=alt.Axis(format="+.0%", labelExpr=_ZERO, tickCount=4 if small else 8),
        )  # fmt: skip
        bars = (
            chart_of(values)
            .mark_bar(height={"band": 0.55}, color="#7fa8cc")
            .encode(
                y=y,
                x=x,
                x2="high:Q",
                tooltip=[
                    alt.Tooltip("effect:N", title=_("Kind of effect")),
                    alt.Tooltip("low:Q", title=_("5 %% of vehicles below"), format="+.1%"),
                    alt.Tooltip("high:Q", title=_("5 %% of vehicles above"), format="+.1%"),
                ],
            )
        )
        middle = chart_of([{"at": 0.0}]).mark_rule(color=INK).encode(x="at:Q")
        return alt.layer(bars, middle).properties(width=width, height=22 * len(values) + _AXIS)

    return rendered(
        "kinds",
        title,
        _(
            "A bar for each kind of effect, from the factor that one vehicle in twenty falls short "
            "of to the one that one in twenty exceeds."
        ),
        draw,
        grid(
            "kinds-figures",
            title,
            [Column(_("Kind of effect"), "label"),
             Column(_("5 %% of vehicles below"), "gain_percent"),
             Column(_("5 %% of vehicles above"), "gain_percent")],
            [(row["effect"], row["low"], row["high"]) for row in values],
        ),
    )  # fmt: skip


def drift(table: pl.DataFrame) -> Chart | None:
    """Return prices against their forecasts by week, smoothed, with their limits."""
    import altair as alt

    rows = table.filter(pl.col("dimension") == "all")
    if rows.height < 2:
        return None
    week, smoothed = _("prices of a week"), _("smoothed")
    values = [
        {
            "date": row["first"].isoformat(), "day": day(row["first"]), "sales": row["sales"],
            "dot": week, "line": smoothed,
            "error": round(row["price_error"], 4), "mean": round(row["smoothed_price_error"], 4),
            "luck": round(row["price_limit"], 4), "fan": round(row["price_fan_limit"], 4),
        }
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    fan, luck = _("held possible by the model"), _("left by luck")
    starts = [
        alt.DateTime(year=at.year, month=at.month, date=at.day, utc=True) for at in rows["first"]
    ]

    def draw(width: int) -> Drawing:
        columns = 1 if width < SMALL else 0
        labels = 3 if width < SMALL else 8
        told = starts[:: -(-len(starts) // labels)]
        x = alt.X(
            "date:T", title=None, scale=alt.Scale(type="utc"),
            axis=alt.Axis(format=day_format(), values=told, grid=False),
        )  # fmt: skip
        title = _("Prices against their forecasts")
        axis = alt.Axis(format="+.0%", labelExpr=_ZERO, tickCount=6)
        base = chart_of(values)
        bands = [
            {"date": row["date"], "low": -row[kind], "high": row[kind], "band": name}
            for kind, name in (("fan", fan), ("luck", luck))
            for row in values
        ]
        area = (
            chart_of(bands)
            .mark_area()
            .encode(
                x=x,
                y=alt.Y("low:Q", title=title, axis=axis),
                y2="high:Q",
                color=alt.Color(
                    "band:N",
                    scale=alt.Scale(domain=[fan, luck], range=[_FAN, _LUCK]),
                    legend=alt.Legend(
                        orient="top", title=None, symbolType="square", columns=columns,
                        symbolStrokeColor="#9aa3ad", symbolStrokeWidth=1,
                    ),
                ),
            )
        )  # fmt: skip
        zero = chart_of([{"at": 0.0}]).mark_rule(color=INK, opacity=0.5).encode(y="at:Q")
        dots = (
            base.mark_point(filled=True, size=34, color=_POINTS)
            .encode(
                x=x,
                y=alt.Y("error:Q", title=title),
                shape=alt.Shape(
                    "dot:N",
                    scale=alt.Scale(domain=[week], range=["circle"]),
                    legend=alt.Legend(
                        orient="top", title=None, columns=columns, symbolFillColor=_POINTS,
                        symbolStrokeColor=_POINTS,
                    ),
                ),
                tooltip=[
                    alt.Tooltip("day:N", title=_("Week from")),
                    alt.Tooltip("error:Q", title=_("Prices of the week"), format="+.1%"),
                    alt.Tooltip("mean:Q", title=_("Smoothed"), format="+.1%"),
                    alt.Tooltip("luck:Q", title=_("Left by luck, ±"), format=".1%"),
                    alt.Tooltip("sales:Q", title=_("Sales"), format=",d"),
                ],
            )
        )  # fmt: skip
        line = (
            base.mark_line(strokeWidth=2.2, color=PLAN)
            .encode(
                x=x,
                y="mean:Q",
                strokeDash=alt.StrokeDash(
                    "line:N",
                    scale=alt.Scale(domain=[smoothed], range=[[1, 0]]),
                    legend=alt.Legend(
                        orient="top", title=None, columns=columns, symbolStrokeColor=PLAN
                    ),
                ),
            )
        )  # fmt: skip
        return alt.layer(area, zero, line, dots).properties(width=width, height=240)

    return rendered(
        "drift-weeks",
        _("Prices against their forecasts, week by week"),
        _(
            "A point for each week, a smoothed line, and two bands around zero: what luck alone "
            "leaves of the line, and what the model held possible of it."
        ),
        draw,
        grid(
            "drift-weeks-figures",
            _("Prices against their forecasts, week by week"),
            [Column(_("Week from"), "label"), Column(_("Sales"), "count"),
             Column(_("Prices of the week"), "gain_percent"), Column(_("Smoothed"), "gain_percent"),
             Column(_("Left by luck, ±"), "percent"),
             Column(_("Held possible by the model, ±"), "percent")],
            [(row["day"], row["sales"], row["error"], row["mean"], row["luck"], row["fan"])
             for row in values],
        ),
    )  # fmt: skip
