"""Charts of the money: by week and channel, from gross to net, and against the loans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from auction.report.drawing import (
    GAIN,
    INK,
    LOSS,
    MUTED,
    SMALL,
    Chart,
    chart_of,
    money_axis,
    rendered,
)
from auction.report.grid import Column, grid
from auction.report.language import _, ngettext
from auction.report.proceeds import money_bars
from auction.report.wording import CHANNELS, channel_name, percent

if TYPE_CHECKING:
    from auction.report.drawing import Drawing
    from auction.report.source import Source

#: Colours that stay apart for eyes that lack one of the three kinds of cones.
COLOURS: Final = {
    "auction": "#1f4e79",
    "dealer": "#c77d0a",
    "dismantling": "#4799bd",
    "hold": "#6d7780",
}
#: What adds, what takes away, and all in all.
STEPS: Final = (GAIN, LOSS, "#4d5b66")
#: Width of a bar of the loans' histogram, and where its last, open one begins.
_STEP: Final = 0.1
_LAST: Final = 2.0


def money_by_week(source: Source) -> Chart | None:
    """Return stacked bars of expected net by week and channel; None where nothing is planned.

    A click on the legend picks channels, a drag over the weeks picks weeks.
    """
    import altair as alt

    if source.planned.is_empty():
        return None
    currency = source.manifest["currency"]
    weeks, values = money_bars(source)
    used = [name for name in CHANNELS if any(value["code"] == name for value in values)]

    def draw(width: int) -> Drawing:
        crowded = len(weeks) * 52 > width
        pick = alt.selection_point(name="channels", fields=["channel"], bind="legend")
        brush = alt.selection_interval(name="weeks", encodings=["x"])
        bar = (
            chart_of(values, "money")
            .mark_bar(width={"band": 0.62}, cursor="crosshair")
            .encode(
                x=alt.X(
                    "week:N",
                    sort=None,
                    scale=alt.Scale(domain=weeks),
                    title=_("Week of sale, by its first day"),
                    axis=alt.Axis(labelAngle=-90 if crowded else 0, ticks=False),
                ),
                y=alt.Y(
                    "net:Q",
                    stack="zero",
                    title=_("Expected net proceeds, %(currency)s", currency=currency),
                    axis=money_axis(5),
                ),
                color=alt.Color(
                    "channel:N",
                    scale=alt.Scale(
                        domain=[channel_name(name) for name in used],
                        range=[COLOURS.get(name, MUTED) for name in used],
                    ),
                    legend=alt.Legend(orient="top", title=None, columns=2 if width < SMALL else 0),
                ),
                opacity=alt.condition(pick & brush, alt.value(1.0), alt.value(0.25)),
                order=alt.Order("rank:Q"),
                tooltip=[
                    alt.Tooltip("week:N", title=_("Week from")),
                    alt.Tooltip("channel:N", title=_("Channel")),
                    alt.Tooltip("units:Q", title=_("Vehicles"), format=",d"),
                    alt.Tooltip("net:Q", title=_("Expected net"), format=",.0f"),
                ],
            )
            .add_params(pick, brush)
        )
        return alt.layer(bar).properties(width=width, height=250)

    return rendered(
        "money",
        _("Expected net proceeds by week of sale and channel"),
        ngettext(
            "Stacked bars for %(num)s vehicle. The table below the chart has the figures.",
            "Stacked bars for %(num)s vehicles. The table below the chart has the figures.",
            source.planned.height,
        ),
        draw,
    )


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
    kinds = {True: _("adds"), False: _("takes away"), None: _("in all")}
    values = [
        {**step, "kind": kinds[step["gain"]], "left": min(step["start"], step["end"]),
         "amount": step["end"] - step["start"]}
        for step in steps
    ]  # fmt: skip

    def draw(width: int) -> Drawing:
        small = width < SMALL
        room = 0.38 if small else 0.14
        y = alt.Y(
            "step:N",
            sort=alt.SortField("place"),
            title=None,
            axis=alt.Axis(labelLimit=150 if small else 330, ticks=False, domain=False),
        )
        x = alt.X(
            "start:Q",
            title=_("Amount, %(currency)s", currency=currency),
            axis=money_axis(4 if small else 6),
            scale=alt.Scale(domain=[low - room * (high - low), high], nice=False),
        )
        base = chart_of(values)
        bars = base.mark_bar(height={"band": 0.62}).encode(
            y=y,
            x=x,
            x2="end:Q",
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(kinds.values()), range=list(STEPS)),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("step:N", title=_("Step")),
                alt.Tooltip("amount:Q", title=_("Amount"), format="+,.0f"),
            ],
        )
        labels = base.mark_text(align="right", dx=-5, color=INK, fontSize=11).encode(
            y=y, x=alt.X("left:Q"), text="label:N"
        )
        return alt.layer(bars, labels).properties(width=width, height=26 * len(values))

    return rendered("bridge", _("From gross prices to net proceeds"), description, draw)


def loans(source: Source) -> Chart | None:
    """Return loans by the share of the balance that proceeds cover; None without balances."""
    import altair as alt

    table = source.planned.filter(pl.col("loan_balance") > 0.0)
    if table.is_empty():
        return None
    values = _covered(table)
    below, above = _("below the balance"), _("at or above it")
    for value in values:
        value["kind"] = below if value["right"] <= 1.0 else above
    short = sum(value["loans"] for value in values if value["kind"] == below)
    share = alt.Axis(format="~%", grid=False, tickCount=6)

    def draw(width: int) -> Drawing:
        pick = alt.selection_point(name="kinds", fields=["kind"], bind="legend")
        bars = (
            chart_of(values, "loans")
            .mark_bar(stroke="white", strokeWidth=0.6)
            .encode(
                x=alt.X(
                    "left:Q",
                    title=_("Expected proceeds as a share of the loan balance"),
                    axis=share,
                    scale=alt.Scale(domain=[values[0]["left"], values[-1]["right"]], nice=False),
                ),
                x2="right:Q",
                y=alt.Y("loans:Q", title=_("Loans"), axis=alt.Axis(tickMinStep=1, tickCount=5)),
                y2=alt.datum(0),
                color=alt.Color(
                    "kind:N",
                    scale=alt.Scale(domain=[below, above], range=[LOSS, "#7fa8cc"]),
                    legend=alt.Legend(orient="top", title=None, symbolType="square"),
                ),
                opacity=alt.condition(pick, alt.value(1.0), alt.value(0.25)),
                tooltip=[
                    alt.Tooltip("range:N", title=_("Share of the balance")),
                    alt.Tooltip("loans:Q", title=_("Loans"), format=",d"),
                    alt.Tooltip("deficiency:Q", title=_("Deficiency"), format=",.0f"),
                ],
            )
            .add_params(pick)
        )
        whole = chart_of([{"at": 1.0}]).mark_rule(color=INK, strokeDash=[4, 3])
        return alt.layer(bars, whole.encode(x="at:Q")).properties(width=width, height=230)

    return rendered(
        "loans",
        _("Loans by the share of their balance that proceeds cover"),
        _(
            "Histogram of %(count)s loans; %(short)s of them are expected to bring less than "
            "their balance.",
            count=table.height,
            short=short,
        ),
        draw,
        grid(
            "loans-figures",
            _("Loans by the share of their balance that proceeds cover"),
            [Column(_("Share of the balance"), "label"), Column(_("Loans"), "count"),
             Column(_("Deficiency"), "money")],
            [(value["range"], value["loans"], value["deficiency"]) for value in values],
        ),
    )  # fmt: skip


def _covered(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the bars from the lowest to the highest share, empty ones too."""
    ratio = pl.col("expected_net") / pl.col("loan_balance")
    last = round(_LAST / _STEP)
    found = {
        place: (count, deficiency)
        for place, count, deficiency in table.group_by(
            (ratio / _STEP + 1e-9).floor().clip(0, last).cast(pl.Int64).alias("place")
        )
        .agg(pl.len(), pl.col("deficiency").sum())
        .sort("place")
        .iter_rows()
    }
    values = []
    for place in range(min(found), max(found) + 1):
        left, right = place * _STEP, (place + 1) * _STEP
        count, deficiency = found.get(place, (0, 0.0))
        name = f"{percent(left, 0)} – {percent(right, 0)}"
        if place == last:
            name = _("%(share)s and more", share=percent(left, 0))
        values.append(
            {"left": round(left, 6), "right": round(right, 6), "range": name, "loans": count,
             "deficiency": round(deficiency, 2)}
        )  # fmt: skip
    return values
