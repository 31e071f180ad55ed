"""The model card of the hand-made run: sentences, tables and charts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from auction.report import card, today
from auction.report.card_charts import charts
from auction.report.curve_charts import by_group
from auction.report.drawing import Chart
from auction.report.grid import Grid
from auction.report.language import speaking
from auction.report.source import Source, read_source

MakeRun = Callable[..., Path]


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def rows(chart: Chart, field: str) -> list[dict[str, Any]]:
    """The rows of a chart that carry a field."""
    return [
        row for data in chart.specs["wide"]["datasets"].values() for row in data if field in row
    ]


@pytest.fixture
def drawn(source: Source) -> dict[str, Chart]:
    assert source.card is not None
    return {chart.name: chart for chart in charts(source.card, "EUR")}


def test_a_run_without_a_card(make_run: MakeRun) -> None:
    run = make_run()
    (run / "card_curves.parquet").unlink()
    source = read_source(run)
    assert source.card is None
    assert card.card(source) == {"known": False}
    assert not [p for p in today.trust(source, []) if p["section"] == "model-card"]


def test_what_age_takes_off_is_worked_out(source: Source) -> None:
    told = card.card(source)
    # 1 - 0.9^5 and 1 - 0.95^5.
    assert told["fall"] == (
        "From 3 to 8 years of age an ordinary vehicle loses 41\u00a0% of its value with the usual "
        "distance driven, and 23\u00a0% standing still."
    )
    assert told["order"] == "No curve rises with age or odometer."


def test_a_rising_curve_is_told(make_run: MakeRun) -> None:
    def rising(frame: pl.DataFrame) -> pl.DataFrame:
        late = (pl.col("curve") == "odometer") & (pl.col("at") > 150_000.0)
        return frame.with_columns(pl.when(late).then(30000.0).otherwise("value").alias("value"))

    told = card.card(read_source(make_run(card_curves=rising)))
    assert told["order"].startswith("Some curves rise")


def test_curves_without_standing_still(make_run: MakeRun) -> None:
    run = make_run(card_curves=lambda frame: frame.filter(pl.col("curve") != "standing"))
    assert card.card(read_source(run))["fall"].endswith("loses 41\u00a0% of its value.")
    short = make_run("short", card_curves=lambda frame: frame.filter(pl.col("at") < 6.0))
    assert card.card(read_source(short))["fall"] == ""


def test_effects_are_shares_with_their_intervals(source: Source) -> None:
    assert texts(card.card(source)["effects"]) == [
        ["Make", "Kia", "300", "+10.0\u00a0%", "+5.0\u00a0%", "+15.0\u00a0%"],
        ["Make", "Opel", "100", "−10.0\u00a0%", "−20.0\u00a0%", "0.0\u00a0%"],
        ["Venue", "DAL", "60", "+2.0\u00a0%", "−1.0\u00a0%", "–"],
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [("seller_kind", "Kind of seller"), ("wear together", "Age, odometer and grade together"),
     ("hail_damage", "Hail damage"), ("boosted remainder", "Boosted remainder")],
)  # fmt: skip
def test_effects_have_names(name: str, words: str) -> None:
    assert card.effect_name(name) == words


def test_how_every_group_stands(source: Source) -> None:
    told = card.card(source)
    assert texts(told["drift"]) == [
        ["All", "All sales", "60", "−3.0\u00a0%", "2.0\u00a0%", "moved", "80.0\u00a0%",
         "3.0\u00a0%", "right"],
        ["Condition", "Grade 2", "20", "−12.0\u00a0%", "2.0\u00a0%", "drifted", "80.0\u00a0%",
         "3.0\u00a0%", "too narrow"],
        ["Make", "Kia", "20", "−3.0\u00a0%", "2.0\u00a0%", "moved", "80.0\u00a0%",
         "3.0\u00a0%", "wider than need be"],
    ]  # fmt: skip
    # Kia moved with the whole; only what went its own way is named.
    assert told["wrong"] == [
        "Apart from the whole by more than luck leaves: Grade 2 (−12.0\u00a0%).",
        "Intervals too narrow, by the share inside: Grade 2 (80\u00a0%).",
    ]


def test_many_groups_are_counted_and_the_largest_shown(make_run: MakeRun) -> None:
    def many(frame: pl.DataFrame) -> pl.DataFrame:
        last = frame.filter(pl.col("dimension") == "grade")
        makes = [
            last.with_columns(
                dimension=pl.lit("make"), group=pl.lit(f"m{k:02}"), sales=pl.lit(100 - k)
            )
            for k in range(20)
        ]
        whole = frame.filter(pl.col("dimension") == "all")
        return pl.concat([whole, *makes], how="vertical_relaxed")

    told = card.card(read_source(make_run(card_drift=many)))
    assert told["wrong"][0].endswith("M07 (−12.0\u00a0%) and 12 more.")
    assert [row[1] for row in texts(told["drift"])][1:] == [f"M{k:02}" for k in range(12)]


@pytest.mark.parametrize(
    ("state", "words", "points"),
    [("steady", "Forecasts have held from week to week", 0), ("moved", "Prices have moved", 1),
     ("drifted", "Prices have left the forecasts", 1)],
)  # fmt: skip
def test_drift_is_said_and_stands_at_the_top(
    make_run: MakeRun, state: str, words: str, points: int
) -> None:
    source = read_source(make_run(card_drift=lambda frame: frame.with_columns(state=pl.lit(state))))
    assert card.drift_words(source.card).startswith(words)
    above = [point for point in today.trust(source, []) if point["section"] == "model-card"]
    assert len(above) == points
    assert all(point["text"].startswith(words) for point in above)


def test_groups_that_hold_are_counted(make_run: MakeRun) -> None:
    def well(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            state=pl.lit("steady"), spread=pl.lit("kept"), smoothed_price_error=0.001
        )

    told = card.card(read_source(make_run(card_drift=well)))
    assert told["wrong"] == [
        "All 2 groups of sales that are large enough to judge went with the whole."
    ]


def test_a_model_of_few_sales(make_run: MakeRun) -> None:
    empty = dict.fromkeys(
        ("card_curves", "card_kinds", "card_effects", "card_drift"), pl.DataFrame.clear
    )
    source = read_source(make_run(**empty))
    told = card.card(source)
    assert told["known"]
    assert [name for name in ("curves", "kinds", "weeks", "effects") if told[name]] == []
    assert told["drift_words"] == told["fall"] == ""
    assert source.card is not None
    assert charts(source.card, "EUR") == []


def test_the_curves_are_drawn_as_they_are(drawn: dict[str, Chart]) -> None:
    assert list(drawn) == [
        "depreciation", "age-groups", "value-odometer", "value-grade", "kinds", "drift-weeks",
    ]  # fmt: skip
    points = rows(drawn["depreciation"], "relative")
    driven = [row for row in points if row["series"] == "with the usual distance driven"]
    assert [row["relative"] for row in driven[:3]] == [1.0, 0.9, 0.81]
    assert {row["at"] for row in rows(drawn["value-odometer"], "relative")} == {
        20.0 * step for step in range(1, 11)
    }
    assert {row["series"] for row in rows(drawn["age-groups"], "relative")} == {"Kia", "Opel"}
    grades = drawn["value-grade"].figures
    assert grades is not None
    assert texts(grades)[2][:2] == ["3", "100.0\u00a0%"]
    assert [row["error"] for row in rows(drawn["drift-weeks"], "error")] == [0.008, 0.008, -0.06]


def test_weeks_on_the_axis_are_days_that_there_are(drawn: dict[str, Chart]) -> None:
    chart = drawn["drift-weeks"]
    days = {row["date"] for row in rows(chart, "error")}
    axis = next(layer["encoding"]["x"]["axis"] for layer in chart.specs["wide"]["layer"])
    shown = [date(at["year"], at["month"], at["date"]).isoformat() for at in axis["values"]]
    assert shown
    assert set(shown) <= days
    assert len(set(shown)) == len(shown) <= 8
    assert ">5 Jan 2026<" in chart.svg


def test_kinds_of_vehicle_are_preferred_to_makes(source: Source) -> None:
    assert source.card is not None
    curves = source.card.curves
    makes = curves.filter(pl.col("dimension") == "make")
    groups = makes.with_columns(
        dimension=pl.lit("group"), group=pl.col("group").replace("Kia", "van")
    )
    chart = by_group(pl.concat([curves, groups]))
    assert chart is not None
    assert chart.title == "Value against age by kind of vehicle"
    assert {row["series"] for row in rows(chart, "series")} == {"Van", "Opel"}
    assert by_group(curves.filter(pl.col("group") != "Opel")) is None


def test_charts_share_their_rows_between_widths(drawn: dict[str, Chart]) -> None:
    chart = drawn["drift-weeks"]
    live = chart.live
    assert live.count('"datasets"') == 1
    assert live.count('"day":"5 January 2026"') == 1


def test_the_card_in_chinese(source: Source) -> None:
    with speaking("zh_CN"):
        told = card.card(source)
    assert told["order"] == "没有曲线随车龄或里程上升。"
    assert texts(told["effects"])[0][0] == "品牌"
