"""Charts of the risk: how the proceeds are distributed, and what more or less caution brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auction.report.drawing import INK, LOSS, PLAN, SMALL, Chart, chart_of, money_axis, rendered
from auction.report.language import _
from auction.report.wording import money, percent

if TYPE_CHECKING:
    import altair as alt

    from auction.report.drawing import Drawing
    from auction.report.source import Source


def distribution(figures: dict[str, Any], currency: str, description: str) -> Chart:
    """Return the histogram of the plan's proceeds with mean and CVaR, the habits as outlines.

    Parameters
    ----------
    figures : dict
        As of :func:`auction.report.proceeds.distribution`.
    currency, description : str
    """
    import altair as alt

    bars = _stacked(figures["bars"])
    counts = [bar["top"] for bar in bars] + [point["count"] for point in figures["outlines"]]
    tallest = max(counts)

    def draw(width: int) -> Drawing:
        layers = [
            _histogram(bars, figures["share"], currency, 1.25 * tallest, width),
            *_outlines(figures["outlines"], width),
            *_mark(figures["mean"], _("mean"), 1.17 * tallest, width, right=True),
            *_mark(figures["cvar"], "CVaR", 1.17 * tallest, width, right=False),
        ]
        whole: Drawing = (
            alt.layer(*layers)
            .resolve_scale(color="independent", stroke="independent", strokeDash="independent")
            .properties(width=width, height=270)
        )
        return whole

    return rendered("distribution", _("Distribution of the proceeds"), description, draw)


def _histogram(
    bars: list[dict[str, Any]], share: str, currency: str, height: float, width: int
) -> alt.Chart:
    import altair as alt

    plan, tail = _("This plan"), _("This plan, worst %(share)s", share=share)
    values = [
        {
            **bar,
            "series": tail if bar["tail"] else plan,
            "range": f"{money(bar['left'])} – {money(bar['right'])}",
            "below": percent(bar["below"]),
        }
        for bar in bars
    ]
    made: alt.Chart = (
        chart_of(values)
        .mark_bar(stroke="white", strokeWidth=0.6)
        .encode(
            x=alt.X(
                "left:Q",
                scale=alt.Scale(zero=False, nice=False),
                axis=money_axis(6, grid=False),
                title=_("Proceeds of the fleet, %(currency)s", currency=currency),
            ),
            x2="right:Q",
            y=alt.Y(
                "bottom:Q",
                title=_("Scenarios"),
                axis=alt.Axis(tickCount=5, tickMinStep=1),
                scale=alt.Scale(domain=[0, height], nice=False),
            ),
            y2="top:Q",
            color=alt.Color(
                "series:N",
                scale=alt.Scale(domain=[plan, tail], range=["#6a97c0", LOSS]),
                legend=_legend(width, symbolType="square"),
            ),
            tooltip=[
                alt.Tooltip("range:N", title=_("Proceeds")),
                alt.Tooltip("count:Q", title=_("Scenarios"), format=",d"),
                alt.Tooltip("below:N", title=_("Chance of less than its upper end")),
            ],
        )
    )
    return made


def _outlines(points: list[dict[str, Any]], width: int) -> list[alt.Chart]:
    import altair as alt

    names = list(dict.fromkeys(point["name"] for point in points))
    if not names:
        return []
    pick = alt.selection_point(name="habits", fields=["name"], bind="legend")
    legend = _legend(width, symbolType="stroke", symbolStrokeWidth=2)
    colours = alt.Scale(domain=names, range=["#8a5a00", "#5b4b8a", "#4d5b66"])
    dashes = alt.Scale(domain=names, range=[[5, 3], [2, 2], [7, 2, 2, 2]])
    return [
        chart_of(points, "outlines")
        .mark_line(interpolate="step-after", strokeWidth=1.8)
        .encode(
            x=alt.X("at:Q"),
            y=alt.Y("count:Q"),
            stroke=alt.Stroke("name:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("name:N", scale=dashes, legend=legend),
            opacity=alt.condition(pick, alt.value(1.0), alt.value(0.08)),
        )
        .add_params(pick)
    ]


def _mark(at: float, name: str, height: float, width: int, *, right: bool) -> list[alt.Chart]:
    import altair as alt

    label = f"{name} {money(at)}"
    base = chart_of([{"at": at, "label": label, "y": height}]).encode(x=alt.X("at:Q"))
    return [
        base.mark_rule(color=INK, strokeWidth=1.8, strokeDash=[] if right else [6, 3]),
        base.mark_text(
            align="left" if right else "right",
            dx=5 if right else -5,
            color=INK,
            fontWeight="bold",
            fontSize=12 if width > SMALL else 10,
        ).encode(y=alt.Y("y:Q"), text="label:N"),
    ]


def _legend(width: int, **look: Any) -> alt.Legend:
    import altair as alt

    return alt.Legend(orient="top", title=None, columns=1 if width < SMALL else 0, **look)


def _stacked(bars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return bars with where each begins and ends, and the share of outcomes below its end."""
    reached: dict[float, int] = {}
    whole, so_far = sum(bar["count"] for bar in bars), 0
    placed = []
    for bar in sorted(bars, key=lambda bar: (bar["left"], not bar["tail"])):
        bottom = reached.get(bar["left"], 0)
        reached[bar["left"]] = bottom + bar["count"]
        so_far += bar["count"]
        placed.append(
            {**bar, "bottom": bottom, "top": bottom + bar["count"], "below": so_far / whole}
        )
    return placed


