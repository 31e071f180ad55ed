"""The forecast, the points of the day and the list of vehicles, of the hand-made run."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from auction.report import forecast, today, vehicles
from auction.report.charts import loans, money_by_week
from auction.report.forecast_charts import coverage, market, parts
from auction.report.grid import Grid
from auction.report.risk_charts import frontier
from auction.report.source import Source, read_source

MakeRun = Callable[..., Path]


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def values(spec: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The rows of a chart that carry a field."""
    return [row for rows in spec["datasets"].values() for row in rows if field in row]


# --- forecast ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.90, "kept what they promised"), (0.85, "kept what they promised"),
     (0.83, "too sure of themselves"), (0.97, "more careful than need be")],
)  # fmt: skip
def test_the_verdict_allows_two_standard_errors(share: float, words: str) -> None:
    said = forecast.verdict({"inside_90": share, "inside_90_error": 0.03})
    assert words in said
    assert f"{100 * share:.1f}\u00a0% of the prices (± 3.0\u00a0%)" in said


def test_the_forecast_tells_window_and_errors(source: Source) -> None:
    told = forecast.forecast(source)
    assert told["window"] == (
        "100 sales from 5 January 2026 to 29 May 2026 were foretold from sales before "
        "5 January 2026, the market taken to move as it was then expected to."
    )
    assert "how much a guide value counts, was told from every other week" in told["spread"]
    assert "judged on the weeks between" in told["spread"]
    assert "within 8.1\u00a0% of the price" in told["errors"]
    assert "off by −1.2\u00a0%" in told["errors"]
    assert [row[:5] for row in texts(told["calibration"])] == [
        ["All", "All sales", "100", "8.1\u00a0%", "−1.2\u00a0%"],
        ["Condition", "Grade 2", "40", "8.1\u00a0%", "−1.2\u00a0%"],
        ["Condition", "Grade 3", "60", "8.1\u00a0%", "−1.2\u00a0%"],
    ]
    assert [row[0] for row in texts(told["market"])] == [
        "1 June 2026", "1 July 2026", "31 August 2026", "1 December 2026", "2 March 2027",
        "1 June 2027",
    ]  # fmt: skip
    assert texts(told["market"])[1] == ["1 July 2026", "99.5", "97.0", "98.8", "101.2", "103.0"]
    assert "move by −6.0\u00a0%" in told["market_words"]


def test_sales_foretold_from_others_of_their_time_are_told(make_run: MakeRun) -> None:
    run = make_run(calibration=lambda frame: frame.with_columns(later=False, apart=False))
    told = forecast.forecast(read_source(run))
    assert told["window"] == (
        "Too few sales to hold later ones against earlier ones: each of 100 sales was foretold "
        "from others, those of its own time among them. How the market moves is not put to the "
        "test."
    )
    assert "too few to halve them: the shares inside the intervals flatter" in told["spread"]


def test_a_run_without_forecast(make_run: MakeRun) -> None:
    run = make_run()
    (run / "calibration.parquet").unlink()
    assert forecast.forecast(read_source(run)) == {"known": False}
    older = make_run("older", calibration=lambda frame: frame.drop("part_error"))
    assert forecast.forecast(read_source(older)) == {"known": False}


@pytest.mark.parametrize(
    ("dimension", "name", "words"),
    [("all", "all", "All sales"), ("grade", "3", "Grade 3"), ("price", "4 of 4", "Dearest quarter"),
     ("guide", "without", "Without a guide value"), ("ahead", "9-13", "9–13 weeks ahead"),
     ("ahead", "27+", "27 + weeks ahead"), ("group", "small SUV", "Small SUV"),
     ("group", "other", "Other"), ("make", "17", "Make 17")],
)  # fmt: skip
def test_groups_have_names(dimension: str, name: str, words: str) -> None:
    assert forecast.group_name(dimension, name) == words
    assert forecast.group_name(dimension, name, joined=True) == "other, too few to tell apart"


