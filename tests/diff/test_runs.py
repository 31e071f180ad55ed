"""Two plans of a small fleet a week apart, compared as a desk would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from auction.cli import app
from auction.diff import diff_runs, tell
from auction.diff.money import OWN, PARTS
from auction.errors import NotComparableError, RunFolderError
from auction.run.folder import read_record, read_table

GONE, PINNED = "R0008", "R0041"


@pytest.fixture(scope="module")
def record(first: Path, second: Path) -> dict:
    return diff_runs(first, second)


def test_the_parts_add_up_to_the_change(record: dict, first: Path, second: Path) -> None:
    money = record["money"]
    assert list(money["parts"]) == list(PARTS)
    assert sum(money["parts"].values()) == pytest.approx(money["change"], abs=1e-6)
    assert abs(money["change"]) > 100.0
    for name, run in (("before", first), ("after", second)):
        told = read_record(run, "risk.json")["plan"]["expected"]
        assert money[f"expected_{name}"] == pytest.approx(told, rel=1e-9)
    for row in record["changes"]:
        assert sum(row["parts"].values()) == pytest.approx(row["change"], abs=1e-9)
    for name in set(OWN) - {"volume"}:  # nothing that the sample sells falls with its number
        assert money["parts"][name] != 0.0, name


def test_every_changed_vehicle_is_told_once(record: dict, first: Path, second: Path) -> None:
    place = ["channel", "venue_id", "event_date", "offer_id"]
    before, after = (
        read_table(run, "assignments.parquet").filter(pl.col("channel").is_not_null())
        for run in (first, second)
    )
    both = before.join(after, on="vehicle_id", suffix="_b")
    other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_b")) for name in place)
    elsewhere = set(both.filter(other)["vehicle_id"])
    told = {row["vehicle_id"] for row in record["changes"] if row["kind"] != "terms"}
    assert told == elsewhere
    sizes = [abs(row["change"]) for row in record["changes"]]
    assert sizes == sorted(sizes, reverse=True)
    assert record["counts"]["common"] == both.height
    assert all(row["why"] for row in record["changes"])


def test_the_reasons_are_those_of_the_new_week(record: dict, second: Path) -> None:
    codes = {why["code"] for row in record["changes"] for why in row["why"]}
    assert "event_gone" in codes
    pinned = [row for row in record["changes"] if row["vehicle_id"] == PINNED]
    assert pinned, "the vehicle that was pinned to dealers moved"
    assert pinned[0]["after"]["channel"] == "dealer"
    said = {"code": "override", "reason": "pinned by desk: shown by hand"}
    assert said in pinned[0]["why"]
    gone = {(row["venue_id"], row["date"]) for row in record["places"]["gone"]}
    assert ("DAL", "2026-06-17") in gone
    offered = read_table(second, "offered.parquet")
    for venue, day in gone:
        there = offered.filter(
            (pl.col("venue_id") == venue) & (pl.col("event_date").cast(pl.String) == day)
        )
        assert there.is_empty() or day is None


def test_the_fleet_is_told(record: dict, first: Path, second: Path) -> None:
    ids = [set(read_table(run, "assignments.parquet")["vehicle_id"]) for run in (first, second)]
    placed = [
        set(read_table(run, "assignments.parquet").drop_nulls("channel")["vehicle_id"])
        for run in (first, second)
    ]
    told = {name: {row["vehicle_id"] for row in record[name]}
            for name in ("entered", "left", "freed", "barred")}  # fmt: skip
    assert told["left"] == placed[0] - ids[1] == {GONE}
    assert told["entered"] == placed[1] - ids[0]
    assert len(told["entered"]) == 2
    assert told["freed"] == (placed[1] - placed[0]) & ids[0]
    assert told["barred"] == (placed[0] - placed[1]) & ids[1]


def test_inputs_and_risk_are_told(record: dict, first: Path, second: Path) -> None:
    settings = {row["setting"]: row for row in record["inputs"]["settings"]}
    assert settings["risk.weight"] == {"setting": "risk.weight", "before": 0.3, "after": 0.5}
    assert settings["as_of"]["after"] == "2026-06-08"
    files = {row["file"]: row["change"] for row in record["inputs"]["files"]}
    assert files["events.csv"] == "changed"
    assert "sales.csv" not in {name for name in files if files[name] == "gone"}
    for name, run in (("before", first), ("after", second)):
        fresh = read_record(run, "risk.json")["plan"]["fresh"]
        assert record[name]["fresh_cvar"] == fresh["cvar"]


def test_the_words_hold_the_figures(record: dict) -> None:
    text = tell(record)
    assert text.startswith("From the plan of 2026-06-01 to that of 2026-06-08\n")
    assert "planning date 2026-06-01 -> 2026-06-08" in text
    assert "setting risk.weight: 0.3 -> 0.5" in text
    assert f"{record['money']['change']:+,.2f}" in text
    top = record["changes"][0]
    assert f"{top['change']:+,.2f}  {top['vehicle_id']}: {top['make']} {top['model']}" in text
    assert (
        f"No longer in the fleet: 1, expected net {record['left'][0]['expected_net']:,.0f}" in text
    )
    assert "None" not in text
    assert "nan" not in text


def test_the_same_plan_twice_says_that_nothing_changed(first: Path, again: Path) -> None:
    record = diff_runs(first, again)
    assert record["same"] is True
    assert record["changes"] == []
    assert record["money"]["change"] == 0.0
    assert set(record["money"]["parts"].values()) == {0.0}
    assert tell(record) == (
        "From the plan of 2026-06-01 to that of 2026-06-01\n"
        "Nothing changed: every vehicle has the same decision, worth the same."
    )


def test_equal_runs_give_equal_bytes(first: Path, again: Path, second: Path) -> None:
    one = CliRunner().invoke(app, ["diff", str(first), str(second), "--json"])
    two = CliRunner().invoke(app, ["diff", str(again), str(second), "--json"])
    assert one.exit_code == two.exit_code == 0
    assert one.stdout == two.stdout
    assert json.loads(one.stdout)["currency"] == "USD"
    words = CliRunner().invoke(app, ["diff", str(first), str(second)])
    assert words.stdout == tell(diff_runs(first, second)) + "\n"


def test_backwards_the_change_is_reversed(record: dict, first: Path, second: Path) -> None:
    back = diff_runs(second, first)
    assert back["money"]["change"] == pytest.approx(-record["money"]["change"])
    assert {row["vehicle_id"] for row in back["entered"]} == {GONE}
    assert back["counts"]["moved"] == record["counts"]["moved"]


def test_other_currencies_are_refused(first: Path, second: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(second, other)
    manifest = read_record(other, "manifest.json") | {"currency": "CNY"}
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(NotComparableError, match=r"counts in USD.*in CNY"):
        diff_runs(first, other)
    done = CliRunner().invoke(app, ["diff", str(first), str(other)])
    assert done.exit_code == 2


def test_a_folder_that_is_no_run_is_refused(first: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"holds no offered\.parquet"):
        diff_runs(first, tmp_path)
    old = tmp_path / "old"
    shutil.copytree(first, old)
    (old / "offered.parquet").unlink()
    with pytest.raises(RunFolderError, match="not a run folder of this version"):
        diff_runs(old, first)
