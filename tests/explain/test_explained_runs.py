"""Decisions of a real plan explained: the figures are those of the plan."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from auction.cli import app
from auction.errors import UnknownVehicleError
from auction.explain import considered as considering
from auction.explain import explain_vehicle, explained
from auction.explain.considered import ALTERNATIVES
from auction.explain.effects import effects
from auction.planned import Planning
from auction.run.folder import read_table


@pytest.fixture(scope="module")
def table(run: Path) -> pl.DataFrame:
    return read_table(run, "assignments.parquet")


# --- the value ---


def test_the_effects_multiply_to_the_forecast(
    run: Path, table: pl.DataFrame, planning: Planning
) -> None:
    as_of = planning.workspace.config.as_of
    vehicles = planning.workspace.tables["vehicles"]
    median = planning.model.predict(vehicles.drop("venue_id", strict=False), as_of)
    forecast = dict(median.select("vehicle_id", "q50").iter_rows())
    for row in table.iter_rows(named=True):
        value = explained(run, row["vehicle_id"])["value"]
        assert value["today"] == pytest.approx(row["value"], rel=1e-12)
        assert value["today"] == pytest.approx(forecast[row["vehicle_id"]], rel=1e-12)


def test_the_later_effects_lead_to_the_value_on_the_day(
    run: Path, table: pl.DataFrame, planning: Planning
) -> None:
    situation, model = planning.situation, planning.model
    start = (situation.as_of - date(1970, 1, 1)).days
    scale = model.locate(
        situation.vehicles, np.full(situation.vehicles.height, start, dtype=np.int64)
    ).scale
    group = model.group_of(situation.vehicles)
    place = {vehicle: row for row, vehicle in enumerate(planning.options.vehicle_ids)}
    today = int(situation.position(np.zeros(1, dtype=np.int64))[0])
    lots = table.filter(pl.col("channel") == "auction")
    assert lots.height > 10
    for row in lots.iter_rows(named=True):
        unit = place[row["vehicle_id"]]
        days = np.array([(row["event_date"] - situation.as_of).days])
        there = int(situation.position(days)[0])
        moved = situation.log_value[unit, there] - situation.book.log_value[unit, today]
        venue = model.venue_log_factor([row["venue_id"]])[0]
        both = np.array([start, start + days[0]])
        variance = model.level_variance(np.repeat(group[unit], 2), both)
        z = model.shape.quantile(0.5, np.sqrt(variance) / scale[unit], np.zeros(1, dtype=np.int64))
        moved += np.diff(scale[unit] * z - variance / 2.0)[0]
        value = explained(run, row["vehicle_id"])["value"]
        assert value["at_sale"] / value["today"] == pytest.approx(np.exp(moved + venue), rel=1e-9)
    others = table.filter(pl.col("channel").is_in(["dealer", "dismantling"]))
    assert others.height > 0
    for vehicle in others["vehicle_id"]:
        assert explained(run, vehicle)["value"]["at_sale"] is None


def test_only_effects_that_say_something_are_kept(planning: Planning) -> None:
    told = effects(planning)
    silent = (pl.col("factor") == 1.0) & pl.col("level").is_null()
    assert told.filter(silent).is_empty()
    assert told["vehicle_id"].is_sorted()
    assert told.select("vehicle_id", "effect").is_duplicated().sum() == 0
    known = told.drop_nulls("low")
    assert (known["low"] <= known["factor"]).all()
    assert (known["factor"] <= known["high"]).all()


# --- the options ---


def test_worth_and_margin_are_those_of_the_search(
    run: Path, table: pl.DataFrame, planning: Planning
) -> None:
    seen = 0
    for row in table.drop_nulls("margin_to_runner_up").iter_rows(named=True):
        options = explained(run, row["vehicle_id"])["options"]
        place = (
            row["runner_up_channel"], row["runner_up_venue"],
            row["runner_up_date"] and row["runner_up_date"].isoformat(),
        )  # fmt: skip
        runner = [o for o in options if (o["channel"], o["venue_id"], o["event_date"]) == place]
        assert runner, "the runner-up is always among the options told"
        assert runner[0]["behind"] == pytest.approx(row["margin_to_runner_up"], abs=1e-6)
        seen += 1
    assert seen > 20
    assert (planning.allocation.charges.slot_price[planning.allocation.chosen] > 0).any()


def test_charges_are_use_times_shadow_price(planning: Planning) -> None:
    prices = planning.allocation.shadow_prices
    charges, options = planning.allocation.charges, planning.options
    assert charges.weights.sum() == pytest.approx(1.0)
    resources = {(r.kind, r.label): place for place, r in enumerate(options.resources)}
    cost = np.zeros(options.frame.height)
    for kind, label, price in prices.select("kind", "label", "price").iter_rows():
        if (kind, label) in resources:
            use = options.use[[resources[kind, label]]].toarray()[0]
            cost += price * np.where(use < 1e-12, 0.0, use)
    limits = prices.filter(pl.col("kind") == "limit", pl.col("price") > 0.0)
    assert limits.height == 3
    for label, price in limits.select("label", "price").iter_rows():
        _, column, name = label.rsplit(" ", 2)
        of = {"channel": "channel", "venue": "venue_id"}[column]
        cost += price * (options.frame[of] == name).fill_null(value=False).to_numpy()
    plain = (options.frame["channel"] != "dealer").to_numpy() & planning.plan.allowed
    plain &= options.frame["hedge_id"].is_null().to_numpy()
    np.testing.assert_allclose(charges.slot_price[plain], cost[plain], atol=1e-6)
    paying = charges.slot_price > 1.0
    assert (charges.scarcest[paying] >= 0).all()
    assert (prices["price"].gather(charges.scarcest[paying]) > 0.0).all()
    assert np.isnan(charges.slot_price[~planning.plan.allowed]).all()


def test_a_cheaper_thing_brings_about_what_is_told(run: Path, planning: Planning) -> None:
    """The use beyond the choice's is that of the options, and the move makes up for the lag."""
    prices = planning.allocation.shadow_prices
    options, charges = planning.options, planning.allocation.charges
    chosen = planning.allocation.chosen[options.vehicle]
    for place, thing in enumerate(options.resources):
        row = prices.with_row_index().filter(kind=thing.kind, label=thing.label)["index"]
        mine = np.flatnonzero(np.isin(charges.scarcest, row.to_numpy()))
        use = options.use[[place]].toarray()[0]
        more = use[mine] - use[chosen[mine]]
        np.testing.assert_allclose(charges.scarcest_more[mine], more, atol=1e-9)
        cost = prices["price"].gather(charges.scarcest[mine]).to_numpy()
        np.testing.assert_allclose(charges.scarcest_price(mine), cost)
    assert np.isnan(charges.scarcest_more[charges.scarcest < 0]).all()
    told = 0
    for vehicle in read_table(run, "assignments.parquet").drop_nulls("channel")["vehicle_id"]:
        record = explained(run, vehicle)
        for move in record["would_change"]:
            if move["what"] != "slots_cheaper":
                continue
            told += 1
            assert move["scarcest_more"] > 0.0
            assert move["amount"] <= move["scarcest_price"] + 1e-9
            spot = ("channel", "venue_id", "event_date", "offer_id")
            other = next(
                o for o in record["options"][1:] if all(o[name] == move[name] for name in spot)
            )
            assert move["amount"] * move["scarcest_more"] == pytest.approx(other["behind"])
    assert told > 0


