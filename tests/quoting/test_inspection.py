"""The worth of inspecting: against brute force, and what must hold of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

import quoting_world as world
from auction import Constraints, CVaR, allocate, quote
from auction.hedges import Hedges
from auction.inspection import Inspection, worth_of_inspecting
from auction.inspection.pricing import Pricing, Request
from auction.market import Market
from auction.plan import Plan
from auction.situation import Situation
from auction.workspace.config import AuctionRules, Costs
from residual import AppraisalPriors, Appraisers, UnitShock, ValueBook
from residual.appraisers import Stage

_Array = np.ndarray[Any, np.dtype[np.float64]]
ERROR = 0.08


def known(error: float = ERROR) -> Appraisers:
    return Appraisers(AppraisalPriors(), {"site": Stage(0.0, 1.0, error, 5)}, {})


def planned(
    book: ValueBook, market: Market, constraints: Constraints
) -> tuple[Plan, dict[str, Any]]:
    options = quote(book, market)
    plan = allocate(options, constraints, risk=CVaR(weight=0.0), offers=market.offers)
    return plan, {"constraints": constraints, "offers": market.offers}


def told(
    book: ValueBook,
    market: Market,
    inspection: Inspection | None = None,
    appraisers: Appraisers | None = None,
    constraints: Constraints | None = None,
) -> pl.DataFrame:
    plan, request = planned(book, market, constraints or Constraints())
    return worth_of_inspecting(
        plan, book, market, appraisers or known(), inspection or Inspection(0.0, 0), **request
    ).sort("vehicle_id")


def dealer_market(price: float, **changes: Any) -> Market:
    """A dealer who pays a fixed price, or the trade after the horizon."""
    terms: dict[str, Any] = {
        "venues": world.venues({"venue_id": "D", "channel": "dealer"}),
        "offers": world.offers({"offer_id": "O", "venue_id": "D", "price": price}),
        "weeks": 6,
        "costs": Costs(holding_per_day=5.0),
        "auction": AuctionRules(fallback_discount=0.05),
    }
    return Market(**{**terms, **changes})


def nets(book: ValueBook, market: Market) -> dict[str, float]:
    frame = quote(book, market).frame
    best = frame.group_by("channel").agg(pl.col("expected_net").max())
    return dict(best.iter_rows())


def signals(shock: UnitShock, scale: float, draws: int) -> tuple[_Array, _Array]:
    """The own part of ln value and a statement of it, drawn together."""
    draw = np.random.default_rng(11)
    own = scale * shock.quantile(draw.random(draws))
    return own, own + ERROR * draw.standard_normal(draws)


@pytest.mark.parametrize("price", [8_200.0, 9_000.0, 9_600.0])
@pytest.mark.parametrize("scale", [0.1, 0.3])
def test_a_dealer_against_the_trade_as_simulated(price: float, scale: float) -> None:
    market = dealer_market(price)
    book = world.book_for(world.fleet({"vehicle_id": "u"}), market, unit_scale=scale, factor_sd=0.0)
    row = told(book, market).row(0, named=True)
    now = nets(book, market)
    own, stated = signals(book.shocks[0], scale, 2_000_000)
    held = (now["hold"] + market_holding(book, market)) * np.exp(own) / np.exp(own).mean()
    held = held - market_holding(book, market)
    # statements next to each other, and the mean of what is held among them
    order = np.argsort(stated)
    mean = held[order].reshape(4_000, -1).mean(axis=1)
    simulated = np.maximum(mean, now["dealer"]).mean() - max(now.values())
    assert row["gain"] <= simulated + 0.02 * abs(simulated) + 2.0
    assert row["gain"] == pytest.approx(simulated, rel=0.05, abs=3.0)


def market_holding(book: ValueBook, market: Market) -> float:
    situation = Situation(book.vehicles, book, market)
    return float(situation.holding(np.array([(market.weeks + 1) * 7.0]))[0])


def auction_net(
    own: _Array, first: _Array, second: _Array, worth: float, venue: dict[str, float]
) -> float:
    """Expected net of a lot whose bidders were drawn, at the best of many reserves."""
    value, best = worth * np.exp(own), -np.inf
    for level in np.arange(0.4, 1.8, 0.02):
        reserve = level * worth
        price = np.maximum(value * second, reserve)
        sold = value * first >= reserve
        kept = price * (1.0 - venue["rate"]) - venue["fee_sale"]
        net = np.where(sold, kept, value * venue["fallback"] - venue["kept"] - venue["fee_no_sale"])
        best = max(best, float(net.mean()))
    return best


def test_an_auction_against_a_dealer_as_simulated_bidder_by_bidder() -> None:
    """A single run, then the trade; reserves are chosen anew after each statement."""
    scale, spread, bidders = 0.25, 0.1, 6.0
    market = replace(
        dealer_market(9_700.0),
        venues=world.venues(
            {"venue_id": "D", "channel": "dealer"},
            {"venue_id": "A", "bidders": bidders, "settlement_days": 0.0},
        ),
        events=world.events({"event_id": "A-10", "venue_id": "A", "days": 10}),
        auction=AuctionRules(runs=1, fallback_discount=0.05, reserve_levels=(1.0,)),
        costs=Costs(holding_per_day=5.0, discount_rate=0.0, local_transport=0.0),
    )
    book = world.book_for(
        world.fleet({"vehicle_id": "u"}), market, unit_scale=scale, spread=spread, factor_sd=0.0
    )
    row = told(book, market).row(0, named=True)
    frame = quote(book, market).frame
    fixed = float(frame.filter(pl.col("channel") == "dealer")["expected_net"].max())  # type: ignore[arg-type]
    here = frame.filter(pl.col("channel") == "auction").row(0, named=True)
    venue = {
        "rate": 0.03, "fee_sale": 250.0, "fee_no_sale": 60.0, "kept": 14.0 * 5.0,
        "fallback": 0.95 * np.exp(-0.0005 * 14.0) * (1.0 - 0.007),
    }  # fmt: skip
    draws = 1_200_000
    own, stated = signals(book.shocks[0], scale, draws)
    draw = np.random.default_rng(5)
    count = draw.exponential(size=(2, draws)).cumsum(axis=0) / bidders
    high = np.where(count < 1.0, np.exp(-spread * norm.ppf(np.minimum(count, 1.0 - 1e-15))), 0.0)
    day_worth = 10_000.0 * np.exp(-0.0005 * 10.0)
    paid = here["holding"] + here["transport"]
    before = auction_net(own, high[0], high[1], day_worth, venue) - paid
    assert before == pytest.approx(here["expected_net"], rel=3e-3)
    after = []
    for part in np.argsort(stated).reshape(60, -1):
        net = auction_net(own[part], high[0][part], high[1][part], day_worth, venue) - paid
        after.append(max(net, fixed))
    simulated = float(np.mean(after)) - max(before, fixed)
    assert simulated > 100.0
    assert row["gain"] == pytest.approx(simulated, rel=0.08)


def test_nothing_is_gained_where_nothing_can_be_told_or_changed() -> None:
    market = dealer_market(9_000.0)
    vehicles = world.fleet({"vehicle_id": "u"})
    book = world.book_for(vehicles, market, unit_scale=0.2)
    deaf = told(book, market, appraisers=known(1e6)).row(0, named=True)
    assert deaf["gain"] == pytest.approx(0.0, abs=1e-3)
    alone = replace(market, offers=market.offers.clear() if market.offers is not None else None)
    only = told(book, alone).row(0, named=True)
    assert only["gain"] == pytest.approx(0.0, abs=1e-3 * nets(book, alone)["hold"])
    assert only["change_chance"] == 0.0


def test_worth_is_gain_less_delay_less_cost_and_ranks_the_units() -> None:
    market = dealer_market(9_000.0)
    rows = [{"vehicle_id": f"u{k}", "worth": 9_000.0 + 400.0 * k} for k in range(6)]
    book = world.book_for(world.fleet(*rows), market, unit_scale=0.25)
    plan, request = planned(book, market, Constraints())
    asked = Inspection(cost=75.0, days=3, units=2)
    found = worth_of_inspecting(plan, book, market, known(), asked, **request)
    assert found["rank"].to_list() == list(range(1, 7))
    assert found["worth"].is_sorted(descending=True)
    made = found["gain"] - found["delay"] - found["cost"]
    np.testing.assert_allclose(found["worth"], made)
    assert (found["cost"] == 75.0).all()
    assert found["send"].to_list() == [True, True, False, False, False, False]
    # next to where both are worth the same there is most to learn
    margin = dict(zip(plan.options.vehicle_ids, plan.allocation.margin.tolist(), strict=True))
    assert margin[found["vehicle_id"][0]] == min(margin.values())
    better = worth_of_inspecting(plan, book, market, known(0.02), asked, **request)
    worse = worth_of_inspecting(plan, book, market, known(0.3), asked, **request)
    order = found["vehicle_id"].sort()
    gains = [f.sort("vehicle_id")["gain"].to_numpy() for f in (worse, found, better)]
    assert (gains[0] <= gains[1]).all()
    assert (gains[1] <= gains[2]).all()
    assert order.to_list() == [f"u{k}" for k in range(6)]


def test_a_wait_that_misses_the_offer_costs_what_it_brought() -> None:
    market = dealer_market(9_900.0)
    assert market.offers is not None
    soon = replace(market, offers=market.offers.with_columns(valid_until=pl.lit(world.day(12))))
    book = world.book_for(world.fleet({"vehicle_id": "u"}), soon, unit_scale=0.2)
    row = told(book, soon, Inspection(cost=0.0, days=20)).row(0, named=True)
    now = nets(book, soon)
    assert row["delay"] == pytest.approx(now["dealer"] - now["hold"], rel=1e-6)
    assert row["gain"] == pytest.approx(0.0, abs=1.0)
    assert row["worth"] < 0.0
    assert row["send"] is False


def test_the_change_is_told_with_the_statement_that_brings_it() -> None:
    market = dealer_market(8_600.0)
    book = world.book_for(world.fleet({"vehicle_id": "u"}), market, unit_scale=0.25, factor_sd=0.0)
    row = told(book, market).row(0, named=True)
    assert (row["channel"], row["instead_channel"]) == ("hold", "dealer")
    assert row["above"] is None
    assert row["change_chance"] == pytest.approx(row["instead_chance"])
    assert 0.1 < row["change_chance"] < 0.5
    assert 6_000.0 < row["below"] < 11_000.0


def test_units_compete_for_scarce_places_at_their_prices() -> None:
    """Where the dealer takes one of many, his place has a price that each unit weighs."""
    rows = [{"vehicle_id": f"u{k}"} for k in range(4)]
    wide = dealer_market(9_900.0)
    assert wide.offers is not None
    narrow = replace(wide, offers=wide.offers.with_columns(max_units=pl.lit(1)))
    free, paid = (
        told(world.book_for(world.fleet(*rows), m, unit_scale=0.25), m) for m in (wide, narrow)
    )
    plan, _ = planned(
        world.book_for(world.fleet(*rows), narrow, unit_scale=0.25), narrow, Constraints()
    )
    asked = Request(Constraints(), Hedges(), None, narrow.offers)
    assert Pricing.of(plan, asked).ruled["offer", "offer O"] > 100.0
    assert free["channel"].to_list() == ["dealer"] * 4
    assert (paid["gain"] > free["gain"]).all()


def test_prices_laid_on_the_own_options_are_those_of_the_plan() -> None:
    market = world.plain_market(
        offers=world.offers(
            {"offer_id": "O", "venue_id": "D", "price": 9_400.0, "max_units": 2, "min_units": 2}
        ),
        venues=world.venues({"venue_id": "A"}, {"venue_id": "D", "channel": "dealer"}),
        events=world.events({"event_id": "A-10", "venue_id": "A", "days": 10, "capacity": 1}),
    )
    rows = [{"vehicle_id": f"u{k}", "worth": 9_000.0 + 150.0 * k} for k in range(6)]
    book = world.book_for(world.fleet(*rows), market)
    plan, request = planned(book, market, Constraints(max_hold_share=0.5))
    charges, options = plan.allocation.charges, plan.options
    wanted = options.weighted(charges.weights) - charges.slot_price
    asked = Request(request["constraints"], Hedges(), None, market.offers)
    worth = Pricing.of(plan, asked).worth(options)
    np.testing.assert_array_equal(np.isfinite(worth), np.isfinite(charges.slot_price))
    np.testing.assert_allclose(worth[np.isfinite(worth)], wanted[np.isfinite(worth)], rtol=1e-9)
    assert (charges.slot_price[np.isfinite(charges.slot_price)] > 1.0).any()


def test_pins_and_holds_bind_after_an_inspection_too() -> None:
    market = dealer_market(8_600.0)
    vehicles = world.fleet({"vehicle_id": "u"}, {"vehicle_id": "w"})
    book = world.book_for(vehicles, market, unit_scale=0.25, factor_sd=0.0)
    pin = pl.DataFrame(
        {"vehicle_id": ["u"], "action": ["pin"], "channel": ["hold"], "venue_id": [None],
         "event_id": [None]}
    )  # fmt: skip
    options = quote(book, market)
    plan = allocate(
        options, Constraints(), risk=CVaR(weight=0.0), offers=market.offers, overrides=pin
    )
    request = {"overrides": pin, "offers": market.offers}
    found = worth_of_inspecting(plan, book, market, known(), Inspection(0.0, 0), **request)
    # what the desk has decided is not asked again
    assert found["vehicle_id"].to_list() == ["w"]
    assert found["gain"][0] > 50.0
    held = replace(market, holds=world.holds({"vehicle_id": "w", "until": world.day(40)}))
    barred = replace(held, offers=held.offers.with_columns(valid_until=pl.lit(world.day(20))))  # type: ignore[union-attr]
    assert told(book, barred)["gain"][1] == pytest.approx(0.0, abs=1.0)


def test_an_offer_for_one_vehicle_is_open_to_it_after_an_inspection_too() -> None:
    market = dealer_market(11_000.0)
    assert market.offers is not None
    market = replace(market, offers=market.offers.with_columns(vehicle_id=pl.lit("u")))
    book = world.book_for(
        world.fleet({"vehicle_id": "u"}, {"vehicle_id": "w"}), market, unit_scale=0.1
    )
    row = told(book, market).filter(pl.col("vehicle_id") == "u").row(0, named=True)
    assert row["delay"] == pytest.approx(0.0, abs=1.0)
    assert row["change_chance"] < 0.2


def test_units_without_coordinates_stand_where_the_whole_fleet_says() -> None:
    market = dealer_market(9_000.0)
    place = {"region": "south", "lat": None, "lon": None}
    vehicles = world.fleet(
        {"vehicle_id": "u", **place},
        {"vehicle_id": "v", **place, "lat": 30.0, "lon": -75.0},
        {"vehicle_id": "x", **place, "lat": 38.0, "lon": -75.0},
    )
    book = world.book_for(vehicles, market, unit_scale=0.2)
    plan, request = planned(book, market, Constraints())
    both = [
        worth_of_inspecting(
            plan, book, market, known(), Inspection(0.0, 0, candidates=count), **request
        ).filter(pl.col("vehicle_id") == "u")
        for count in (1, 3)
    ]
    for found in both:
        assert found["delay"][0] == pytest.approx(0.0, abs=1e-6)
    assert both[0]["gain"][0] == pytest.approx(both[1]["gain"][0], rel=0.15, abs=2.0)


def test_a_first_look_finds_those_that_a_fine_one_finds() -> None:
    market = dealer_market(9_000.0)
    rows = [{"vehicle_id": f"u{k:02d}", "worth": 8_000.0 + 130.0 * k} for k in range(24)]
    book = world.book_for(world.fleet(*rows), market, unit_scale=0.2)
    plan, request = planned(book, market, Constraints())
    few = worth_of_inspecting(
        plan, book, market, known(), Inspection(10.0, 0, units=3, candidates=8), **request
    )
    every = worth_of_inspecting(
        plan, book, market, known(), Inspection(10.0, 0, units=3), **request
    )
    assert few["finely"].sum() == 8
    assert few["vehicle_id"][:3].to_list() == every["vehicle_id"][:3].to_list()
    np.testing.assert_array_equal(few["worth"][:3], every["worth"][:3])


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"cost": -1.0}, "cost"),
        ({"cost": 1.0, "units": 0}, "units"),
        ({"cost": 1.0, "days": -1}, "days"),
    ],
)
def test_terms_that_cannot_be_are_refused(terms: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Inspection(**terms)
