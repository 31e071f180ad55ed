"""Plans that start from the run of the week before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from auction.cli import app
from auction.diff import diff_runs
from auction.errors import NotComparableError, RunFolderError
from auction.last_plan import LastPlan
from auction.planning import plan_workspace
from auction.run import writing as runs
from auction.run.folder import RunFolder, read_record, read_table
from auction.workspace import load_workspace
from small_workspace import read, write

#: Events that are dropped when the week is planned anew.
DROPPED = ("DAL-0617", "ATL-0616", "CMH-0616")
#: More than any place is worth against another.
ANY = 1e6
PLACE = ["channel", "venue_id", "event_id", "event_date", "offer_id"]

Made = Callable[[float], Path]


def plan(workspace: Path, target: Path, last: Path) -> Path:
    planning = plan_workspace(load_workspace(workspace), last=LastPlan.read(last))
    with pytest.MonkeyPatch.context() as patched, RunFolder(target) as folder:
        patched.setattr(runs, "write_report", lambda *_, **__: None)
        runs.fill_run(folder, planning, 1)
    return target


@pytest.fixture(scope="module")
def begun(base: Path, week: Path, first: Path) -> Made:
    """Plan the week anew, as events are dropped and dealers pay more, at some cost of moving."""
    made: dict[float, Path] = {}

    def run(churn: float) -> Path:
        if churn not in made:
            folder = shutil.copytree(week, base / f"again-{churn:g}")
            settings = (folder / "disposal.toml").read_text(encoding="utf-8")
            settings = settings.replace("[solver]", f"[solver]\nchurn = {churn}")
            (folder / "disposal.toml").write_text(settings, encoding="utf-8")
            events = read(folder / "events.csv")
            write(folder / "events.csv", [row for row in events if row["event_id"] not in DROPPED])
            offers = read(folder / "offers.csv")
            for row in offers:
                row["guide_rate"] = row["guide_rate"] and f"{float(row['guide_rate']) * 1.03:.4f}"
            write(folder / "offers.csv", offers)
            made[churn] = plan(folder, base / f"from-{churn:g}", first)
        return made[churn]

    return run


def places(run: Path) -> pl.DataFrame:
    return read_table(run, "assignments.parquet").select("vehicle_id", "status", *PLACE)


def test_the_same_inputs_keep_every_vehicle(base: Path, week: Path, first: Path) -> None:
    again = plan(week, base / "from-itself", first)
    assert places(again).equals(places(first), null_equal=True)
    told = read_record(again, "manifest.json")["started_from"]
    status = places(first)["status"]
    assert told["kept"] == (status == "planned").sum()
    assert told["held"] == (status == "held").sum()
    assert [told[name] for name in ("moved", "gone", "new", "left", "churn_cost")] == [0] * 5
    assert told["run"] == first.name
    assert (
        told["inputs"]["assignments.parquet"]
        == (read_record(first, "manifest.json")["outputs"]["assignments.parquet"])
    )
    assert not diff_runs(first, again)["changes"]


def test_a_cost_of_moving_keeps_vehicles_where_their_places_are_still_there(
    first: Path, begun: Made
) -> None:
    moved = {}
    for churn in (0.0, 60.0, ANY):
        run = begun(churn)
        told = read_record(run, "manifest.json")["started_from"]
        now, before = places(run), places(first)
        both = now.join(before, on="vehicle_id", suffix="_last")
        known = both.filter(pl.col("status") != "unsaleable", pl.col("status_last") == "planned")
        assert told["kept"] + told["moved"] + told["gone"] == known.height
        assert told["churn_cost"] == pytest.approx(churn * told["moved"])
        planned = set(now.filter(pl.col("channel").is_not_null())["vehicle_id"])
        last = set(before.filter(pl.col("channel").is_not_null())["vehicle_id"])
        assert told["new"] == len(planned - last)
        assert told["left"] == len(last - planned)
        moved[churn] = told["moved"]
        note = next(n for n in read_record(run, "manifest.json")["notes"] if "begun from" in n)
        assert f"{told['moved']} moved at a cost of {told['churn_cost']:,.0f}" in note
    assert moved[0.0] > moved[60.0] > moved[ANY]


def test_the_objective_is_less_the_cost_and_the_proceeds_are_not(begun: Made) -> None:
    run = begun(60.0)
    told, solver = read_record(run, "risk.json"), read_record(run, "manifest.json")["solver"]
    own = told["plan"]
    weight = told["weight"]
    proceeds = (1.0 - weight) * own["expected"] + weight * own["cvar"]
    assert own["churn_cost"] > 0.0
    assert own["objective"] == pytest.approx(proceeds - own["churn_cost"], abs=1e-6)
    assert own["objective"] <= solver["bound"]
    for habit in told["baselines"].values():
        gain = proceeds - habit["objective"]
        assert habit["plan_gains_objective"] == pytest.approx(gain, abs=1e-6)


def test_those_that_move_are_those_that_the_comparison_of_the_runs_tells(
    base: Path, next_week: Path, first: Path
) -> None:
    """Auctions are told apart by their day, all others by venue and offer."""
    run = plan(next_week, base / "from-last-week", first)
    told = read_record(run, "manifest.json")["started_from"]
    elsewhere = {row["vehicle_id"] for row in diff_runs(first, run)["changes"]
                 if row["kind"] in ("moved", "put_off")}  # fmt: skip
    before = places(first).filter(pl.col("status") == "planned")["vehicle_id"]
    weeks = LastPlan.read(first).ways_on(date(2026, 6, 8)).rename({"date": "event_date"})
    same = places(run).join(weeks, on=[*PLACE, "vehicle_id"], nulls_equal=True, how="semi")
    assert told["kept"] == same.height
    stays = set(same.filter(pl.col("channel") == "auction")["vehicle_id"])
    assert stays
    assert not stays & elsewhere
    others = set(before) & set(places(run).drop_nulls("channel")["vehicle_id"])
    gone = others - set(same["vehicle_id"])
    assert len(gone) == told["moved"] + told["gone"]
    by_week = places(run).filter(pl.col("channel").is_in(["dealer", "dismantling"]))
    assert gone - set(by_week["vehicle_id"]) <= elsewhere


def test_who_stays_for_the_cost_of_moving_says_so(begun: Made) -> None:
    table = read_table(begun(ANY), "assignments.parquet")
    stays = table.filter(pl.col("reason_code") == "stays")
    assert stays.height
    assert (stays["given_up"] > 1.0).all()
    assert stays["reason"].str.contains("would not pay for the move").all()
    free = read_table(begun(0.0), "assignments.parquet")
    assert "stays" not in free["reason_code"].to_list()


def test_hand_overs_of_a_week_are_found_again_on_another_day(first: Path) -> None:
    last = LastPlan.read(first)
    rows = [("a", "dealer", 14), ("b", "dealer", 7), ("c", "auction", 9), ("d", "dismantling", 15)]
    at = date(2026, 6, 1)
    ways = last.ways.clear().vstack(
        pl.DataFrame(
            [{"vehicle_id": name, "channel": channel, "date": date.fromordinal(at.toordinal() + d)}
             for name, channel, d in rows],
            schema=last.ways.schema,
        )
    )  # fmt: skip
    moved = replace(last, ways=ways).ways_on(date(2026, 6, 8))
    # a week end of the new calendar; passed; an event keeps its day; the end of the week it lies in
    assert moved["date"].to_list() == [
        date(2026, 6, 15), date(2026, 6, 8), date(2026, 6, 10), date(2026, 6, 22),
    ]  # fmt: skip


def test_the_plan_of_another_fleet_or_currency_is_refused(first: Path) -> None:
    last = LastPlan.read(first)
    last.refuse_other([places(first)["vehicle_id"][0], "X"], "USD")
    with pytest.raises(NotComparableError, match="plan of another fleet"):
        last.refuse_other(["X", "Y"], "USD")
    with pytest.raises(NotComparableError, match="told in USD, the workspace in CNY"):
        last.refuse_other(["R0001"], "CNY")
    assert last.warm(("X",), date(2026, 6, 1)) is None


def test_from_the_command_line(tmp_path: Path, week: Path, first: Path) -> None:
    run = CliRunner().invoke(
        app, ["plan", str(week), "--out", str(tmp_path / "r"), "--from", str(first), "--json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["started_from"]["moved"] == 0
    assert told["started_from"]["kept"] > 0
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "begun from the plan of" in page


def test_no_run_to_start_from_is_wrong_usage(tmp_path: Path, week: Path) -> None:
    run = CliRunner().invoke(
        app, ["plan", str(week), "--out", str(tmp_path / "r"), "--from", str(tmp_path)]
    )
    assert run.exit_code == 2
    assert not (tmp_path / "r").exists()
    with pytest.raises(RunFolderError):
        LastPlan.read(tmp_path)


def test_a_run_of_another_version_is_refused(tmp_path: Path, first: Path) -> None:
    old = shutil.copytree(first, tmp_path / "old")
    table = read_table(old, "assignments.parquet")
    table.drop("reconditioning_id").write_parquet(old / "assignments.parquet")
    with pytest.raises(RunFolderError, match="old holds no plan that this version can start from"):
        LastPlan.read(old)
    table.write_parquet(old / "assignments.parquet")
    (old / "risk.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunFolderError, match="alpha"):
        LastPlan.read(old)
