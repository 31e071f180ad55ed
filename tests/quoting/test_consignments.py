"""Consignments: chances by hand, quotes by brute force, prices that are the best of their grid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import auction
from auction.channels.consignment import MULTIPLES
from auction.channels.listed import clock_of, consign, log_prices
from auction.channels.listing import sale_chances
from auction.evaluate import evaluate
from auction.market import Market
from auction.options import Options
from auction.situation import Situation, unit_nodes
from auction.workspace.config import AuctionRules, Costs
from listing_clock import Clock
from quoting_world import AS_OF, bridge_error, day, fleet, make_book, of_vehicle, offers, venues
from residual import TimeToSale
from residual.errors import InputError
from residual.listings import Markdown

DEALER = {"venue_id": "D", "channel": "dealer", "settlement_days": 4.0, "fee_rate": 0.01,
          "tax_rate": 0.005, "fee_sale": 120.0, "fee_no_sale": 80.0}  # fmt: skip
TERMS = {"offer_id": "C", "venue_id": "D", "kind": "consignment", "fee_rate": 0.05,
         "list_days": 31.0}  # fmt: skip


def market(clock: Clock | None, *further: dict[str, Any], **terms: Any) -> Market:
    return Market(
        venues=venues(DEALER, *further),
        offers=offers({**TERMS, **terms}),
        time_to_sale=cast("TimeToSale | None", clock),
        weeks=6,
        costs=Costs(),
        auction=AuctionRules(),
    )


def world(
    clock: Clock, *units: dict[str, Any], n: int = 64, still: bool = False, **terms: Any
) -> Situation:
    where = market(clock, **terms)
    vehicles = fleet(*(units or ({"vehicle_id": "V1"},)))
    book = make_book(vehicles, auction.planning_dates(where, AS_OF), n=n, still=still)
    return Situation(vehicles, book, where)


def quoted(situation: Situation) -> Options:
    return auction.quote(situation.book, situation.market)


def test_chances_by_hand():
    """Hazards of a half and of one leave exp(-1/2) and exp(-3/2)."""
    sold, unsold = sale_chances(np.array([0.5, 0.5]), np.array([0.0, np.log(2.0)]))
    assert sold == pytest.approx([1 - np.exp(-0.5), np.exp(-0.5) - np.exp(-1.5)])
    assert unsold == pytest.approx(np.exp(-1.5))


def test_chances_of_units_that_differ_by_what_is_not_told():
    """A gamma factor of variance 1 leaves 1 / (1 + hazard)."""
    sold, unsold = sale_chances(np.array([0.5, 0.5]), np.array([0.0, np.log(2.0)]), 1.0)
    assert sold == pytest.approx([1 - 1 / 1.5, 1 / 1.5 - 1 / 2.5])
    assert unsold == pytest.approx(1 / 2.5)


def test_frailty_counts_in_what_a_plan_is_told():
    """Of units that differ fewer are sold in the end than of units that are alike."""
    frail, alike = (
        quoted(world(clock)).frame.filter(pl.col("offer_id") == "C")
        for clock in (Clock(frailty=1.0), Clock())
    )
    assert frail["sale_probability"][0] < alike["sale_probability"][0] - 0.02


def test_weeks_of_a_listing_add_up_to_its_days():
    options = of_vehicle(quoted(world(Clock())), "V1").filter(pl.col("offer_id") == "C")
    assert options.height == 1
    row = options.row(0, named=True)
    assert len(row["reserves"]) == len(row["sale_chances"]) == 5
    assert sum(row["sale_chances"]) == pytest.approx(row["sale_probability"])
    assert row["terms"] == "consignment, 31 days"
    assert row["date"] == day(7)


def brute_force(situation: Situation, multiple: float) -> np.ndarray:
    """Net proceeds by scenario of one unit handed over after a week, summed week by week."""
    book, costs, clock = situation.book, situation.market.costs, clock_of(situation)
    place = situation.days.tolist().index(7)
    slope = (book.log_value[0, place + 1] - book.log_value[0, place]) / 7.0
    worth, price = 11_000.0, 0.0
    points, weight = unit_nodes(book)
    mean = float(np.exp(book.unit_scale[0] * points[0]) @ weight)
    rate = costs.discount_rate / 365.25
    net = np.zeros(book.factor.shape[2])
    for scenario, moved in enumerate(book.factor[book.group[0], place]):
        alive, total = 1.0, 0.0
        for begin, end in ((0, 7), (7, 14), (14, 21), (21, 28), (28, 31)):
            middle = (begin + end) / 2.0
            price = worth * np.exp(slope * 3.5) * multiple
            gap = np.log(price / worth) - slope * middle - moved
            passed = float(clock.cumulative(np.array(end)) - clock.cumulative(np.array(begin)))
            left = alive * np.exp(-passed * np.exp(clock.response * gap))
            money = price * (1 - 0.05 - 0.01 - 0.005) - 120.0
            total += (alive - left) * (
                np.exp(-rate * (7 + middle + 4)) * money
                - costs.holding_per_day * (1 - np.exp(-rate * (7 + middle))) / rate
            )
            alive = left
        trade = 0.85 * np.exp(book.log_value[0, place] + 31 * slope + moved) * mean
        total += alive * (
            np.exp(-rate * (7 + 31 + 4)) * (trade - 80.0)
            - costs.holding_per_day * (1 - np.exp(-rate * 38)) / rate
        )
        net[scenario] = total - costs.local_transport
    return net


def test_a_quote_is_the_brute_force_sum_in_every_scenario():
    situation = world(Clock())
    options = quoted(situation)
    place = options.frame["offer_id"].to_list().index("C")
    row = options.frame.row(place, named=True)
    start = 11_000.0 * np.exp(-0.0005 * 3.5)
    net = options.coefficient[place] @ options.basis[options.group[place]]
    assert net == pytest.approx(brute_force(situation, row["reserve"] / start), rel=1e-7)
    assert row["expected_net"] == pytest.approx(net.mean())
    assert bridge_error(options) < 1e-6


def test_the_price_is_the_best_of_the_grid():
    """But for what three points instead of every scenario may confuse."""
    situation = world(Clock(daily=0.03, response=-9.0))
    frame = quoted(situation).frame.filter(pl.col("offer_id") == "C")
    start = 11_000.0 * np.exp(-0.0005 * 3.5)
    means = [brute_force(situation, multiple).mean() for multiple in MULTIPLES]
    chosen = int(np.abs(MULTIPLES - frame["reserve"][0] / start).argmin())
    assert frame["reserve"][0] / start == pytest.approx(MULTIPLES[chosen])
    assert means[chosen] > max(means) * (1.0 - 2e-4)
    assert means[chosen] > min(means) * 1.01
    assert 0 < int(np.argmax(means)) < MULTIPLES.size - 1


def test_a_markdown_is_taken_where_it_pays():
    """Time on the list runs out: asking more at first and less later is worth something."""
    plain, eager = Clock(daily=0.03, response=-6.0), Markdown(14, float(np.log(0.96)))
    flat, cut = (
        quoted(world(clock)).frame.filter(pl.col("offer_id") == "C").row(0, named=True)
        for clock in (plain, replace(plain, markdown=eager))
    )
    assert len(set(flat["reserves"])) == 1
    assert cut["reserves"][1] == cut["reserves"][0]
    assert cut["reserves"][2] == pytest.approx(0.96 * cut["reserves"][0])
    assert cut["expected_net"] > flat["expected_net"]


def test_a_markdown_that_does_not_pay_is_left():
    plain = Clock(daily=0.05, response=-1.0)
    flat, cut = (
        quoted(world(clock)).frame.filter(pl.col("offer_id") == "C").row(0, named=True)
        for clock in (plain, replace(plain, markdown=Markdown(10, -0.2)))
    )
    assert cut["reserves"] == flat["reserves"]


@given(
    response=st.floats(-9.0, -0.5),
    daily=st.floats(0.002, 0.1),
    multiple=st.floats(0.8, 1.2),
    dearer=st.floats(1.001, 1.3),
    moved=st.floats(-0.2, 0.2),
)
def test_dearer_is_slower_and_a_risen_market_faster(response, daily, multiple, dearer, moved):
    situation = world(Clock(daily=daily, response=response), n=16)
    clock, terms = clock_of(situation), situation.market.offers_of("consignment").row(0, named=True)
    dealer = situation.market.places("dealer").row(0, named=True)
    prices = log_prices(situation, clock)
    one, week = np.zeros(1, dtype=np.int64), np.array([7])
    listed = consign(situation, clock, dealer, terms, prices, one, week)
    asked = listed.log_price[:, None, :] + np.log([[[multiple], [multiple * dearer]]])
    markets = np.array([[moved, moved + 0.05]])
    sold, unsold = listed.chances(slice(0, 1), asked, markets)
    assert (sold >= 0.0).all()
    assert np.allclose(sold.sum(axis=-1) + unsold, 1.0)
    assert (unsold[0, 1] > unsold[0, 0]).all()
    assert (unsold[0, :, 1] < unsold[0, :, 0]).all()


def test_a_busier_place_sells_faster_and_is_worth_more():
    clock = Clock(places={"D": 0.8})
    busy, plain = (
        quoted(world(c)).frame.filter(pl.col("offer_id") == "C") for c in (clock, Clock())
    )
    assert busy["sale_probability"][0] > plain["sale_probability"][0]
    assert busy["expected_net"][0] > plain["expected_net"][0]


@dataclass(frozen=True)
class WorthClock(Clock):
    """Units that are worth more sell more slowly."""

    def unit_log_rate(self, vehicles: pl.DataFrame, log_price: Any, today: dt.date) -> np.ndarray:
        """A half less for each unit of ln worth."""
        return np.asarray(-0.5 * (log_price - np.log(11_000.0)))


def test_what_a_unit_is_worth_at_the_dealer_counts_in_its_rate():
    """A dealer that fetches 20 % more is held against what such prices meant in the past."""
    where, vehicles = market(WorthClock()), fleet({"vehicle_id": "V1"})
    rates = []
    for log_factor in (None, {"D": 0.2}):
        book = make_book(vehicles, auction.planning_dates(where, AS_OF), log_factor=log_factor)
        situation = Situation(vehicles, book, where)
        clock, one = clock_of(situation), np.zeros(1, dtype=np.int64)
        prices = log_prices(situation, clock)
        listed = consign(situation, clock, DEALER, TERMS, prices, one, np.array([7]))
        rates.append(listed.log_rate[0])
    assert np.diff(rates) == pytest.approx([-0.1])


def test_terms_and_predicates_bind():
    situation = world(
        Clock(),
        {"vehicle_id": "V1"},
        {"vehicle_id": "V2", "make": "Opel"},
        {"vehicle_id": "V3", "title_status": "missing"},
        make="Ford",
        valid_until=day(20),
    )
    frame = quoted(situation).frame.filter(pl.col("offer_id") == "C")
    assert frame["vehicle_id"].to_list() == ["V1"]
    assert set(frame["counterparty"]) == {"D"}


def test_a_limited_intake_is_quoted_week_by_week():
    where = market(Clock(), {**DEALER, "venue_id": "E", "weekly_units": 3.0}, venue_id="E")
    vehicles = fleet({"vehicle_id": "V1"})
    book = make_book(vehicles, auction.planning_dates(where, AS_OF))
    options = auction.quote(book, where)
    rows = options.frame.filter(pl.col("offer_id") == "C")
    assert rows["week"].to_list() == [1, 2, 3, 4, 5, 6]
    assert {resource.resource_id for resource in options.resources} == {
        f"venue:E:{week}" for week in range(1, 7)
    }


def test_standing_offers_do_not_become_consignments():
    where = market(Clock(), kind=None, price=9_000.0, fee_rate=None, list_days=None)
    vehicles = fleet({"vehicle_id": "V1"})
    book = make_book(vehicles, auction.planning_dates(where, AS_OF))
    frame = auction.quote(book, where).frame.filter(pl.col("offer_id") == "C")
    assert frame["terms"].to_list() == ["standing offer"]
    assert frame["sale_probability"].to_list() == [1.0]


def test_a_consignment_without_past_listings_is_refused():
    where = market(None)
    vehicles = fleet({"vehicle_id": "V1"})
    book = make_book(vehicles, auction.planning_dates(where, AS_OF))
    with pytest.raises(InputError, match="time to a sale"):
        auction.quote(book, where)


@pytest.mark.parametrize("frailty", [0.0, 0.8])
def test_fresh_scenarios_bear_the_quotes_out(frailty):
    units = [{"vehicle_id": f"V{i:03d}", "worth": 8_000.0 + 40.0 * i} for i in range(150)]
    situation = world(
        Clock(frailty=frailty, markdown=Markdown(10, -0.05)), *units, n=2048, still=True
    )
    options = quoted(situation)
    chosen = options.frame.filter(pl.col("offer_id") == "C")
    found = evaluate(situation, chosen, np.zeros(2048))
    error = found.net.mean(axis=1) - chosen["expected_net"].to_numpy()
    noise = found.net.std(axis=1) / np.sqrt(2048)
    assert np.abs(error / noise).max() < 5.0
    assert abs(error.mean() / chosen["expected_net"].mean()) < 2e-3
    assert (found.net.std(axis=1) > 200.0).all()
