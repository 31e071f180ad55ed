"""A real lender's fleet, planned by the command line and checked from its files alone."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path

import polars as pl
import pytest

from real.build_us_wholesale import AS_OF, SETTINGS, WINDOW, Built, build, slots
from real.checker import CHECKS, Check, Run
from real.command import Done, disposal, plan
from real.inputs import Inputs
from real.lenders import FAMILIES, family_of, is_lender
from real.score import Score, predictions, scores, scores_by_grade
from real.tampering import TAMPERED, Tamper

pytestmark = [pytest.mark.real, pytest.mark.slow]

#: The gap that the settings ask for.
GAP = tomllib.loads(SETTINGS)["solver"]["gap"]

#: What depends on the clock and the machine; every other file of a run does not.
UNSTEADY = ("manifest.json",)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Built:
    """The workspace of the real fleet, and what is hidden from the planner."""
    folder = tmp_path_factory.mktemp("us_wholesale")
    return build(folder / "workspace", real_data, folder / "hidden.parquet")


@pytest.fixture(scope="session")
def run(built: Built) -> Done:
    """The plan of the whole fleet."""
    return plan(built.workspace, built.workspace.with_name("run"), "--threads", 2)


@pytest.fixture(scope="session")
def hidden(built: Built) -> pl.DataFrame:
    """What was paid, where and when."""
    return pl.read_parquet(built.hidden)


@pytest.fixture(scope="session")
def predicted(built: Built, hidden: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Predictions at each vehicle's actual state and date."""
    return predictions(built.workspace, hidden)


@pytest.fixture(scope="session")
def scored(predicted: dict[str, pl.DataFrame], hidden: pl.DataFrame) -> dict[str, Score]:
    """The predictions against the hidden prices."""
    found = scores(predicted, hidden)
    for score in found.values():
        sys.stdout.write(f"{score}\n")
    return found


def test_fleet_is_that_of_lenders_in_the_contiguous_states(built: Built, real_data: Path) -> None:
    assert (built.fleet, built.states) == (2181, 27)
    assert (built.history, built.dropped, built.unnamed) == (20_308, 14, 2)
    lots = pl.read_parquet(real_data / "us_wholesale_2014_2015.parquet")
    named = lots.filter(is_lender("seller"), pl.col("sale_date").is_between(*WINDOW))
    families = named.select(family=family_of("seller"))["family"]
    assert families.null_count() == 0
    assert set(families) == set(FAMILIES)


def test_nothing_hidden_lies_in_the_workspace(built: Built) -> None:
    fleet = pl.read_csv(built.workspace / "fleet.csv", schema_overrides={"lot_id": pl.String})
    history = pl.read_csv(
        built.workspace / "history.csv",
        schema_overrides={"lot_id": pl.String, "sale_date": pl.Date},
    )
    assert not {"sellingprice", "sale_date", "saledate"} & set(fleet.columns)
    assert history["sale_date"].max() <= AS_OF
    assert not set(fleet["lot_id"]) & set(history["lot_id"])
    assert built.workspace not in built.hidden.parents


def test_capacity_is_a_fifth_above_the_weekly_count(built: Built) -> None:
    inputs = Inputs(built.workspace)
    counts = pl.Series([unit["state"] for unit in inputs.fleet.values()]).value_counts()
    for state, count in counts.iter_rows():
        rooms = [e["slots"] for e in inputs.events.values() if e["venue_id"] == state]
        assert rooms == [slots(count)] * 4
        assert rooms[0] - 1 < 1.2 * count / (15 / 7) <= rooms[0]


def test_check_reads_every_row_and_leaves_out_what_was_not_yet_known(built: Built) -> None:
    told = json.loads(disposal("check", built.workspace, "--json").stdout)
    rows = told["tables"]
    assert rows["vehicles"]["kept"] == built.fleet
    assert rows["sales"]["kept"] == built.history
    assert sum(table["rejected"] for table in rows.values()) == 0
    index = pl.read_parquet(built.workspace / "index.parquet")
    unknown = index.filter(pl.col("released") > AS_OF).height
    assert unknown > 0
    assert rows["index"]["kept"] == index.height - unknown


def test_run_ends_with_a_proof(run: Done) -> None:
    assert run.told["status"] in ("optimal", "gap")
    assert run.told["gap"] <= GAP
    assert run.told["vehicles"]["planned"] > 2000


def test_run_is_quiet_on_errors(run: Done) -> None:
    assert "Warning" not in run.errors
    assert "Traceback" not in run.errors


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_plan_keeps(check: Check, built: Built, run: Done) -> None:
    found = list(check(Run(Inputs(built.workspace), run.folder)))
    assert not found, f"{len(found)} breaches\n" + "\n".join(found[:20])


def test_plan_uses_what_the_checks_look_at(run: Done) -> None:
    """A plan without dealers, hedges, re-runs or full events would be checked for nothing."""
    rows = pl.read_parquet(run.folder / "assignments.parquet")
    channels = dict(rows["channel"].value_counts().iter_rows())
    assert channels["auction"] > 1500
    assert channels["dealer"] > 10
    assert rows["hedge_id"].drop_nulls().len() > 10
    assert rows.filter(pl.col("status") == "barred").height > 0
    prices = pl.read_parquet(run.folder / "shadow_prices.parquet")
    full = prices.filter(pl.col("kind") == "event", pl.col("used") > pl.col("limit") - 1.0)
    assert full.height > 20
    assert pl.read_parquet(run.folder / "policy.parquet").filter(pl.col("step") > 1).height > 1500


