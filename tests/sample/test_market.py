"""The index carries a season, shocks and a publication lag; capacity is tight where it is good."""

from datetime import date, timedelta

import numpy as np
import polars as pl


def _series(index: pl.DataFrame, name: str) -> pl.DataFrame:
    return index.filter(pl.col("series") == name).sort("date")


def test_index_is_monthly_without_gaps_for_both_series(index):
    assert set(index["series"]) == {"market", "scrap"}
    months = pl.date_range(date(2018, 1, 1), date(2026, 5, 1), "1mo", eager=True).to_list()
    for name in ("market", "scrap"):
        assert _series(index, name)["date"].to_list() == months


def test_a_month_is_released_two_weeks_after_its_end(index):
    lag = index["released_on"] - index["date"].dt.month_end()
    assert set(lag.to_list()) == {timedelta(days=14)}
    assert (index["released_on"] > date(2026, 6, 1)).sum() == 2  # May 2026 is not known yet


def test_season_peaks_in_march_and_ebbs_in_late_autumn(index):
    market = _series(index, "market")
    level = np.log(market["value"].to_numpy())
    weights = np.r_[0.5, np.ones(11), 0.5] / 12
    seasonal = level[6:-6] - np.convolve(level, weights, mode="valid")
    month = market["date"].dt.month().to_numpy()[6:-6]
    mean = {m: float(np.median(seasonal[month == m])) for m in range(1, 13)}
    assert max(mean, key=mean.__getitem__) == 3
    assert 0.025 < mean[3] < 0.05
    assert max(mean[10], mean[11], mean[12]) < 0.0


def test_scrap_has_no_season_of_its_own_and_moves_more(index):
    step = {
        name: np.diff(np.log(_series(index, name)["value"].to_numpy()))
        for name in ("market", "scrap")
    }
    assert step["scrap"].std() > 1.3 * step["market"].std()


def test_the_shortage_of_2021_is_in_the_market(index):
    market = dict(_series(index, "market").select("date", "value").iter_rows())
    assert market[date(2020, 5, 1)] < 0.97 * market[date(2020, 2, 1)]
    assert market[date(2022, 1, 1)] > 1.4 * market[date(2020, 2, 1)]
    assert market[date(2024, 8, 1)] < 0.88 * market[date(2022, 1, 1)]


def test_slots_hold_the_fleet_once_and_a_half_but_good_rooms_are_scarce(events, venues, vehicles):
    within = events.filter(pl.col("date") <= date(2026, 7, 27))
    assert 1.45 < within["capacity"].sum() / vehicles.height < 1.75
    rooms = within.group_by("venue_id").agg(pl.col("capacity").sum()).join(venues, on="venue_id")
    best = rooms.filter(pl.col("bidders") > 6)
    assert best["capacity"].sum() < 0.65 * vehicles.height
    open_to_all = rooms.filter(pl.col("accepts") == "any")
    assert np.corrcoef(open_to_all["bidders"], open_to_all["capacity"])[0, 1] < -0.7


def test_calendar_covers_the_horizon_at_nine_sites(events, venues):
    sites = venues.filter(pl.col("channel") == "auction")
    assert sites.height == 9
    assert set(events["venue_id"]) == set(sites["venue_id"])
    assert (events.group_by("venue_id").agg(pl.col("date").max())["date"] > date(2026, 7, 27)).all()
    assert events["event_id"].n_unique() == events.height
    assert set(events["segment"].drop_nulls()) == {"premium", "pickup"}


def test_quoted_lanes_follow_the_distance_curve_and_some_are_missing(tariffs):
    assert 80 <= tariffs.height < 100
    assert tariffs.select("from_region", "to_region").n_unique() == tariffs.height
    coast_to_coast = tariffs.filter(pl.col("from_region") == "CA", pl.col("to_region") == "NJ")
    assert 1_150 < coast_to_coast["cost"].item() < 1_750  # 7.17 * 2,450 miles ** 0.67 = 1,337
    assert 0 < tariffs["weekly_units"].count() < 15


def test_dealers_bid_within_the_range_of_the_trade(sample_folder, venues):
    offers = pl.read_csv(sample_folder / "offers.csv", try_parse_dates=True)
    assert offers.height == 7
    assert offers["guide_rate"].drop_nulls().is_between(0.80, 0.93).all()
    assert (offers["price"].is_null() != offers["guide_rate"].is_null()).all()
    dealers = venues.filter(pl.col("channel") == "dealer")["venue_id"]
    assert sorted(set(offers["venue_id"])) == sorted(dealers)


def test_hedges_name_a_published_series_and_a_date_of_the_plan(sample_folder, index):
    hedges = pl.read_csv(sample_folder / "hedges.csv", try_parse_dates=True)
    assert hedges["kind"].to_list() == ["unit_floor", "unit_floor", "index_put", "index_put"]
    assert set(hedges["series"].drop_nulls()) <= set(index["series"])
    assert set(hedges["expiry"]) == {date(2026, 7, 27)}
    dearer = hedges.sort("kind", "strike").group_by("kind", maintain_order=True)
    assert dearer.agg(pl.col("premium").diff().last())["premium"].min() > 0