def test_every_place_and_date_is_kept_once(planning: Planning) -> None:
    offered = pl.concat(planning.plan.considered().offered())
    spot = ["vehicle_id", "channel", "venue_id", "event_date", "offer_id"]
    assert offered.select(spot).is_duplicated().sum() == 0
    every = planning.options.frame.rename({"date": "event_date"}).select(spot).unique()
    assert offered.height == every.height
    assert offered.filter("taken")["vehicle_id"].to_list() == list(planning.options.vehicle_ids)
    counted = planning.plan.alternatives.group_by("vehicle_id").len()
    assert counted["len"].max() == ALTERNATIVES


def test_parts_of_what_is_offered_make_the_whole(
    planning: Planning, monkeypatch: pytest.MonkeyPatch
) -> None:
    considered = planning.plan.considered()
    (whole,) = considered.offered()
    for together in (1, 7, len(planning.options.vehicle_ids)):
        monkeypatch.setattr(considering, "_AT_ONCE", together)
        parts = list(considered.offered())
        assert len(parts) == -(-len(planning.options.vehicle_ids) // together)
        assert_frame_equal(pl.concat(parts), whole)
    assert [part.shape for part in replace(considered, rows=considered.rows[:0]).offered()] == [
        (0, whole.width)
    ]


def test_bars_are_named(planning: Planning) -> None:
    offered = pl.concat(planning.plan.considered().offered())
    overrides = planning.workspace.tables["overrides"]
    bans = overrides.filter(pl.col("action") == "ban", pl.col("venue_id").is_not_null())
    assert bans.height > 0
    for vehicle, venue in bans.select("vehicle_id", "venue_id").iter_rows():
        own = offered.filter(pl.col("vehicle_id") == vehicle)
        there = own.filter(pl.col("venue_id") == venue)
        assert set(there["barred_by"]) <= {"ban", "floor"}
        assert "ban" not in set(own.filter(pl.col("venue_id") != venue)["barred_by"])
    pinned = overrides.filter(pl.col("action") == "pin")["vehicle_id"].to_list()
    kept = offered.filter(pl.col("vehicle_id").is_in(pinned), ~pl.col("taken"))
    assert "pin" in set(kept["barred_by"])


# --- words and JSON ---


def test_every_vehicle_can_be_told(run: Path, table: pl.DataFrame) -> None:
    for row in table.iter_rows(named=True):
        text = explain_vehicle(run, row["vehicle_id"])
        assert text.startswith(f"{row['vehicle_id']}: {row['make']} {row['model']}\n")
        assert f"{row['status']}: {row['reason']}" in text
        assert "nan" not in text.lower().replace("financ", "")
        if row["expected_net"] is not None:
            assert f"{row['expected_net']:,.2f}" in text
        else:
            assert "What would free it" in text


def test_the_command_tells_words_or_figures(run: Path, table: pl.DataFrame) -> None:
    vehicle = table.filter(pl.col("channel") == "auction")["vehicle_id"][0]
    words = CliRunner().invoke(app, ["explain", str(run), vehicle])
    assert words.exit_code == 0
    assert words.stdout == explain_vehicle(run, vehicle) + "\n"
    figures = CliRunner().invoke(app, ["explain", str(run), vehicle, "--json"])
    record = json.loads(figures.stdout)
    assert record == json.loads(json.dumps(explained(run, vehicle)))
    assert record["choice"]["expected_net"] == record["options"][0]["expected_net"]


def test_an_unknown_vehicle_is_refused(run: Path) -> None:
    with pytest.raises(UnknownVehicleError, match="did you mean"):
        explained(run, "R002")
    done = CliRunner().invoke(app, ["explain", str(run), "R002"])
    assert done.exit_code == 2


def test_the_plan_tells_the_same_options(run: Path, planning: Planning) -> None:
    vehicle = planning.options.vehicle_ids[0]
    told = planning.plan.explain(vehicle, "USD").splitlines()
    lines = explain_vehicle(run, vehicle).splitlines()
    start = "Options considered, the taken one first, then by expected net"
    count = told[told.index(start) :].index("")
    shown = told[told.index(start) : told.index(start) + count]
    assert shown == lines[lines.index(start) : lines.index(start) + count]