def test_plan_beats_the_habits(run: Done) -> None:
    for name, habit in run.told["baselines"].items():
        sys.stdout.write(f"{name}: {run.told['objective'] - habit['objective']:,.0f} less\n")
        assert run.told["objective"] > habit["objective"]


def test_fresh_scenarios_bear_the_plan_out(run: Done) -> None:
    """What the optimiser expects is what carrying the plan out brings, but for its noise."""
    plan = json.loads((run.folder / "risk.json").read_text(encoding="utf-8"))["plan"]
    noise = 4.0 * plan["fresh"]["expected_standard_error"]
    assert abs(plan["expected"] - plan["fresh"]["expected"]) < noise + 1e-3 * plan["expected"]


def test_report_stands_alone(run: Done) -> None:
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "<script src=" not in page
    assert "<link" not in page.split("</head>")[0] or 'href="http' not in page
    assert "US lender fleet, January 2015" in page


@pytest.mark.parametrize(
    ("tamper", "check"), TAMPERED, ids=[f"{t.__name__}-{c.__name__}" for t, c in TAMPERED]
)
def test_tampering_is_found(
    tamper: Tamper, check: Check, built: Built, run: Done, tmp_path: Path
) -> None:
    """What the checker finds in a broken run it did not find in the run as it was made."""
    inputs, copy = Inputs(built.workspace), tmp_path / "run"
    shutil.copytree(run.folder, copy)
    before = list(check(Run(inputs, copy)))
    tamper(inputs, copy)
    assert set(check(Run(inputs, copy))) - set(before)


def test_every_check_is_tampered_with() -> None:
    assert {check for _, check in TAMPERED} == set(CHECKS)


def test_threads_do_not_change_a_byte(built: Built, tmp_path: Path) -> None:
    """A part of fleet and sales and fewer scenarios, so that two more runs stay short."""
    small = tmp_path / "workspace"
    shutil.copytree(built.workspace, small)
    sales = pl.read_csv(small / "history.csv", infer_schema=False)
    sales.gather_every(5).write_csv(small / "history.csv")
    fleet = pl.read_csv(small / "fleet.csv", infer_schema=False)[:400]
    fleet.write_csv(small / "fleet.csv")
    for name in ("holds", "overrides"):
        rows = pl.read_csv(small / f"{name}.csv", infer_schema=False)
        rows.filter(pl.col("vehicle_id").is_in(fleet["lot_id"].implode())).write_csv(
            small / f"{name}.csv"
        )
    settings = small / "disposal.toml"
    told = settings.read_text(encoding="utf-8")
    # Few slots a sale in a part of the fleet: ask for less proof than of the whole.
    told = told.replace("gap = 5e-4\n", "gap = 2e-3\n")
    settings.write_text(f"{told}\n[simulation]\nscenarios = 256\nevaluation_scenarios = 128\n")
    one, two = (plan(small, tmp_path / f"run-{n}", "--threads", n) for n in (1, 2))
    files = sorted(path.relative_to(one.folder) for path in one.folder.rglob("*"))
    assert files == sorted(path.relative_to(two.folder) for path in two.folder.rglob("*"))
    different = [
        str(name)
        for name in files
        if (one.folder / name).is_file()
        and name.name not in UNSTEADY
        and (one.folder / name).read_bytes() != (two.folder / name).read_bytes()
    ]
    assert different == []


def test_hidden_prices_are_met(scored: dict[str, Score]) -> None:
    """Bounds: what was measured on this fleet, with a margin of about a sixth."""
    with_guide, without = scored["with the guide"], scored["without a guide"]
    assert with_guide.median_ape < 0.065
    assert without.median_ape < 0.065
    assert with_guide.median_ae < 750
    for score in (with_guide, without):
        assert abs(score.bias_log) < 0.03
        assert abs(score.bias_money) < 0.03
        assert 0.86 <= score.coverage <= 0.95


def test_the_guide_is_improved_upon(scored: dict[str, Score]) -> None:
    assert scored["with the guide"].median_ape < scored["the guide alone"].median_ape
    assert scored["with the guide"].median_ae < scored["the guide alone"].median_ae


def test_intervals_hold_in_every_grade(
    built: Built, predicted: dict[str, pl.DataFrame], hidden: pl.DataFrame
) -> None:
    """Bad cars are harder to price; their intervals have to know."""
    fleet = Inputs(built.workspace).fleet
    grade = pl.Series([fleet[vehicle]["grade"] for vehicle in hidden["vehicle_id"]])
    claimed = {name: frame for name, frame in predicted.items() if "q05" in frame.columns}
    found = scores_by_grade(claimed, hidden, grade)
    assert len(found) == 8
    for score in found:
        sys.stdout.write(f"{score}\n")
        assert 0.82 <= score.coverage <= 0.97, score
        assert abs(score.bias_log) < 0.05, score
    by_name = {score.name: score for score in found}
    for name in claimed:
        worst, best = by_name[f"{name}, grade 1"], by_name[f"{name}, grade 4"]
        assert worst.median_ape > 2.0 * best.median_ape


def test_no_prediction_runs_away(predicted: dict[str, pl.DataFrame]) -> None:
    """An odd unit gets a wide interval, not a mean beyond all prices."""
    for name in ("with the guide", "without a guide"):
        frame = predicted[name]
        assert (frame["mean"] / frame["q50"]).max() < 1.6
        assert (frame["q95"] / frame["q05"]).max() < 60
        assert frame["q05"].min() > 20
