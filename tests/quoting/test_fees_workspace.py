"""Fees in tiers and returns from files to a run that explains them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from auction.explain import explain_vehicle, explained
from auction.planned import Planning
from auction.planning import plan_workspace
from auction.preflight import check_before_a_run
from auction.run import writing as runs
from auction.run.folder import RunFolder, read_table
from auction.workspace import load_workspace
from small_workspace import cut_sample, read, write

FEES = """\
venue_id,charged_on,above,fee,rate
D-SUN,sale,0,50,
D-SUN,sale,6000,80,0.0025
D-SUN,,15000,150,0.0025
DAL,sale,0,150,
DAL,sale,10000,265,
DAL,no_sale,0,20,
"""
RETURNS = {"return_rate": "0.03", "return_cost": "150", "return_discount": "0.1"}


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    folder = cut_sample(tmp_path_factory.mktemp("fees") / "workspace", vehicles=60)
    venues = read(folder / "venues.csv")
    none = dict.fromkeys(RETURNS, "")
    told = [row | (RETURNS if row["venue_id"] == "D-SUN" else none) for row in venues]
    write(folder / "venues.csv", told)
    (folder / "fees.csv").write_text(FEES, encoding="utf-8")
    settings = folder / "disposal.toml"
    text = settings.read_text(encoding="utf-8")
    table = '[tables.fees]\nfile = "fees.csv"\n\n[tables.events]'
    settings.write_text(text.replace("[tables.events]", table), encoding="utf-8")
    assert check_before_a_run(folder).ok
    return plan_workspace(load_workspace(folder))


@pytest.fixture(scope="module")
def run(planning: Planning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("fees") / "run"
    with RunFolder(target) as folder:
        runs.fill_run(folder, planning, 1)
    return target


def at_sun(run: Path) -> pl.DataFrame:
    """Return what goes to the dealer whose sales are returned now and then."""
    found = read_table(run, "assignments.parquet").filter(pl.col("venue_id") == "D-SUN")
    assert found.height
    return found


def test_a_dealer_charges_the_tier_of_the_price(run: Path) -> None:
    sold = at_sun(run)
    price = sold["gross"].to_numpy()
    worth = 1.0 - sold["finance"].to_numpy() / price
    charged = [50.0 if p <= 6e3 else (80.0 if p <= 15e3 else 150.0) + 0.0025 * p for p in price]
    assert sold["fees"].to_numpy() == pytest.approx(worth * charged)
    assert sold["returns"].to_numpy() == pytest.approx(worth * 0.03 * (150.0 + 0.1 * price))
    elsewhere = read_table(run, "assignments.parquet").filter(pl.col("venue_id") != "D-SUN")
    assert set(elsewhere["returns"]) == {0.0}


def test_the_bridge_of_every_vehicle_adds_up(run: Path) -> None:
    table = read_table(run, "assignments.parquet").filter(pl.col("expected_net").is_not_null())
    costs = ["fees", "tax", "reconditioning", "transport", "holding", "finance", "rerun"]
    costs += ["returns", "own_volume"]
    net = table["gross"] + table["hedge_payoff"] - table["hedge_premium"]
    net = net - table.select(pl.sum_horizontal(costs)).to_series()
    assert (net - table["expected_net"]).abs().max() < 1e-6


def test_the_tier_is_told_where_there_are_tiers(run: Path) -> None:
    row = at_sun(run).sort("gross").row(-1, named=True)
    told = explain_vehicle(run, row["vehicle_id"])
    assert "returns after arbitration" in told
    tiers = {
        50.0: "fee 50 for prices up to 6,000",
        80.0: "fee 80 and 0.25% of the price for prices above 6,000 and up to 15,000",
        150.0: "fee 150 and 0.25% of the price for prices above 15,000",
    }
    tier = 50.0 if row["gross"] <= 6e3 else 80.0 if row["gross"] <= 15e3 else 150.0
    assert f"  At the expected price: {tiers[tier]}." in told.splitlines()
    others = read_table(run, "alternatives.parquet")
    plain = others.filter(~pl.col("venue_id").is_in(["D-SUN", "DAL"]))
    assert plain["fee_fixed"].null_count() == plain.height
    dear = others.filter(pl.col("venue_id") == "DAL", pl.col("gross") > 10_000.0)
    assert dear.height
    assert set(dear.select("fee_above", "fee_up_to", "fee_fixed", "fee_share").rows()) == {
        (10_000.0, None, 265.0, 0.0)
    }
    ordinary = read_table(run, "assignments.parquet").filter(pl.col("channel") == "hold")
    if ordinary.height:
        assert "At the expected price" not in explain_vehicle(run, ordinary["vehicle_id"][0])


def test_the_record_and_the_report_tell_of_returns(run: Path) -> None:
    row = at_sun(run).row(0, named=True)
    record = explained(run, row["vehicle_id"])
    assert record["choice"]["returns"] == row["returns"] > 0.0
    assert record["choice"]["fee_fixed"] in (50.0, 80.0, 150.0)
    assert "Returns after arbitration" in (run / "report.html").read_text(encoding="utf-8")


def test_the_evaluation_undoes_some_sales_and_keeps_the_others(planning: Planning) -> None:
    chosen = planning.chosen
    here = (chosen["venue_id"] == "D-SUN").fill_null(value=False).to_numpy()
    net = planning.evaluation.net[here]
    stands = (chosen["expected_net"] + chosen["returns"]).to_numpy()[here]
    assert net.max(axis=1) == pytest.approx(stands)
    undone = net < stands[:, None] - 1.0
    assert 0.0 < undone.mean() < 0.06
    assert net.mean() == pytest.approx(chosen["expected_net"].to_numpy()[here].mean(), rel=0.01)
