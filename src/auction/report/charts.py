"""The charts: money by week, distribution of the proceeds, way from gross to net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from auction.report.drawing import INK, MUTED, Chart, chart_of, rendered
from auction.report.wording import CHANNELS, money

if TYPE_CHECKING:
    import altair as alt

    from auction.report.drawing import Drawing

#: Colours that differ in lightness as well, so that they stay apart without hue.
COLOURS: Final = {
    "auction": "#1f4e79",
    "dealer": "#c77d0a",
    "dismantling": "#2f8f83",
    "hold": "#858f99",
}
_LOSS: Final = "#b3372f"
_GAIN: Final = "#2f7d4f"
#: Below this width, pixels, legends and labels are set closer.
_SMALL: Final = 500
#: Zero has no unit.
_ZERO: Final = "datum.value == 0 ? '0' : datum.label"


def money_by_week(bars: Sequence[dict[str, Any]], currency: str, description: str) -> Chart:
    """Return stacked bars of expected net by week and channel.

    Parameters
    ----------
    bars : sequence of dict
        As of :func:`auction.report.proceeds.money_bars`.
    currency, description : str
    """
    import altair as alt

    weeks = list(dict.fromkeys(bar["week"] for bar in bars))
    used = [name for name in CHANNELS if any(bar["channel"] == CHANNELS[name] for bar in bars)]
    rank = {CHANNELS[name]: place for place, name in enumerate(used)}
    values = [
        {"week": bar["week"], "channel": bar["channel"], "net": bar["net"],
         "rank": rank.get(bar["channel"], len(rank))}
        for bar in bars
        if bar["channel"] is not None
    ]  # fmt: skip

    def draw(width: int) -> Drawing:
        crowded = len(weeks) * 52 > width
        bar = (
            chart_of(values)
            .mark_bar(size=max(4, min(54, int(0.62 * width / max(len(weeks), 1)))))
            .encode(
                x=alt.X(
                    "week:N",
                    sort=None,
                    scale=alt.Scale(domain=weeks),
                    title="Week of sale, by its first day",
                    axis=alt.Axis(labelAngle=-90 if crowded else 0, ticks=False),
                ),
                y=alt.Y(
                    "net:Q",
                    stack="zero",
                    title=f"Expected net proceeds, {currency}",
                    axis=alt.Axis(format="~s", tickCount=5, labelExpr=_ZERO),
                ),
                color=alt.Color(
                    "channel:N",
                    scale=alt.Scale(
                        domain=[CHANNELS[name] for name in used],
                        range=[COLOURS.get(name, MUTED) for name in used],
                    ),
                    legend=alt.Legend(orient="top", title=None, columns=2 if width < _SMALL else 0),
                ),
                order=alt.Order("rank:Q"),
            )
        )
        return alt.layer(bar).properties(width=width, height=250)

    title = "Expected net proceeds by week of sale and channel"
    return rendered("money", title, description, draw)


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
            *_mark(figures["mean"], "mean", 1.17 * tallest, width, right=True),
            *_mark(figures["cvar"], "CVaR", 1.17 * tallest, width, right=False),
        ]
        whole: Drawing = (
            alt.layer(*layers)
            .resolve_scale(color="independent", stroke="independent", strokeDash="independent")
            .properties(width=width, height=270)
        )
        return whole

    return rendered("distribution", "Distribution of the proceeds", description, draw)


def _histogram(
    bars: list[dict[str, Any]], share: str, currency: str, height: float, width: int
) -> alt.Chart:
    import altair as alt

    tail = f"This plan, worst {share}"
    values = [{**bar, "series": tail if bar["tail"] else "This plan"} for bar in bars]
    x = alt.X(
        "left:Q",
        scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(format="~s", tickCount=6, grid=False),
        title=f"Proceeds of the fleet, {currency}",
    )
    y = alt.Y(
        "bottom:Q",
        title="Scenarios",
        axis=alt.Axis(tickCount=5, tickMinStep=1),
        scale=alt.Scale(domain=[0, height], nice=False),
    )
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=["This plan", tail], range=["#6a97c0", _LOSS]),
        legend=_legend(width, symbolType="square"),
    )
    made: alt.Chart = (
        chart_of(values)
        .mark_bar(stroke="white", strokeWidth=0.6)
        .encode(x=x, x2="right:Q", y=y, y2="top:Q", color=colour)
    )
    return made


def _outlines(points: list[dict[str, Any]], width: int) -> list[alt.Chart]:
    import altair as alt

    names = list(dict.fromkeys(point["name"] for point in points))
    if not names:
        return []
    legend = _legend(width, symbolType="stroke", symbolStrokeWidth=2)
    colours = alt.Scale(domain=names, range=["#8a5a00", "#5b4b8a", "#4d5b66"])
    dashes = alt.Scale(domain=names, range=[[5, 3], [2, 2], [7, 2, 2, 2]])
    return [
        chart_of(points)
        .mark_line(interpolate="step-after", strokeWidth=1.6)
        .encode(
            x=alt.X("at:Q"),
            y=alt.Y("count:Q"),
            stroke=alt.Stroke("name:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("name:N", scale=dashes, legend=legend),
        )
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
            fontSize=12 if width > _SMALL else 10,
        ).encode(y=alt.Y("y:Q"), text="label:N"),
    ]


def _legend(width: int, **look: Any) -> alt.Legend:
    import altair as alt

    return alt.Legend(orient="top", title=None, columns=1 if width < _SMALL else 0, **look)


def _stacked(bars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reached: dict[float, int] = {}
    placed = []
    for bar in bars:
        bottom = reached.get(bar["left"], 0)
        reached[bar["left"]] = bottom + bar["count"]
        placed.append({**bar, "bottom": bottom, "top": bottom + bar["count"]})
    return placed


def waterfall(steps: Sequence[dict[str, Any]], currency: str, description: str) -> Chart:
    """Return what lies between gross and net, step by step.

    Parameters
    ----------
    steps : sequence of dict
        As of the ``waterfall`` of :func:`auction.report.proceeds.bridge`.
    currency, description : str
    """
    import altair as alt

    low = min([0.0, *(min(step["start"], step["end"]) for step in steps)])
    high = max([0.0, *(max(step["start"], step["end"]) for step in steps)])
    kinds = {True: "adds", False: "takes away", None: "in all"}
    values = [
        {**step, "kind": kinds[step["gain"]], "left": min(step["start"], step["end"])}
        for step in steps
    ]

    def draw(width: int) -> Drawing:
        small = width < _SMALL
        room = 0.14 if not small else 0.38
        y = alt.Y(
            "step:N",
            sort=alt.SortField("place"),
            title=None,
            axis=alt.Axis(labelLimit=180 if small else 330, ticks=False, domain=False),
        )
        x = alt.X(
            "start:Q",
            title=f"Amount, {currency}",
            axis=alt.Axis(format="~s", tickCount=4 if small else 6, labelExpr=_ZERO),
            scale=alt.Scale(domain=[low - room * (high - low), high], nice=False),
        )
        base = chart_of(values)
        bars = base.mark_bar(height={"band": 0.62}).encode(
            y=y,
            x=x,
            x2="end:Q",
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(kinds.values()), range=[_GAIN, _LOSS, "#4d5b66"]),
                legend=None,
            ),
        )
        labels = base.mark_text(align="right", dx=-5, color=INK, fontSize=11).encode(
            y=y, x=alt.X("left:Q"), text="label:N"
        )
        return alt.layer(bars, labels).properties(width=width, height=26 * len(values))

    return rendered("bridge", "From gross prices to net proceeds", description, draw)
