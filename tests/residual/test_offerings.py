"""Fits on offerings of known bidders and sellers: values, venues, and files with gaps."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from auction_lanes import Lane, offer, spread_of, top_two
from residual.distribution import second_highest_moments, second_highest_quantile
from residual.offerings import FEWEST_NO_SALES, MOST_OFFERINGS, Offerings, past_offerings

RATES = {"a": 4.0, "b": 9.0}
LANE = Lane(known=0.7)


@pytest.fixture(scope="module")
def units(market: ModuleType) -> pl.DataFrame:
    return market.made_sales(n=5000, seed=4, noise=0.0).drop("guide_value")


@pytest.fixture(scope="module")
def offered(units: pl.DataFrame) -> pl.DataFrame:
    return offer(units, LANE, seed=1, rate=RATES)


@pytest.fixture(scope="module")
def told(offered: pl.DataFrame) -> residual.ResidualModel:
    return residual.fit(offered)


def log_values(model: residual.ResidualModel, units: pl.DataFrame) -> np.ndarray:
    """Where values lie at their venues, in logs."""
    days = units["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    place, shape, bidding = model.locate(units, days), model.shape, model.bidding
    centre = shape.shock.quantile(np.linspace(0.05, 0.95, 91)).mean()
    below = shape.shift * bidding.share + bidding.shift - bidding.unit_ratio * centre
    venues = units["venue_id"].to_list()
    factor = model.venue_value_factor(venues, [RATES[venue] for venue in venues])
    return place.log_hammer + factor - below * place.scale


def test_values_and_bidders_come_back(told: residual.ResidualModel, units: pl.DataFrame) -> None:
    bidding, true = told.bidding, spread_of(units)
    days = units["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    scale = told.locate(units, days).scale
    assert bidding.identified
    assert np.median(bidding.share * scale / true) == pytest.approx(LANE.share, abs=0.06)
    assert bidding.known == pytest.approx(LANE.known, abs=0.08)
    off = (log_values(told, units) - np.log(units["price"].to_numpy())) / true
    assert np.mean(off) == pytest.approx(0.0, abs=0.12)
    for grade in (1.5, 3.0, 4.5):
        rows = units["condition_grade"].to_numpy() == grade
        assert np.mean(off[rows]) == pytest.approx(0.0, abs=0.25)
    assert np.std(off) < 0.35


def test_a_busy_room_is_told_from_a_good_one(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    rates = [RATES["a"], RATES["b"]]
    hammer = np.diff(told.venue_log_factor(["a", "b"]))[0]
    value = np.diff(told.venue_value_factor(["a", "b"], rates))[0]
    # 0.1 is how the made-up market tells the rooms apart; the rest is more bidders
    assert value == pytest.approx(0.1, abs=0.02)
    assert hammer > value + 0.01
    hidden = residual.fit(offered.drop("bidders"))
    value = np.diff(hidden.venue_value_factor(["a", "b"], rates))[0]
    assert value == pytest.approx(0.1, abs=0.03)
    assert hidden.venue_value_factor(["new", None], [9.0, 9.0]).tolist() == [0.0, 0.0]


def test_hammers_simulated_with_reserves_repeat_the_prediction(
    told: residual.ResidualModel, market: ModuleType
) -> None:
    """Bidders and sellers drawn from what was found, sold lots alone: grades, models, a venue."""
    n, on = 20_000, told.as_of
    vehicles = pl.concat(
        market.one_vehicle(vehicle_id=f"{grade} {model}", condition_grade=grade, model=model)
        for grade in (1.5, 3.0, 4.5) for model in ("model0", "model1")
    )  # fmt: skip
    book = residual.simulate(told, vehicles, [on], as_of=on, n=n)
    bidding, rng = told.bidding, np.random.default_rng(3)
    shock = book.unit_shocks(1, n)
    scale = book.sale_spread / bidding.share
    centre = book.shocks[0].quantile(np.linspace(0.05, 0.95, 91)).mean()
    place, _ = told.path(vehicles, int(np.datetime64(on).astype(np.int64)), np.zeros(0, np.int64))
    chances = (0.05, 0.25, 0.5, 0.75, 0.95)
    out = told.predict(vehicles, on, chances).select("q05", "q25", "q50", "q75", "q95")
    expected = np.log(out.to_numpy())
    for row in range(vehicles.height):
        level = book.factor[book.group[row], 0]
        value = book.log_value[row, 0] + book.unit_scale[row] * shock[row]
        own = bidding.unit_ratio * (shock[row] - centre)
        asks = bidding.asked + bidding.known * own + bidding.strays * rng.standard_normal(n)
        reserve = place.log_hammer[row] + scale[row] * asks
        number = rng.poisson(bidding.bidders, n)
        highest, second = top_two(rng, value, np.full(n, book.sale_spread[row]), number)
        sold = highest >= reserve
        hammer = (np.maximum(second, reserve) + level)[sold]
        off = np.quantile(hammer, chances) - expected[row]
        assert np.abs(off).max() < 0.13 * scale[row]


def test_hammers_simulated_without_reserves_repeat_the_prediction(
    units: pl.DataFrame, market: ModuleType
) -> None:
    """No reserves and bidders counted: the share is told, and the split gives the same hammers."""
    free = offer(units, replace(LANE, asked=-9.0, share=0.8), seed=2)
    free = free.filter(pl.col("bidders") > 1).drop("reserve")
    model = residual.fit(free)
    assert model.bidding.identified
    assert model.bidding.shift == 0.0
    vehicles = pl.concat(
        market.one_vehicle(vehicle_id=f"{grade} {name}", condition_grade=grade, model=name)
        for grade in (1.5, 3.0, 4.5) for name in ("model0", "model5")
    )  # fmt: skip
    n, on = 20_000, model.as_of
    book = residual.simulate(model, vehicles, [on], as_of=on, n=n)
    draw = np.random.default_rng(5).random((vehicles.height, n))
    log = (
        book.log_value + book.factor[book.group, 0, :]
        + book.unit_scale[:, None] * book.unit_shocks(1, n)
        + book.sale_spread[:, None] * second_highest_quantile(model.bidding.bidders, draw)
    )  # fmt: skip
    chances = (0.05, 0.25, 0.5, 0.75, 0.95)
    out = model.predict(vehicles, on, chances)
    expected = np.log(out.select("q05", "q25", "q50", "q75", "q95").to_numpy())
    width = (expected[:, -1] - expected[:, 0])[:, None]
    assert np.abs((np.quantile(log, chances, axis=1).T - expected) / width).max() < 0.02


def test_a_room_that_sold_nothing_is_told_to_be_weak(
    offered: pl.DataFrame, told: residual.ResidualModel
) -> None:
    rows = pl.col("venue_id") == "a"
    third = (pl.col("sale_id").str.tail(1).cast(pl.Int64) == 7) & rows
    dead = offered.with_columns(
        venue_id=pl.when(third).then(pl.lit("c")).otherwise("venue_id"),
        outcome=pl.when(third).then(pl.lit("no-sale")).otherwise("outcome"),
        price=pl.when(third).then(None).otherwise("price"),
    )
    model = residual.fit(dead)
    assert model.bidding.worth["c"] < -0.02
    assert model.venue_log_factor(["c"])[0] == 0.0
    weak = model.venue_value_factor(["a", "c"], [RATES["a"]] * 2)
    assert weak[1] < weak[0] - 0.02


def _assumed(model: residual.ResidualModel, word: str) -> None:
    assert model.bidding.lots == 0
    assert word in model.bidding.missing
    assert word in model.summary()
    assert model.bidding.shift == 0.0
    assert model.shape.bidder_share == model.priors.bidder_spread_share
    assert model.bidding.unit_ratio == model.shape.unit_ratio


def test_where_nothing_can_be_told_the_priors_stand(offered: pl.DataFrame) -> None:
    some = offered.head(1200)
    sold = some.filter(pl.col("outcome") == "sold")
    _assumed(residual.fit(sold), "sold lots alone")
    _assumed(residual.fit(some.drop("reserve", "bidders")), "no reserves and no numbers")
    _assumed(residual.fit(some.drop("reserve")), "no reserves beside no-sales")
    _assumed(residual.fit(sold.drop("outcome", "reserve", "bidders").head(60)), "no reserves")
    _assumed(residual.fit(some.head(90)), "too few")
    _assumed(residual.fit(some.with_columns(channel=pl.lit("dealer"))), "too few")
    few = pl.concat([sold, some.filter(pl.col("outcome") != "sold").head(FEWEST_NO_SALES - 1)])
    _assumed(residual.fit(few), "sold lots alone")


def test_further_runs_and_later_outcomes_do_not_count(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    unsold = offered.filter(pl.col("outcome") == "no-sale")
    again = unsold.with_columns(run=pl.lit(2), sale_id=pl.col("sale_id") + "r")
    after = unsold.with_columns(
        sale_id=pl.col("sale_id") + "l",
        offered_on=pl.lit(told.as_of + dt.timedelta(days=1)).cast(pl.Date),
    )
    both = residual.fit(pl.concat([offered, again, after]), as_of=told.as_of)
    assert both.bidding == told.bidding


def test_the_order_of_rows_does_not_matter(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    assert residual.fit(offered.sample(fraction=1.0, shuffle=True, seed=1)).bidding == told.bidding


def test_impossible_numbers_of_bidders_count_as_not_known(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    """Nobody came, or one alone, to a lot whose second bidder set the price."""
    above = (pl.col("outcome") == "sold") & (
        pl.col("price") > float(np.exp(1e-3)) * pl.col("reserve")
    )
    wrong = offered.with_columns(
        bidders=pl.when(above).then(pl.col("bidders") % 2).otherwise("bidders")
    )
    lots = _lots(told, wrong).lots
    assert np.isnan(lots.bidders[lots.exact]).all()
    held = lots.above & ~lots.exact
    assert (lots.bidders[held] >= 1).all()
    assert (lots.bidders[held] == 1).any()
    assert (lots.bidders[~lots.above] == 0).any()


def test_noughts_put_down_for_unsold_lots_are_no_counts(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    lost, here = pl.col("outcome") == "no-sale", pl.col("venue_id") == "a"
    nought = offered.with_columns(
        bidders=pl.when(here & lost).then(0).when(here).then(None).otherwise("bidders")
    )
    lots = _lots(told, nought)
    quiet = lots.lots.venue == lots.venues.index("a")
    assert np.isnan(lots.lots.bidders[quiet]).all()
    assert np.isfinite(lots.lots.bidders[~quiet]).mean() > 0.9
    everywhere = residual.fit(offered.with_columns(bidders=pl.lit(0)))
    assert everywhere.bidding.counted == 0
    crowds = _lots(told, offered.with_columns(bidders=pl.lit(999_999)))
    assert crowds.counted == 0


def test_reserves_that_repeat_the_hammers_tell_nothing(offered: pl.DataFrame) -> None:
    sold = pl.col("outcome") == "sold"
    repeated = offered.with_columns(reserve=pl.when(sold).then("price").otherwise("reserve"))
    _assumed(residual.fit(repeated), "hardly a lot that sold above its reserve")
    above = offered.with_columns(reserve=3.0 * pl.col("reserve"))
    _assumed(residual.fit(above), "hardly a lot that sold above its reserve")


def test_a_venue_whose_no_sales_are_missing_is_left_out(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    kept = offered.filter((pl.col("outcome") == "sold") | (pl.col("venue_id") == "b"))
    found = _lots(told, kept)
    assert set(found.lots.venue.tolist()) == {found.venues.index("b")}
    assert len(found.lots) > 0.9 * offered.filter(pl.col("venue_id") == "b").height


def test_bidders_whom_nobody_counted_are_not_counted_twice(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    """The lots of the busy room tell its crowd; its values are those of the quiet one."""
    quiet = offered.with_columns(
        bidders=pl.when(pl.col("venue_id") == "a").then("bidders").otherwise(None)
    )
    model = residual.fit(quiet)
    assert model.bidding.bidders == pytest.approx(RATES["a"], abs=0.2)
    assert model.bidding.uncounted > 5.5
    rates = list(RATES.values())
    apart, true = (np.diff(m.venue_value_factor(list(RATES), rates))[0] for m in (model, told))
    assert apart == pytest.approx(true, abs=0.02)


def test_sales_below_the_reserve_missed_it_and_lots_without_one_are_kept(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    low = (pl.col("outcome") == "sold") & (pl.col("sale_id").str.ends_with("3"))
    free = (pl.col("outcome") == "sold") & (pl.col("sale_id").str.ends_with("4"))
    gone = pl.col("sale_id").str.ends_with("5")
    wrong = (pl.col("outcome") == "sold") & (pl.col("sale_id").str.ends_with("6"))
    changed = offered.with_columns(
        reserve=pl.when(low).then(pl.col("price") * 1.1)
        .when(wrong).then(pl.col("price") * 9.0)
        .when(free).then(1.0)
        .when(gone).then(None)
        .otherwise("reserve")
    )  # fmt: skip
    found = _lots(told, changed)
    lots = found.lots
    count = offered.select(low=low.sum(), free=free.sum(), gone=gone.sum(), wrong=wrong.sum())
    assert found.below == count["low"][0]
    assert np.count_nonzero(np.isnan(lots.reserve)) == count["free"][0]
    assert len(lots) == offered.height - count["gone"][0] - count["wrong"][0]
    # what was refused is not known: they tell that the reserve was missed
    assert np.count_nonzero(~lots.above) == found.no_sales + found.below
    assert not (lots.exact & ~lots.above).any()
    np.testing.assert_array_equal(lots.bound[~lots.above], lots.reserve[~lots.above])


def test_where_refused_bids_are_known_as_well_those_taken_are_second_highest(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    here, sold = pl.col("venue_id") == "a", pl.col("outcome") == "sold"
    low = sold & here & (pl.col("sale_id").str.ends_with("3"))
    changed = offered.with_columns(
        reserve=pl.when(low).then(pl.col("price") * 1.25).otherwise("reserve"),
        high_bid=pl.when(low).then("price").when(~sold).then(0.8 * pl.col("reserve")),
    )
    found = _lots(told, changed)
    lots = found.lots
    missed = lots.exact & ~lots.above
    # at the other venue nothing shows that such bids are real
    assert set(lots.venue[missed].tolist()) == {found.venues.index("a")}
    lost = offered.filter(here & (~sold | low) & ~(~sold & (pl.col("bidders") < 0))).height
    assert np.count_nonzero(missed) == lost
    gap = (lots.reserve - lots.bound)[missed] * found.scale[missed]
    assert gap == pytest.approx(np.log(1.25), abs=1e-9)
    assert not (lots.bidders[missed] < 2).any()
    hides = changed.with_columns(
        high_bid=pl.when(pl.col("sale_id").str.contains("[0-4]$")).then(None).otherwise("high_bid")
    )
    lots = _lots(told, hides).lots
    assert not (lots.exact & ~lots.above).any()


def test_sealed_bids_tell_whether_the_reserve_was_met_and_no_more(
    told: residual.ResidualModel, offered: pl.DataFrame
) -> None:
    found = past_offerings(told, offered, {"a", "never seen"})
    assert isinstance(found, Offerings)
    lots, here = found.lots, found.lots.venue == found.venues.index("a")
    own = offered.filter(pl.col("venue_id") == "a")
    assert np.count_nonzero(here) == own.height
    assert found.sealed == {"a": own.height}
    assert not lots.exact[here].any()
    assert np.count_nonzero(lots.blind[here]) == own.filter(pl.col("outcome") == "sold").height
    np.testing.assert_array_equal(lots.blind[here], lots.above[here])
    np.testing.assert_array_equal(lots.bound[here], lots.reserve[here])
    assert np.isfinite(lots.bidders[here]).mean() > 0.9
    assert not lots.blind[~here].any()
    np.testing.assert_array_equal(lots.exact[~here], _lots(told, offered).lots.exact[~here])


def test_a_fit_keeps_which_venues_take_sealed_bids(offered: pl.DataFrame) -> None:
    """Their prices, the highest bids themselves, mislead a fit that is not told."""
    some = offered.head(1500)
    model = residual.fit(some, sealed=[" A "])
    assert list(model.bidding.sealed) == ["a"]
    assert model.bidding.sealed["a"] == some.filter(pl.col("venue_id") == "a").height
    assert "lots of sealed bids" in model.summary()
    again = model.refit(some)
    assert again.bidding == model.bidding
    few = residual.fit(some.head(90), sealed=["b"])
    assert few.bidding.sealed == {"b": 0}


def test_many_offerings_are_thinned(told: residual.ResidualModel, offered: pl.DataFrame) -> None:
    twice = pl.concat([offered, offered.with_columns(sale_id=pl.col("sale_id") + "b")])
    assert len(_lots(told, twice).lots) == MOST_OFFERINGS


def _lots(model: residual.ResidualModel, sales: pl.DataFrame) -> Offerings:
    found = past_offerings(model, sales)
    assert isinstance(found, Offerings)
    return found


def test_a_stated_number_of_bidders_moves_a_venue_where_none_was_counted(
    offered: pl.DataFrame,
) -> None:
    model = residual.fit(offered.filter(pl.col("outcome") == "sold").drop("bidders", "reserve"))
    bidding = model.bidding
    assert bidding.lots == 0
    plain = model.venue_value_factor(["a", "b"])
    assert plain == pytest.approx(model.venue_log_factor(["a", "b"]))
    same = model.venue_value_factor(["a", "b"], [bidding.bidders] * 2)
    assert same == pytest.approx(plain)
    rise = second_highest_moments(9.0)[0] - second_highest_moments(bidding.bidders)[0]
    busy = model.venue_value_factor(["a"], [9.0])[0]
    expected = bidding.share * bidding.scale * rise
    assert 0.5 * expected < plain[0] - busy <= expected
