"""Fee schedules: against a direct evaluation tier by tier, bounds, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from auction.fee_schedule import no_sale_fees, sale_fees
from auction.market import Market
from quoting_world import fees, plain_market, venues
from residual.errors import InputError

_Tiers = list[dict[str, Any]]


def charged(tiers: _Tiers, price: float, least: float | None, most: float | None) -> float:
    """Evaluate one schedule at one price as its rows are read by a person."""
    found = tiers[0]
    for tier in tiers:
        if price > tier["above"]:
            found = tier
    fee = found["fee"] + (found["rate"] or 0.0) * price
    fee = fee if least is None else max(fee, least)
    return float(fee if most is None else min(fee, most))


def random_tiers(draw: np.random.Generator) -> _Tiers:
    """Return a schedule that does not fall: fixed, in proportion, or both, jumping up or not."""
    above = np.concatenate([[0.0], np.sort(draw.uniform(100.0, 30_000.0, draw.integers(0, 7)))])
    tiers: _Tiers = []
    at_end = 0.0
    for start in above:
        rate = None if draw.random() < 0.3 else float(draw.uniform(0.0, 0.08))
        jump = 0.0 if draw.random() < 0.3 else float(draw.uniform(0.0, 200.0))
        fee = max(tiers[-1]["fee"] + (tiers[-1]["rate"] or 0.0) * start if tiers else 0.0, at_end)
        fixed = fee + jump - (rate or 0.0) * start
        if fixed < 0.0:
            rate, fixed = None, fee + jump
        tiers.append({"above": float(start), "fee": fixed, "rate": rate})
    return tiers


@pytest.mark.parametrize("seed", range(40))
def test_a_schedule_is_that_of_its_rows_read_one_by_one(seed: int) -> None:
    draw = np.random.default_rng(seed)
    schedules = [random_tiers(draw) for _ in range(5)]
    bounds = [
        sorted(draw.uniform(0.0, 900.0, 2)) if draw.random() < 0.7 else [None, None]
        for _ in schedules
    ]
    for bound in bounds:
        if draw.random() < 0.3:
            bound[int(draw.integers(2))] = None
    sites = venues(
        *[
            {"venue_id": f"V{i}", "fee_least": least, "fee_most": most, "fee_sale": 7e7}
            for i, (least, most) in enumerate(bounds)
        ]
    )
    rows = [
        {"venue_id": f"V{i}", "charged_on": "sale" if draw.random() < 0.5 else None, **tier}
        for i, tiers in enumerate(schedules)
        for tier in tiers
    ]
    shuffled = [rows[i] for i in draw.permutation(len(rows))]
    found = sale_fees(sites, fees(*shuffled))
    at_tiers = [tier["above"] for tiers in schedules for tier in tiers]
    price = np.concatenate([draw.uniform(0.0, 50_000.0, 300), at_tiers, [0.0, 1e7]])
    venue = np.arange(len(schedules))
    table = found.fee(venue, np.tile(price, (venue.size, 1)))
    for i, tiers in enumerate(schedules):
        wanted = [charged(tiers, each, *bounds[i]) for each in price]
        assert_allclose(table[i], wanted, rtol=1e-12, atol=1e-9)
        assert_array_equal(found.fee(np.full(price.size, i), price), table[i])
    assert found.tiers == (np.isfinite(found.above).sum(axis=1)).max()


@pytest.mark.parametrize(
    ("least", "most", "tiers"),
    [
        (None, None, [(0.0, 100.0, 0.02)]),
        (200.0, None, [(0.0, 200.0, 0.0), (5_000.0, 100.0, 0.02)]),
        (None, 300.0, [(0.0, 100.0, 0.02), (10_000.0, 300.0, 0.0)]),
        (200.0, 300.0, [(0.0, 200.0, 0.0), (5_000.0, 100.0, 0.02), (10_000.0, 300.0, 0.0)]),
        (300.0, 300.0, [(0.0, 300.0, 0.0)]),
        (50.0, None, [(0.0, 100.0, 0.02)]),
        (None, 80.0, [(0.0, 80.0, 0.0)]),
    ],
)
def test_bounds_of_a_plain_fee_are_tiers(
    least: float | None, most: float | None, tiers: list[tuple[float, float, float]]
) -> None:
    site = venues(
        {"venue_id": "A", "fee_sale": 100.0, "fee_rate": 0.02, "fee_least": least, "fee_most": most}
    )
    found = sale_fees(site, None)
    assert_allclose(np.stack([found.above[0], found.fixed[0], found.rate[0]], axis=1), tiers)


def test_a_crossing_splits_the_tier_that_it_lies_in() -> None:
    site = venues({"venue_id": "A", "fee_least": 150.0, "fee_most": 520.0})
    table = fees(
        {"venue_id": "A", "fee": 100.0, "rate": 0.1},
        {"venue_id": "A", "above": 1_000.0, "fee": 300.0},
        {"venue_id": "A", "above": 4_000.0, "fee": 500.0, "rate": 0.001},
    )
    found = sale_fees(site, table)
    assert_allclose(found.above[0], [0.0, 500.0, 1_000.0, 4_000.0, 20_000.0])
    assert_allclose(found.fixed[0], [150.0, 100.0, 300.0, 500.0, 520.0])
    assert_allclose(found.rate[0], [0.0, 0.1, 0.0, 0.001, 0.0])


def test_venues_without_rows_keep_their_columns_and_are_filled_up() -> None:
    sites = venues(
        {"venue_id": "A", "fee_sale": 200.0, "fee_rate": 0.03, "fee_no_sale": 45.0},
        {"venue_id": "B", "fee_sale": 9e9, "fee_rate": 0.9, "fee_no_sale": 35.0},
        {"venue_id": "C", "fee_no_sale": 9e9},
    )
    table = fees(
        {"venue_id": "B", "fee": 100.0},
        {"venue_id": "B", "above": 10_000.0, "fee": 265.0},
        {"venue_id": "C", "charged_on": "no_sale", "fee": 20.0, "rate": 0.001},
    )
    sale, none = sale_fees(sites, table), no_sale_fees(sites, table)
    assert (sale.tiers, none.tiers) == (2, 1)
    assert_array_equal(sale.above, [[0.0, np.inf], [0.0, 10_000.0], [0.0, np.inf]])
    assert_array_equal(sale.fixed, [[200.0, 0.0], [100.0, 265.0], [250.0, 0.0]])
    assert_array_equal(sale.rate, [[0.03, 0.0], [0.0, 0.0], [0.01, 0.0]])
    assert_array_equal(none.fixed, [[45.0], [35.0], [20.0]])
    assert_array_equal(none.rate, [[0.0], [0.0], [0.001]])
    arrays = (sale.above, sale.fixed, sale.rate, none.above)
    assert all(each.flags.c_contiguous and each.dtype == np.float64 for each in arrays)
    price = np.array([1e5, 10_000.0, np.nextafter(10_000.0, np.inf), 0.0, -1.0, 1e12])
    assert_array_equal(sale.tier(np.array([0, 1, 1, 1, 1, 2]), price), [0, 0, 1, 0, 0, 0])
    assert np.isnan(sale.fee(np.array([1]), np.array([np.nan])))[0]


def test_no_venue_has_one_tier_of_nothing() -> None:
    found = sale_fees(venues(), None)
    assert found.above.shape == (0, 1)
    assert found.fee(np.zeros(0, dtype=np.int64), np.zeros(0)).shape == (0,)


def faults_of(*rows: dict[str, Any], **site: Any) -> list[tuple[int | None, str | None, str]]:
    """Return row, column and rule of each fault of venue A's schedules."""
    market = plain_market(venues=venues({"venue_id": "A", **site}), fees=fees(*rows))
    with pytest.raises(InputError) as caught:
        work_out(market)
    return [(fault.row, fault.column, fault.rule) for fault in caught.value.faults]


