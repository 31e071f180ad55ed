"""What is asked of a plan in money: a floor of its CVaR, cash by a day, what others may owe.

A layer bought before is in force in it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from killing import broken
from small_workspace import cut_sample, read, write

DAY = "2026-07-15"
#: Money that the writer of the index puts may come to owe.
OWED = 5_000_000.0
#: Nothing is compared: the plan itself is looked at.
ALONE = "frontier = []\nknown_stresses = false\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handful of vehicles; not to be changed."""
    folder = tmp_path_factory.mktemp("asked") / "workspace"
    cut_sample(folder, vehicles=8, sales=200, scenarios=32)
    hedges = read(folder / "hedges.csv")
    layer = {"hedge_id": "SL", "kind": "stop_loss", "strike": "0.99", "premium": "900", "lot": "1",
             "limit": "30000", "counterparty": "Re"}  # fmt: skip
    write(folder / "hedges.csv", [*hedges, dict.fromkeys(hedges[0], "") | layer])
    write(folder / "bought.csv", [{"what": "bought", "hedge_id": "SL", "units": "1"}])
    return folder


def asking(
    tiny: Path, folder: Path, *, floor: float | None = None, cash: float | None = None
) -> Path:
    """Return the same workspace with a floor, and with cash asked for."""
    shutil.copytree(tiny, folder)
    settings = (folder / "disposal.toml").read_text(encoding="utf-8")
    words = ALONE if floor is None else f"{ALONE}floor = {floor}\n"
    settings = settings.replace("[risk]\n", f"[risk]\n{words}", 1)
    settings += f'\n[[limits]]\nby = "counterparty"\ngroup = "Bank C"\nmax_exposure = {OWED}\n'
    settings += '\n[[limits]]\nby = "counterparty"\nmax_exposure = 25000.0\nmax_units = 3\n'
    settings += '\n[tables.commitments]\nfile = "bought.csv"\n'
    if cash is not None:
        settings += f'\n[[cash]]\nby = "{DAY}"\namount = {cash}\n'
    (folder / "disposal.toml").write_text(settings, encoding="utf-8")
    return folder


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the first conflict of a command that found no plan."""
    assert done.returncode == 4, done.stderr
    told = json.loads(done.stdout)["error"]
    assert (told["kind"], told["exit_code"]) == ("infeasible", 4)
    assert told["conflicts"][0] in told["message"]
    assert told["message"] in done.stderr
    return str(told["conflicts"][0])


def reached(words: str) -> float:
    """Return what a conflict says can be reached."""
    found = re.search(r"reach(?:es|ed is) ([\d,.]+\d)|: ([\d,.]+\d) can be reached", words)
    assert found is not None, words
    return float((found[1] or found[2]).replace(",", ""))


def test_what_cannot_be_met_ends_with_4_and_tells_what_can(
    disposal, tiny: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()

    def plan(name: str, **asked: float) -> subprocess.CompletedProcess[str]:
        folder = asking(tiny, tmp_path / name, **asked)
        return disposal("plan", folder, "--out", runs / name, "--json")

    floor = refused(plan("high floor", floor=1e7))
    assert floor.startswith("CVaR at 0.95 of at least 10,000,000.00: cheapest way out")
    cash = refused(plan("much cash", cash=1e7))
    assert cash.startswith(f"cash by {DAY} of at least 10,000,000.00: cheapest way out")
    assert list(runs.iterdir()) == [], "nothing is left of a run without a plan"

    # all the cash that was said to be in reach, and most of the tail
    most, tail = reached(cash), 0.9 * reached(floor)
    assert 0.0 < most < 1e7
    done = plan("met", floor=tail, cash=most)
    assert done.returncode == 0, done.stderr
    run = runs / "met"
    assert broken(run) == []
    assert json.loads(done.stdout)["cvar"] >= tail
    rows = pl.read_parquet(run / "shadow_prices.parquet").filter(
        pl.col("kind").is_in(["cash", "floor"])
    )
    told = {
        kind: (limit, used) for kind, limit, used in rows.select("kind", "limit", "used").rows()
    }
    assert told["cash"][0] == pytest.approx(most)
    assert told["cash"][1] == pytest.approx(most, abs=0.02)
    assert told["floor"] == (pytest.approx(tail), pytest.approx(json.loads(done.stdout)["cvar"]))

    owed = pl.read_parquet(run / "shadow_prices.parquet").filter(pl.col("kind") == "exposure")
    allowed = pl.when(pl.col("label").str.ends_with("Re")).then(30_000.0).otherwise("limit")
    assert owed.select((pl.col("used") <= allowed * (1.0 + 1e-6)).all()).item()
    named = dict(owed.select("label", "limit").iter_rows())
    assert named["at most 5,000,000.00 owed by Bank C"] == OWED
    for party in ("Bank C", "Insurer A", "Insurer B"):
        assert named[f"at most 25,000.00 owed by {party}"] == 25_000.0
    hedges = pl.read_parquet(run / "hedges.parquet")
    by_party = dict(hedges.group_by("counterparty").agg(pl.col("exposure").sum()).iter_rows())
    # the layer is in force and stays, although it is above the limit
    assert by_party.pop("Re") == 30_000.0
    assert sum(by_party.values()) > 0.0
    assert max(by_party.values()) <= 25_000.0 * (1.0 + 1e-6)
    assert "SL" not in hedges["hedge_id"]
    held = hedges.row(by_predicate=pl.col("hedge_id") == "SL bought", named=True)
    assert (held["quantity"], held["premium"], held["verdict"]) == (1.0, 0.0, "in_force")
    assert held["worth"] > 0.0
    assert held["fresh_payoff"] > 0.0

    report = (run / "report.html").read_text(encoding="utf-8")
    assert f"At least {most:,.0f} of cash is expected by 15 July 2026." in report
    assert f"The CVaR is at least {tail:,.0f}." in report
    assert "At most 25,000 may come to be owed by any one counterparty." in report
    assert "At most 3 vehicles for any one counterparty." in report
    assert "At most 5,000,000 may come to be owed by counterparty Bank C." in report
    for kind in (
        "Cash by a date, by the 1,000",
        "Floor of the CVaR, by the 1,000",
        "What counterparties can come to owe, by the 1,000",
    ):
        assert kind in report
