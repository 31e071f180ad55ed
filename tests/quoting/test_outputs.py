"""The tables of a run, from a small cut of the sample workspace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from auction.channels.part_lists import Teardowns
from auction.channels.quotes import BRIDGE
from auction.channels.teardown import OPEN_MARKET, RULE_PACKS
from auction.explain.considered import ALTERNATIVES
from auction.planned import Planning
from auction.planning import plan_workspace
from auction.run import outputs
from auction.run.hedges import hedges
from auction.workspace import Workspace


@pytest.fixture(scope="module")
def table(planning: Planning) -> pl.DataFrame:
    return outputs.assignments(planning)


# --- assignments ---


def test_the_cut_uses_every_channel(planning: Planning) -> None:
    assert set(planning.chosen["channel"]) == {"auction", "dealer", "dismantling", "hold"}
    assert planning.chosen["hedge_id"].null_count() < planning.chosen.height


def test_every_vehicle_stands_there_once(
    table: pl.DataFrame, workspace: Workspace, planning: Planning
) -> None:
    ids = workspace.tables["vehicles"]["vehicle_id"].sort()
    assert_frame_equal(table.select("vehicle_id"), ids.to_frame())
    assert set(table["status"]) == {"planned", "held", "barred", "unsaleable"}
    assert table["reason"].null_count() == 0
    assert (table["reason"].str.len_chars() > 5).all()


def test_statuses_follow_from_channel_title_and_holds(
    table: pl.DataFrame, workspace: Workspace
) -> None:
    held = table.filter(pl.col("status") == "held")
    assert set(held["channel"]) == {"hold"}
    planned = table.filter(pl.col("status") == "planned")
    assert "hold" not in set(planned["channel"])
    left_out = table.filter(pl.col("status").is_in(["barred", "unsaleable"]))
    for name in ("channel", "venue_id", "expected_net", "net_p50", "reserve", "recovery"):
        assert left_out[name].null_count() == left_out.height
    vehicles = workspace.tables["vehicles"]
    missing = vehicles.filter(pl.col("title_status") == "missing")["vehicle_id"]
    assert missing.len() > 0
    assert missing.is_in(left_out["vehicle_id"].to_list()).all()
    end = workspace.config.as_of + timedelta(weeks=workspace.config.horizon.weeks)
    barred = workspace.tables["holds"].filter(pl.col("until") >= end)["vehicle_id"]
    assert set(table.filter(pl.col("status") == "barred")["vehicle_id"]) == set(barred)
    assert left_out["loan_balance"].null_count() == 0


def test_the_columns_that_are_promised(table: pl.DataFrame) -> None:
    promised = [
        "vehicle_id", "status", "reason", "channel", "venue_id", "event_id", "event_date",
        "offer_id", "terms", "reserve", "expected_net", "net_p05", "net_p50", "net_p95",
        "sale_probability", *BRIDGE, "recovery", "deficiency", "surplus", "loan_balance",
        "runner_up_venue", "runner_up_date", "margin_to_runner_up",
    ]  # fmt: skip
    assert set(promised) <= set(table.columns)
    assert len(set(table.columns)) == len(table.columns)
    for name, kind in table.schema.items():
        if kind == pl.Float64:
            assert not table[name].is_nan().any(), name


def test_the_bridge_adds_up(table: pl.DataFrame) -> None:
    sold = table.drop_nulls("expected_net")
    total = sum(sign * sold[name] for name, sign in BRIDGE.items())
    np.testing.assert_allclose(total, sold["expected_net"], atol=1e-6)


def test_quantiles_and_means_are_those_of_the_evaluation(
    table: pl.DataFrame, planning: Planning
) -> None:
    sold = table.drop_nulls("expected_net").sort("vehicle_id")
    assert sold["vehicle_id"].to_list() == list(planning.options.vehicle_ids)
    net = planning.evaluation.net
    np.testing.assert_allclose(sold["net_mean"], net.mean(axis=1))
    np.testing.assert_allclose(sold["net_p05"], np.quantile(net, 0.05, axis=1))
    assert (sold["net_p05"] <= sold["net_p50"]).all()
    assert (sold["net_p50"] <= sold["net_p95"]).all()


def test_recovery_deficiency_and_surplus_add_up(table: pl.DataFrame) -> None:
    sold = table.drop_nulls(["expected_net", "loan_balance"])
    assert sold.height > 40
    loan, net = sold["loan_balance"].to_numpy(), sold["net_mean"].to_numpy()
    np.testing.assert_allclose(sold["recovery"] + sold["deficiency"], loan, rtol=1e-9)
    np.testing.assert_allclose(sold["recovery"] + sold["surplus"], net, rtol=1e-9)
    assert (sold["deficiency"] >= 0).all()
    assert (sold["surplus"] >= 0).all()


def test_the_runner_up_is_at_another_place_or_date(table: pl.DataFrame) -> None:
    other = table.drop_nulls("runner_up_channel")
    assert other.height > 40
    here = [("channel", "runner_up_channel"), ("venue_id", "runner_up_venue"),
            ("event_date", "runner_up_date")]  # fmt: skip
    same = pl.all_horizontal(pl.col(one).eq_missing(pl.col(two)) for one, two in here)
    assert other.filter(same).is_empty()
    assert table.filter(
        pl.col("margin_to_runner_up").is_null() != pl.col("runner_up_channel").is_null()
    ).is_empty()


def test_pins_are_kept_and_named(table: pl.DataFrame, workspace: Workspace) -> None:
    pins = workspace.tables["overrides"].filter(
        (pl.col("action") == "pin") & pl.col("venue_id").is_not_null()
    )
    joined = pins.join(
        table.filter(pl.col("status") == "planned"), on="vehicle_id", suffix="_taken"
    )
    assert joined.height > 0
    assert (joined["venue_id"] == joined["venue_id_taken"]).all()
    for row in joined.iter_rows(named=True):
        assert row["reason_taken"] == f"pinned by {row['who']}: {row['reason']}"


def test_reasons_tell_what_is_given_up(table: pl.DataFrame, planning: Planning) -> None:
    best = planning.options.frame.group_by("vehicle_id").agg(pl.col("expected_net").max())
    joined = table.join(best, on="vehicle_id", suffix="_best")
    lost = joined["expected_net_best"] - joined["expected_net"]
    top = joined.filter(pl.col("reason").str.starts_with("the best of its"))
    assert top.height > 0
    assert (top["expected_net_best"] - top["expected_net"] <= 1.0).all()
    for row, amount in zip(joined.iter_rows(named=True), lost, strict=True):
        if row["reason"].startswith("gives up"):
            assert f"gives up {amount:,.0f} " in row["reason"]


# --- policy and parts ---


def test_the_policy_follows_each_lot_through_its_runs(planning: Planning) -> None:
    steps = outputs.policy(planning)
    lots = planning.chosen.filter(pl.col("channel") == "auction")
    runs = planning.workspace.config.auction.runs
    assert steps.height == lots.height * runs
    for lot in lots.iter_rows(named=True):
        rows = steps.filter(pl.col("vehicle_id") == lot["vehicle_id"])
        assert rows["step"].to_list() == list(range(1, runs + 1))
        assert rows["reserve"].to_list() == lot["reserves"]
        sold = np.array(lot["sale_chances"])
        np.testing.assert_allclose(
            rows["reach_chance"], 1 - np.concatenate([[0], np.cumsum(sold)[:-1]]), atol=1e-12
        )
        np.testing.assert_array_equal(rows["sale_chance"], sold)
        assert (rows["venue_id"] == lot["venue_id"]).all()
        assert rows["event_id"][0] == lot["event_id"]
        assert rows["date"][0] == lot["date"]
        assert rows["if_unsold"][-1] == "sell to the trade"
        known = rows["date"].drop_nulls()
        assert (known.diff().drop_nulls() > timedelta(0)).all()


def test_the_parts_are_those_of_the_dismantled_vehicles(planning: Planning) -> None:
    plan = outputs.parts_plan(planning)
    taken = planning.chosen.filter(pl.col("channel") == "dismantling")
    assert set(plan["vehicle_id"]) <= set(taken["vehicle_id"])
    assert plan.select("vehicle_id", "part").is_duplicated().sum() == 0
    assert "hulk" not in set(plan["part"])
    np.testing.assert_allclose(plan["expected_price"], plan["price"] * plan["chance"])
    ways = [route for pack in RULE_PACKS.values() for routes in pack.values() for route in routes]
    routes = {OPEN_MARKET, *ways}
    assert set(plan["route"]) <= routes
    at = plan.join(taken.select("vehicle_id", "venue_id", "week"), on="vehicle_id", suffix="_taken")
    assert at.height == plan.height
    assert (at["venue_id"] == at["venue_id_taken"]).all()
    assert (at["week"] == at["week_taken"]).all()


def test_parts_come_off_after_those_they_need(planning: Planning) -> None:
    plan = outputs.parts_plan(planning)
    table = planning.workspace.tables["parts"].drop_nulls("needs")
    needs: dict[str, set[str]] = {}
    for part, first in table.select("part", "needs").iter_rows():
        needs.setdefault(part, set()).update(first.split(";"))
    waited = 0
    for _, rows in plan.group_by("vehicle_id", maintain_order=True):
        assert rows["removal"].to_list() == list(range(1, rows.height + 1))
        off: set[str] = set()
        for part in rows["part"]:
            listed = needs.get(part, set()) & set(rows["part"])
            assert listed <= off, part
            waited += len(listed)
            off.add(part)
    assert waited > 0


def test_the_money_of_parts_adds_up_to_that_of_the_teardown(planning: Planning) -> None:
    plan = outputs.parts_plan(planning)
    rates = planning.workspace.tables["venues"].select("venue_id", "labour_rate")
    usual = planning.workspace.config.dismantling.labour_rate
    rate = plan.join(rates, on="venue_id", how="left", maintain_order="left")["labour_rate"]
    np.testing.assert_allclose(plan["labour_cost"], plan["labour_hours"] * rate.fill_null(usual))
    np.testing.assert_allclose(plan["profit"], plan["expected_price"] - plan["labour_cost"])
    best = Teardowns.of(planning.situation)
    ids = planning.chosen["vehicle_id"].to_list()
    sums = plan.group_by("vehicle_id", "venue_id", maintain_order=True).agg(pl.col("profit").sum())
    for vehicle, venue, profit in sums.iter_rows():
        found = best.at(ids.index(vehicle), venue)
        assert {part.route for part in found.parts} == {"open market"}  # nothing is smelted
        assert profit == pytest.approx(found.value)
    assert sums.height > 0


# --- hedges ---


def test_the_hedges_add_up(planning: Planning) -> None:
    found = hedges(planning)
    given = planning.workspace.tables["hedges"]
    assert found["hedge_id"].to_list() == sorted(given["hedge_id"])
    assert (found["quantity"] <= found["limit"]).all()
    floors = found.filter(pl.col("kind") == "unit_floor")
    assert floors["quantity"].sum() == planning.chosen["hedge_id"].is_not_null().sum()
    assert floors["premium"].sum() == pytest.approx(planning.chosen["hedge_premium"].sum())
    assert floors["expected_payoff"].sum() == pytest.approx(planning.chosen["hedge_payoff"].sum())
    puts = found.filter(pl.col("kind") == "index_put").join(
        given.select("hedge_id", price="premium"), on="hedge_id"
    )
    np.testing.assert_allclose(puts["premium"], puts["quantity"] * puts["price"])
    names = [position.hedge_id for position in planning.plan.hedges_on_offer.positions]
    lots = dict(zip(names, planning.allocation.positions, strict=True))
    for name, quantity in puts.select("hedge_id", "quantity").iter_rows():
        assert quantity == lots[name]
    assert (puts["expected_payoff"] >= 0).all()


def test_expected_money_is_that_of_units_and_hedges(
    table: pl.DataFrame, planning: Planning
) -> None:
    hedged = hedges(planning).filter(pl.col("kind") == "index_put")
    whole = table["expected_net"].sum() + (hedged["expected_payoff"] - hedged["premium"]).sum()
    assert whole == pytest.approx(planning.allocation.expected, rel=1e-9)


# --- alternatives, capacity, risk ---


def test_alternatives_begin_with_the_option_that_is_taken(
    table: pl.DataFrame, planning: Planning
) -> None:
    found = planning.plan.alternatives
    taken = found.filter("taken")
    planned = table.drop_nulls("expected_net")
    assert taken["vehicle_id"].to_list() == planned["vehicle_id"].to_list()
    assert (taken["rank"] == 1).all()
    both = ["channel", "venue_id", "event_date", "terms", "expected_net"]
    assert_frame_equal(taken.select(both), planned.select(both))
    assert found["rank"].max() == ALTERNATIVES
    place = ["vehicle_id", "channel", "venue_id", "event_date"]
    assert found.select(place).is_duplicated().sum() == 0
    for _, rows in found.filter(~pl.col("taken")).group_by("vehicle_id", maintain_order=True):
        assert rows["rank"].to_list() == list(range(2, rows.height + 2))
        assert (rows["expected_net"].diff().drop_nulls() <= 0).all()
    total = sum(sign * found[name] for name, sign in BRIDGE.items())
    np.testing.assert_allclose(total, found["expected_net"], atol=1e-6)


def test_no_slot_is_taken_twice(planning: Planning) -> None:
    found = outputs.capacity(planning)
    lots = planning.chosen.filter(pl.col("channel") == "auction")
    assert found["first_runs"].sum() == lots.height
    assert (found["first_runs"] <= found["slots"]).all()
    assert found.select("venue_id", "week").is_duplicated().sum() == 0
    assert (found["offered_mean"] >= found["first_runs"] - 1e-9).all()
    assert (found["offered_q95"] >= found["first_runs"]).all()
    events = planning.workspace.tables["events"]
    by_event = lots.group_by("event_id").len().join(events, on="event_id")
    assert (by_event["len"] <= by_event["capacity"]).all()


def test_contributions_to_risk_add_up(planning: Planning) -> None:
    found = outputs.risk(planning)
    fresh = found["plan"]["fresh"]
    for name in ("expected", "cvar"):
        parts = sum(row[name] for row in found["contributions"])
        assert parts == pytest.approx(fresh[name], rel=1e-9)
    assert sum(row["units"] for row in found["contributions"]) == planning.chosen.height
    assert fresh["p05"] < fresh["p50"] < fresh["p95"]
    assert fresh["cvar"] < fresh["p05"]
    appetite = planning.risk.weight
    plan = found["plan"]
    blended = (1 - appetite) * plan["expected"] + appetite * plan["cvar"]
    assert plan["objective"] == pytest.approx(blended, rel=1e-9)
    for habit in found["baselines"].values():
        gains = plan["objective"] - habit["objective"]
        assert habit["plan_gains_objective"] == pytest.approx(gains)
    assert set(found["baselines"]) == {"nearest_auction", "greedy"}


def test_fresh_scenarios_agree_with_the_optimiser(planning: Planning) -> None:
    plan = outputs.risk(planning)["plan"]
    error = plan["fresh"]["expected_standard_error"]
    optimiser = planning.allocation.scenario_total
    error = np.hypot(error, optimiser.std(ddof=1) / np.sqrt(optimiser.size))
    assert abs(plan["expected"] - plan["fresh"]["expected"]) < 4 * error


def test_outcomes_hold_every_scenario(planning: Planning) -> None:
    found = outputs.outcomes(planning)
    assert found.columns == ["scenario", "plan", "nearest_auction", "greedy"]
    assert found["scenario"].to_list() == list(range(160))
    assert found["plan"].mean() == pytest.approx(
        outputs.risk(planning)["plan"]["fresh"]["expected"]
    )


def test_planning_again_gives_the_same_tables(
    planning: Planning, workspace: Workspace, tmp_path: Path
) -> None:
    again = plan_workspace(workspace, threads=2)
    for make in (
        outputs.assignments, outputs.policy, outputs.parts_plan, hedges,
        outputs.capacity, outputs.outcomes, lambda each: each.plan.alternatives,
    ):  # fmt: skip
        one, two = make(planning), make(again)
        assert one.equals(two)
        one.write_parquet(tmp_path / "one", statistics=False)
        two.write_parquet(tmp_path / "two", statistics=False)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert outputs.risk(planning) == outputs.risk(again)