def test_a_group_called_other_is_not_what_is_left(make_run: MakeRun) -> None:
    def add(frame: pl.DataFrame) -> pl.DataFrame:
        first = frame.head(1).with_columns(dimension=pl.lit("group"))
        named = first.with_columns(group=pl.lit("other"), sales=pl.lit(60, dtype=pl.Int64))
        rest = named.with_columns(joined=True, sales=pl.lit(40, dtype=pl.Int64))
        return pl.concat([frame, named, rest])

    source = read_source(make_run(calibration=add))
    told = texts(forecast.forecast(source)["calibration"])
    assert [row[1:3] for row in told if row[0] == "Kind of vehicle"] == [
        ["Other", "60"], ["other, too few to tell apart", "40"],
    ]  # fmt: skip
    assert source.calibration is not None
    drawn = values(coverage(source.calibration).specs["wide"], "share")
    assert {row["sales"] for row in drawn if row["row"] == "Other"} == {60}
    assert not [row for row in drawn if row["sales"] == 40 and row["row"] != "Grade 2"]


def test_only_the_largest_groups_are_shown(source: Source) -> None:
    assert source.calibration is not None
    first = source.calibration.head(1)
    many = pl.concat(
        [first, *(first.with_columns(dimension=pl.lit("group"), group=pl.lit(f"g{k:02}"),
                                     sales=pl.lit(100 - k, dtype=pl.Int64)) for k in range(20))]
    )  # fmt: skip
    shown = forecast.shown(many)
    assert [row["group"] for row in shown] == ["all", *(f"g{k:02}" for k in range(12))]


# --- charts -----------------------------------------------------------------------------------


def test_charts_of_the_forecast_hold_its_figures(source: Source) -> None:
    assert source.calibration is not None
    assert source.market is not None
    rows = values(coverage(source.calibration).specs["wide"], "share")
    assert {(row["row"], row["level"], row["share"]) for row in rows} >= {
        ("All sales", "90\u00a0%", 0.9), ("Grade 2", "50\u00a0%", 0.5),
    }  # fmt: skip
    assert (rows[0]["low"], rows[0]["high"]) == (0.44, 0.56)
    bars = values(parts(source.calibration).specs["wide"], "count")
    assert [bar["count"] for bar in bars] == [5] * 20
    # 100 sales, five in each twentieth, a standard error of 3 %.
    band = values(parts(source.calibration).specs["wide"], "even")[0]
    assert (band["low"], band["even"], band["high"]) == (0.0, 5.0, 11.0)
    path = values(market(source.market).specs["wide"], "level")
    assert [row["level"] for row in path if row["kind"] == "past"][:2] == [99.0, 101.0]


def test_a_single_group_leaves_room_for_legend_and_axis(source: Source) -> None:
    assert source.calibration is not None
    one = coverage(source.calibration.head(1))
    svg = one.svg
    assert ">All sales<" in svg
    heights = [float(at) for at in re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)]
    assert heights
    assert heights[0] >= 24 + 80


def test_the_chart_of_the_money_holds_every_week_and_channel(source: Source) -> None:
    chart = money_by_week(source)
    assert chart is not None
    bars = {(row["week"], row["code"]): (row["units"], row["net"])
            for row in values(chart.specs["wide"], "code")}  # fmt: skip
    assert bars == {
        ("2 Jun", "dealer"): (1, 4900.0), ("2 Jun", "dismantling"): (1, 600.0),
        ("9 Jun", "auction"): (1, 9500.0), ("later", "hold"): (1, 19000.0),
    }  # fmt: skip


