"""Auction quotes: what a lot earns, checked against simulated auctions and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from auction.evaluate import evaluate
from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import AuctionRules, Costs
from quoting_world import (
    AS_OF,
    book_for,
    bridge_error,
    day,
    events,
    fleet,
    hedges,
    holds,
    offers,
    parts,
    plain_market,
    tariffs,
    uses_of,
    venues,
)
from residual import ValueBook

ONE = fleet({"vehicle_id": "a"})


def quoted(vehicles: pl.DataFrame, market: Market, **terms: Any) -> tuple[ValueBook, Options]:
    book = book_for(vehicles, market, **terms)
    return book, quote(book, market)


def auctions(options: Options) -> pl.DataFrame:
    return options.frame.with_row_index("option").filter(pl.col("channel") == "auction")


def reached(vehicles: pl.DataFrame, market: Market) -> list[tuple[str, str]]:
    """Return the events that each vehicle can go to."""
    _, options = quoted(vehicles, market, n=16)
    return sorted(set(auctions(options).select("vehicle_id", "event_id").iter_rows()))


def full_market(**changes: Any) -> Market:
    """Two auctions, a dealer, a dismantler and a unit floor."""
    terms: dict[str, Any] = {
        "venues": venues(
            {"venue_id": "A"},
            {"venue_id": "B", "fee_rate": 0.03, "lat": 41.0, "lon": -80.0, "region": "west"},
            {"venue_id": "D", "channel": "dealer", "fee_no_sale": 0.0},
            {"venue_id": "X", "channel": "dismantling", "fee_no_sale": 0.0, "labour_rate": 20.0},
        ),
        "events": events(
            {"event_id": "A-10", "venue_id": "A", "days": 10},
            {"event_id": "A-24", "venue_id": "A", "days": 24},
            {"event_id": "B-17", "venue_id": "B", "days": 17},
        ),
        "offers": offers({"offer_id": "O", "venue_id": "D", "price": 7_500.0}),
        "parts": parts(
            {"group": "*", "part": "engine", "price": 900.0, "labour_hours": 6.0},
            {"group": "*", "part": "hulk", "price": 250.0, "legal_class": "scrap"},
        ),
        "hedges": hedges({"hedge_id": "F90"}, {"hedge_id": "F80", "strike": 0.8, "premium": 0.01}),
        "auction": AuctionRules(reserve_levels=(1.0, 0.9)),
    }
    return plain_market(**{**terms, **changes})


# --- what a lot earns ---


def test_the_bridge_adds_up_for_every_option() -> None:
    vehicles = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "worth": 3_000.0, "segment": "van"})
    _, options = quoted(vehicles, full_market())
    assert set(options.frame["channel"]) == {"auction", "dealer", "dismantling", "hold"}
    assert set(options.frame["hedge_id"].drop_nulls()) == {"F80", "F90"}
    assert bridge_error(options) < 1e-6


def test_expected_net_is_the_mean_over_scenarios() -> None:
    _, options = quoted(fleet({"vehicle_id": "a"}, {"vehicle_id": "b"}), full_market(), n=33)
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    assert net.shape[1] == 33
    np.testing.assert_allclose(net.mean(axis=1), options.frame["expected_net"], rtol=1e-9)


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("rate", [0.0, 0.08])
@pytest.mark.parametrize("bidders", [2.5, 7.0])
def test_expected_net_is_what_simulated_auctions_earn(
    runs: int, rate: float, bidders: float
) -> None:
    market = plain_market(
        venues=venues({"venue_id": "A", "bidders": bidders}),
        auction=AuctionRules(reserve_levels=(1.0, 0.9), runs=runs),
        costs=Costs(discount_rate=rate, holding_per_day=12.0),
        hedges=hedges({"hedge_id": "F", "strike": 0.9, "premium": 0.02}),
    )
    book, options = quoted(ONE, market, n=50, still=True, factor_sd=0.08, unit_scale=0.2)
    table = auctions(options)
    assert table.height == 6
    for row in table.iter_rows(named=True):
        net, sold = simulated(Situation(ONE, book, market), row, lots=40_000)
        error = net.std() / np.sqrt(net.size)
        assert row["expected_net"] == pytest.approx(net.mean(), abs=4 * error + 1.0)
        np.testing.assert_allclose(row["sale_chances"], sold, atol=4 * 0.5 / np.sqrt(net.size))
        assert row["sale_probability"] == pytest.approx(sum(row["sale_chances"]), rel=1e-12)


def simulated(
    situation: Situation, option: dict[str, Any], lots: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hold auctions with bidders who come and bid; return net proceeds and sales by run."""
    draw = np.random.default_rng(3)
    market, book = situation.market, situation.book
    rules, costs = market.auction, market.costs
    venue = market.venues.row(by_predicate=pl.col("venue_id") == option["venue_id"], named=True)
    days = (option["date"] - AS_OF).days
    rate = costs.discount_rate / 365.25
    place = book.dates.index(option["date"])
    deviation = draw.permutation(np.resize(book.factor[0, place], lots))
    log_value = np.log(10_000.0) - 0.0005 * days + deviation
    log_value += book.unit_scale[0] * book.shocks[0].quantile(draw.random(lots))
    floor = 0.0
    if option["hedge_id"] is not None:
        hedge = market.hedges.row(0, named=True)  # type: ignore[union-attr]
        floor = hedge["strike"] * forecast(book, rules.bidders)
    open_ = np.ones(lots, dtype=bool)
    money, sold = np.zeros(lots), []
    for run in range(rules.runs):
        now = days + run * rules.rerun_gap_days
        step = run * (np.log(1 - rules.reoffer_discount) - 0.0005 * rules.rerun_gap_days)
        number = draw.poisson(venue["bidders"], lots)
        bid = np.exp(
            (log_value + step)[:, None]
            + book.sale_spread[0] * draw.standard_normal((lots, number.max()))
        )
        bid[np.arange(number.max()) >= number[:, None]] = 0.0
        top = -np.partition(-bid, 1, axis=1)[:, :2]
        reserve = option["reserves"][run]
        here = open_ & (top[:, 0] >= reserve)
        price = np.maximum(top[:, 1], reserve)
        received = price * (1 - venue["fee_rate"] - venue["tax_rate"]) - venue["fee_sale"]
        received += np.maximum(floor - price, 0.0)
        worth = np.exp(-rate * (now + venue["settlement_days"]))
        money += np.where(here, worth * received, 0.0)
        open_ &= ~here
        money -= np.where(open_, worth * venue["fee_no_sale"], 0.0)
        # Kept until the next run, paid day by day; settled with the lot.
        kept = np.arange(0, rules.rerun_gap_days * 100) + 0.5
        each = np.exp(-rate * (now + venue["settlement_days"] + kept / 100)) / 100
        money -= np.where(open_, costs.holding_per_day * each.sum(), 0.0)
        sold.append(here.mean())
    end = days + rules.runs * rules.rerun_gap_days
    step = rules.runs * (np.log(1 - rules.reoffer_discount) - 0.0005 * rules.rerun_gap_days)
    last = (1 - rules.fallback_discount) * np.exp(log_value + step)
    worth = np.exp(-rate * (end + venue["settlement_days"]))
    money += np.where(open_, worth * np.maximum(last, floor), 0.0)
    held = np.exp(-rate * (np.arange(days * 100) + 0.5) / 100).sum() / 100
    money -= costs.local_transport + costs.holding_per_day * held + option["hedge_premium"]
    return money, np.array(sold)


