"""Auctions with fees in tiers, returns, sealed bids and haggling: quotes against lots sold one by
one."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from _core.reference_outcomes import sealed_bids
from auction.channels.auction import quote_auctions
from auction.channels.quotes import BRIDGE, Quotes
from auction.channels.sealed import rivals_below
from auction.evaluate import evaluate
from auction.market import Market
from auction.situation import Situation
from quoting_world import book_for, events, fees, fleet, hedges, plain_market, venues
from residual import Haggling

UNITS = fleet(*[{"vehicle_id": f"v{i}", "worth": 5_000.0 + 500 * i} for i in range(9)])
TIERS = (
    {"above": 0.0, "fee": 100.0, "rate": 0.01},
    {"above": 6_000.0, "fee": 350.0, "rate": 0.0},
    {"above": 7_500.0, "fee": 50.0, "rate": 0.06},
)
SCENARIOS = 4_000


def market(*tiers: dict[str, Any], **venue: Any) -> Market:
    return plain_market(
        venues=venues({"venue_id": "A", "tax_rate": 0.02, **venue}),
        events=events({"event_id": "E", "venue_id": "A", "days": 10}),
        fees=fees(*({"venue_id": "A", **tier} for tier in tiers)) if tiers else None,
        hedges=hedges({"hedge_id": "F"}),
    )


def situation(where: Market, curve: Haggling | None = None, **terms: Any) -> Situation:
    usual = {"n": SCENARIOS, "still": True, "factor_sd": 0.05, "unit_scale": 0.15}
    found = Situation(UNITS, book_for(UNITS, where, **usual | terms), where)
    found.__dict__["haggling"] = curve
    return found


def haggling(level: float = 1.0, slope: float = 10.0) -> Haggling:
    one = np.ones(1)
    return Haggling(("A",), level * one, 0.1 * one, slope, 1.0, np.array([90]), np.array([40]), 0.0)


def expected(situation: Situation, quotes: Quotes) -> np.ndarray:
    return situation.basis.expected(quotes.coefficient, quotes.group)


def best(situation: Situation, hedge: str | None = None) -> tuple[pl.DataFrame, np.ndarray]:
    """The lot at the best reserve of each vehicle, and what is expected of it."""
    quotes = quote_auctions(situation)
    is_hedged = (quotes.frame["hedge_id"] == hedge) if hedge else quotes.frame["hedge_id"].is_null()
    rows = np.flatnonzero(is_hedged.fill_null(value=False).to_numpy())
    first = rows[np.unique(quotes.vehicle[rows], return_index=True)[1]]
    return quotes.frame[first], expected(situation, quotes)[first]


CASES = {
    "tiers": (market(*TIERS), None),
    "bounds": (market(fee_rate=0.05, fee_least=330.0, fee_most=360.0), None),
    "no-sale by reserve": (
        market(
            {"charged_on": "no_sale", "above": 0.0, "fee": 20.0, "rate": 0.01},
            {"charged_on": "no_sale", "above": 6_500.0, "fee": 250.0},
        ),
        None,
    ),
    "returns": (market(return_rate=0.1, return_cost=300.0, return_discount=0.15), None),
    "sealed": (market(format="sealed"), None),
    "haggling": (market(), haggling()),
    "all": (
        market(*TIERS, return_rate=0.1, return_cost=300.0, return_discount=0.15),
        haggling(2.0, 20.0),
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("hedge", [None, "F"])
def test_quotes_are_what_lots_bring_one_by_one(case: str, hedge: str | None) -> None:
    where, curve = CASES[case]
    here = situation(where, curve)
    chosen, told = best(here, hedge)
    assert chosen.height == UNITS.height
    found = evaluate(here, chosen, np.zeros(SCENARIOS))
    error = found.net.std(axis=1, ddof=1) / np.sqrt(SCENARIOS)
    assert (error > 5.0).all()
    # prices haggled for are quoted by the tier of the reserve
    leeway = 5.0 if case == "all" else 1.0
    assert (np.abs(found.net.mean(axis=1) - told) < 4.0 * error + leeway).all()
    chances = np.array(chosen["sale_chances"].to_list())
    np.testing.assert_allclose(found.sold_in_run, chances, atol=0.04)


@pytest.mark.parametrize("case", CASES)
def test_the_bridge_leads_to_the_net(case: str) -> None:
    where, curve = CASES[case]
    here = situation(where, curve, n=64)
    quotes = quote_auctions(here)
    total = sum(sign * quotes.frame[name].to_numpy() for name, sign in BRIDGE.items())
    np.testing.assert_allclose(total, expected(here, quotes), atol=0.02)


def test_one_tier_is_the_fee_of_the_venue() -> None:
    plain = situation(market(fee_sale=200.0, fee_rate=0.03, fee_no_sale=0.0), n=64)
    tier = situation(market({"fee": 200.0, "rate": 0.03}, fee_sale=9.0, fee_no_sale=0.0), n=64)
    one, other = quote_auctions(plain), quote_auctions(tier)
    np.testing.assert_array_equal(one.coefficient, other.coefficient)
    assert one.frame.equals(other.frame)


def test_a_jump_of_the_fee_draws_reserves_to_its_threshold() -> None:
    jump = situation(market({"fee": 0.0}, {"above": 6_000.0, "fee": 200.0}, bidders=1.5), n=64)
    flat = situation(market({"fee": 0.0}, bidders=1.5), n=64)
    asked, _ = best(jump)
    before, _ = best(flat)
    assert (before["reserve"] != 6_000.0).all()
    assert (asked["reserve"] == 6_000.0).any()


def test_returns_take_their_share_of_every_sale() -> None:
    terms = {"return_rate": 0.1, "return_cost": 300.0, "return_discount": 0.15}
    lots, _ = best(situation(market(**terms), n=64))
    assert (lots["returns"] > 0.1 * 300.0 * 0.9 * lots["sale_probability"]).all()
    none, _ = best(situation(market(), n=64))
    assert (none["returns"] == 0.0).all()


def test_haggling_is_worth_more_than_insisting_and_asks_more() -> None:
    asked, told = best(situation(market(), haggling(2.0, 15.0), n=64))
    insists, less = best(situation(market(), n=64))
    assert (told > less).all()
    assert (asked["reserve"] > insists["reserve"]).all()
    nobody, same = best(situation(market(), haggling(-np.inf), n=64))
    np.testing.assert_array_equal(same, less)
    assert nobody.equals(insists)


def table_of(arrival: float, spread: float) -> np.ndarray:
    return rivals_below(np.array([arrival]), np.array([spread]))[0]


@pytest.mark.parametrize("haggled", [False, True])
def test_a_covered_lot_asks_what_it_asks_alone_unless_sellers_then_haggle(haggled: bool) -> None:
    offered = hedges({"hedge_id": "F", "kind": "unit_floor", "strike": 0.9})
    here = situation(market(hedges=offered), haggling(2.0, 15.0) if haggled else None, n=64)
    quotes = quote_auctions(here)
    lots = quotes.frame.with_columns(
        unit=pl.Series(quotes.vehicle), level=pl.col("terms").cast(pl.String).str.slice(0, 12)
    )
    covered, alone = (lots.filter(pl.col("hedge_id").is_null() == bare) for bare in (False, True))
    both = covered.join(alone, on=["unit", "event_id", "level"])
    assert both.height == covered.height > 0
    asked, usual = (
        np.array(both[name].to_list(), dtype=np.float64) for name in ("reserves", "reserves_right")
    )
    assert (asked < usual).all() if haggled else np.array_equal(asked, usual)


def alone_at(log_price: float, arrival: float, spread: float) -> float:
    """Chance that no other bidder lies above, by the slope of the price."""
    return float(np.exp(log_price - arrival * ndtr(-log_price / spread)))


def test_tables_of_rivals_are_the_integral_and_stand_alone() -> None:
    arrival, spread = np.linspace(0.1, 30.0, 150), np.linspace(0.4, 0.05, 150)
    tables = rivals_below(arrival, spread)
    for row in (0, 63, 64, 149):
        assert np.array_equal(tables[row], table_of(arrival[row], spread[row]))
        end = 6.5 * spread[row]
        told, _ = quad(alone_at, -end, end, args=(arrival[row], spread[row]), limit=200)
        assert tables[row, -1] == pytest.approx(told, rel=1e-6)
        assert (np.diff(tables[row]) >= 0.0).all()


def test_sealed_bids_are_what_the_next_highest_is_expected_to_hold() -> None:
    rng, arrival, spread, reserve = np.random.default_rng(4), 4.0, 0.2, 0.95
    number = rng.poisson(arrival, 400_000)
    value = np.exp(spread * rng.standard_normal((number.size, number.max())))
    value[np.arange(number.max()) >= number[:, None]] = 0.0
    first, second = -np.partition(-value, 1, axis=1)[:, :2].T
    won = first >= reserve
    asked = np.full(won.sum(), np.log(reserve))
    bid = sealed_bids(np.log(first[won]), asked, arrival, spread, table_of(arrival, spread))
    pays = np.maximum(second[won], reserve)
    assert (bid <= first[won] + 1e-12).all()
    assert (bid >= reserve - 1e-12).all()
    error = pays.std() / np.sqrt(won.sum())
    assert bid.mean() == pytest.approx(pays.mean(), abs=4 * error)
    assert bid.std() < 0.8 * pays.std()
    for low, high in ((1.0, 1.05), (1.2, 1.25), (1.5, 1.6)):
        near = (first[won] > low) & (first[won] < high)
        scatter = pays[near].std() / np.sqrt(near.sum())
        assert bid[near].mean() == pytest.approx(pays[near].mean(), abs=4 * scatter)


def test_a_reserve_below_everybody_leaves_sealed_bids_between_it_and_the_value() -> None:
    for arrival in (0.5, 30.0):
        own = np.linspace(-1.3, 1.3, 9)
        bid = sealed_bids(own, np.full(9, -5.0), arrival, 0.2, table_of(arrival, 0.2))
        assert (bid > np.exp(-5.0) - 1e-12).all()
        assert (bid <= np.exp(own)).all()
        assert (np.diff(bid) > 0).all()
    # hardly any rival: what stands in the middle of nobody and somebody
    t = np.array([0.3])
    alone = sealed_bids(t, np.array([-3.0]), 1e-9, 0.2, table_of(1e-9, 0.2))
    assert alone[0] == pytest.approx(np.exp(-3.0), rel=1e-6)
