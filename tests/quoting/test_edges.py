"""Quoting at its edges: empty tables, one vehicle, last days, odd numbers, losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.evaluate import evaluate
from auction.market import Market
from auction.option_table import OptionTable
from auction.options import Options, Resource
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import AuctionRules, Costs
from quoting_world import (
    book_for,
    bridge_error,
    day,
    events,
    fleet,
    hedges,
    offers,
    parts,
    plain_market,
    tariffs,
    uses_of,
    venues,
)

ONE = fleet({"vehicle_id": "a"})


def checked(vehicles: pl.DataFrame, market: Market, **terms: Any) -> Options:
    """Quote, and hold the result to what is true of every quote."""
    book = book_for(vehicles, market, **{"n": 17, **terms})
    options = quote(book, market)
    frame = options.frame
    assert bridge_error(options) < 1e-6
    assert np.isfinite(options.coefficient).all()
    assert (frame["channel"] == "hold").sum() == vehicles.height
    chances = frame["sale_probability"].drop_nulls()
    assert chances.is_between(0.0, 1.0 + 1e-12).all()
    for name in ("gross", "fees", "tax", "transport", "holding", "hedge_premium", "hedge_payoff"):
        assert (frame[name] >= 0.0).all(), name
    assert options.use.shape == (len(options.resources), frame.height)
    assert (options.use.toarray() >= 0.0).all()
    chosen = frame.with_columns(pl.Series("row", options.vehicle)).unique(
        "row", keep="first", maintain_order=True
    )
    found = evaluate(Situation(vehicles, book, market), chosen, np.zeros(17))
    assert np.isfinite(found.net).all()
    return options


@pytest.mark.parametrize(
    "change",
    [
        {"venues": venues(), "events": None},
        {"venues": venues(), "events": events()},
        {"venues": venues()},  # events at a place that is not known
        {"venues": venues({"venue_id": "D", "channel": "dealer"})},
        {"events": None},
        {"events": events()},
        {"events": events({"event_id": "E", "venue_id": "A", "days": 90})},
        {"events": None, "hedges": hedges({"hedge_id": "F"})},
        {"hedges": hedges(), "offers": offers(), "parts": parts(), "tariffs": tariffs(),
         "events": None},
        {"venues": venues({"venue_id": "A", "accepts": "damaged"})},
    ],
)  # fmt: skip
def test_with_nowhere_to_go_units_are_kept(change: dict[str, Any]) -> None:
    options = checked(fleet({"vehicle_id": "a"}, {"vehicle_id": "b"}), plain_market(**change))
    assert options.frame["channel"].to_list() == ["hold", "hold"]
    assert options.resources == ()
    assert options.frame["expected_net"].is_not_null().all()


def test_empty_tables_are_as_good_as_none() -> None:
    market = plain_market(
        hedges=hedges(), offers=offers(), parts=parts(), tariffs=tariffs(), holds=None
    )
    one, two = checked(ONE, market), checked(ONE, plain_market())
    assert one.frame.equals(two.frame)
    np.testing.assert_array_equal(one.coefficient, two.coefficient)


def test_a_fleet_of_wrecks() -> None:
    units = fleet(*[{"vehicle_id": f"v{i}", "damage": "heavy", "worth": 900.0} for i in range(3)])
    sites = venues({"venue_id": "A", "accepts": "sound"}, {"venue_id": "B", "accepts": "damaged"})
    slots = events(
        {"event_id": "A", "venue_id": "A", "days": 9}, {"event_id": "B", "venue_id": "B", "days": 9}
    )
    options = checked(units, plain_market(venues=sites, events=slots))
    assert set(options.frame["event_id"].drop_nulls()) == {"B"}


def test_places_without_room_are_quoted_with_a_limit_of_zero() -> None:
    market = plain_market(
        venues=venues({"venue_id": "A", "weekly_units": 0.0}),
        events=events({"event_id": "E", "venue_id": "A", "days": 9, "capacity": 0}),
        tariffs=tariffs(
            {"from_region": "north", "to_region": "north", "cost": 1.0, "days": 1.0,
             "weekly_units": 0.0}
        ),
    )  # fmt: skip
    options = checked(ONE, market)
    assert [resource.limit for resource in options.resources] == [0.0, 0.0, 0.0]
    assert uses_of(options, 0) == {
        "event:E": 1.0, "lane:north>north:2": 1.0, "venue:A:2": 1.0
    }  # fmt: skip


def test_the_last_day_of_the_horizon_counts() -> None:
    slots = events({"event_id": "E", "venue_id": "A", "days": 42})
    lane = tariffs({"from_region": "north", "to_region": "north", "cost": 0.0, "days": 0.0})
    market = plain_market(events=slots, tariffs=lane, weeks=6)
    units = fleet(
        {"vehicle_id": "a", "available_from": day(42)},
        {"vehicle_id": "b", "available_from": day(43)},
    )
    options = checked(units, market)
    assert options.frame.select("vehicle_id", "event_id").rows() == [
        ("a", "E"), ("a", None), ("b", None)
    ]  # fmt: skip
    assert options.frame["week"][0] == 6
    assert uses_of(options, 0) == {"event:E": 1.0}


def test_units_that_cost_more_than_they_bring() -> None:
    units = fleet({"vehicle_id": "a", "worth": 20.0})
    market = plain_market(
        venues=venues({"venue_id": "A", "fee_sale": 500.0}, {"venue_id": "D", "channel": "dealer"}),
        offers=offers({"offer_id": "O", "venue_id": "D", "price": 1.0}),
    )
    options = checked(units, market)
    assert (options.frame["expected_net"] < 0).all()
    auctions = options.frame.filter(pl.col("channel") == "auction")
    assert (auctions["reserve"] > 0).all()


def test_a_price_that_is_eaten_by_fees_nets_nothing() -> None:
    site = venues({"venue_id": "D", "channel": "dealer", "fee_sale": 0.0, "fee_rate": 0.0,
                   "tax_rate": 0.0, "settlement_days": 0.0})  # fmt: skip
    market = plain_market(
        venues=site,
        events=None,
        offers=offers({"offer_id": "O", "venue_id": "D", "price": 130.0}),
        costs=Costs(discount_rate=0.0, holding_per_day=10.0, local_transport=60.0),
    )
    options = checked(ONE, market)
    assert options.frame["expected_net"][0] == 0.0


@pytest.mark.parametrize("n", [1, 2, 17, 101])
def test_any_number_of_scenarios(n: int) -> None:
    market = plain_market()
    book = book_for(ONE, market, n=n)
    options = quote(book, market)
    assert options.scenarios == n
    assert bridge_error(options) < 1e-6


def test_a_market_that_does_not_move() -> None:
    options = checked(ONE, plain_market(), factor_sd=0.0)
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    np.testing.assert_allclose(net, np.repeat(net[:, :1], 17, axis=1), rtol=1e-9)


@pytest.mark.parametrize("runs", [1, 2, 8])
def test_any_number_of_runs(runs: int) -> None:
    options = checked(ONE, plain_market(auction=AuctionRules(runs=runs, reserve_levels=(1.0,))))
    row = options.frame.row(0, named=True)
    assert len(row["reserves"]) == len(row["sale_chances"]) == runs
    assert row["reserve"] == row["reserves"][0]


def test_one_week_ahead() -> None:
    slots = events(*[{"event_id": f"E{d}", "venue_id": "A", "days": d} for d in (1, 6, 7, 8)])
    options = checked(ONE, plain_market(weeks=1, events=slots))
    assert options.frame["event_id"].drop_nulls().to_list() == ["E1", "E6", "E7"]


def test_nothing_costs_anything() -> None:
    site = venues({"venue_id": "A", "fee_sale": 0.0, "fee_rate": 0.0, "fee_no_sale": 0.0,
                   "tax_rate": 0.0, "settlement_days": 0.0})  # fmt: skip
    costs = Costs(discount_rate=0.0, holding_per_day=0.0, local_transport=0.0, local_days=0.0)
    options = checked(ONE, plain_market(venues=site, costs=costs))
    np.testing.assert_allclose(options.frame["expected_net"], options.frame["gross"], rtol=1e-9)


def test_units_known_to_the_penny_and_units_hardly_known() -> None:
    for scale, spread in ((0.0, 0.01), (1e-9, 0.02), (0.8, 0.8)):
        checked(ONE, plain_market(), unit_scale=scale, spread=spread)


def test_events_on_one_day_at_one_place() -> None:
    slots = events(
        {"event_id": "b", "venue_id": "A", "days": 9}, {"event_id": "a", "venue_id": "A", "days": 9}
    )
    options = checked(ONE, plain_market(events=slots))
    assert options.frame["event_id"].drop_nulls().to_list() == ["a", "b"]
    assert options.frame["expected_net"][0] == options.frame["expected_net"][1]


def test_options_refuse_arrays_that_do_not_fit() -> None:
    market = plain_market()
    options = quote(book_for(ONE, market), market)
    given = {
        name: getattr(options, name)
        for name in ("vehicle_ids", "vehicle", "table", "coefficient", "group", "basis", "use",
                     "resources")
    }  # fmt: skip
    for change, message in (
        ({"table": OptionTable.of(options.frame[1:])}, "table has 2 rows, vehicle has 3"),
        ({"group": options.group[1:]}, "group has 2 rows"),
        ({"coefficient": options.coefficient[1:]}, "coefficient has 2 rows"),
        ({"resources": (*options.resources, Resource("x", "event", "x", 1.0))}, "for 4 resources"),
        ({"vehicle": np.array([0, 1, 0])}, "order of the fleet"),
    ):
        with pytest.raises(ValueError, match=message):
            Options(**{**given, **change})


def test_totals_and_weights_are_those_of_the_scenarios() -> None:
    market = plain_market()
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "segment": "van"})
    options = quote(book_for(units, market, n=21), market)
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    rows = np.array([1, 4])
    np.testing.assert_allclose(options.totals(rows), net[rows].sum(axis=0), rtol=1e-10)
    weights = np.random.default_rng(0).dirichlet(np.ones(21))
    np.testing.assert_allclose(options.weighted(weights), net @ weights, rtol=1e-9)
    np.testing.assert_array_equal(options.totals(rows[:0]), np.zeros(21))
