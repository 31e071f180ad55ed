"""Redemption in a workspace: faults of its columns, and a plan whose every figure agrees."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from auction.channels.quotes import BRIDGE
from auction.explain import explain_vehicle
from auction.planned import Planning
from auction.planning import plan_workspace
from auction.run.folder import RunFolder
from auction.run.writing import fill_run
from auction.workspace import check_workspace, load_workspace
from small_workspace import cut_sample, read, write


def with_rights(folder: Path, settings: str = "") -> Path:
    rows = read(folder / "vehicles.csv")
    for number, row in enumerate(rows):
        told = number % 2 == 0
        row["redemption_chance"] = f"{0.1 + 0.01 * number:.2f}" if told else ""
        row["redeemable_until"] = "2026-06-25" if told else ""
        row["redemption_amount"] = "21000" if number % 4 == 0 or not row["loan_balance"] else ""
    write(folder / "vehicles.csv", rows)
    text = (folder / "disposal.toml").read_text(encoding="utf-8")
    text = text.replace("[constraints]", f"[constraints]\n{settings}", 1)
    (folder / "disposal.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    folder = cut_sample(tmp_path_factory.mktemp("rights") / "w", scenarios=512)
    return plan_workspace(load_workspace(with_rights(folder)))


@pytest.fixture(scope="module")
def run(planning: Planning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("runs") / "run"
    with RunFolder(target) as folder:
        fill_run(folder, planning, 1)
    return target


def test_bad_rows_are_told(tmp_path: Path) -> None:
    folder = cut_sample(tmp_path / "w")
    rows = read(folder / "vehicles.csv")
    for row in rows:
        row |= {"redemption_chance": "", "redeemable_until": "", "redemption_amount": ""}
    rows[0] |= {"redemption_chance": "0.3"}
    rows[1] |= {"redemption_chance": "1.3", "redeemable_until": "2026-06-20"}
    rows[2] |= {"redemption_chance": "0.3", "redeemable_until": "2026-06-20", "loan_balance": ""}
    rows[3] |= {"redemption_chance": "0", "loan_balance": ""}
    write(folder / "vehicles.csv", rows)
    told = check_workspace(folder).rejected["vehicles"].select("row", "column", "rule").rows()
    assert told == [
        (1, "redeemable_until", "redeemable_until must be given with a redemption_chance"),
        (2, "redemption_chance", "must be at most 1"),
        (
            3, "redemption_amount",
            "redemption_amount or loan_balance must be given with a redemption_chance",
        ),
    ]  # fmt: skip


def test_the_run_tells_it_everywhere(planning: Planning, run: Path) -> None:
    table = pl.read_parquet(run / "assignments.parquet").drop_nulls("channel")
    net = sum(sign * table[name] for name, sign in BRIDGE.items())
    assert (net - table["expected_net"]).abs().max() < 1e-6
    right = table.filter(pl.col("redeemed_first").is_not_null())
    assert 10 <= right.height < table.height
    assert (right["redemption"] != 0.0).sum() == (right["redeemed_first"] > 0.0).sum()
    assert (table.filter(pl.col("redeemed_first").is_null())["redemption"] == 0.0).all()
    notes = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["notes"]
    expected = f"{right.height}; {right['redeemed_first'].sum():,.1f} of them are expected to be"
    assert f"vehicles that may be redeemed before their sale: {expected}" in notes
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Chance of redemptions before the sale" in page
    words = explain_vehicle(run, right["vehicle_id"][0])
    assert "chance that it is redeemed before" in words
    assert "the borrower redeems it before that sale and pays" in words


def test_fresh_scenarios_agree_with_the_optimiser(planning: Planning) -> None:
    total, n = planning.evaluation.total, planning.evaluation.total.size
    pairs = total.reshape(-1, 2).mean(axis=1)
    error = float(pairs.std(ddof=1) / np.sqrt(n / 2))
    assert abs(total.mean() - planning.allocation.expected) < 4.0 * error + 0.002 * total.mean()


def test_where_the_law_grants_the_time_nobody_is_sold_before(tmp_path: Path) -> None:
    folder = with_rights(cut_sample(tmp_path / "w"), "wait_for_redemption = true")
    chosen = plan_workspace(load_workspace(folder)).chosen
    rights = {row["vehicle_id"] for row in read(folder / "vehicles.csv") if row["redeemable_until"]}
    days = chosen.filter(pl.col("vehicle_id").is_in(rights))["date"].drop_nulls()
    assert days.len() >= 5
    assert str(days.min()) > "2026-06-25"
    others = chosen.filter(~pl.col("vehicle_id").is_in(rights))["date"].drop_nulls()
    assert str(others.min()) < "2026-06-25"
