"""Auctions held scenario by scenario: the kernel against its twin, and against quotes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from _core import outcomes, reference_outcomes
from _core.reference_outcomes import two_highest
from _core.rng import uniforms
from _core.streams import unit_keys

LOTS, RUNS, SCENARIOS, SLOTS = 23, 3, 601, 7


def lots(count: int = LOTS, n: int = SCENARIOS, seed: int = 4) -> dict[str, Any]:
    """Lots of every kind: sealed, haggled for, in tiers, covered, undone, gone, without bidders."""
    rng = np.random.default_rng(seed)
    row = np.arange(count)
    level = np.where(row % 4 == 1, rng.uniform(-1.0, 2.0, count), -np.inf)
    grid = np.linspace(-6.5, 6.5, 65)
    return {
        "seed": 7, "stream": 9, "keys": unit_keys([f"v{i}" for i in range(count)]),
        "log_value": 9.0 + 0.4 * rng.standard_normal(count),
        "unit_scale": rng.uniform(0.05, 0.4, count),
        "step_log_value": rng.uniform(-0.05, 0.0, count),
        "arrival": np.where(row % 7 == 3, 0.3, rng.uniform(1.0, 12.0, count)),
        "spread": rng.uniform(0.05, 0.25, count),
        "accept_level": level, "accept_slope": np.full(count, 12.0),
        "sealed": np.where(row % 5 == 2, row % 2, -1),
        "rivals": np.cumsum(np.exp(-3.0 * np.array([[1.0], [2.0]]) * np.exp(-grid)), axis=1) / 60,
        "reserve": np.exp(9.0 + 0.3 * rng.standard_normal((count, RUNS))),
        "unsold_fee": rng.uniform(0.0, 100.0, (count, RUNS)),
        "fees": row % 3,
        "sale_above": np.array([[0.0, np.inf], [0.0, 8_000.0], [0.0, 6_000.0]]),
        "sale_fixed": np.array([[100.0, 0.0], [0.0, 300.0], [50.0, 10.0]]),
        "sale_rate": np.array([[0.02, 0.0], [0.05, 0.0], [0.0, 0.04]]),
        "tax_rate": np.where(row % 2, 0.03, 0.0),
        "return_rate": np.where(row % 3, 0.0, 0.1),
        "return_fixed": np.full(count, 200.0), "return_share": np.full(count, 0.12),
        "floor_price": np.where(row % 6 == 5, 9_000.0, 0.0),
        "largest_payout": np.where(row % 4 == 3, 800.0, np.inf),
        "worth": rng.uniform(0.95, 1.0, count), "spent": rng.uniform(0.0, 400.0, count),
        "step_discount": 0.996, "step_cost": 140.0, "fallback": 0.8,
        "shock": rng.standard_normal((count, n)),
        "factor": 0.1 * rng.standard_normal((2, 5, n)),
        "group": row % 2, "place": np.sort(rng.integers(0, 5, (count, RUNS + 1)), axis=1),
        "slot": rng.integers(0, SLOTS, (count, RUNS)), "slots": SLOTS,
        "gone": (rng.random((count, n)) < 0.1) & (row[:, None] % 2 == 0),
    }  # fmt: skip


def test_outcomes_are_those_of_the_twin() -> None:
    given = lots()
    for got, expected in zip(
        outcomes.auction_outcomes(**given, threads=2),
        reference_outcomes.auction_outcomes(**given),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-8)


def test_all_kinds_of_outcomes_are_seen() -> None:
    given = lots()
    net, sold, offered = outcomes.auction_outcomes(**given)
    assert ((sold[:, 0] > 0.0) & (sold[:, 0] < 1.0)).any()
    assert (sold[:, 1:] > 0.0).any(axis=0).all()
    assert (sold.sum(axis=1) < 1.0).any()
    there = LOTS * SCENARIOS - given["gone"].sum()
    assert offered.sum() > there
    assert (net[given["gone"]] < 0.0).all()


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 1_024])
def test_the_same_bits_for_any_threads_and_scenarios(n: int) -> None:
    given = lots(n=n)
    one = outcomes.auction_outcomes(**given)
    three = outcomes.auction_outcomes(**given, threads=3)
    for own, other in zip(one, three, strict=True):
        np.testing.assert_array_equal(own, other)
    if n > 2:
        fewer = {"shock": given["shock"][:, :2], "gone": given["gone"][:, :2]}
        part = outcomes.auction_outcomes(**given | fewer | {"factor": given["factor"][:, :, :2]})
        np.testing.assert_array_equal(part[0], one[0][:, :2])


def test_lots_do_not_depend_on_each_other() -> None:
    given = lots()
    whole = outcomes.auction_outcomes(**given)
    few = {
        name: each[3:9]
        for name, each in given.items()
        if isinstance(each, np.ndarray) and len(each) == LOTS
    }
    part = outcomes.auction_outcomes(**given | few)
    np.testing.assert_array_equal(part[0], whole[0][3:9])
    np.testing.assert_array_equal(part[1], whole[1][3:9])


def test_nothing_is_held_where_there_is_no_lot() -> None:
    given = lots(0)
    net, sold, offered = outcomes.auction_outcomes(**given)
    assert net.shape == (0, SCENARIOS)
    assert sold.shape == (0, RUNS)
    assert (offered == 0.0).all()


def one_run(
    n: int, asked: float, *, arrival: float, spread: float, level: float, slope: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Prices of a lot of value 1 in a run, the two highest, and the draws of the seller's mind."""
    given = lots(1, n)
    nothing, one = np.zeros(1), np.ones(1)
    given |= {
        "log_value": nothing, "unit_scale": nothing, "arrival": arrival * one,
        "spread": spread * one, "accept_level": level * one, "accept_slope": slope * one,
        "sealed": np.full(1, -1), "reserve": np.full((1, 1), asked), "unsold_fee": np.zeros((1, 1)),
        "sale_above": np.zeros((1, 1)), "sale_fixed": np.zeros((1, 1)),
        "sale_rate": np.zeros((1, 1)), "tax_rate": nothing, "return_rate": nothing,
        "floor_price": nothing, "worth": one, "spent": nothing, "step_cost": 0.0, "fallback": 0.0,
        "factor": np.zeros((1, 1, n)), "place": np.zeros((1, 2), int),
        "slot": np.zeros((1, 1), int), "gone": None,
    }  # fmt: skip
    net, _, _ = outcomes.auction_outcomes(**given)
    draws = uniforms(given["seed"], given["stream"], given["keys"], 4, n)[0]
    first, second = two_highest(draws[:2], arrival, spread)
    return net[0], first, second, draws[2]


