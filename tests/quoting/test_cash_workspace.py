"""When quoted options are paid, and a workspace that asks for cash and for a floor of its tail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

import residual
from auction.cash import cash_by
from auction.errors import InfeasibleError
from auction.planned import Planning
from auction.planning import plan_workspace
from auction.preflight import preflight
from auction.workspace import Workspace
from auction.workspace.config import Cash


@pytest.fixture(autouse=True)
def _fitted(planning: Planning, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit once: the value model is the same in all of these."""
    monkeypatch.setattr(residual, "fit", lambda *_, **__: planning.model)


def asking(
    workspace: Workspace, *cash: tuple[date, float], floor: float | None = None
) -> Workspace:
    targets = tuple(Cash(by=by, amount=amount) for by, amount in cash)
    risk = workspace.config.risk.model_copy(update={"floor": floor, "frontier": ()})
    config = workspace.config.model_copy(update={"cash": targets, "risk": risk})
    return replace(workspace, config=config)


def reached(planning: Planning, kind: str) -> dict[str, float]:
    row = planning.allocation.shadow_prices.filter(pl.col("kind") == kind)
    return row.select("limit", "used", "price").row(0, named=True)


def test_a_sale_is_paid_when_its_venue_settles(planning: Planning) -> None:
    settles = planning.workspace.tables["venues"].select("venue_id", "settlement_days")
    frame = planning.options.frame.join(settles, on="venue_id", how="left")
    waited = (pl.col("paid_on") - pl.col("date")).dt.total_days()
    for channel in ("auction", "dealer"):
        sold = frame.filter(pl.col("channel") == channel)
        assert sold.height
        late = sold.select(waited - pl.col("settlement_days").ceil()).to_series()
        assert late.to_list() == [0.0] * sold.height
    parts = frame.filter(pl.col("channel") == "dismantling")
    assert parts.select((waited > pl.col("settlement_days")).all()).item()
    kept = frame.filter(pl.col("channel") == "hold")
    assert kept["paid_on"].null_count() == kept.height
    gap = planning.workspace.config.auction.rerun_gap_days
    assert frame.filter(pl.col("channel") == "auction")["offering_days"].unique().to_list() == [gap]


def test_cash_grows_with_the_day_up_to_what_sales_bring(planning: Planning) -> None:
    frame, as_of = planning.options.frame, planning.workspace.config.as_of
    days = [as_of + timedelta(days=number) for number in (0, 20, 40, 80, 2_000)]
    cash = np.stack([cash_by(frame, day) for day in days])
    assert (np.diff(cash, axis=0) >= 0.0).all()
    assert (cash[0] == 0.0).all()
    most = frame.select(
        (pl.col("gross") + pl.col("hedge_payoff") - pl.sum_horizontal("fees", "tax", "returns"))
        * pl.when(pl.col("paid_on").is_null()).then(0.0).otherwise(pl.col("sale_probability"))
    )
    assert cash[-1] == pytest.approx(most.to_series().to_numpy().clip(0.0))


def test_a_workspace_asks_for_cash_and_a_floor(workspace: Workspace, planning: Planning) -> None:
    by = workspace.config.as_of + timedelta(days=30)
    now = float(cash_by(planning.chosen, by).sum())
    best = np.zeros(len(planning.options.vehicle_ids))
    np.maximum.at(best, planning.options.vehicle, cash_by(planning.options.frame, by))
    amount = now + 0.25 * (float(best.sum()) - now)
    allocation = planning.allocation
    floor = allocation.cvar - 0.004 * abs(allocation.cvar)
    asked = plan_workspace(asking(workspace, (by, amount), floor=floor))
    cash, tail = reached(asked, "cash"), reached(asked, "floor")
    assert cash["limit"] == pytest.approx(amount)
    assert cash["used"] >= amount * (1.0 - 1e-6)
    assert cash["used"] == pytest.approx(float(cash_by(asked.chosen, by).sum()))
    assert cash["price"] > 0.0
    assert tail["limit"] == floor
    assert tail["used"] == pytest.approx(asked.allocation.cvar)
    assert asked.allocation.cvar >= floor * (1.0 - 1e-6)
    assert asked.allocation.objective < allocation.bound
    assert asked.complete
    habit = asked.baselines["nearest_auction"]
    assert any(words.startswith(f"cash by {by} of ") for words in habit.unmet)


def test_cash_beyond_reach_is_told(workspace: Workspace) -> None:
    by = workspace.config.as_of + timedelta(days=30)
    with pytest.raises(
        InfeasibleError, match=rf"cash by {by} of at least 1,000,000,000\.00: cheapest"
    ):
        plan_workspace(asking(workspace, (by, 1e9)))


def test_a_day_that_has_passed_is_a_fault(workspace: Workspace) -> None:
    as_of = workspace.config.as_of
    (fault,) = preflight(asking(workspace, (as_of + timedelta(days=1), 1.0), (as_of, 5.0)))
    assert (fault.column, fault.value) == ("cash[2].by", str(as_of))
    assert fault.rule == f"must be after as_of, {as_of}"