def work_out(market: Market) -> None:
    """Work every schedule of a market's auctions out."""
    market.sale_fees("auction")
    market.no_sale_fees("auction")


def tier(above: float, fee: float, rate: float | None = None, **more: Any) -> dict[str, Any]:
    """Return a tier of venue A."""
    return {"venue_id": "A", "above": above, "fee": fee, "rate": rate, **more}


def test_every_fault_of_the_schedules_is_told_with_its_row() -> None:
    assert faults_of(
        tier(500.0, 10.0),
        tier(900.0, 5.0),
        tier(900.0, 30.0),
        tier(0.0, 9.0, charged_on="no_sale"),
    ) == [
        (1, "above", "the first tier of a venue must start at 0"),
        (2, "fee", "charges 5.00 just above 900, less than the 10.00 at it"),
        (3, "above", "row 2 already states what holds above 900"),
    ]
    assert faults_of(
        tier(0.0, 9.0, charged_on="no_sale"), tier(5.0, 8.0, charged_on="no_sale")
    ) == [(2, "fee", "charges 8.00 just above 5, less than the 9.00 at it")]


def test_a_rate_may_not_make_a_schedule_fall() -> None:
    found = faults_of(tier(0.0, 0.0, 0.05), tier(10_000.0, 100.0, 0.03))
    assert found == [(2, "fee", "charges 400.00 just above 10,000, less than the 500.00 at it")]
    flush = fees(tier(0.0, 0.0, 0.1), tier(0.3, 0.03))
    assert sale_fees(venues({"venue_id": "A"}), flush).tiers == 2


def test_an_unknown_venue_is_told() -> None:
    found = faults_of(tier(0.0, 9.0), {**tier(0.0, 9.0), "venue_id": "Z"})
    assert found == [(2, "venue_id", "there is no such venue")]


def test_bounds_out_of_order_and_too_many_tiers_are_told() -> None:
    steps = [tier(100.0 * i, 10.0 * i + 1.0, 0.0) for i in range(16)]
    assert faults_of(*steps) == [
        (1, "venue_id", "a schedule has 15 tiers at most, this one has 16")
    ]
    rising = [tier(100.0 * i, 10.0 * i, 0.01) for i in range(15)]
    rule = "with its bounds the fees of a sale have 16 tiers, more than 15"
    assert faults_of(*rising, fee_least=0.5) == [(None, "fee_least", rule)]
    assert faults_of(tier(0.0, 9.0), fee_least=10.0, fee_most=9.0) == [
        (None, "fee_least", "must not be above fee_most")
    ]


def test_a_market_works_each_schedule_out_once_for_its_own_places() -> None:
    sites = venues(
        {"venue_id": "D", "channel": "dealer", "fee_sale": 1.0, "fee_rate": 0.0},
        {"venue_id": "A"},
    )
    market = plain_market(venues=sites, fees=fees(tier(0.0, 3.0), tier(10.0, 4.0)))
    assert_array_equal(market.sale_fees("auction").fixed, [[3.0, 4.0]])
    assert_array_equal(market.sale_fees("dealer").fixed, [[1.0]])
    assert market.sale_fees("auction") is market.sale_fees("auction")
    assert market.no_sale_fees("auction").fixed.tolist() == [[60.0]]


def test_a_table_without_optional_columns_will_do() -> None:
    plain = pl.DataFrame({"venue_id": ["A"], "above": [0.0], "fee": [12.0]})
    assert sale_fees(venues({"venue_id": "A"}), plain).fixed.tolist() == [[12.0]]