def forecast(book: ValueBook, bidders: float) -> float:
    """Mean hammer price today at no reserve, given that two bid."""
    draw = np.random.default_rng(8)
    lots = 200_000
    number = draw.poisson(bidders, lots)
    bid = np.exp(book.sale_spread[0] * draw.standard_normal((lots, number.max())))
    bid[np.arange(number.max()) >= number[:, None]] = 0.0
    second = -np.partition(-bid, 1, axis=1)[:, 1]
    unit = np.exp(book.unit_scale[0] * book.shocks[0].quantile((np.arange(lots) + 0.5) / lots))
    return float(10_000.0 * unit.mean() * second[number > 1].mean())


def test_forecast_is_the_mean_hammer_price_today() -> None:
    market = plain_market()
    book = book_for(ONE, market, unit_scale=0.2)
    found = Situation(ONE, book, market).forecast[0]
    assert found == pytest.approx(forecast(book, 6.0), rel=2e-3)


def test_evaluation_agrees_with_the_quotes() -> None:
    vehicles = fleet(*[{"vehicle_id": f"v{i}", "worth": 5_000.0 + 500 * i} for i in range(9)])
    market = full_market()
    book, options = quoted(vehicles, market, n=4_000, still=True, factor_sd=0.05)
    situation = Situation(vehicles, book, market)
    for channel, hedge in (("auction", None), ("auction", "F90"), ("hold", None),
                           ("dealer", None), ("dismantling", None)):  # fmt: skip
        pick = pl.col("channel") == channel
        pick &= pl.col("hedge_id").is_null() if hedge is None else pl.col("hedge_id") == hedge
        chosen = options.frame.filter(pick).unique("vehicle_id", keep="last", maintain_order=True)
        assert chosen.height == vehicles.height
        found = evaluate(situation, chosen, np.zeros(4_000))
        error = found.net.std(axis=1, ddof=1) / np.sqrt(4_000)
        quote_ = chosen["expected_net"].to_numpy()
        assert (np.abs(found.net.mean(axis=1) - quote_) < 4.5 * error + 1.0).all()
        if channel == "auction":
            assert (error > 5.0).all()
            np.testing.assert_allclose(
                found.sold_in_run, np.array(chosen["sale_chances"].to_list()), atol=0.04
            )


