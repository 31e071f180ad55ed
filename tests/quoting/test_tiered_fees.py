"""Fees in tiers and returns at dealers and dismantlers, quoted and carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from auction.basis import nodes
from auction.channels.forward import Forwards
from auction.channels.uncertain_fees import UncertainPrices, mean_excess
from auction.evaluate import evaluate
from auction.fee_schedule import sale_fees
from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import Costs
from listing_clock import Clock
from quoting_world import (
    book_for,
    bridge_error,
    day,
    fees,
    fleet,
    offers,
    parts,
    plain_market,
    venues,
)
from residual import OwnVolume

UNITS = fleet(
    *[{"vehicle_id": f"v{i}", "worth": 4_000.0 + 900.0 * i, "guide_value": 3_800.0 + 850.0 * i}
      for i in range(9)]
)  # fmt: skip
DEALER = {"venue_id": "D", "channel": "dealer", "fee_sale": 120.0, "fee_rate": 0.01}
WRECKER = {
    "venue_id": "X", "channel": "dismantling", "labour_rate": 20.0, "fee_sale": 120.0,
    "fee_rate": 0.01,
}  # fmt: skip
STANDING = {"offer_id": "S", "venue_id": "D", "guide_rate": 0.9}
FORWARD = {
    "offer_id": "F", "venue_id": "D", "kind": "forward", "market_rate": 0.95, "guide_rate": 0.85,
    "valid_until": day(14),
}  # fmt: skip
LISTED = {
    "offer_id": "C", "venue_id": "D", "kind": "consignment", "fee_rate": 0.05, "list_days": 31.0,
}  # fmt: skip
PARTS = parts(
    {"group": "*", "part": "engine", "price": 900.0, "labour_hours": 6.0},
    {"group": "*", "part": "hulk", "price": 2_500.0, "legal_class": "scrap"},
)
EACH_WAY = ("S", "F", "C", "X")


def market(tiers: list[dict[str, Any]] | None = None, **terms: Any) -> Market:
    """Return dealer D and dismantler X with the same fees, and auction A."""
    site = {name: terms.pop(name) for name in [*terms] if name in venues().columns}
    table = None if tiers is None else fees(
        *[{"venue_id": venue, **tier} for venue in ("D", "X") for tier in tiers]
    )  # fmt: skip
    return plain_market(
        venues=venues({"venue_id": "A"}, {**DEALER, **site}, {**WRECKER, **site}),
        fees=table,
        offers=offers(STANDING, FORWARD, LISTED),
        parts=PARTS,
        costs=Costs(),
        **{"time_to_sale": Clock(), **terms},
    )


def options_of(where: Market, **terms: Any) -> tuple[Situation, Options]:
    book = book_for(UNITS, where, **{"n": 32, **terms})
    options = quote(book, where)
    assert bridge_error(options) < 1e-7
    return Situation(UNITS, book, where), options


def ways(options: Options, way: str) -> pl.DataFrame:
    """Return the first option of each unit one way, with its row as ``at``."""
    frame = options.frame.with_columns(at=pl.int_range(pl.len()))
    here = pl.col("offer_id") == way if way != "X" else pl.col("channel") == "dismantling"
    found = frame.filter(here).unique("vehicle_id", keep="first", maintain_order=True)
    assert found["vehicle_id"].to_list() == UNITS["vehicle_id"].to_list()
    return found


def carried_out(here: Situation, options: Options, way: str) -> np.ndarray:
    chosen = options.frame[ways(options, way)["at"].to_numpy()]
    return evaluate(here, chosen, np.zeros(here.book.factor.shape[2])).net


@pytest.mark.parametrize("way", EACH_WAY)
@pytest.mark.parametrize("second", [True, False])
def test_where_all_prices_lie_in_one_tier_its_terms_alone_count(way: str, *, second: bool) -> None:
    """A threshold below every price leaves the second tier, one above them all the first."""
    start = 5.0 if second else 1e6
    plain = {"fee_sale": 210.0, "fee_rate": 0.02} if second else {}
    tiers = [
        {"fee": 3.0 if second else 120.0, "rate": None if second else 0.01},
        {"above": start, "fee": 210.0 if second else 50_000.0, "rate": 0.02},
    ]
    (tiered, of_tiers), (flat, of_flat) = options_of(market(tiers)), options_of(market(**plain))
    found, wanted = ways(of_tiers, way), ways(of_flat, way)
    for name in ("gross", "fees", "tax", "finance", "expected_net"):
        assert_allclose(found[name], wanted[name], rtol=1e-10, err_msg=name)
    assert_allclose(carried_out(tiered, of_tiers, way), carried_out(flat, of_flat, way), rtol=1e-9)


STEPS = [
    {"fee": 100.0, "rate": 0.01},
    {"above": 6_000.0, "fee": 265.0},
    {"above": 7_650.0, "fee": 265.0, "rate": 0.02},
]


def test_a_standing_offer_pays_the_tier_of_its_price() -> None:
    here, options = options_of(market(STEPS))
    found = ways(options, "S")
    price = 0.9 * UNITS["guide_value"].to_numpy()
    charged = np.where(price > 7_650.0, 265.0 + 0.02 * price, 265.0)
    charged = np.where(price > 6_000.0, charged, 100.0 + 0.01 * price)
    assert len(set(np.digitize(price, [6_000.0, 7_650.0]))) == 3
    paid = here.discount(np.full(price.size, 7.0 + 5.0))
    assert_allclose(found["fees"], paid * charged, rtol=1e-12)
    net = paid * (0.98 * price - charged) - here.holding(np.array([7.0]))[0]
    assert_allclose(found["expected_net"] + found["transport"], net, rtol=1e-12)
    each = np.repeat(found["expected_net"].to_numpy()[:, None], 32, axis=1)
    assert_allclose(carried_out(here, options, "S"), each)


def test_a_price_at_the_threshold_belongs_to_the_tier_below() -> None:
    where = market([{"fee": 100.0}, {"above": 7_000.0, "fee": 300.0}])
    at = [replace(where, offers=offers({**STANDING, "guide_rate": None, "price": price}))
          for price in (7_000.0, 7_000.01)]  # fmt: skip
    charged = [options_of(each)[1].frame.filter(offer_id="S")["fees"][0] for each in at]
    assert charged[1] / charged[0] == pytest.approx(3.0)


def test_a_dismantler_pays_the_tier_of_what_parts_and_hulk_bring() -> None:
    """The hulk moves with scrap, but not over the threshold: 900 + 2,500 less labour."""
    tiers = [{"fee": 100.0}, {"above": 1_000.0, "fee": 150.0, "rate": 0.03}]
    here, options = options_of(market(tiers))
    found = ways(options, "X")
    paid = found["tax"] / (0.02 * found["gross"])
    assert_allclose(found["fees"], paid * (150.0 + 0.03 * found["gross"]), rtol=1e-9)
    net = carried_out(here, options, "X")
    assert_allclose(net.mean(axis=1), found["expected_net"], rtol=1e-9)


def test_a_consignment_pays_the_tier_of_the_price_of_each_week() -> None:
    """Listed with a markdown, so that the price of later weeks may lie in a lower tier."""
    tiers = [{"fee": 90.0, "rate": 0.002}, {"above": 8_000.0, "fee": 140.0, "rate": 0.004}]
    unsold = [{"charged_on": "no_sale", "fee": 30.0}, {"charged_on": "no_sale", "above": 9_000.0,
               "fee": 45.0, "rate": 0.001}]  # fmt: skip
    here, options = options_of(market(tiers + unsold))
    found = ways(options, "C")
    asked, chance = (np.array(found[name].to_list()) for name in ("reserves", "sale_chances"))
    assert (asked[:, 0] > 9_000.0).any()
    assert (asked[:, 0] < 8_000.0).any()
    middle = np.array([3.5, 10.5, 17.5, 24.5, 29.5])
    paid = here.discount(7.0 + middle + 5.0)
    charged = np.where(asked > 8_000.0, 140.0 + 0.004 * asked, 90.0 + 0.002 * asked)
    charged += LISTED["fee_rate"] * asked
    last = asked[:, -1]
    rest = np.where(last > 9_000.0, 45.0 + 0.001 * last, 30.0) * (1.0 - chance.sum(axis=1))
    rest *= here.discount(np.array([7.0 + 31.0 + 5.0]))[0]
    assert_allclose(found["fees"], (chance * paid * charged).sum(axis=1) + rest, rtol=1e-9)


def test_consignments_are_carried_out_at_the_fees_of_their_tiers() -> None:
    """With the same prices asked and the same luck the difference is what the tiers charge."""
    tiers = [{"fee": 120.0, "rate": 0.01}, {"above": 8_000.0, "fee": 180.0, "rate": 0.01}]
    (flat, plain), (tiered, _) = options_of(market()), options_of(market(tiers))
    found = ways(plain, "C")
    asked = np.array(found["reserves"].to_list())
    more = carried_out(flat, plain, "C") - carried_out(tiered, plain, "C")
    dear = asked[:, 0] > 8_000.0
    assert asked.shape[1] == 5
    assert 0 < dear.sum() < dear.size
    assert_allclose(more[~dear], 0.0, atol=1e-9)
    middle = np.array([3.5, 10.5, 17.5, 24.5, 29.5])
    owed = 60.0 * np.append(flat.discount(7.0 + middle + 5.0), 0.0)
    nearest = np.abs(more[dear][:, :, None] - owed).min(axis=2)
    assert nearest.max() < 1e-7
    assert (more[dear] > 1.0).any(axis=1).all()


@pytest.mark.parametrize("floor", [0.0, 7_000.0, 9_000.0])
@pytest.mark.parametrize("scale", [0.0, 0.12, 0.4])
def test_the_mean_fee_of_an_uncertain_price_is_that_over_many_shocks(
    floor: float, scale: float
) -> None:
    book = book_for(UNITS, plain_market(), n=8)
    schedules = sale_fees(
        venues({"venue_id": "A"}, {"venue_id": "B", "fee_least": 150.0, "fee_most": 400.0}),
        fees(*[{"venue_id": "A", **tier} for tier in STEPS], {"venue_id": "B", "rate": 0.03}),
    )
    venue, level = np.array([0, 1, 0, 1]), np.array([6_100.0, 4_000.0, 9_000.0, 13_000.0])
    prices = UncertainPrices(
        level, np.full(4, floor), 0.1 * np.repeat(nodes()[None, :], 4, 0), np.full(4, scale),
        np.zeros(4, dtype=np.int64),
    )  # fmt: skip
    found = mean_excess(book, schedules, venue, prices)
    shock = book.shocks[0].quantile((np.arange(200_000) + 0.5) / 200_000)
    for i in range(4):
        for k in (0, 5, 13):
            price = np.maximum(level[i] * np.exp(prices.deviation[i, k] + scale * shock), floor)
            wanted = schedules.excess(np.array([venue[i]]), price[None, :]).mean()
            assert found[i, k] == pytest.approx(wanted, abs=165.0 / 512 + 0.5)


def test_a_forward_expects_what_it_is_charged_when_it_is_carried_out() -> None:
    """Over many scenarios of the same world the fees paid are those that were quoted."""
    where = market(STEPS)
    here, options = options_of(where, n=20_000, factor_sd=0.06)
    flat = replace(where, fees=None)
    found, plain = ways(options, "F"), ways(quote(here.book, flat), "F")
    rows = np.arange(UNITS.height)
    chosen = options.frame[found["at"].to_numpy()]
    shock = np.random.default_rng(3).permuted(
        np.tile(here.book.shocks[0].quantile((np.arange(20_000) + 0.5) / 20_000), (9, 1)), axis=1
    )
    paid = [Forwards().carry_out(replace(here, market=each), chosen, rows, shock).net.mean(axis=1)
            for each in (where, flat)]  # fmt: skip
    quoted = (found["expected_net"] - plain["expected_net"]).to_numpy()
    assert_allclose(paid[0] - paid[1], quoted, atol=1.5)
    assert np.abs(quoted).max() > 50.0
    assert_allclose(plain["fees"].to_numpy() - found["fees"].to_numpy(), quoted, atol=1e-6)


RETURNS = {"return_rate": 0.04, "return_cost": 300.0, "return_discount": 0.1}


@pytest.mark.parametrize("way", EACH_WAY)
def test_returns_are_an_item_of_their_own(way: str) -> None:
    (here, with_returns), (_, plain) = options_of(market(**RETURNS)), options_of(market())
    found, before = ways(with_returns, way), ways(plain, way)
    assert before["returns"].to_list() == [0.0] * UNITS.height
    if way == "X":
        assert found["expected_net"].equals(before["expected_net"])
        return
    assert (found["returns"] > 0.0).all()
    if way == "C":
        return
    paid = here.discount(np.array([12.0]))[0]
    price = found["gross"] + found["hedge_payoff"] / paid
    assert_allclose(found["returns"], paid * 0.04 * (300.0 + 0.1 * price), rtol=1e-9)
    for name in ("gross", "fees", "tax", "holding", "finance"):
        assert_allclose(found[name], before[name], rtol=1e-12)
    assert_allclose(found["expected_net"], before["expected_net"] - found["returns"], rtol=1e-9)


def test_returns_of_a_consignment_come_with_its_sale() -> None:
    """Carried out, some sales are undone whole: as many of them as is stated."""
    (here, options), (flat, plain) = (
        options_of(market(**terms), n=1_000) for terms in (RETURNS, {})
    )
    found = ways(options, "C")
    asked, chance = (np.array(found[name].to_list()) for name in ("reserves", "sale_chances"))
    middle = np.array([3.5, 10.5, 17.5, 24.5, 29.5])
    paid = here.discount(7.0 + middle + 5.0)
    lost = (chance * paid * 0.04 * (300.0 + 0.1 * asked)).sum(axis=1)
    assert_allclose(found["returns"], lost, rtol=1e-9)
    kept = plain.frame[ways(plain, "C")["at"].to_numpy()]
    with_them, without = (evaluate(each, kept, np.zeros(1_000)).net for each in (here, flat))
    fallen = without - with_them
    asked, chance = (np.array(kept[name].to_list()) for name in ("reserves", "sale_chances"))
    owed = np.concatenate([paid * (300.0 + 0.1 * asked), np.zeros((9, 1))], axis=1)
    assert np.abs(fallen[:, :, None] - owed[:, None, :]).min(axis=2).max() < 1e-7
    share = (fallen > 1.0).mean() / chance.sum(axis=1).mean()
    assert share == pytest.approx(0.04, abs=0.01)


@pytest.mark.parametrize("way", ["S", "F"])
def test_some_sales_are_undone_when_a_plan_is_carried_out(way: str) -> None:
    (here, options), (flat, plain) = (
        options_of(market(**terms), n=1_000) for terms in (RETURNS, {})
    )
    lost = carried_out(flat, plain, way) - carried_out(here, options, way)
    found = ways(options, way)
    paid = here.discount(np.array([12.0]))[0]
    assert (lost > 1.0).mean() == pytest.approx(0.04, abs=0.01)
    assert (lost[lost > 1.0] > paid * 300.0).all()
    assert_allclose(lost[lost <= 1.0], 0.0, atol=1e-7)
    assert lost.mean() == pytest.approx(found["returns"].mean(), rel=0.25)
    if way == "S":
        each = paid * (300.0 + 0.1 * found["gross"].to_numpy())
        assert_allclose(lost.max(axis=1), each)
    again = carried_out(here, options, way)
    assert np.array_equal(again, carried_out(replace(here, threads=2), options, way))


def test_a_fall_in_price_costs_what_the_tier_of_the_price_leaves() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    rate = [{"venue_id": "A", "fee": 10.0, "rate": 0.5},
            {"venue_id": "A", "above": 5_000.0, "fee": 2_400.0, "rate": 0.04}]  # fmt: skip
    lost = []
    for changes in (
        {"fees": fees(*rate)},
        {"venues": venues({"venue_id": "A", "fee_rate": 0.04})},
        {"venues": venues({"venue_id": "A", "fee_rate": 0.0, **RETURNS, "return_discount": 1.0})},
    ):
        where = plain_market(own_volume=OwnVolume(-0.1), **changes)
        options = quote(book_for(units, where, n=16), where)
        (volume, *_) = [each for each in options.resources if each.kind == "volume"]
        lost.append(volume.steps)
    assert lost[0] == lost[1] == lost[2]
    assert len(lost[0]) == 1