@pytest.mark.parametrize("level", [-np.inf, 0.0, 2.0])
def test_sellers_take_bids_by_their_curve(level: float) -> None:
    asked, slope = 1.2, 8.0
    price, first, second, _ = one_run(
        200_000, asked, arrival=5.0, spread=0.15, level=level, slope=slope
    )
    reached = first >= np.log(asked)
    np.testing.assert_allclose(price[reached], np.maximum(np.exp(second[reached]), asked))
    for low, high in ((0.9, 1.0), (1.05, 1.1), (1.1, 1.15)):
        there = ~reached & (second > np.log(low)) & (second < np.log(high))
        chance = 1 / (1 + np.exp(-(level + slope * (second[there] - np.log(asked)))))
        taken = price[there] > 0
        error = np.sqrt(np.sum(chance * (1 - chance)))
        assert abs(taken.sum() - chance.sum()) <= 4 * error
        np.testing.assert_allclose(price[there][taken], np.exp(second[there][taken]))


def test_a_curve_without_a_slope_takes_every_bid_alike_but_none_where_nobody_came() -> None:
    price, first, second, mind = one_run(50_000, 1.2, arrival=0.8, spread=0.15, level=0.0)
    missed, two_came = first < np.log(1.2), np.isfinite(second)
    np.testing.assert_array_equal(price[missed] > 0.0, ((mind < 0.5) & two_came)[missed])


def test_nobody_haggles_about_a_reserve_far_above_the_value() -> None:
    near, far = (
        one_run(2_000, np.exp(0.1 * apart), arrival=8.0, spread=0.1, level=30.0)[0]
        for apart in (outcomes.HOPELESS - 0.1, outcomes.HOPELESS + 0.1)
    )
    assert (near > 0.0).mean() > 0.9
    assert (far == 0.0).all()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("log_value", np.zeros(2), r"log_value must have one entry for each of 5 keys, not \(2,\)"),
        ("log_value", np.full(5, np.nan), "log_value of row 0 is nan, not a finite number"),
        ("largest_payout", np.full(5, np.nan), "largest_payout of row 0 is not a number"),
        ("arrival", np.zeros(5), "arrival must be finite and positive; row 0 is 0.0"),
        ("spread", np.full(5, -1.0), "spread must be finite and positive; row 0 is -1.0"),
        ("reserve", np.ones((5, 0)), "reserve and unsold_fee must have a row"),
        ("unsold_fee", np.ones((5, 1)), "reserve and unsold_fee must have a row"),
        ("reserve", np.zeros((5, 3)), "reserve must be positive and finite"),
        ("factor", np.zeros((2, 5)), "factor must hold dates and scenarios of each group"),
        ("shock", np.zeros((5, 2)), "shock must be 5 x 601"),
        ("rivals", np.zeros((1, 1)), "rivals must be tables of two points or more"),
        ("rivals", np.zeros((0, 0)), "sealed lots need tables of rivals"),
        ("sale_rate", np.full((3, 2), np.nan), "sale_rate must be finite"),
        ("group", np.full(5, 2), r"group of row 0 is 2, outside 0..1"),
        ("fees", np.full(5, -1), r"fees of row 0 is -1, outside 0..2"),
        ("sealed", np.full(5, 2), r"sealed of row 0 is 2, outside 0..1"),
        ("place", np.full((5, 4), 5), r"place must lie in \[0, 5\)"),
        ("place", np.zeros((5, 3), dtype=int), "place must have a date for each run"),
        ("slot", np.full((5, 3), 7), r"slot must lie in \[0, 7\)"),
        ("gone", np.zeros((5, 2), dtype=bool), "gone must be 5 x 601"),
        ("threads", 0, "threads must be at least 1, not 0"),
    ],
)
def test_what_is_no_lot_is_refused(name: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        outcomes.auction_outcomes(**lots(5) | {name: value})