# --- which events a unit can reach ---


@pytest.mark.parametrize(
    ("entry", "display", "ready", "expected"),
    [
        (0.0, 0.0, None, ["A-10", "A-24"]),
        (6.0, 3.0, None, ["A-10", "A-24"]),  # one local day, three on display, six before: day 10
        (7.0, 3.0, None, ["A-24"]),
        (0.5, 0.0, 8, ["A-10", "A-24"]),  # arrives on day 9.5, which counts as 10
        (0.5, 0.0, 9, ["A-24"]),
        (0.0, 0.0, 23, ["A-24"]),
        (0.0, 0.0, 24, []),
        (0.0, 0.0, -50, ["A-10", "A-24"]),
    ],
)
def test_units_must_arrive_in_time(
    entry: float, display: float, ready: int | None, expected: list[str]
) -> None:
    unit = fleet({"vehicle_id": "a", "available_from": None if ready is None else day(ready)})
    site = venues({"venue_id": "A", "entry_days": entry, "display_days": display})
    assert reached(unit, plain_market(venues=site)) == [("a", event) for event in expected]


def test_transit_days_count() -> None:
    # 1 degree of latitude is 111.2 km: at 5 days per 100 km 5.6 days, so 6.
    site = venues({"venue_id": "A", "region": "south", "lat": 39.0})
    costs = Costs(days_per_100_km=5.0)
    for ready, expected in ((4, ["A-10", "A-24"]), (5, ["A-24"])):
        unit = fleet({"vehicle_id": "a", "available_from": day(ready)})
        assert reached(unit, plain_market(venues=site, costs=costs)) == [
            ("a", event) for event in expected
        ]


def test_a_legal_hold_delays_a_unit_until_the_day_after() -> None:
    for until, expected in ((8, ["A-10", "A-24"]), (9, ["A-24"]), (23, [])):
        barred = holds(
            {"vehicle_id": "a", "until": day(until)}, {"vehicle_id": "z", "until": AS_OF}
        )
        assert reached(ONE, plain_market(holds=barred)) == [("a", event) for event in expected]


def test_events_outside_the_horizon_are_left_out() -> None:
    slots = events(
        *[
            {"event_id": f"E{days}", "venue_id": "A", "days": days}
            for days in (-1, 0, 1, 2, 41, 42, 43)
        ]
    )
    market = plain_market(events=slots, venues=venues({"venue_id": "A"}), weeks=6)
    found = [event for _, event in reached(ONE, market)]
    assert found == ["E1", "E2", "E41", "E42"]


