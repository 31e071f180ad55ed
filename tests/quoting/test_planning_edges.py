"""The whole job on inputs that leave out most of what a workspace can hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import residual
from auction.planned import Planning
from auction.planning import plan_workspace
from auction.preflight import preflight
from auction.run import outputs
from auction.run.hedges import hedges
from auction.workspace import Workspace
from residual import InputError


@pytest.fixture(autouse=True)
def _fitted(planning: Planning, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit once: the value model is the same in all of these."""
    monkeypatch.setattr(residual, "fit", lambda *_, **__: planning.model)


def changed(workspace: Workspace, *without: str, **given: Any) -> Workspace:
    """Return the workspace without limits, the desk's word and the named tables."""
    tables = dict(workspace.tables)
    for name in ("overrides", *without):
        tables[name] = tables[name].clear()
    settings = {name: value for name, value in given.items() if name not in tables}
    tables.update({name: value for name, value in given.items() if name in tables})
    config = workspace.config.model_copy(update={"limits": (), **settings})
    return replace(workspace, tables=tables, config=config)


def all_tables(planning: Planning) -> pl.DataFrame:
    """Make every table and return the assignments."""
    table = outputs.assignments(planning)
    assert table["vehicle_id"].is_unique().all()
    assert table.height == planning.workspace.tables["vehicles"].height
    lots = table.filter(pl.col("channel") == "auction")
    assert outputs.policy(planning)["vehicle_id"].n_unique() == lots.height
    assert outputs.capacity(planning)["first_runs"].sum() == lots.height
    assert hedges(planning).height == planning.workspace.tables["hedges"].height
    outputs.parts_plan(planning)
    assert np.isfinite(outputs.outcomes(planning).to_numpy()).all()
    parts = sum(row["expected"] for row in outputs.risk(planning)["contributions"])
    assert parts == pytest.approx(planning.evaluation.total.mean(), rel=1e-9)
    return table


MARKET = ("venues", "events", "offers", "parts", "tariffs", "hedges", "holds")


def test_without_a_market_everything_is_kept(workspace: Workspace) -> None:
    table = all_tables(plan_workspace(changed(workspace, *MARKET)))
    assert set(table["status"]) == {"held", "unsaleable"}
    kept = table.filter(pl.col("status") == "held")
    assert set(kept["reason"]) == {"nothing else can be reached within the horizon"}


def test_without_events_nothing_is_auctioned(workspace: Workspace) -> None:
    table = all_tables(plan_workspace(changed(workspace, "events")))
    assert set(table["channel"].drop_nulls()) == {"dealer", "dismantling", "hold"}


def test_without_slots_nothing_is_auctioned(workspace: Workspace) -> None:
    full = workspace.tables["events"].with_columns(capacity=pl.lit(0, dtype=pl.Int64))
    table = all_tables(plan_workspace(changed(workspace, events=full)))
    assert "auction" not in set(table["channel"])


def test_one_vehicle(workspace: Workspace) -> None:
    units = workspace.tables["vehicles"].filter(pl.col("title_status") == "clear").head(1)
    table = all_tables(plan_workspace(changed(workspace, "holds", vehicles=units)))
    assert table["status"].to_list() == ["planned"]


def test_a_fleet_of_wrecks_goes_where_wrecks_are_taken(workspace: Workspace) -> None:
    units = workspace.tables["vehicles"].with_columns(damage=pl.lit("heavy"))
    table = all_tables(plan_workspace(changed(workspace, vehicles=units)))
    sound = workspace.tables["venues"].filter(pl.col("accepts") == "sound")["venue_id"]
    assert not set(table["venue_id"].drop_nulls()) & set(sound)


def test_odd_numbers_of_scenarios_one_run_and_no_interest(workspace: Workspace) -> None:
    config = workspace.config
    bare = changed(
        workspace,
        simulation=config.simulation.model_copy(
            update={"scenarios": 33, "evaluation_scenarios": 17}
        ),
        auction=config.auction.model_copy(update={"runs": 1}),
        costs=config.costs.model_copy(update={"discount_rate": 0.0}),
    )
    planning = plan_workspace(bare)
    table = all_tables(planning)
    assert planning.options.scenarios == 33
    assert planning.evaluation.net.shape[1] == 17
    assert outputs.policy(planning)["step"].unique().to_list() == [1]
    sold = table.filter(pl.col("channel") == "dealer")
    assert (sold["finance"] == 0.0).all()


def test_units_without_loan_and_guide(workspace: Workspace) -> None:
    nothing = pl.lit(None, dtype=pl.Float64)
    units = workspace.tables["vehicles"].with_columns(loan_balance=nothing, guide_value=nothing)
    table = all_tables(plan_workspace(changed(workspace, vehicles=units)))
    for name in ("loan_balance", "recovery", "deficiency", "surplus"):
        assert table[name].null_count() == table.height
    rates = workspace.tables["offers"].filter(pl.col("guide_rate").is_not_null())["offer_id"]
    assert not set(table["offer_id"].drop_nulls()) & set(rates)


def test_a_fleet_that_cannot_be_planned_is_refused(workspace: Workspace) -> None:
    units = workspace.tables["vehicles"].with_columns(title_status=pl.lit("missing"))
    with pytest.raises(InputError, match="no vehicle can be planned"):
        plan_workspace(changed(workspace, vehicles=units))


def test_a_check_tells_of_a_fleet_that_cannot_be_planned(workspace: Workspace) -> None:
    units = workspace.tables["vehicles"].with_columns(title_status=pl.lit("missing"))
    (fault,) = preflight(changed(workspace, vehicles=units))
    assert fault.rule == "no vehicle can be planned: all are barred or unsaleable"
    assert fault.remedy is not None
    assert preflight(workspace) == []


def test_odometers_in_a_wrong_unit_are_a_fault(workspace: Workspace) -> None:
    thousand_fold = workspace.tables["vehicles"].with_columns(pl.col("odometer") * 1000.0)
    (fault,) = preflight(changed(workspace, vehicles=thousand_fold))
    assert (fault.file, fault.column) == ("vehicles", "odometer")
    assert "are more than a car can show" in fault.rule
    few = workspace.tables["vehicles"].with_columns(
        odometer=pl.when(pl.int_range(pl.len()) < 9).then(999_999.0).otherwise(pl.col("odometer"))
    )
    assert preflight(changed(workspace, vehicles=few)) == []


def test_a_market_that_takes_nothing_is_told(workspace: Workspace) -> None:
    nothing = {name: workspace.tables[name].clear() for name in ("venues", "events", "offers")}
    planning = plan_workspace(changed(workspace, **nothing))
    assert (planning.chosen["channel"] == "hold").all()
    assert planning.notes[0].startswith("no place takes any of these vehicles")