def frontier(source: Source) -> Chart | None:
    """Return expected proceeds against CVaR by the weight of the tail; None for one weight."""
    import altair as alt

    if source.frontier.height < 2:
        return None
    tail = percent(source.risk["alpha"], 0)
    own, other = _("This plan"), _("Another weight of the worst cases")
    values = [
        {
            "weight": row["weight"],
            "label": percent(row["weight"], 0),
            "kind": own if row["taken"] else other,
            "expected": round(row["fresh_expected"], 2),
            "cvar": round(row["fresh_cvar"], 2),
        }
        for row in source.frontier.sort("weight").iter_rows(named=True)
    ]
    currency = source.manifest["currency"]

    def draw(width: int) -> Drawing:
        scale = alt.Scale(zero=False, nice=True, padding=34)
        ticks = 3 if width < SMALL else 6
        base = chart_of(values).encode(
            x=alt.X(
                "cvar:Q",
                scale=scale,
                axis=money_axis(ticks, ".5"),
                title=_("CVaR %(level)s, %(currency)s", level=tail, currency=currency),
            ),
            y=alt.Y(
                "expected:Q",
                scale=scale,
                axis=money_axis(5, ".5"),
                title=_("Expected proceeds, %(currency)s", currency=currency),
            ),
        )
        line = base.mark_line(color="#9aa3ad", strokeWidth=1.5).encode(order="weight:Q")
        points = base.mark_point(filled=True, size=130, opacity=1.0).encode(
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=[own, other], range=[PLAN, "#c77d0a"]),
                legend=_legend(width),
            ),
            shape=alt.Shape(
                "kind:N", scale=alt.Scale(domain=[own, other], range=["diamond", "circle"])
            ),
            tooltip=[
                alt.Tooltip("label:N", title=_("Weight of the worst cases")),
                alt.Tooltip("expected:Q", title=_("Expected"), format=",.0f"),
                alt.Tooltip("cvar:Q", title=_("CVaR"), format=",.0f"),
            ],
        )
        names = base.mark_text(dx=10, dy=-11, align="left").encode(text="label:N")
        return alt.layer(line, points, names).properties(width=width, height=250)

    return rendered(
        "frontier",
        _("What more or less caution would bring"),
        _(
            "Expected proceeds against CVaR on fresh scenarios, one point for each weight of "
            "the worst cases. The table below the chart has the figures."
        ),
        draw,
    )