def test_loans_are_counted_by_the_share_covered(source: Source) -> None:
    # 9,500 of 12,000, 4,900 of 4,000 and 19,000 of 18,000.
    chart = loans(source)
    assert chart is not None
    assert chart.figures is not None
    assert texts(chart.figures) == [
        ["70\u00a0% – 80\u00a0%", "1", "2,600"], ["80\u00a0% – 90\u00a0%", "0", "0"],
        ["90\u00a0% – 100\u00a0%", "0", "0"], ["100\u00a0% – 110\u00a0%", "1", "500"],
        ["110\u00a0% – 120\u00a0%", "0", "0"], ["120\u00a0% – 130\u00a0%", "1", "0"],
    ]  # fmt: skip
    assert "3 loans; 1 of them" in chart.description


def test_one_weight_has_no_frontier(make_run: MakeRun) -> None:
    run = make_run(frontier=lambda frame: frame.filter("taken"))
    assert frontier(read_source(run)) is None


def test_every_chart_keeps_to_its_schema(source: Source) -> None:
    import altair as alt

    from auction.report.page import drawings

    for chart in drawings(source):
        for spec in chart.specs.values():
            alt.LayerChart.from_dict(spec).to_dict(validate=True)


# --- the day ----------------------------------------------------------------------------------


def test_what_is_to_be_decided_today(source: Source) -> None:
    assert [point["text"] for point in today.decide(source)] == [
        (
            "Release 2 vehicles to be sold by 8 June 2026: Dealer 1 and Dismantling 1. "
            "Expected net 5,500."
        ),
        "Buy price protection: P1, for premiums of 100.",
        (
            "Ask for slots: in 1 week of a venue more lots are expected than there is room for, "
            "at DAL."
        ),
        "Dearest bottleneck: One more slot at DAL on 10 June 2026 is worth 2,013.",
        "Look at 1 vehicle that gives up 500 against its own best option.",
        "Clear 2 vehicles that cannot be sold yet: bars or titles stand in the way.",
    ]


def test_nothing_to_decide(make_run: MakeRun) -> None:
    run = make_run(
        assignments=lambda frame: frame.filter(pl.col("status") == "held"),
        hedges=pl.DataFrame.clear, capacity=pl.DataFrame.clear, shadow_prices=pl.DataFrame.clear,
    )  # fmt: skip
    assert today.decide(read_source(run)) == []


def test_what_to_know_before_trusting(source: Source, make_run: MakeRun) -> None:
    said = [point["text"] for point in today.trust(source, ["titles are taken as clear"])]
    assert said[0].startswith("The forecasts kept what they promised: 90.0\u00a0%")
    assert said[1].startswith("Prices have moved: of late they stood at −3.0\u00a0%")
    assert said[2:] == ["2 settings are defaults that nobody confirmed.",
                        "Titles are taken as clear"]  # fmt: skip

    def worse(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"plan": record["plan"] | {"cvar": 32000.0}}

    def dirty(record: dict[str, Any]) -> dict[str, Any]:
        rows = {"vehicles": {"read": 200, "kept": 199, "rejected": 1, "excluded": {}}}
        return record | {"rows": rows, "defaults_used": []}

    other = read_source(make_run("other", risk=worse, manifest=dirty))
    assert [point["text"] for point in today.trust(other, [])][1:3] == [
        (
            "On fresh scenarios the CVaR is 2,000 lower than the optimiser saw it; the figures "
            "above are the fresh ones."
        ),
        "1 row of the input was rejected (0.50\u00a0% of those read).",
    ]


# --- vehicles ---------------------------------------------------------------------------------


def test_every_planned_vehicle_is_listed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    made = vehicles.vehicles(source)
    assert [row[0] for row in texts(made)] == ["D4", "A1", "B2", "C3"]
    assert texts(made)[1] == [
        "A1", "Ford Focus", "Auction", "DAL", "9 Jun", "9,000", "9,500", "7,000", "12,000",
        "12,000", "+120",
    ]  # fmt: skip
    assert texts(made)[0][2:5] == ["Held back", "–", "later"]
    monkeypatch.setattr(vehicles, "LISTED", 3)
    assert vehicles.vehicles(source).note == (
        "1 vehicle that brings less is in assignments.parquet."
    )
    assert source.as_of == date(2026, 6, 1)