def test_events_of_a_segment_take_no_other() -> None:
    slots = events(
        {"event_id": "any", "venue_id": "A", "days": 5},
        {"event_id": "cars", "venue_id": "A", "days": 6, "segment": "car"},
        {"event_id": "vans", "venue_id": "A", "days": 7, "segment": "van"},
    )
    units = fleet({"vehicle_id": "c"}, {"vehicle_id": "v", "segment": "van"})
    assert reached(units, plain_market(events=slots)) == [
        ("c", "any"), ("c", "cars"), ("v", "any"), ("v", "vans")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "damaged"),
    [
        ({}, False),
        ({"damage": "light"}, False),
        ({"damage": "heavy"}, True),
        ({"title_status": "salvage"}, True),
        ({"title_status": "lien"}, False),
        ({"condition_grade": 2.0}, True),
        ({"condition_grade": 2.1}, False),
        ({"condition_grade": None}, False),
        ({"condition_grade": None, "damage": "heavy"}, True),
    ],
)
def test_venues_take_units_in_their_condition_only(change: dict[str, Any], damaged: bool) -> None:
    sites = venues(
        {"venue_id": "A", "accepts": "any"}, {"venue_id": "D", "accepts": "damaged"},
        {"venue_id": "N", "accepts": None}, {"venue_id": "S", "accepts": "sound"},
    )  # fmt: skip
    slots = events(*[{"event_id": name, "venue_id": name, "days": 9} for name in sites["venue_id"]])
    found = reached(fleet({"vehicle_id": "a", **change}), plain_market(venues=sites, events=slots))
    assert [event for _, event in found] == ["A", "D" if damaged else "N", "N" if damaged else "S"]


def test_only_the_nearest_sites_are_looked_at() -> None:
    sites = venues(
        *[{"venue_id": f"S{i}", "region": f"r{i}", "lat": 40.0 + i} for i in (3, 1, 2, 4)]
    )
    slots = events(
        *[{"event_id": name, "venue_id": name, "days": 30} for name in sites["venue_id"]]
    )
    for most, expected in ((1, ["S1"]), (3, ["S1", "S2", "S3"]), (12, ["S1", "S2", "S3", "S4"])):
        market = plain_market(venues=sites, events=slots, auction=AuctionRules(max_venues=most))
        assert [event for _, event in reached(ONE, market)] == expected


# --- what is scarce ---


SLOTS = {5: 4, 18: 3, 20: 2, 33: 7, 40: 5}  # capacity by day


def slots_market(**rules: Any) -> Market:
    slots = events(
        *[
            {"event_id": f"E{days}", "venue_id": "A", "days": days, "capacity": room}
            for days, room in SLOTS.items()
        ],
        {"event_id": "other", "venue_id": "B", "days": 19},
    )
    return plain_market(
        events=slots,
        venues=venues({"venue_id": "A"}, {"venue_id": "B"}),
        auction=AuctionRules(**{"reserve_levels": (1.0,), **rules}),
    )


def test_first_runs_take_a_slot_and_reruns_their_chance_of_the_event_they_fall_on() -> None:
    _, options = quoted(ONE, slots_market(rerun_spread=1))
    rows = {row["event_id"]: row for row in auctions(options).iter_rows(named=True)}
    # On day 5, if unsold again from day 19 on, which is day 20, and from day 34 on, which is 40.
    first, second, _ = rows["E5"]["sale_chances"]
    assert uses_of(options, rows["E5"]["option"]) == pytest.approx(
        {
            "event:E5": 1.0,
            "reruns:E20": 1 - first,
            "reruns:E40": 1 - first - second,
        }
    )
    # On day 20, and again from day 34 on, which is day 40; from day 48 on: past the horizon.
    assert uses_of(options, rows["E20"]["option"]) == pytest.approx(
        {
            "event:E20": 1.0,
            "reruns:E20": 1.0,
            "reruns:E40": 1 - rows["E20"]["sale_chances"][0],
        }
    )
    assert uses_of(options, rows["other"]["option"]) == {"event:other": 1.0}
    limits = {resource.resource_id: resource.limit for resource in options.resources}
    assert limits["event:E33"] == limits["reruns:E33"] == 7.0


