"""The charts, as static SVG that needs nothing from outside the page."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from auction.report.wording import CHANNELS, money

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.LayerChart | alt.FacetChart

#: Widths a chart is drawn at, pixels: for a desk's screen, for paper, and for a telephone.
WIDTHS: Final = {"wide": 1060, "middle": 700, "narrow": 350}

#: Colours that differ in lightness as well, so that they stay apart without hue.
COLOURS: Final = {
    "auction": "#1f4e79",
    "dealer": "#d98e1f",
    "dismantling": "#2f8f83",
    "hold": "#9aa3ad",
}
_INK: Final = "#1c2733"
_MUTED: Final = "#51606f"
_LOSS: Final = "#b3372f"
_GAIN: Final = "#2f7d4f"
#: Zero has no unit.
_ZERO: Final = "datum.value == 0 ? '0' : datum.label"
_FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart at each width.

    Parameters
    ----------
    title : str
        What it shows, for those who do not see it.
    description : str
        What is to be seen in it.
    svg : dict of str to str
        Markup by width name.
    """

    title: str
    description: str
    svg: dict[str, str]


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
            _chart(values)
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
                        range=[COLOURS.get(name, _MUTED) for name in used],
                    ),
                    legend=alt.Legend(orient="top", title=None, columns=2 if width < 500 else 0),
                ),
                order=alt.Order("rank:Q"),
            )
        )
        return alt.layer(bar).properties(width=width, height=250)

    title = "Expected net proceeds by week of sale and channel"
    return _rendered("money", title, description, draw)


def distribution(figures: dict[str, Any], currency: str, description: str) -> Chart:
    """Return the histogram of the plan's proceeds with mean and CVaR, the habits as outlines.

    Parameters
    ----------
    figures : dict
        As of :func:`auction.report.proceeds.distribution`.
    currency, description : str
    """
    import altair as alt

    tail = f"This plan, worst {figures['share']}"
    bars = [{**bar, "series": tail if bar["tail"] else "This plan"} for bar in figures["bars"]]
    bars = _stacked(bars)
    names = list(dict.fromkeys(point["name"] for point in figures["outlines"]))
    tallest = max([bar["top"] for bar in bars] + [point["count"] for point in figures["outlines"]])
    marks = [
        {"at": figures["mean"], "label": f"mean {money(figures['mean'])}", "y": 1.17 * tallest},
        {"at": figures["cvar"], "label": f"CVaR {money(figures['cvar'])}", "y": 1.17 * tallest},
    ]
    x_axis = alt.Axis(format="~s", tickCount=6, grid=False)

    def draw(width: int) -> Drawing:
        x = alt.X(
            "left:Q", scale=alt.Scale(zero=False, nice=False), axis=x_axis,
            title=f"Proceeds of the fleet, {currency}",
        )  # fmt: skip
        y = alt.Y("bottom:Q", title="Scenarios", axis=alt.Axis(tickCount=5, tickMinStep=1),
                  scale=alt.Scale(domain=[0, 1.25 * tallest], nice=False))  # fmt: skip
        histogram = (
            _chart(bars)
            .mark_bar(stroke="white", strokeWidth=0.6)
            .encode(
                x=x,
                x2="right:Q",
                y=y,
                y2="top:Q",
                color=alt.Color(
                    "series:N",
                    scale=alt.Scale(domain=["This plan", tail], range=["#7fa6c9", _LOSS]),
                    legend=alt.Legend(orient="top", title=None, symbolType="square",
                                      columns=1 if width < 500 else 0),
                ),
            )
        )  # fmt: skip
        layers: list[alt.Chart] = [histogram]
        if names:
            layers.append(
                _chart(figures["outlines"])
                .mark_line(interpolate="step-after", strokeWidth=1.6)
                .encode(
                    x=alt.X("at:Q"),
                    y=alt.Y("count:Q"),
                    stroke=alt.Stroke(
                        "name:N",
                        scale=alt.Scale(domain=names, range=["#8a5a00", "#5b4b8a", "#4d5b66"]),
                        legend=alt.Legend(orient="top", title=None, symbolType="stroke",
                                          columns=1 if width < 500 else 0),
                    ),
                    strokeDash=alt.StrokeDash(
                        "name:N",
                        scale=alt.Scale(domain=names, range=[[5, 3], [2, 2], [7, 2, 2, 2]]),
                        legend=None,
                    ),
                )
            )  # fmt: skip
        for mark, right in zip(marks, (True, False), strict=True):
            base = _chart([mark]).encode(x=alt.X("at:Q"))
            layers += [
                base.mark_rule(color=_INK, strokeWidth=1.8, strokeDash=[] if right else [6, 3]),
                base.mark_text(
                    align="left" if right else "right",
                    dx=5 if right else -5,
                    color=_INK,
                    fontWeight="bold",
                    fontSize=12 if width > 500 else 10,
                ).encode(y=alt.Y("y:Q"), text="label:N"),
            ]
        whole: Drawing = (
            alt.layer(*layers)
            .resolve_scale(color="independent", stroke="independent")
            .properties(width=width, height=270)
        )
        return whole

    return _rendered("distribution", "Distribution of the proceeds", description, draw)


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
        small = width < 500
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
        base = _chart(values)
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
        labels = base.mark_text(align="right", dx=-5, color=_INK, fontSize=11).encode(
            y=y, x=alt.X("left:Q"), text="label:N"
        )
        return alt.layer(bars, labels).properties(width=width, height=26 * len(values))

    return _rendered("bridge", "From gross prices to net proceeds", description, draw)


def _chart(values: Sequence[dict[str, Any]]) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.InlineData(values=list(values)))


def _rendered(name: str, title: str, description: str, draw: Callable[[int], Drawing]) -> Chart:
    return Chart(
        title,
        description,
        {
            size: _svg(draw(width), f"{name}-{size}", title, description)
            for size, width in WIDTHS.items()
        },
    )


def _svg(chart: Drawing, name: str, title: str, description: str) -> str:
    """Return a chart as SVG with a title, a description and ids that are its own.

    The renderer counts its clip paths through the life of the process; they are numbered anew
    here, so that the same chart has the same bytes wherever it is drawn.
    """
    written = io.StringIO()
    _themed(chart).save(written, format="svg")
    text = written.getvalue().strip()
    ids = dict.fromkeys(re.findall(r'\bid="([^"]+)"', text))
    for number, old in enumerate(ids):
        new = f"{name}-{number}"
        text = text.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    head = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-text"'
        f' xmlns="http://www.w3.org/2000/svg"'
    )
    labels = (
        f'<title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-text">{html.escape(description)}</desc>'
    )
    start = text.index(">") + 1
    opening = re.search(r'viewBox="[^"]+"', text[:start])
    width = re.search(r'\bwidth="([\d.]+)"', text[:start])
    if opening is None or width is None:
        raise ValueError("the renderer wrote an SVG without a view box")
    return f'{head} {opening[0]} style="max-width:{float(width[1]):g}px">{labels}{text[start:]}'


def _themed(chart: Drawing) -> Drawing:
    themed: Drawing = (
        chart.properties(
            autosize={"type": "fit", "contains": "padding"}, padding=4, background="white"
        )
        .configure(font=_FONT, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_MUTED, titleColor=_INK, labelFontSize=11, titleFontSize=11,
            titleFontWeight="normal", gridColor="#e3e8ed", domainColor="#9aa3ad",
            tickColor="#9aa3ad", titlePadding=8,
        )
        .configure_legend(labelColor=_INK, labelFontSize=11, symbolSize=110, labelLimit=240,
                          columnPadding=18)
    )  # fmt: skip
    return themed
