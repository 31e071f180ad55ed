"""A workspace with appraisals and an inspector: what it reads, plans, writes and tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from auction.explain import explain_vehicle, explained
from auction.planned import Planning
from auction.planning import plan_workspace
from auction.run import outputs
from auction.run.folder import RunFolder
from auction.run.writing import fill_run
from auction.workspace import load_workspace
from residual.errors import InputError
from small_workspace import cut_sample, read

HEAD = "vehicle_id,stage,appraised_on,value,grade,appraiser"


def fleet_and_past(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The vehicles to be planned, and past sales of others."""
    vehicles = [row["vehicle_id"] for row in read(path / "vehicles.csv")]
    sold = [row for row in read(path / "sales.csv") if row["outcome"] == "sold" and row["price"]]
    return vehicles, sold


def with_appraisals(path: Path, *rows: str, more: str = "") -> Path:
    """Name a table of appraisals in a workspace."""
    (path / "appraisals.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    settings = (path / "disposal.toml").read_text(encoding="utf-8")
    table = '[tables.appraisals]\nfile = "appraisals.csv"\n[tables.overrides]'
    settings = settings.replace("[tables.overrides]", table, 1) + more
    (path / "disposal.toml").write_text(settings, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    path = cut_sample(tmp_path_factory.mktemp("plain") / "w", vehicles=16, scenarios=64, weeks=4)
    return plan_workspace(load_workspace(path))


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    path = cut_sample(tmp_path_factory.mktemp("heard") / "w", vehicles=16, scenarios=64, weeks=4)
    vehicles, sold = fleet_and_past(path)
    past = [
        f"{row['vehicle_id']},site,{row['offered_on']},{1.1 * float(row['price']):.2f},,bob"
        for row in sold[-60:]
    ]
    rows = [f"{vehicles[1]},desk,2026-05-20,3000,,ann", f"{vehicles[2]},site,2026-05-21,,1.0,bob"]
    inspection = "\n[inspection]\ncost = 60\nunits = 3\n"
    return plan_workspace(load_workspace(with_appraisals(path, *rows, *past, more=inspection)))


@pytest.fixture(scope="module")
def run(heard: Planning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("runs") / "run"
    with RunFolder(target) as folder:
        fill_run(folder, heard, 1)
    return target


def test_without_appraisals_nothing_is_heard_or_inspected(plain: Planning) -> None:
    assert plain.heard is None
    assert plain.inspections is None
    assert "inspections" not in plain.timings
    used = {default.setting.split(".")[0] for default in plain.workspace.defaults}
    assert not used & {"appraisal", "inspection"}


def test_options_of_vehicles_that_nobody_appraised_keep_their_bits(
    plain: Planning, heard: Planning
) -> None:
    appraised = set(plain.options.vehicle_ids[1:3])
    for name in plain.options.vehicle_ids:
        before, after = (
            p.options.frame.filter(pl.col("vehicle_id") == name)["expected_net"].to_numpy()
            for p in (plain, heard)
        )
        assert (name in appraised) != np.array_equal(before, after)


def test_a_low_appraisal_lowers_the_value_that_is_told(plain: Planning, heard: Planning) -> None:
    values = [
        dict(outputs.assignments(p).select("vehicle_id", "value").rows()) for p in (plain, heard)
    ]
    for number, name in enumerate(plain.options.vehicle_ids):
        if number in (1, 2):
            assert values[1][name] < values[0][name]
        else:
            assert values[1][name] == values[0][name]


def test_errors_of_past_appraisals_are_learnt_and_told(heard: Planning) -> None:
    assert heard.heard is not None
    site = heard.heard.appraisers.stages["site"]
    assert site.sold == 60
    assert site.bias == pytest.approx(np.log(1.1), abs=0.04)
    told = [note for note in heard.notes if "appraisals" in note]
    assert told[0] == "desk appraisals: an error of 15.0% is assumed"
    assert "told by 60 that a sale followed" in told[1]
    relied = [default.setting for default in heard.workspace.defaults]
    assert "appraisal.site_error" in relied
    assert "inspection.days" in relied
    assert "inspection.cost" not in relied


def test_inspections_are_ranked_and_written(heard: Planning, run: Path) -> None:
    table = pl.read_parquet(run / "inspections.parquet")
    pins = heard.workspace.tables["overrides"].filter(pl.col("action") == "pin")["vehicle_id"]
    assert set(table["vehicle_id"]) == set(heard.options.vehicle_ids) - set(pins)
    assert table["send"].sum() == min(3, table.filter(pl.col("worth") > 0.0).height) > 0
    error = dict(table.select("vehicle_id", "error").rows())
    names = heard.options.vehicle_ids
    assert error[names[2]] != error[names[0]]


def test_explain_says_what_an_inspection_may_change(run: Path) -> None:
    first = pl.read_parquet(run / "inspections.parquet").row(0, named=True)
    text = explain_vehicle(run, first["vehicle_id"])
    assert "Inspecting it first" in text
    assert f"worth {first['worth']:,.2f}, rank 1" in text
    assert explained(run, first["vehicle_id"])["inspection"]["gain"] == first["gain"]


def test_explain_tells_the_appraisal_among_the_effects(heard: Planning, run: Path) -> None:
    name = heard.options.vehicle_ids[1]
    record = explained(run, name)
    last = record["value"]["effects"][-1]
    assert (last["effect"], last["level"]) == ("appraisal", "desk, 2026-05-20")
    row = pl.read_parquet(run / "assignments.parquet").filter(pl.col("vehicle_id") == name)
    assert record["value"]["today"] == pytest.approx(row["value"][0], rel=1e-9)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Send the inspector to", "Where to send the inspector")),
        ("zh_CN", ("派查勘员查看", "查勘员应去何处")),
    ],
)
def test_the_report_sends_the_inspector(
    run: Path, tmp_path: Path, language: str, words: tuple[str, str]
) -> None:
    from shutil import copytree

    from auction.report import write_report

    page = write_report(copytree(run, tmp_path / "run"), language=language)
    text = page.read_text(encoding="utf-8")
    assert all(word in text for word in words)


def test_the_same_workspace_gives_the_same_inspections(heard: Planning) -> None:
    again = plan_workspace(load_workspace(heard.workspace.path), threads=2)
    assert heard.inspections is not None
    assert again.inspections is not None
    assert again.inspections.equals(heard.inspections)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("nobody,desk,2026-05-20,3000,,", "there is no such vehicle"),
        ("{0},yard,2026-05-20,3000,,", "must be one of desk, site"),
        ("{0},desk,2026-05-20,3000,4,", "exactly one of value and grade must be given"),
        ("{0},desk,2026-05-20,,,", "exactly one of value and grade must be given"),
        ("{0},desk,2026-05-20,,9,", "must be at most 5"),
        ("{0},desk,2026-05-20,-5,,", "must be above 0"),
    ],
)
def test_bad_appraisals_are_told_with_their_row(tmp_path: Path, row: str, rule: str) -> None:
    path = cut_sample(tmp_path / "w", vehicles=8, sales=60)
    names, _ = fleet_and_past(path)
    with_appraisals(path, row.format(*names))
    with pytest.raises(InputError, match=rule) as raised:
        load_workspace(path)
    assert "appraisals.csv" in str(raised.value)


def test_an_appraisal_after_the_planning_date_is_left_out(tmp_path: Path) -> None:
    path = cut_sample(tmp_path / "w", vehicles=8, sales=60)
    names, _ = fleet_and_past(path)
    workspace = load_workspace(with_appraisals(path, f"{names[0]},desk,2026-07-20,3000,,"))
    assert workspace.tables["appraisals"].is_empty()
    assert workspace.counts["appraisals"].excluded == {"appraised after as_of": 1}