@pytest.mark.parametrize("spread", [1, 2, 3, 5, 9])
def test_runs_share_the_slots_of_events_in_a_row(spread: int) -> None:
    _, options = quoted(ONE, slots_market(rerun_spread=spread))
    falls_on = {5: [20, 40], 18: [33, None], 20: [40, None], 33: [None] * 2, 40: [None] * 2}
    days = list(SLOTS)
    windows = [days[at : at + spread] for at in range(max(len(days) - spread + 1, 1))]
    reruns = {20, 33, 40}
    limits = {resource.resource_id: resource.limit for resource in options.resources}
    for window in windows:
        if reruns & set(window):
            assert limits[f"reruns:E{window[0]}"] == sum(SLOTS[d] for d in window)
    assert sum(name.startswith("reruns") for name in limits) == sum(
        bool(reruns & set(window)) for window in windows
    )
    for row in auctions(options).iter_rows(named=True):
        if row["event_id"] == "other":
            continue
        start = (row["date"] - AS_OF).days
        load = {start: 1.0}
        chances = np.cumsum(row["sale_chances"])
        for lands, sold in zip(falls_on[start], chances, strict=False):
            if lands is not None:
                load[lands] = load.get(lands, 0.0) + 1.0 - sold
        expected = {f"event:E{start}": 1.0}
        for window in windows:
            share = sum(load.get(d, 0.0) for d in window)
            if share and reruns & set(window):
                expected[f"reruns:E{window[0]}"] = share
        assert uses_of(options, row["option"]) == pytest.approx(expected)


def test_a_broken_gap_is_rounded_up_to_a_day() -> None:
    slots = events(
        *[{"event_id": f"E{days}", "venue_id": "A", "days": days} for days in (5, 15, 16)]
    )
    rules = AuctionRules(reserve_levels=(1.0,), runs=2, rerun_gap_days=10.5, rerun_spread=1)
    _, options = quoted(ONE, plain_market(events=slots, auction=rules))
    row = auctions(options).row(0, named=True)
    assert set(uses_of(options, row["option"])) == {"event:E5", "reruns:E16"}


def test_lanes_and_weekly_intake_are_scarce() -> None:
    lanes = tariffs(
        {"from_region": "north", "to_region": "south", "cost": 90.0, "days": 2.0,
         "weekly_units": 3.0},
        {"from_region": "east", "to_region": "south", "cost": 90.0, "days": 2.0},
    )  # fmt: skip
    sites = venues({"venue_id": "A", "region": "south", "entry_days": 1.0, "weekly_units": 4.0})
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "region": "east"})
    market = plain_market(venues=sites, tariffs=lanes, auction=AuctionRules(
        reserve_levels=(1.0,), runs=1))  # fmt: skip
    _, options = quoted(units, market)
    found = {
        (row["vehicle_id"], row["event_id"]): uses_of(options, row["option"])
        for row in auctions(options).iter_rows(named=True)
    }
    # The event on day 10 is in week 2 and asks for a departure on day 7, in week 1.
    assert found["a", "A-10"] == {"event:A-10": 1.0, "lane:north>south:1": 1.0, "venue:A:2": 1.0}
    assert found["a", "A-24"] == {"event:A-24": 1.0, "lane:north>south:3": 1.0, "venue:A:4": 1.0}
    assert found["b", "A-10"] == {"event:A-10": 1.0, "venue:A:2": 1.0}
    limits = {resource.resource_id: resource.limit for resource in options.resources}
    assert limits["lane:north>south:1"] == 3.0
    assert limits["venue:A:2"] == 4.0


# --- floors ---


def test_unit_floors_cost_a_share_of_the_forecast_and_pay_the_shortfall() -> None:
    market = full_market()
    book, options = quoted(ONE, market)
    value = Situation(ONE, book, market).forecast[0]
    frame = auctions(options)
    terms = ["event_id", "terms"]
    plain = frame.filter(pl.col("hedge_id").is_null()).select("event_id", "reserve", "hedge_payoff")
    assert (plain["hedge_payoff"] == 0.0).all()
    for hedge, premium in (("F90", 0.03), ("F80", 0.01)):
        chosen = frame.filter(pl.col("hedge_id") == hedge)
        assert chosen.select(terms).is_duplicated().sum() == 0
        assert set(chosen["event_id"]) == {"A-10", "A-24", "B-17"}
        np.testing.assert_allclose(chosen["hedge_premium"], premium * value, rtol=1e-12)
        assert (chosen["hedge_payoff"] > 0.0).all()
        assert chosen["counterparty"].unique().to_list() == ["Insurer"]
        assert all(terms.endswith(f"floor {hedge}") for terms in chosen["terms"])
    low = frame.filter(pl.col("hedge_id") == "F80")["hedge_payoff"].to_numpy()
    high = frame.filter(pl.col("hedge_id") == "F90")["hedge_payoff"].to_numpy()
    assert (high > low).all()


