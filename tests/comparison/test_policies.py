"""The benchmark of policies: its core on a small fleet, and that it sees what is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from auction.evaluate import standard_error
from auction.risk import CVaR
from benchmarks.policies import tell
from benchmarks.policies.grid import Grid, Judged, Size, judged
from benchmarks.policies.measures import Difference, ahead, ahead_in_tail
from benchmarks.policies.verdict import verdict
from benchmarks.policies.worlds import halves, misjudged, sample, with_room, world
from residual import second_highest_moments

NAMES = ["plan", "greedy", "nearest_auction", "all_auction", "highest_guide", "genetic"]


def test_small_fleet_is_judged_in_every_cell() -> None:
    words: list[str] = []
    found = judged(Grid((1.0,), (0.5, 1.5), (1.0,), ("values",)), Size(40, 32, 2), words.append)
    assert [one.policy for one in found] == 2 * NAMES
    assert [one.bidders for one in found] == 6 * [0.5] + 6 * [1.5]
    few, many = found[:6], found[6:]
    for scarce, busy in zip(few, many, strict=True):
        assert scarce.net < busy.net
        assert scarce.tail <= scarce.net
    for one in found:
        plan = few[0] if one.bidders == 0.5 else many[0]
        assert one.ahead.value == pytest.approx(plan.net - one.net, abs=1e-4)
        assert one.ahead_in_tail.value == pytest.approx(plan.tail - one.tail, abs=1e-4)
    assert found[0].ahead == Difference(0.0, 0.0)
    assert any("genetic" in said for said in words)
    rows = verdict(found)
    assert [row.measure for row in rows] == ["mean", "CVaR"] * 2
    console = Console(width=200)
    with console.capture() as taken:
        console.print(tell.policies(found), tell.verdict(rows))
    assert "nearest_auction" in taken.get()


def test_planner_knows_nothing_of_what_the_judge_is_told() -> None:
    earlier, later = (half.tables["sales"] for half in halves(sample(None), 0.75))
    assert not set(earlier["vehicle_id"]) & set(later["vehicle_id"])
    assert earlier.filter(pl.col("offered_on") >= later["offered_on"].min()).is_empty()
    assert earlier.height > 2 * later.height


def test_other_bidders_leave_values_as_they_are() -> None:
    fitted = world(halves(sample(20), 0.75)[1], 16, 1)
    other = misjudged(fitted, 1.5, 0.5, "values")
    unit, venue = np.arange(20) % len(fitted.vehicles), np.zeros(20, dtype=np.int64)
    bidders, factor = fitted.bidding(unit, venue)
    more, same = other.bidding(unit, venue)
    np.testing.assert_allclose(more, 1.5 * bidders)
    np.testing.assert_allclose(same, factor)
    np.testing.assert_array_equal(other.log_value, fitted.log_value)
    np.testing.assert_array_equal(other.book.sale_spread, 0.5 * fitted.book.sale_spread)


def test_other_bidders_leave_hammers_as_they_are() -> None:
    fitted = world(halves(sample(20), 0.75)[1], 16, 1)
    other = misjudged(fitted, 1.5, 0.5, "hammers")
    unit = np.arange(len(fitted.vehicles))
    hammers = []
    for situation in (fitted, other):
        bidders, factor = situation.bidding(unit, unit % 3)
        second = np.array([second_highest_moments(float(count))[0] for count in bidders])
        hammers.append(factor + situation.book.sale_spread[unit] * second)
    np.testing.assert_allclose(hammers[0], hammers[1], rtol=0.0, atol=1e-12)


def test_room_is_scaled_to_one_unit_at_least_where_there_is_a_bound() -> None:
    whole = world(halves(sample(20), 0.75)[1], 16, 1).market
    capacity, bounds = told(whole.events)["capacity"], told(whole.tariffs)["weekly_units"]
    first = pl.Series([0, 1, 5] + [10] * (len(capacity) - 3))
    market = replace(whole, events=told(whole.events).with_columns(capacity=first))
    scarce, ample = told(with_room(market, 0.5).events), with_room(market, 2.0)
    assert scarce["capacity"].to_list()[:4] == [0, 1, 2, 5]
    assert scarce.schema == told(market.events).schema
    assert 0 < bounds.null_count() < bounds.len()
    assert told(ample.tariffs)["weekly_units"].to_list() == (2.0 * bounds).to_list()
    same = with_room(market, 1.0)
    assert told(same.events).equals(told(market.events))
    assert told(same.tariffs).equals(told(market.tariffs))
    assert same.venues.equals(market.venues)


def told(table: pl.DataFrame | None) -> pl.DataFrame:
    assert table is not None
    return table


def test_error_of_the_tail_is_what_repetition_shows() -> None:
    rng, found = np.random.default_rng(5), []
    for _ in range(400):
        common = rng.standard_normal(1_000)
        one, other = common + 0.3 * rng.standard_normal((2, 1_000))
        found.append(ahead_in_tail(one, 1.2 * other, 0.9))
    spread = np.std([each.value for each in found], ddof=1)
    assert np.mean([each.error for each in found]) == pytest.approx(spread, rel=0.1)
    truth = 0.2 * np.sqrt(1.09) * 1.7549833
    assert np.mean([each.value for each in found]) == pytest.approx(truth, abs=0.02)
    covered = [each.low < truth < each.high for each in found]
    assert 0.91 < np.mean(covered) < 0.98


def test_paired_means_and_tails() -> None:
    one, other = np.array([5.0, 1.0, 3.0, 4.0]), np.array([4.0, 2.0, 2.0, 2.0])
    difference = ahead(one, other)
    assert difference == Difference(0.75, standard_error(one - other))
    assert ahead_in_tail(one, other, 0.75).value == CVaR(0.75).tail(one)[0] - 2.0


def cell(
    policy: str, net: float, gap: float, *, binds: bool, unmet: tuple[str, ...] = ()
) -> Judged:
    apart = Difference(gap, 1.0)
    return Judged("values", 1.0, 1.0, 1.0, policy, binds, net, net - 9.0, apart, apart, unmet)


@pytest.mark.parametrize(
    ("gap", "binds", "reached"),
    [(3.0, True, True), (1.0, True, False), (-1.0, False, True), (-3.0, False, False)],
)
def test_verdict_is_on_the_best_that_keeps_the_rules(
    gap: float, binds: bool, reached: bool
) -> None:
    found = [
        cell("plan", 50.0, 0.0, binds=binds),
        cell("greedy", 50.0 - gap, gap, binds=binds),
        cell("genetic", 90.0, -40.0, binds=binds, unmet=("event E1",)),
        cell("all_auction", 20.0, 30.0, binds=binds),
    ]
    for row in verdict(found):
        assert row.peer == "greedy"
        assert row.reached is reached
