"""Past offerings behave like an auction lane: runs, reserves, bidders and no-sales."""

import polars as pl
import pytest


def test_about_eight_thousand_offerings_in_two_years(sales):
    assert 7_700 <= sales.height <= 8_300
    assert str(sales["offered_on"].min()) == "2024-06-03"
    assert sales["offered_on"].max().isoformat() < "2026-06-01"
    assert sales["sale_id"].n_unique() == sales.height


def test_sold_share_of_each_run_is_that_of_the_trade(sales):
    offered = sales.filter(pl.col("outcome") != "withdrawn")
    sold = (pl.col("outcome") == "sold").mean()
    assert 0.60 <= offered.select(sold).item() <= 0.68
    by_run = offered.group_by("run").agg(sold.alias("share")).sort("run")
    assert by_run["run"].to_list() == [1, 2, 3, 4]
    assert by_run["share"].is_between(0.57, 0.70).all()


def test_withdrawn_offerings_are_few_and_tell_nothing(sales):
    withdrawn = sales.filter(pl.col("outcome") == "withdrawn")
    assert 0.01 < withdrawn.height / sales.height < 0.04
    for column in ("price", "high_bid", "bidders", "closed_on"):
        assert withdrawn[column].null_count() == withdrawn.height


def test_a_sale_meets_its_reserve_and_a_no_sale_ends_below(sales):
    sold = sales.filter(pl.col("outcome") == "sold", pl.col("reserve").is_not_null())
    below = sold.filter(pl.col("price") < pl.col("reserve"))
    assert 1 <= below.height <= 6  # lost decimals and the price of one
    assert (below["price"] < 0.5 * below["reserve"]).all()
    unsold = sales.filter(pl.col("outcome") == "no-sale")
    assert unsold["price"].null_count() == unsold.height
    assert (unsold["high_bid"] < unsold["reserve"]).drop_nulls().all()
    at_reserve = sold.filter(pl.col("price") == pl.col("reserve")).height / sold.height
    assert 0.15 < at_reserve < 0.50


def test_nothing_sells_without_a_bidder(sales):
    known = sales.filter(pl.col("bidders").is_not_null())
    assert known.filter(pl.col("outcome") == "sold")["bidders"].min() >= 1
    assert known.filter(pl.col("bidders") == 0).height > 0


def test_bidders_are_told_by_six_of_nine_sites_and_match_their_mean(sales, venues):
    offered = sales.filter(pl.col("outcome") != "withdrawn")
    seen = offered.group_by("venue_id").agg(pl.col("bidders").mean())
    joined = seen.join(venues.select("venue_id", prior="bidders"), on="venue_id")
    assert joined.filter(pl.col("bidders").is_null())["venue_id"].sort().to_list() == [
        "CHI",
        "EWR",
        "ORL",
    ]
    off = (joined["bidders"] - joined["prior"]).abs().drop_nulls()
    assert off.len() == 6
    assert off.max() < 0.6


def test_runs_of_a_vehicle_follow_each_other_until_it_is_sold(sales):
    ordered = sales.sort("vehicle_id", "offered_on")
    gap = pl.col("offered_on").diff().over("vehicle_id").dt.total_days()
    step = pl.col("run").diff().over("vehicle_id")
    earlier = pl.col("outcome").shift(1).over("vehicle_id")
    again = ordered.with_columns(gap=gap, step=step, earlier=earlier).drop_nulls("gap")
    assert again.height > 1_500
    assert again["gap"].min() >= 6
    assert again["gap"].max() <= 26
    assert set(again["earlier"].unique()) == {"no-sale", "withdrawn"}
    expected = pl.when(pl.col("earlier") == "withdrawn").then(0).otherwise(1)
    assert again.filter(pl.col("step") != expected).is_empty()


def test_damage_and_sound_sites_take_what_they_say(sales, venues):
    joined = sales.join(venues.select("venue_id", "accepts"), on="venue_id")
    assert set(joined.filter(pl.col("accepts") == "damaged")["damage"]) == {"light", "heavy"}
    assert set(joined.filter(pl.col("accepts") == "sound")["damage"]) == {"none"}


@pytest.mark.parametrize(("value", "count"), [(1.0, 12), (999_999.0, 12)])
def test_sentinel_odometers_are_there_to_be_survived(sales, value, count):
    assert count - 2 <= (sales["odometer"] == value).sum() <= count


def test_every_attribute_that_real_files_lack_is_lacking_somewhere(sales):
    for column, most in {
        "condition_grade": 0.03,
        "odometer": 0.02,
        "guide_value": 0.06,
        "first_registered": 0.15,
        "reserve": 0.05,
    }.items():
        assert 0 < sales[column].null_count() / sales.height < most
