"""The fleet and the desk's rows fit together."""

from datetime import date

import polars as pl

AS_OF = date(2026, 6, 1)


def test_fleet_size_and_regions(vehicles):
    assert 580 <= vehicles.height <= 620
    assert vehicles["vehicle_id"].n_unique() == vehicles.height
    assert vehicles["region"].n_unique() == 10


def test_fleet_is_in_worse_shape_than_what_is_usually_sold(vehicles, sales):
    others = sales.filter(pl.col("seller_kind") != "lender")
    assert vehicles["condition_grade"].mean() < others["condition_grade"].mean() - 0.5
    assert 0.07 < (vehicles["damage"] == "heavy").mean() < 0.15
    damaged = vehicles["damage"] != "none"
    assert vehicles.filter(damaged)["repair_estimate"].null_count() == 0
    assert vehicles.filter(~damaged)["repair_estimate"].count() == 0


def test_more_than_half_owe_more_than_the_guide(vehicles):
    owed = vehicles.select((pl.col("loan_balance") > pl.col("guide_value")).mean()).item()
    assert 0.5 < owed < 0.75


def test_recovered_within_ten_weeks_and_some_not_ready_yet(vehicles):
    assert vehicles["recovered_on"].min() >= date(2026, 3, 23)
    assert vehicles["recovered_on"].max() < AS_OF
    assert (vehicles["available_from"] >= vehicles["recovered_on"]).all()
    assert 0.15 < (vehicles["available_from"] > AS_OF).mean() < 0.40


def test_run_count_is_what_the_sales_file_says(vehicles, sales):
    tried = sales.filter(pl.col("vehicle_id").is_in(vehicles["vehicle_id"].implode()))
    assert "sold" not in set(tried["outcome"])
    runs = tried.filter(pl.col("outcome") == "no-sale").group_by("vehicle_id").len("runs")
    joined = vehicles.join(runs, on="vehicle_id", how="left").with_columns(
        pl.col("runs").fill_null(0)
    )
    assert (joined["run_count"] == joined["runs"]).all()
    assert set(joined["run_count"]) == {0, 1, 2}
    first = tried.group_by("vehicle_id").agg(pl.col("offered_on").min())
    ready = vehicles.join(first, on="vehicle_id")
    assert (ready["available_from"] <= ready["offered_on"]).all()


def test_holds_name_fleet_vehicles_and_end_on_both_sides_of_the_horizon(holds, vehicles):
    assert holds.height == 25
    assert set(holds["vehicle_id"]) <= set(vehicles["vehicle_id"])
    assert set(holds["kind"]) == {"litigation", "redemption", "police"}
    assert holds["until"].min() > AS_OF
    late = (holds["until"] > date(2026, 7, 27)).sum()
    assert 3 <= late <= 15


def test_pins_can_be_kept(overrides, holds, vehicles, venues, events):
    pinned = overrides.filter(pl.col("action") == "pin").join(vehicles, on="vehicle_id")
    assert pinned.height == 3
    assert not set(pinned["vehicle_id"]) & set(holds["vehicle_id"])
    assert (pinned["available_from"] <= AS_OF).all()
    assert set(overrides["venue_id"].drop_nulls()) <= set(venues["venue_id"])
    dated = overrides.drop_nulls("event_id").join(events, on="event_id", suffix="_event")
    assert dated.height == 1
    assert (dated["venue_id"] == dated["venue_id_event"]).all()
