"""Charts of how value falls with age, odometer and condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from auction.report.drawing import PLAN, SMALL, Chart, chart_of, rendered
from auction.report.grid import Column, Grid, grid
from auction.report.language import _
from auction.report.wording import money

if TYPE_CHECKING:
    import altair as alt

    from auction.report.drawing import Drawing

#: Colour and dash of each of the lines of a chart, apart in lightness or in form.
LINES: Final = (
    ("#1f4e79", [1, 0]), ("#c77d0a", [1, 0]), ("#2f8f83", [1, 0]), ("#8c1d40", [1, 0]),
    ("#1f4e79", [5, 3]), ("#c77d0a", [5, 3]), ("#2f8f83", [5, 3]), ("#8c1d40", [5, 3]),
)  # fmt: skip
#: Labels of a scale of equal ratios.
_RATIOS: Final = [1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05]
_BAND: Final = "#dbe8f3"


def depreciation(curves: pl.DataFrame, currency: str) -> Chart | None:
    """Return the fall of value with age, the odometer going with it and standing still."""
    import altair as alt

    going = _("with the usual distance driven")
    names = {"age": going, "standing": _("standing still")}
    values = _points(curves.filter(pl.col("dimension") == "all"), names)
    if not values:
        return None
    series = [name for name in names.values() if any(row["series"] == name for row in values)]
    band = [row for row in values if row["series"] == going]
    first = min(row["at"] for row in values)
    title = _value_title(first)

    def draw(width: int) -> Drawing:
        x = _years()
        y = alt.Y("relative:Q", title=title, scale=alt.Scale(zero=True), axis=_share_axis())
        area = chart_of(band).mark_area(color=_BAND).encode(x=x, y=alt.Y("low:Q", title=title),
                                                            y2="high:Q")  # fmt: skip
        line = (
            chart_of(values)
            .mark_line(strokeWidth=2, color=PLAN)
            .encode(
                x=x,
                y=y,
                strokeDash=alt.StrokeDash(
                    "series:N",
                    scale=alt.Scale(domain=series, range=[[1, 0], [5, 3]][: len(series)]),
                    legend=alt.Legend(
                        orient="top", title=None, symbolStrokeColor=PLAN,
                        columns=1 if width < SMALL else 0,
                    ),
                ),
            )
        )  # fmt: skip
        points = (
            chart_of(band)
            .mark_point(filled=True, size=28, color=PLAN)
            .encode(x=x, y=y, tooltip=_tooltip(_("Age"), currency))
        )
        return alt.layer(area, line, points).properties(width=width, height=240)

    return rendered(
        "depreciation",
        _("Value against age"),
        _(
            "Two falling lines: an ordinary vehicle that is driven as usual, and one that stands "
            "still. The band holds nine in ten prices of the former."
        ),
        draw,
        _figures("depreciation-figures", _("Value against age"), _("Age, years"), values, currency),
        "narrow",
    )


def by_group(curves: pl.DataFrame) -> Chart | None:
    """Return the fall of value with age of the largest kinds of vehicle, else of makes."""
    import altair as alt

    ages = curves.filter(pl.col("curve") == "age")
    both = (ages.filter(pl.col("dimension") == name) for name in ("group", "make"))
    table = next((part for part in both if part["group"].n_unique() > 1), None)
    if table is None:
        return None
    names = {name: name[:1].upper() + name[1:] for name in dict.fromkeys(table["group"])}
    values = [
        {"at": row["at"], "relative": round(row["relative"], 3), "series": names[row["group"]]}
        for row in table.iter_rows(named=True)
    ]
    title = (
        _("Value against age by make")
        if table["dimension"][0] == "make"
        else _("Value against age by kind of vehicle")
    )
    looks = {"domain": list(names.values())}
    colours = [colour for colour, _dash in LINES[: len(names)]]
    dashes = [dash for _colour, dash in LINES[: len(names)]]

    def draw(width: int) -> Drawing:
        pick = alt.selection_point(name="groups", fields=["series"], bind="legend")
        legend = alt.Legend(
            orient="top", title=None, columns=2 if width < SMALL else 4, symbolType="stroke"
        )
        lines = (
            chart_of(values, "groups")
            .mark_line(strokeWidth=1.8)
            .encode(
                x=_years(),
                y=alt.Y(
                    "relative:Q",
                    title=_("Value, 100 %% at the youngest age"),
                    scale=alt.Scale(type="log", nice=False),
                    axis=alt.Axis(format=".0%", values=_RATIOS),
                ),
                color=alt.Color("series:N", scale={**looks, "range": colours}, legend=legend),
                strokeDash=alt.StrokeDash(
                    "series:N", scale={**looks, "range": dashes}, legend=legend
                ),
                opacity=alt.condition(pick, alt.value(1.0), alt.value(0.15)),
            )
            .add_params(pick)
        )
        return alt.layer(lines).properties(width=width, height=260)

    years = sorted({row["at"] for row in values})
    every = {(row["series"], row["at"]): row["relative"] for row in values}
    return rendered(
        "age-groups",
        title,
        _(
            "A falling line for each, on a scale of equal ratios: the steeper, the faster it "
            "loses value. The table below the chart has the figures."
        ),
        draw,
        grid(
            "age-groups-figures",
            title,
            [Column(_("Age, years"), "count"), *(Column(name, "percent") for name in
                                                 names.values())],
            [(year, *(every.get((name, year)) for name in names.values())) for year in years],
        ),
        "narrow",
    )  # fmt: skip


def trait(curves: pl.DataFrame, curve: str, currency: str) -> Chart | None:
    """Return how value moves with the odometer or with the condition, at the middle age."""
    import altair as alt

    table = curves.filter(pl.col("curve") == curve)
    if table.is_empty():
        return None
    odometer = curve == "odometer"
    per = 1000.0 if odometer else 1.0
    values = _points(table.with_columns(pl.col("at") / per), {curve: curve})
    title = _("Value against odometer") if odometer else _("Value against condition")
    about = _("Odometer, thousand km") if odometer else _("Condition grade, 5 best")
    usual = min(values, key=lambda row: abs(row["relative"] - 1.0))["at"]
    y_title = (
        _("Value, 100 %% at %(usual)s thousand km", usual=money(usual))
        if odometer
        else _("Value, 100 %% at grade %(usual)s", usual=f"{usual:g}")
    )

    def draw(width: int) -> Drawing:
        x = alt.X("at:Q", title=about, scale=alt.Scale(zero=False, nice=False),
                  axis=alt.Axis(grid=False, tickCount=8 if width > SMALL else 5))  # fmt: skip
        area = chart_of(values).mark_area(color=_BAND).encode(
            x=x, y=alt.Y("low:Q", title=y_title, axis=_share_axis()), y2="high:Q"
        )  # fmt: skip
        y = alt.Y("relative:Q", title=y_title, scale=alt.Scale(zero=True))
        line = chart_of(values).mark_line(strokeWidth=2, color=PLAN).encode(x=x, y=y)
        points = (
            chart_of(values)
            .mark_point(filled=True, size=28, color=PLAN)
            .encode(x=x, y=y, tooltip=_tooltip(about, currency))
        )
        return alt.layer(area, line, points).properties(width=width, height=220)

    return rendered(
        f"value-{curve}",
        title,
        _("A line with a band that holds nine in ten prices of an ordinary vehicle."),
        draw,
        _figures(f"value-{curve}-figures", title, about, values, currency),
        "narrow",
    )


def _points(curves: pl.DataFrame, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "at": round(row["at"], 3),
            "series": names[row["curve"]],
            "value": round(row["value"]),
            **{name: round(row[name], 4) for name in ("relative", "low", "high")},
        }
        for row in curves.filter(pl.col("curve").is_in(list(names))).iter_rows(named=True)
    ]


def _years() -> alt.X:
    import altair as alt

    return alt.X(
        "at:Q", title=_("Age, years"), scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1),
    )  # fmt: skip


def _value_title(first: float) -> str:
    if first <= 0.0:
        return _("Value, 100 %% when new")
    return _("Value, 100 %% at age %(years)s", years=f"{first:g}")


def _share_axis() -> alt.Axis:
    import altair as alt

    return alt.Axis(format=".0%", tickCount=5)


def _tooltip(about: str, currency: str) -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip("at:Q", title=about),
        alt.Tooltip("relative:Q", title=_("Value"), format=".1%"),
        alt.Tooltip("low:Q", title=_("5 %% of prices below"), format=".1%"),
        alt.Tooltip("high:Q", title=_("5 %% of prices above"), format=".1%"),
        alt.Tooltip("value:Q", title=_("Median price, %(currency)s", currency=currency),
                    format=",.0f"),
    ]  # fmt: skip


def _figures(
    name: str, title: str, about: str, values: list[dict[str, Any]], currency: str
) -> Grid:
    several = len({row["series"] for row in values}) > 1
    heads = [Column(about, "label")]
    if several:
        heads.append(Column(_("Vehicle"), "label"))
    heads += [
        Column(_("Value"), "percent"),
        Column(_("5 %% of prices below"), "percent"),
        Column(_("5 %% of prices above"), "percent"),
        Column(_("Median price, %(currency)s", currency=currency), "money"),
    ]
    rows = [
        (
            f"{row['at']:g}",
            *([row["series"]] if several else []),
            row["relative"], row["low"], row["high"], row["value"],
        )
        for row in values
    ]  # fmt: skip
    return grid(name, title, heads, rows)