def test_a_floor_above_every_price_pays_all_that_is_missing() -> None:
    # Everything up to a floor of three times the forecast: gross and pay-off make the floor.
    market = plain_market(
        hedges=hedges({"hedge_id": "F", "strike": 3.0, "premium": 0.0}),
        costs=Costs(discount_rate=0.0),
    )
    book, options = quoted(ONE, market)
    floor = 3.0 * Situation(ONE, book, market).forecast[0]
    row = auctions(options).filter(pl.col("hedge_id") == "F").row(0, named=True)
    assert row["gross"] + row["hedge_payoff"] == pytest.approx(floor, rel=1e-6)


def test_floors_are_quoted_at_the_best_events_only() -> None:
    slots = events(
        *[{"event_id": f"E{days}", "venue_id": "A", "days": days} for days in (5, 12, 19, 26)]
    )
    rules = AuctionRules(reserve_levels=(1.0, 0.9), hedged_events=2)
    market = plain_market(events=slots, auction=rules, hedges=hedges({"hedge_id": "F"}))
    _, options = quoted(ONE, market)
    frame = auctions(options)
    best = (
        frame.filter(pl.col("hedge_id").is_null())
        .group_by("event_id")
        .agg(pl.col("expected_net").max())
        .sort("expected_net", descending=True)["event_id"][:2]
    )
    floored = frame.filter(pl.col("hedge_id") == "F")
    assert sorted(floored["event_id"]) == sorted(best)


@pytest.mark.parametrize(("expiry", "expected"), [(9, []), (10, ["A-10"]), (24, ["A-10", "A-24"])])
def test_floors_end_at_their_expiry(expiry: int, expected: list[str]) -> None:
    market = plain_market(hedges=hedges({"hedge_id": "F", "expiry": day(expiry)}))
    _, options = quoted(ONE, market)
    floored = auctions(options).filter(pl.col("hedge_id") == "F")
    assert sorted(floored["event_id"]) == expected


def test_index_puts_are_no_options_of_a_vehicle() -> None:
    put = hedges({"hedge_id": "P", "kind": "index_put", "expiry": day(30)})
    _, options = quoted(ONE, plain_market(hedges=put))
    assert options.frame["hedge_id"].null_count() == options.frame.height


# --- what must not matter, and what must ---


def test_keeping_a_unit_costs_more_every_day() -> None:
    slots = events(
        *[{"event_id": f"E{days}", "venue_id": "A", "days": days} for days in (5, 12, 19, 26)]
    )
    _, options = quoted(ONE, plain_market(events=slots), daily_fall=0.0, still=True)
    frame = auctions(options).sort("date")
    assert (frame["holding"].diff().drop_nulls() > 0).all()
    assert (frame["expected_net"].diff().drop_nulls() < 0).all()
    dearer = plain_market(events=slots, costs=Costs(holding_per_day=20.0))
    _, other = quoted(ONE, dearer, daily_fall=0.0, still=True)
    assert (other.frame["expected_net"] < options.frame["expected_net"]).all()


