"""What the sections say, on a run whose figures can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from auction.report import (
    assumptions,
    capacities,
    decisions,
    habits,
    proceeds,
    protection,
    summary,
)
from auction.report.grid import Grid
from auction.report.source import Source, read_source
from auction.report.wording import HABITS, money

MakeRun = Callable[..., "object"]


def texts(made: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in made.rows]


def total(made: Grid) -> list[str]:
    return [cell.text for cell in made.total]


# --- the top ----------------------------------------------------------------------------------


def test_header(source: Source) -> None:
    header = summary.header(source)
    assert header["title"] == "Hand-made lender"
    assert header["as_of"] == "1 June 2026"
    assert header["fleet"] == "6"
    assert [(row["status"], row["count"]) for row in header["by_status"]] == [
        ("planned", "3"), ("held", "1"), ("barred", "1"), ("unsaleable", "1"),
    ]  # fmt: skip
    assert summary.fleet_sentence(source) == (
        "3 vehicles are sold: 1 to auction, 1 to dealers and 1 to dismantlers."
    )


def test_gains_are_taken_scenario_by_scenario(source: Source) -> None:
    gains = habits.gains(source)
    assert gains["nearest_auction"] == {
        "expected": 1000.0, "error": 0.0, "relative": 1000.0 / 32800.0, "cvar": 1000.0,
        "ahead": 1.0,
    }  # fmt: skip
    # −100 and +100 in turn: no gain on average, ahead in half of the scenarios.
    assert gains["greedy"]["expected"] == 0.0
    assert gains["greedy"]["ahead"] == 0.5
    assert gains["greedy"]["cvar"] == -100.0


def test_key_figures(source: Source) -> None:
    figures = summary.key_figures(source)
    assert [figure["value"] for figure in figures] == ["33,800", "30,000", "+1,000", "0"]
    assert figures[0]["note"] == "± 500 standard error, 20 fresh scenarios"
    assert "ahead in all 20 scenarios" in figures[2]["note"]
    assert "ahead in 10 of 20 scenarios" in figures[3]["note"]


def test_a_habit_that_earns_more_is_called_a_loss(make_run: MakeRun) -> None:
    run = make_run(outcomes=lambda frame: frame.with_columns(greedy=pl.col("plan") + 5.0))
    figure = summary.key_figures(read_source(run))[3]
    assert (figure["name"], figure["value"]) == ("Loss against best move first", "−5")


@pytest.mark.parametrize(
    ("status", "headline", "words"),
    [
        ("optimal", "Proven best", "No plan that keeps the rules is worth more"),
        ("gap", "Proven within the gap", "0.0010\u00a0%"),
        ("time_limit", "Stopped by the time limit", "it is not proven best"),
        ("interrupted", "Stopped by hand", "it is not proven best"),
    ],
)
def test_the_proof_says_no_more_than_was_proven(
    make_run: MakeRun, status: str, headline: str, words: str
) -> None:
    def stopped(record: dict) -> dict:
        return {**record, "solver": {**record["solver"], "status": status}}

    proof = summary.proof(read_source(make_run(manifest=stopped)))
    assert proof["headline"] == headline
    assert words in proof["verdict"]
    assert ("proven" in proof["headline"].lower()) == (status in ("optimal", "gap"))


def test_comparison(source: Source) -> None:
    comparison = habits.comparison(source)
    rows = texts(comparison["figures"])
    assert [row[0] for row in rows] == ["This plan", *HABITS.values()]
    assert rows[0][1:] == ["33,800", "30,000", "700", "2,366", "33,990", "31,000", "33,000"]
    assert comparison["unmet"] == [
        "Best move first breaks a rule that the plan keeps: at most 2 units of venue DAL."
    ]
    contributions = comparison["contributions"]
    assert texts(contributions)[0] == ["Auction", "1", "9,400", "7,000", "−2,400"]
    assert [row[0] for row in texts(contributions)] == ["Auction", "Held back"]


def test_measure(make_run: MakeRun) -> None:
    neutral = make_run(risk=lambda record: {**record, "weight": 0.0})
    assert summary.measure(read_source(neutral)) == "expected proceeds"


# --- the money --------------------------------------------------------------------------------


def test_money_by_week(source: Source) -> None:
    table = proceeds.by_week(source)
    assert table.rows() == [
        (1, "dealer", 1, 4900.0), (1, "dismantling", 1, 600.0), (2, "auction", 1, 9500.0),
        (None, "hold", 1, 19000.0),
    ]  # fmt: skip
    made = proceeds.money_table(source)
    assert texts(made)[0][0] == "Week 1, 2 Jun"
    assert texts(made)[1][-2:] == ["1", "9,500"]
    assert total(made)[-2:] == ["4", "34,000"]


def test_weeks_without_a_sale_keep_their_place(make_run: MakeRun) -> None:
    later = pl.when(pl.col("week") == 2).then(4).otherwise("week").cast(pl.Int64).alias("week")
    run = make_run(assignments=lambda frame: frame.with_columns(later))
    weeks, parts = proceeds.money_bars(read_source(run))
    assert weeks == ["2 Jun", "9 Jun", "16 Jun", "23 Jun", "later"]
    assert [part["week"] for part in parts] == ["2 Jun", "2 Jun", "23 Jun", "later"]


def test_week_label_begins_the_day_after_as_of() -> None:
    assert proceeds.week_label(1, date(2026, 6, 1)) == "2 Jun"
    assert proceeds.week_label(5, date(2026, 6, 1)) == "30 Jun"


def test_distribution_counts_every_scenario_once(source: Source) -> None:
    spread = proceeds.distribution(source)
    assert sum(bar["count"] for bar in spread["bars"]) == 20
    # The worst 5 % of 20 scenarios is the worst one.
    assert sum(bar["count"] for bar in spread["bars"] if bar["tail"]) == 1
    for name in HABITS.values():
        assert sum(p["count"] for p in spread["outlines"] if p["name"] == name) == 20
    plan = source.outcomes["plan"].to_numpy()
    assert spread["threshold"] == np.quantile(plan, 0.05)
    assert "EUR 30,000 on average; that average is the CVaR" in spread["explained"]


def test_equal_outcomes_still_have_a_histogram(make_run: MakeRun) -> None:
    same = pl.lit(500.0)
    run = make_run(
        outcomes=lambda frame: frame.head(1).with_columns(
            plan=same, nearest_auction=same, greedy=same
        )
    )
    spread = proceeds.distribution(read_source(run))
    assert [bar["count"] for bar in spread["bars"]] == [1]
    (bar,) = spread["bars"]
    assert bar["left"] <= 500.0 <= bar["right"]


def test_bridge_ends_at_the_expectation_of_the_plan(source: Source) -> None:
    steps = proceeds.bridge(source)
    amounts = {row[0]: row[1] for row in texts(steps["steps"])}
    assert amounts == {
        "Gross prices expected": "35,700",
        "Fees of venues": "−300",
        "Transport": "−310",
        "Holding until the first sale date": "−1,050",
        "Waiting for the money (discount)": "−40",
        "Premiums of puts and layers": "−100",
        "Pay-offs of puts and layers": "90",
    }
    assert total(steps["steps"])[1] == "33,990" == money(source.risk["plan"]["expected"])
    assert steps["waterfall"][-1]["end"] == 33990.0 - 35700.0
    starts = [step["start"] for step in steps["waterfall"][:-1]]
    ends = [step["end"] for step in steps["waterfall"][:-1]]
    assert starts == [0.0, *ends[:-1]]


# --- capacity ---------------------------------------------------------------------------------


def test_heatmap(source: Source) -> None:
    heat = capacities.heatmap(source)
    assert [week["week"] for week in heat["weeks"]] == [2, 3, 4]
    atl, dal = heat["rows"]
    assert atl["venue"] == "ATL"
    assert atl["cells"][0] is None
    assert atl["cells"][1]["level"] == "none"
    assert [cell and cell["level"] for cell in dal["cells"]] == ["full", None, "over"]
    assert dal["cells"][2] == {"share": "140\u00a0%", "level": "over", "lots": "1.4", "slots": "1"}
    assert dal["whole"]["lots"] == "2.4"
    assert texts(capacities.overfull(source)) == [
        ["DAL", "week 4, from 23 Jun", "1", "1", "1.4", "2"]
    ]


@pytest.mark.parametrize(
    ("offered", "slots", "level"),
    [(0.0, 10, "none"), (2.9, 10, "low"), (3.0, 10, "middle"), (7.0, 10, "high"),
     (9.5, 10, "full"), (10.0, 10, "full"), (10.2, 10, "over"), (0.0, 0, "none"),
     (1.0, 0, "over")],
)  # fmt: skip
def test_levels_of_use(make_run: MakeRun, offered: float, slots: int, level: str) -> None:
    run = make_run(
        capacity=lambda frame: frame.head(1).with_columns(
            offered_mean=pl.lit(offered), slots=pl.lit(slots, pl.Int64)
        )
    )
    assert capacities.heatmap(read_source(run))["rows"][0]["cells"][0]["level"] == level


@pytest.mark.parametrize(
    ("kind", "label", "words"),
    [
        ("event", "DAL on 2026-06-10", "One more slot at DAL on 10 June 2026 is worth 2,013"),
        ("event", "sale on demand", "One more slot at sale on demand is worth 2,013"),
        ("reruns", "DAL, 3 sales from 2026-06-10 with re-runs",
         "One more slot at DAL, 3 sales from 10 June 2026 with re-runs is worth 2,013"),
        ("lane", "lane TX to GA, week 1",
         "One more place on the lane TX to GA, week 1 is worth 2,013"),
        ("venue_week", "X-1, week 2", "One more unit at X-1, week 2 is worth 2,013"),
        ("limit", "at most 2 units of model Rio",
         "One more unit under the limit “at most 2 units of model Rio” is worth 2,013"),
        ("offer", "offer O1", "One more unit under offer O1 is worth 2,013"),
        ("offer_maximum", "offer O1", "One more unit under offer O1 is worth 2,013"),
        ("offer_minimum", "offer O1", "One unit less in the minimum of offer O1 is worth 2,013"),
        ("hedge", "lots of P1", "One more lot of P1 is worth 2,013"),
        ("hedge", "floor U1", "One more unit of floor U1 is worth 2,013"),
        ("reconditioning", "work PAINT", "One more unit for the work PAINT is worth 2,013"),
        ("volume", "DAL-1: units of Kia Rio",
         "One more unit sold takes 2,013 off the others: DAL-1: units of Kia Rio"),
        ("volume", "parts of any vehicle: door",
         "One more unit sold takes 2,013 off the others: parts of any vehicle: door"),
        ("offer_minimum", "package FLEET",
         "One unit less in the minimum of package FLEET is worth 2,013"),
        ("yard", "space at DAL", "One more unit of space at DAL is worth 2,013"),
    ],
)  # fmt: skip
def test_shadow_prices_in_words(kind: str, label: str, words: str) -> None:
    assert capacities.in_words(kind, label, 2013.4) == words


def test_caution_is_told_against_the_plan_that_is_taken(source: Source) -> None:
    made = proceeds.caution(source)
    assert texts(made) == [
        ["0.0\u00a0%", "34,100", "29,700", "+200", "−300"],
        ["30.0\u00a0%", "33,900", "30,000", "0", "0"],
    ]
    assert made.note == "This plan gives them a weight of 30\u00a0%."


def test_shadow_prices_stand_dearest_first(source: Source) -> None:
    made = capacities.shadow_prices(source)
    assert texts(made) == [
        ["One more slot at DAL on 10 June 2026 is worth 2,013", "1.0", "1"],
        ["One more place on the lane TX to GA, week 1 is worth 90", "4.0", "4"],
    ]
    assert [row[0].key for row in made.rows] == ["2013.4", "90"]
    assert texts(capacities.kinds(source))[0] == ["Auction slots", "2", "1", "1", "2,013"]


def test_only_the_dearest_prices_are_shown(make_run: MakeRun) -> None:
    many = pl.DataFrame(
        {"kind": "event", "label": [f"V{k:02}" for k in range(20)], "limit": 1.0, "used": 1.0,
         "price": [float(k + 1) for k in range(20)]}
    )  # fmt: skip
    made = capacities.shadow_prices(read_source(make_run(shadow_prices=lambda _: many)))
    assert [float(row[0].key) for row in made.rows] == [20.0 - k for k in range(15)]
    assert made.note == "5 further prices are in shadow_prices.parquet."


def test_runs(source: Source) -> None:
    assert texts(capacities.runs(source)) == [
        ["Run 1", "1.0", "0.6", "60.0\u00a0%", "60.0\u00a0%"],
        ["Run 2", "0.4", "0.3", "75.0\u00a0%", "90.0\u00a0%"],
    ]


# --- decisions --------------------------------------------------------------------------------


def test_decisions(source: Source) -> None:
    made = decisions.decisions(source)
    assert texts(made["stakes"])[0] == [
        "A1", "Ford Focus", "DAL, 10 Jun", "9,500", "7,000", "12,000", "ATL, 16 Jun", "+120",
        "gives up 500",
    ]  # fmt: skip
    assert [row[0] for row in texts(made["stakes"])] == ["A1", "B2", "C3"]
    assert [row[0] for row in texts(made["margins"])] == ["A1"]
    assert [row[0] for row in texts(made["spreads"])] == ["D4", "A1", "C3"]
    assert texts(made["sacrifices"]) == [
        ["A1", "Ford Focus", "DAL, 10 Jun", "9,500", "500", "ATL, 16 Jun", "+120"]
    ]
    assert made["giving"].startswith("1 vehicle gives up 500 in all against the best option of ")
    assert made["negative"].startswith("1 vehicle has a margin below zero: the runner-up looks")


def test_places() -> None:
    assert decisions.place(None, None, None) == "none"
    assert decisions.place("hold", None, None) == "held back"
    assert decisions.place("dealer", "D-1", None) == "D-1"
    assert decisions.place("auction", None, date(2026, 7, 2)) == "Auction, 2 Jul"


def test_vehicles_that_stay(source: Source) -> None:
    staying = decisions.staying(source)
    assert texts(staying["held"]) == [
        ["D4", "BMW X5", "19,000", "–", "18,000",
         "nothing else can be reached within the horizon"]
    ]  # fmt: skip
    assert texts(staying["barred"]) == [
        ["E5", "Audi A4", "7,000", "legal hold (police) until 1 September 2026"]
    ]
    assert texts(staying["unsaleable"]) == [["F6", "Fiat 500", "–", "title missing"]]
    assert staying["reasons"] == ["legal hold (police) until a later date: 1", "title missing: 1"]


def test_loans(source: Source) -> None:
    loans = decisions.loans(source)
    assert {row[0]: row[1] for row in texts(loans["totals"])} == {
        "Balances": "34,000", "Recovered by proceeds": "30,900", "Deficiency": "3,100",
        "Surplus over the balance": "2,400",
    }  # fmt: skip
    assert loans["below"] == (
        "1 of 3 vehicles with a known balance are expected to bring less than it. Scenario by "
        "scenario, what is missing adds up to 3,100 on average, what is left over to 2,400."
    )
    assert loans["unknown"] == "1 without a balance is left aside."
    assert texts(loans["worst"]) == [
        ["A1", "Ford Focus", "12,000", "9,400", "2,600", "21.7\u00a0%"],
        ["D4", "BMW X5", "18,000", "19,000", "500", "2.8\u00a0%"],
    ]


# --- hedges, parts, assumptions ---------------------------------------------------------------


def test_hedges(source: Source) -> None:
    hedges = protection.hedges(source)
    assert texts(hedges["bought"]) == [
        ["P1", "Put on the market index", "Bank", "10.0", "20", "100", "90", "−10"]
    ]
    assert hedges["cost"] == (
        "Premiums of 100 buy expected pay-offs of 90: protection that costs 10 on average."
    )
    assert (hedges["left"], hedges["left_count"]) == ("U1", 1)


def test_dismantling(source: Source) -> None:
    parts = protection.dismantling(source)
    assert texts(parts["routes"]) == [
        ["open market", "1", "400", "4.0"], ["smelter", "1", "100", "2.0"],
    ]  # fmt: skip
    assert total(parts["routes"]) == ["All", "2", "500", "6.0"]
    assert parts["going"] == (
        "1 vehicle goes to 1 dismantler and brings 600 net, parts and hulk together."
    )


def test_assumptions(source: Source) -> None:
    made = assumptions.assumptions(source)
    assert texts(made["data"])[1] == ["index", "9", "7", "0", "2 released after as_of"]
    told = texts(made["settings"])
    assert told[2][1] == "keeping a vehicle: yard, insurance, paperwork (money per vehicle and day)"
    assert all(row.pop(1) for row in told)
    assert told == [
        ["constraints.hold_exempt", "yes", "set"],
        ["constraints.max_sacrifice_rate", "0.25", "set"],
        ["costs.holding_per_day", "11", "set"],
        ["costs.local_days", "1", "default: assumed"],
        ["horizon.weeks", "4", "set"],
        ["priors.student_dof", "5", "default: read in a paper"],
    ]
    assert made["limits"] == [
        "At most 25\u00a0% of the vehicles planned for any one venue.",
        (
            "No vehicle gives up more than 25\u00a0% of its own best option, "
            "unless it is held back or pinned."
        ),
    ]
    assert texts(made["inputs"]) == [["vehicles.csv", "0123456789ab"]]
    assert made["rejected"] == []


def test_rejected_rows_are_counted_by_rule(make_run: MakeRun) -> None:
    lines = pl.DataFrame(
        {"file": "sales.csv", "row": [3, 3, 8], "column": ["price", "make", "price"],
         "value": ["-1", None, "-7"], "rule": ["price > 0", "make is given", "price > 0"],
         "remedy": [None, None, None]},
        schema_overrides={"remedy": pl.String},
    )  # fmt: skip
    run = make_run(rejected={"sales": lines})
    (found,) = assumptions.assumptions(read_source(run))["rejected"]
    assert (found["table"], found["rows"]) == ("sales", "2 rows set aside.")
    assert found["rules"] == "price > 0: 2; make is given: 1"
    assert texts(found["first"])[0] == ["3", "price", "-1", "price > 0", "–"]


def test_only_the_fullest_weeks_are_shown(make_run: MakeRun) -> None:
    many = pl.DataFrame(
        {
            "venue_id": "V",
            "week": range(1, 21),
            "slots": 10,
            "first_runs": 10,
            "offered_mean": [10.0 + week for week in range(1, 21)],
            "offered_q95": 40.0,
        }
    )
    made = capacities.overfull(read_source(make_run(capacity=lambda _: many)))
    assert [row[4] for row in texts(made)] == [f"{30 - place}.0" for place in range(12)]
    assert made.note == "8 further weeks are in capacity.parquet."
