"""Forward commitments: the market's price of the day, and not less than the floor."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from auction.channels.forward import Forwards
from auction.market import Market
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import Costs
from quoting_world import (
    book_for,
    bridge_error,
    day,
    fleet,
    offers,
    plain_market,
    tariffs,
    uses_of,
    venues,
)

DEALER = {"venue_id": "D", "channel": "dealer"}
ONE = fleet({"vehicle_id": "a", "guide_value": 9_000.0})


def market(*commitments: dict[str, Any], **changes: Any) -> Market:
    named = [
        {"offer_id": f"F{i}", "venue_id": "D", "kind": "forward", "market_rate": 0.95, **row}
        for i, row in enumerate(commitments)
    ]
    terms = {"venues": venues(DEALER), "events": None, "offers": offers(*named)}
    return plain_market(**{**terms, **changes})


def situation_of(units: pl.DataFrame, where: Market, **terms: Any) -> Situation:
    return Situation(units, book_for(units, where, **terms), where)


def handed_over(units: pl.DataFrame, where: Market) -> pl.DataFrame:
    options = quote(book_for(units, where, n=16), where)
    assert bridge_error(options) < 1e-7
    return options.frame.filter(pl.col("channel") == "dealer")


def test_every_week_within_the_validity_is_quoted() -> None:
    found = handed_over(ONE, market({"price": 8_000.0, "valid_from": day(15)}))
    assert found["date"].to_list() == [day(21), day(28), day(35), day(42)]
    assert found["counterparty"].unique().to_list() == ["D"]
    assert found["terms"].unique().to_list() == ["forward at 95.0% of the market or the floor"]
    assert found["reserve"].unique().to_list() == [8_000.0]
    assert found["exposure"].unique().to_list() == [8_000.0]
    assert found["sale_probability"].unique().to_list() == [1.0]


def test_money_by_numerical_integration() -> None:
    costs = Costs(discount_rate=0.1, holding_per_day=12.0)
    site = venues({**DEALER, "fee_sale": 90.0, "fee_rate": 0.01, "tax_rate": 0.02})
    where = market(
        {"price": 9_600.0, "valid_from": day(28), "valid_until": day(28)}, venues=site, costs=costs
    )
    units = fleet({"vehicle_id": "a"})
    here = situation_of(units, where, n=200, unit_scale=0.15)
    options = quote(here.book, where)
    assert bridge_error(options) < 1e-7
    row = options.frame.row(0, named=True)
    place = here.book.dates.index(day(28))
    y = here.book.factor[here.book.group[0], place]
    level = 0.95 * here.hammer_share[0] * np.exp(here.book.log_value[0, place])
    # a normal shock cut at 3, as the book's is, up to its tabulated tails
    mass = norm.cdf(3.0) - norm.cdf(-3.0)

    def over_shocks(payoff: Any) -> float:
        return quad(lambda z: payoff(z) * norm.pdf(z) / mass, -3, 3, limit=200)[0]

    net = np.empty(y.size)
    gross, topped = np.empty(y.size), np.empty(y.size)
    for s, move in enumerate(y):
        price = lambda z, move=move: level * np.exp(0.15 * z + move)  # noqa: E731
        gross[s] = over_shocks(price)
        topped[s] = over_shocks(lambda z, price=price: max(9_600.0 - price(z), 0.0))
    worth = np.exp(-0.1 * (28 + 5) / 365.25)
    rate = 0.1 / 365.25
    holding = 12.0 * (1 - np.exp(-rate * 28)) / rate
    net = worth * (0.97 * (gross + topped) - 90.0) - 60.0 - holding
    told = options.coefficient[0] @ options.basis[options.group[0]]
    np.testing.assert_allclose(told, net, rtol=2e-3)
    assert row["gross"] == pytest.approx(gross.mean(), rel=2e-3)
    assert row["hedge_payoff"] == pytest.approx(worth * topped.mean(), rel=2e-2)
    assert row["fees"] == pytest.approx(worth * (0.01 * (gross + topped).mean() + 90.0), rel=2e-3)
    assert row["expected_net"] == pytest.approx(net.mean(), rel=2e-3)


def test_a_floor_out_of_reach_pays_nothing_and_one_above_all_prices_fixes_the_price() -> None:
    low, high = 1.0, 1e6
    found = handed_over(
        ONE,
        market({"price": low, "valid_until": day(7)}, {"price": high, "valid_until": day(7)}),
    )
    assert found["hedge_payoff"][0] == pytest.approx(0.0, abs=1e-6)
    where = market({"price": high, "valid_until": day(7)})
    options = quote(book_for(ONE, where), where)
    net = options.coefficient[0] @ options.basis[options.group[0]]
    np.testing.assert_allclose(net, net.mean(), rtol=1e-7)
    flat = market({"kind": "standing", "market_rate": None, "price": high, "valid_until": day(7)})
    fixed = quote(book_for(ONE, flat), flat).frame["expected_net"][0]
    assert net.mean() == pytest.approx(fixed, rel=1e-7)


def test_a_higher_floor_and_a_higher_share_never_pay_less() -> None:
    rows = [
        {"price": floor, "market_rate": share, "valid_until": day(7)}
        for floor in (6_000.0, 9_000.0, 11_000.0)
        for share in (0.8, 0.9, 1.0)
    ]
    net = handed_over(ONE, market(*rows))["expected_net"].to_numpy().reshape(3, 3)
    assert (np.diff(net, axis=0) > 0).all()
    assert (np.diff(net, axis=1) > 0).all()


def test_a_floor_by_guide_needs_a_guide_that_is_believed() -> None:
    units = fleet(
        {"vehicle_id": "a", "guide_value": 9_000.0},
        {"vehicle_id": "b", "guide_value": None},
        {"vehicle_id": "c", "guide_value": 900_000.0},
    )
    found = handed_over(units, market({"guide_rate": 0.9, "valid_until": day(7)}))
    assert found.select("vehicle_id", "reserve").rows() == [("a", pytest.approx(8_100.0))]


def test_a_floor_by_unit_holds_for_that_unit_alone() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    rows = ({"vehicle_id": "b", "price": 8_500.0}, {"vehicle_id": "a", "price": 8_700.0})
    found = handed_over(units, market(*({**row, "valid_until": day(7)} for row in rows)))
    assert found.select("vehicle_id", "offer_id", "reserve").rows() == [
        ("a", "F1", 8_700.0), ("b", "F0", 8_500.0)
    ]  # fmt: skip


def test_lanes_and_intake_are_used() -> None:
    lane = {"from_region": "north", "to_region": "south", "cost": 90.0, "days": 8.0}
    site = venues({**DEALER, "region": "south", "weekly_units": 3.0})
    where = market(
        {"price": 8_000.0, "valid_until": day(14)},
        venues=site,
        tariffs=tariffs({**lane, "weekly_units": 2.0}),
    )
    options = quote(book_for(ONE, where, n=16), where)
    assert uses_of(options, 0) == {"venue:D:2": 1.0, "lane:north>south:1": 1.0}


def test_carried_out_each_unit_brings_its_own_price_or_the_floor() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "worth": 12_000.0, "segment": "van"})
    where = market({"price": 9_500.0, "valid_from": day(14), "valid_until": day(14)})
    here = situation_of(units, where, n=20_000)
    chosen = quote(here.book, where).frame.filter(pl.col("channel") == "dealer")
    assert chosen["vehicle_id"].to_list() == ["a", "b"]
    channel = Forwards()
    assert channel.owns(here, chosen).tolist() == [True, True]
    shock = here.book.unit_shocks(1, 20_000)
    net = channel.carry_out(here, chosen, np.arange(2), shock).net
    place = here.book.dates.index(day(14))
    for row in range(2):
        value = np.exp(
            here.book.log_value[row, place] + 0.12 * shock[row]
            + here.book.factor[here.book.group[row], place]
        )  # fmt: skip
        paid = np.maximum(0.95 * here.hammer_share[row] * value, 9_500.0)
        worth = np.exp(-0.08 * (14 + 5) / 365.25)
        by_hand = worth * (0.97 * paid - 250.0) - chosen["transport"][row] - chosen["holding"][row]
        np.testing.assert_allclose(net[row], by_hand, rtol=1e-12)
        error = net[row].std() / np.sqrt(net[row].size)
        assert abs(net[row].mean() - chosen["expected_net"][row]) < 4.0 * error + 2.0


def test_without_forwards_nothing_is_quoted() -> None:
    where = market({"kind": "standing", "market_rate": None, "price": 8_000.0})
    here = situation_of(ONE, where)
    assert Forwards().quote(here).vehicle.size == 0
    assert not Forwards().owns(here, quote(here.book, where).frame[:1]).any()
