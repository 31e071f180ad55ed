"""Forward commitments, packages and reconditioning from files to a run that explains them."""

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

OFFERS = """\
offer_id,venue_id,kind,body,price,guide_rate,market_rate,package,package_min_units,min_units,max_units,valid_from,valid_until
FWD,D-SUN,forward,,,0.92,0.99,,,3,6,2026-06-20,2026-07-26
BULK-S,D-LKS,standing,,,0.99,,BULK,5,0,4,2026-06-01,2026-07-26
BULK-V,D-LKS,standing,suv,,0.99,,BULK,5,0,4,2026-06-01,2026-07-26
NONE,D-SUN,standing,hovercraft,,0.9,,,,0,4,2026-06-01,2026-07-26
"""
WORK = """\
reconditioning_id,min_grade,max_grade,cost,days,to_grade,to_damage,max_units
BODY,2.2,3.5,250,6,4.2,none,4
GOLD,1.0,1.0,9000,60,5.0,,
"""


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    folder = cut_sample(tmp_path_factory.mktemp("terms") / "workspace", vehicles=60)
    rows = read(folder / "vehicles.csv")
    alike = {name: rows[5][name] for name in ("make", "model", "variant", "body", "segment")}
    write(folder / "vehicles.csv", [row | alike if n < 50 else row for n, row in enumerate(rows)])
    (folder / "offers.csv").write_text(OFFERS, encoding="utf-8")
    (folder / "reconditioning.csv").write_text(WORK, encoding="utf-8")
    sites = read(folder / "venues.csv")
    silent = {"bidders": ""}  # no sale at EWR counts its bidders
    write(folder / "venues.csv", [r | silent if r["venue_id"] == "EWR" else r for r in sites])
    settings = folder / "disposal.toml"
    text = settings.read_text(encoding="utf-8").replace("weight = 0.3", "weight = 0.6")
    text = text.replace("runs = 3 ", 'volume_elasticity = "estimate"\nruns = 3 ')
    table = '[tables.reconditioning]\nfile = "reconditioning.csv"\n'
    settings.write_text(text.replace("[tables.parts]", table + "[tables.parts]"), encoding="utf-8")
    assert check_before_a_run(folder).ok
    return plan_workspace(load_workspace(folder))


@pytest.fixture(scope="module")
def run(planning: Planning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("terms") / "run"
    with RunFolder(target) as folder:
        runs.fill_run(folder, planning, 1)
    return target


def test_quantities_are_kept_and_used(planning: Planning) -> None:
    taken = planning.chosen["offer_id"].to_list()
    forward, packed = taken.count("FWD"), taken.count("BULK-S") + taken.count("BULK-V")
    assert 3 <= forward <= 6
    assert packed == 0 or 5 <= packed <= 8
    assert 1 <= planning.chosen["reconditioning_id"].to_list().count("BODY") <= 4
    assert planning.complete


def test_a_number_of_bidders_that_nothing_tells_is_told(planning: Planning) -> None:
    assumed = planning.workspace.config.auction.bidders
    rates = dict(zip(planning.situation.market.places("auction")["venue_id"],
                     planning.situation.arrivals.rate.tolist(), strict=True))  # fmt: skip
    assert rates["EWR"] == assumed
    assert [note for note in planning.notes if "bidders no sale counts" in note] == [
        (
            "auctions whose bidders no sale counts and no row states, so that "
            f"{assumed:g} on a lot are assumed: EWR"
        )
    ]


def test_what_nobody_can_use_is_told(planning: Planning) -> None:
    assert "offers that cover no vehicle within their dates: NONE" in planning.notes
    assert any("GOLD" in note for note in planning.notes)


def test_own_volume_is_estimated_told_and_taken_off(planning: Planning, run: Path) -> None:
    assert any("elasticity" in note for note in planning.notes)
    table = read_table(run, "assignments.parquet")
    lost = planning.allocation.volume_loss
    assert lost.sum() > 0.0
    assert table["own_volume"].sum() == pytest.approx(lost.sum())
    puts = sum(
        lots * position.payoff.mean()
        for lots, position in zip(
            planning.allocation.positions, planning.plan.hedges_on_offer.positions, strict=True
        )
    )
    assert table["expected_net"].sum() == pytest.approx(planning.allocation.expected - puts)


def test_a_forward_is_explained_with_its_floor(run: Path) -> None:
    table = read_table(run, "assignments.parquet")
    row = table.filter(pl.col("offer_id") == "FWD").row(0, named=True)
    assert row["event_date"].isoformat() >= "2026-06-20"
    assert row["hedge_payoff"] > 0.0
    assert row["reserve"] > 0.0
    told = explain_vehicle(run, row["vehicle_id"])
    assert "forward at 99.0% of the market or the floor, offer FWD" in told
    assert "expected pay-off of the floor" in told


def test_reconditioning_is_explained_with_its_cost_and_its_gain(run: Path) -> None:
    table = read_table(run, "assignments.parquet")
    chosen = table.filter(pl.col("reconditioning_id") == "BODY", pl.col("channel") == "auction")
    row = chosen.row(0, named=True)
    assert row["reconditioning"] == pytest.approx(250.0, rel=0.02)
    told = explain_vehicle(run, row["vehicle_id"])
    assert "reconditioning before the sale" in told
    assert "after BODY" in told
    later = {
        effect["effect"]: effect for effect in explained(run, row["vehicle_id"])["value"]["later"]
    }
    assert later["reconditioning"]["level"] == "BODY"
    assert later["reconditioning"]["factor"] > 1.0


def test_the_bridge_of_every_vehicle_adds_up(run: Path) -> None:
    table = read_table(run, "assignments.parquet").filter(pl.col("expected_net").is_not_null())
    costs = ["fees", "tax", "reconditioning", "transport", "holding", "finance", "rerun"]
    costs += ["returns", "own_volume"]
    net = table["gross"] + table["hedge_payoff"] - table["hedge_premium"]
    net = net - table.select(pl.sum_horizontal(costs)).to_series()
    assert (net - table["expected_net"]).abs().max() < 1e-6


def test_lists_for_the_yard_tell_the_work(planning: Planning, run: Path) -> None:
    import fastexcel

    book = fastexcel.read_excel(run / "run_lists.xlsx")
    texts = [
        str(cell)
        for name in book.sheet_names
        for row in book.load_sheet(name, header_row=None).to_polars().rows()
        for cell in row
    ]
    assert any("reconditioned before (BODY)" in text for text in texts)
    assert any("forward at 99.0% of the market" in text for text in texts)


def test_the_report_tells_the_cost_of_reconditioning(run: Path) -> None:
    assert "Reconditioning" in (run / "report.html").read_text(encoding="utf-8")
