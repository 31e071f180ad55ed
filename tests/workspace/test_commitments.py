"""Commitments in a workspace: every fault at once, and a plan that stands by them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from auction.errors import InfeasibleError
from auction.explain import explain_vehicle
from auction.planning import plan_workspace
from auction.run.folder import RunFolder
from auction.run.writing import fill_run
from auction.workspace import check_workspace, load_workspace
from small_workspace import cut_sample, read, write

COLUMNS = ("what", "vehicle_id", "venue_id", "event_id", "offer_id", "hedge_id", "units", "until",
           "reason")  # fmt: skip


def with_commitments(folder: Path, *rows: dict[str, str]) -> Path:
    full = [{**dict.fromkeys(COLUMNS, ""), **row} for row in rows]
    write(folder / "commitments.csv", full, list(COLUMNS))
    text = (folder / "disposal.toml").read_text(encoding="utf-8")
    table = '[tables.commitments]\nfile = "commitments.csv"\n\n'
    text = text.replace("[horizon]", f"{table}[horizon]")
    (folder / "disposal.toml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path) -> list[tuple[int, str, str]]:
    lines = check_workspace(folder).lines.filter(pl.col("file") == "commitments.csv")
    return [
        (row, column, rule)
        for row, column, rule in lines.select("row", "column", "rule").iter_rows()
        if row is not None
    ]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    folder = cut_sample(tmp_path / "w", weeks=4)
    events = {row["event_id"]: row for row in read(folder / "events.csv")}
    dallas = next(name for name, row in events.items() if row["venue_id"] == "DAL")
    rows = [
        {"what": "dispatched", "vehicle_id": "R0001"},  # 1: nowhere to
        {"what": "promised", "units": "3"},  # 2: to nobody
        {"what": "taken", "event_id": dallas},  # 3: how many
        {"what": "lent", "vehicle_id": "R0001", "venue_id": "DAL"},  # 4
        {"what": "dispatched", "vehicle_id": "R9999", "venue_id": "DAL"},  # 5
        {"what": "dispatched", "vehicle_id": "R0002", "venue_id": "DALL"},  # 6
        {"what": "dispatched", "vehicle_id": "R0005", "venue_id": "DAL"},  # 7
        {"what": "promised", "vehicle_id": "R0005", "event_id": dallas},  # 8: again
        {"what": "dispatched", "vehicle_id": "R0006", "venue_id": "ATL", "event_id": dallas},  # 9
        {"what": "taken", "event_id": dallas, "units": "100000"},  # 10
        {"what": "promised", "offer_id": "O2", "units": "9"},  # 11: its max_units are 8
        {"what": "bought", "hedge_id": "UF88", "units": "100000"},  # 12
        {"what": "bought", "hedge_id": "UF88", "units": "0"},  # 13
        {"what": "bought", "hedge_id": "UF88", "units": "1", "until": "2026-05-01"},  # passed
        {"what": "bought", "hedge_id": "SL", "units": "1"},  # 15: a layer, which is whole
        {"what": "bought", "hedge_id": "SL", "units": "1"},  # 16: and now twice
    ]
    hedges = read(folder / "hedges.csv")
    layer = {"hedge_id": "SL", "kind": "stop_loss", "strike": "0.9", "premium": "10", "lot": "1",
             "limit": "9000", "counterparty": "C"}  # fmt: skip
    write(folder / "hedges.csv", [*hedges, dict.fromkeys(hedges[0], "") | layer])
    told = faults(with_commitments(folder, *rows))
    found = {(row, column): rule for row, column, rule in told}
    assert found[1, "vehicle_id"].startswith("what was dispatched or promised must name")
    assert found[2, "units"].startswith("promised units need an offer_id")
    assert found[3, "units"].startswith("promised units need an offer_id")
    assert (4, "what") in found
    assert found[5, "vehicle_id"] == "there is no such vehicle in vehicles.csv"
    assert found[6, "venue_id"] == "there is no such venue in venues.csv"
    assert found[8, "vehicle_id"] == "is committed more than once"
    assert found[9, "venue_id"] == "is not the venue of its event_id"
    assert found[10, "event_id"].startswith("more are committed than its ")
    assert found[11, "units"] == "more than the offer's max_units, 8"
    assert found[12, "units"].startswith("more than the limit of the hedge, ")
    assert (13, "units") in found
    assert found[16, "units"] == "a layer or quota share is bought whole and once, which is 1 unit"
    assert {row for row, _column in found} == {1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 16}
    counts = check_workspace(folder).counts["commitments"]
    assert counts.excluded == {"ended before as_of": 1}


def test_days_and_the_desks_own_words_must_agree(tmp_path: Path) -> None:
    folder = cut_sample(tmp_path / "w", weeks=4)
    events = [row for row in read(folder / "events.csv") if row["date"] > "2026-06-01"]
    first = min(events, key=lambda row: row["date"])
    last = max(events, key=lambda row: row["date"])
    vehicles = read(folder / "vehicles.csv")
    vehicles[5]["available_from"] = "2026-06-28"
    write(folder / "vehicles.csv", vehicles)
    late, pinned, banned = (vehicles[place]["vehicle_id"] for place in (5, 7, 9))
    holds = read(folder / "holds.csv")
    held = {**dict.fromkeys(holds[0], ""), "vehicle_id": vehicles[11]["vehicle_id"],
            "kind": "police", "until": first["date"]}  # fmt: skip
    write(folder / "holds.csv", [*holds, held])
    said = read(folder / "overrides.csv")
    words = dict.fromkeys(said[0], "") | {"reason": "r", "who": "w", "venue_id": first["venue_id"]}
    other = next(row["venue_id"] for row in events if row["venue_id"] != first["venue_id"])
    write(folder / "overrides.csv", [
        words | {"vehicle_id": pinned, "action": "pin", "venue_id": other},
        words | {"vehicle_id": banned, "action": "ban"},
    ])  # fmt: skip
    entered = {"what": "promised", "event_id": first["event_id"]}
    sent = {"what": "dispatched", "venue_id": first["venue_id"]}
    told = faults(with_commitments(
        folder,
        {**entered, "vehicle_id": late},
        {**entered, "vehicle_id": vehicles[11]["vehicle_id"]},
        {**sent, "vehicle_id": pinned},
        {**sent, "vehicle_id": banned},
        {**entered, "vehicle_id": vehicles[13]["vehicle_id"], "event_id": last["event_id"]},
    ))  # fmt: skip
    day = first["date"]
    assert told == [
        (1, "event_id",
         f"the event is held on {day}, before the vehicle is available on 2026-06-28"),
        (2, "event_id", f"the event is held on {day}, while a legal hold lasts until {day}"),
        (3, "vehicle_id", "the desk pins it elsewhere in row 1 of overrides.csv"),
        (4, "vehicle_id", "the desk bans it from there in row 2 of overrides.csv"),
        (5, "event_id", "the event is held after the horizon ends on 2026-06-29"),
    ]  # fmt: skip


def test_the_plan_stands_by_them_and_says_so(tmp_path: Path) -> None:
    folder = cut_sample(tmp_path / "w")
    free = plan_workspace(load_workspace(folder))
    frame = free.options.frame
    said = {row["vehicle_id"] for row in read(folder / "overrides.csv")}
    chosen = free.chosen.filter(~pl.col("vehicle_id").is_in(said))
    auctioned = chosen.filter(pl.col("channel") == "auction")
    sent, entered = auctioned["vehicle_id"][0], auctioned["vehicle_id"][1]
    elsewhere = frame.filter(
        pl.col("vehicle_id") == sent, pl.col("channel") == "auction",
        pl.col("venue_id") != auctioned["venue_id"][0],
    )["venue_id"][0]  # fmt: skip
    event = frame.filter(
        pl.col("vehicle_id") == entered, pl.col("event_id") != auctioned["event_id"][1]
    )["event_id"][0]
    counts = frame.filter(pl.col("offer_id").is_not_null()).group_by("offer_id")
    bids = counts.agg(pl.col("vehicle_id").n_unique()).sort("vehicle_id", "offer_id")
    bid = bids["offer_id"][-1]
    puts = [row["hedge_id"] for row in read(folder / "hedges.csv") if row["kind"] == "index_put"]
    with_commitments(
        folder,
        {"what": "dispatched", "vehicle_id": sent, "venue_id": elsewhere, "reason": "on the truck"},
        {"what": "promised", "vehicle_id": entered, "event_id": event},
        {"what": "promised", "offer_id": bid, "units": "2"},
        {"what": "taken", "event_id": event, "units": "1"},
        {"what": "bought", "hedge_id": puts[0], "units": "2"},
    )
    assert check_workspace(folder).ok
    planning = plan_workspace(load_workspace(folder))
    target = tmp_path / "run"
    with RunFolder(target) as run:
        fill_run(run, planning, 1)
    table = pl.read_parquet(target / "assignments.parquet")
    row = table.filter(vehicle_id=sent).row(0, named=True)
    assert (row["venue_id"], row["transport"]) == (elsewhere, 0.0)
    assert row["reason"] == f"dispatched already: {elsewhere} (on the truck)"
    row = table.filter(vehicle_id=entered).row(0, named=True)
    assert row["event_id"] == event
    assert row["reason_code"] == "promised"
    assert (table["offer_id"] == bid).sum() >= 2
    slots = {r.resource_id: r.limit for r in planning.options.resources}
    full = {row["event_id"]: int(row["capacity"]) for row in read(folder / "events.csv")}
    assert slots[f"event:{event}"] == full[event] - 1
    held = pl.read_parquet(target / "hedges.parquet").filter(hedge_id=f"{puts[0]} bought")
    assert held.select("quantity", "limit", "premium").row(0) == (2.0, 2.0, 0.0)
    assert held["expected_payoff"][0] >= 0.0
    words = explain_vehicle(target, sent)
    assert "dispatched already" in words
    page = (target / "report.html").read_text(encoding="utf-8")
    assert "dispatched already" in page
    solver = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["solver"]
    assert solver["gap"] <= 5e-4


def test_what_no_option_fits_is_told_in_the_desks_words(tmp_path: Path) -> None:
    folder = cut_sample(tmp_path / "w")
    free = plan_workspace(load_workspace(folder))
    frame = free.options.frame
    dealers = {row["venue_id"] for row in read(folder / "venues.csv") if row["channel"] == "dealer"}
    vehicle = free.chosen.filter(pl.col("channel") == "auction")["vehicle_id"][0]
    closed = sorted(dealers - set(frame.filter(vehicle_id=vehicle)["venue_id"].drop_nulls()))
    with_commitments(folder, {"what": "promised", "vehicle_id": vehicle, "venue_id": closed[0]})
    words = f"vehicle {vehicle} is committed to venue {closed[0]}: no option is left"
    with pytest.raises(InfeasibleError, match=words):
        plan_workspace(load_workspace(folder))