def test_scaling_the_currency_scales_everything() -> None:
    c = 7.3
    market = full_market()
    costs = Costs()
    scaled = full_market(
        venues=market.venues.with_columns(pl.col("fee_sale", "fee_no_sale", "labour_rate") * c),
        offers=offers({"offer_id": "O", "venue_id": "D", "price": 7_500.0 * c}),
        parts=market.parts.with_columns(pl.col("price") * c),  # type: ignore[union-attr]
        costs=Costs(
            holding_per_day=costs.holding_per_day * c,
            transport_rate=costs.transport_rate * c,
            local_transport=costs.local_transport * c,
        ),
    )
    _, plain = quoted(ONE, market)
    _, other = quoted(ONE.with_columns(pl.col("worth") * c), scaled)
    money = ["gross", "fees", "tax", "transport", "holding", "finance", "rerun", "hedge_premium",
             "hedge_payoff", "expected_net", "reserve"]  # fmt: skip
    for name in money:
        one, two = plain.frame[name].fill_null(0).to_numpy(), other.frame[name].fill_null(0)
        np.testing.assert_allclose(two, c * one, rtol=2e-6, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(
        plain.frame["sale_probability"].fill_null(0),
        other.frame["sale_probability"].fill_null(0),
        atol=1e-6,
    )
    assert (plain.use != other.use).nnz == 0 or np.allclose(
        plain.use.toarray(), other.use.toarray(), atol=1e-6
    )


MIXED = fleet(
    *[
        {"vehicle_id": f"v{i}", "worth": 3_000.0 + 900 * i, "segment": ("car", "van")[i % 2],
         "condition_grade": 1.5 + i / 3, "lat": 40.0 + i / 5}
        for i in range(7)
    ]
)  # fmt: skip


def test_permuting_the_fleet_permutes_its_options() -> None:
    order = [3, 0, 6, 2, 5, 1, 4]
    market = full_market()
    _, plain = quoted(MIXED, market)
    _, other = quoted(MIXED[order], market)
    assert other.vehicle_ids == tuple(MIXED["vehicle_id"][order])
    for place, row in enumerate(order):
        mine, theirs = np.flatnonzero(plain.vehicle == row), np.flatnonzero(other.vehicle == place)
        assert plain.frame[mine].equals(other.frame[theirs])
        np.testing.assert_array_equal(plain.coefficient[mine], other.coefficient[theirs])
        np.testing.assert_array_equal(plain.use[:, mine].toarray(), other.use[:, theirs].toarray())
    assert plain.resources == other.resources


def test_another_vehicle_changes_nothing_for_the_others() -> None:
    market = full_market()
    _, few = quoted(MIXED[:4], market)
    _, many = quoted(MIXED, market)
    kept = many.vehicle < 4
    assert few.frame.equals(many.frame.filter(pl.Series(kept)))
    np.testing.assert_array_equal(few.coefficient, many.coefficient[kept])
    np.testing.assert_array_equal(few.basis[few.group], many.basis[many.group[kept]])
    names = [resource.resource_id for resource in many.resources]
    rows = [names.index(resource.resource_id) for resource in few.resources]
    np.testing.assert_array_equal(few.use.toarray(), many.use[rows][:, kept].toarray())


def test_threads_do_not_change_a_bit() -> None:
    market = full_market()
    book = book_for(MIXED, market)
    one, two = quote(book, market, threads=1), quote(book, market, threads=2)
    assert one.frame.equals(two.frame)
    np.testing.assert_array_equal(one.coefficient, two.coefficient)
    np.testing.assert_array_equal(one.use.toarray(), two.use.toarray())


def test_options_stand_in_the_order_of_the_fleet_with_one_hold_each() -> None:
    _, options = quoted(MIXED, full_market())
    assert (np.diff(options.vehicle) >= 0).all()
    names = np.array(options.vehicle_ids)[options.vehicle].tolist()
    assert options.frame["vehicle_id"].to_list() == names
    hold = options.frame.filter(pl.col("channel") == "hold")
    assert hold["vehicle_id"].to_list() == list(options.vehicle_ids)
    assert (options.basis[:, 0] == 1.0).all()
    ids = [resource.resource_id for resource in options.resources]
    assert ids == sorted(set(ids))


def test_a_lower_reserve_sells_more_often() -> None:
    _, options = quoted(ONE, full_market(hedges=None))
    frame = auctions(options)
    asked = frame.filter(pl.col("terms") == "reserve 100%")
    lower = frame.filter(pl.col("terms") == "reserve 90%")
    np.testing.assert_allclose(lower["reserve"], 0.9 * asked["reserve"], rtol=1e-12)
    assert (lower["sale_chances"].list.first() > asked["sale_chances"].list.first()).all()
    assert (lower["expected_net"] < asked["expected_net"]).all()


def test_a_venue_with_a_factor_brings_that_much_more() -> None:
    sites = venues(
        *[{"venue_id": name, "fee_sale": 0.0, "fee_no_sale": 0.0} for name in ("A", "B")]
    )
    slots = events(
        {"event_id": "A", "venue_id": "A", "days": 9}, {"event_id": "B", "venue_id": "B", "days": 9}
    )
    costs = Costs(holding_per_day=0.0, local_transport=0.0)
    market = plain_market(venues=sites, events=slots, costs=costs)
    _, options = quoted(ONE, market, log_factor={"B": 0.05})
    frame = auctions(options)
    ratio = frame["expected_net"][1] / frame["expected_net"][0]
    assert ratio == pytest.approx(np.exp(0.05), rel=1e-6)


def test_busier_venues_bring_more() -> None:
    sites = venues({"venue_id": "A", "bidders": 3.0}, {"venue_id": "B", "bidders": 12.0})
    slots = events(
        {"event_id": "A", "venue_id": "A", "days": 9}, {"event_id": "B", "venue_id": "B", "days": 9}
    )
    _, options = quoted(ONE, plain_market(venues=sites, events=slots))
    net = auctions(options)["expected_net"]
    assert net[1] > net[0]


@pytest.mark.parametrize("room", [(5, 5), (5, 9)])
def test_two_lanes_on_one_day_have_windows_of_their_own(room: tuple[int, int]) -> None:
    slots = events(
        {"event_id": "E9", "venue_id": "A", "days": 9, "capacity": 3},
        {"event_id": "E24a", "venue_id": "A", "days": 24, "capacity": room[0]},
        {"event_id": "E24b", "venue_id": "A", "days": 24, "capacity": room[1]},
        {"event_id": "E38", "venue_id": "A", "days": 38, "capacity": 4},
    )
    rules = AuctionRules(reserve_levels=(1.0,), rerun_spread=2)
    _, options = quoted(ONE, plain_market(events=slots, auction=rules))
    ids = [r.resource_id for r in options.resources if r.kind == "reruns"]
    assert len(ids) == 3
    at = options.frame["event_id"].to_list().index("E24a")
    windows = {k: v for k, v in uses_of(options, at).items() if k.startswith("reruns")}
    assert max(windows.values()) <= 2.0


def test_reruns_fall_on_events_that_take_the_unit() -> None:
    slots = events(
        {"event_id": "E5", "venue_id": "A", "days": 5},
        {"event_id": "vans", "venue_id": "A", "days": 20, "segment": "van"},
        {"event_id": "any", "venue_id": "A", "days": 22},
    )
    rules = AuctionRules(reserve_levels=(1.0,), rerun_spread=1)
    _, options = quoted(ONE, plain_market(events=slots, auction=rules))
    taken = uses_of(options, options.frame["event_id"].to_list().index("E5"))
    assert "reruns:vans" not in taken
    assert "reruns:any" in taken


def test_floored_lots_count_in_windows_as_plain_ones_do() -> None:
    slots = events(
        {"event_id": "E5", "venue_id": "A", "days": 5},
        {"event_id": "E40", "venue_id": "A", "days": 40},
    )
    rules = AuctionRules(reserve_levels=(1.0,), rerun_spread=1, hedged_events=1)
    market = plain_market(events=slots, auction=rules, hedges=hedges({"hedge_id": "F"}))
    _, options = quoted(ONE, market, daily_fall=-0.01, still=True)
    rows = options.frame.with_row_index("option").filter(pl.col("event_id") == "E40")
    assert rows["hedge_id"].to_list() == [None, "F"]
    plain, floored = (uses_of(options, o) for o in rows["option"])
    assert plain == floored


def test_sites_that_do_not_take_a_unit_do_not_count_among_the_nearest() -> None:
    sites = venues(
        {"venue_id": "W", "accepts": "damaged"}, {"venue_id": "S", "region": "s", "lat": 41.0}
    )
    slots = events(*[{"event_id": v, "venue_id": v, "days": 30} for v in ("W", "S")])
    market = plain_market(
        venues=sites, events=slots, auction=AuctionRules(max_venues=1, reserve_levels=(1.0,))
    )
    assert quoted(ONE, market)[1].frame["event_id"].to_list() == ["S", None]


def test_forecast_with_few_bidders_is_not_pulled_to_nothing() -> None:
    rules = AuctionRules(bidders=1.0)
    book = book_for(ONE, plain_market(auction=rules), n=17)
    value = Situation(ONE, book, plain_market(auction=rules)).forecast[0]
    assert value > 8_000.0  # the second highest of two or more is near V = 10,000
