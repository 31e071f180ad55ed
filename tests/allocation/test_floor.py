"""A floor of the tail: no plan may fall below it, whatever the mean gains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop, allocate
from auction.errors import InfeasibleError
from auction.hedges import Hedges, Position
from auction.options import Options, Resource
from auction.risk import CVaR


@pytest.fixture
def bets(build_options: Callable[..., Options]) -> Options:
    """Two vehicles that bring 9 each for sure, or 0 and 20 as the market goes."""
    rows = [
        {"vehicle_id": vehicle, "channel": channel}
        for vehicle in "ab"
        for channel in ("auction", "hold")
    ]
    return build_options(
        rows,
        coefficient=np.array([[10.0, 10.0], [9.0, 0.0]] * 2),
        group=np.zeros(4, dtype=int),
        basis=np.array([[[1.0, 1.0], [-1.0, 1.0]]]),
        use=[{}] * 4,
        limits={"E": 5.0},
    )


@pytest.mark.parametrize(
    ("floor", "mean", "cvar"), [(-1.0, 20.0, 0.0), (0.0, 20.0, 0.0), (9.0, 19.0, 9.0),
                                (9.1, 18.0, 18.0), (18.0, 18.0, 18.0)]
)  # fmt: skip
def test_the_plan_keeps_its_floor(bets: Options, floor: float, mean: float, cvar: float) -> None:
    found = allocate(bets, risk=CVaR(0.5, 0.0, floor))
    assert found.objective == pytest.approx(mean)
    assert found.expected == pytest.approx(mean)
    assert found.cvar == pytest.approx(cvar)
    assert found.bound == pytest.approx(mean)
    assert found.status == "optimal"


def test_what_the_floor_costs_is_told(bets: Options) -> None:
    """From 0 to 18 of CVaR the relaxed mean falls from 20 to 18: a ninth a unit of money."""
    found = allocate(bets, risk=CVaR(0.5, 0.0, 9.0))
    row = found.shadow_prices.filter(pl.col("kind") == "floor").row(0, named=True)
    assert row["label"] == "CVaR at 0.5 of at least 9.00"
    assert (row["limit"], row["used"]) == (9.0, pytest.approx(9.0))
    assert row["price"] == pytest.approx(1.0 / 9.0)
    assert found.charges.weights.sum() == pytest.approx(1.0)


def test_a_floor_out_of_reach_is_told_with_what_can_be_reached(bets: Options) -> None:
    with pytest.raises(InfeasibleError) as told:
        allocate(bets, risk=CVaR(0.5, 0.3, 19.5))
    (words,) = told.value.conflicts
    assert words == (
        "CVaR at 0.5 of at least 19.50: cheapest way out, let it give way by 1.50: the best that "
        "can be reached is 18.00"
    )


def test_what_stands_against_the_floor_is_told(bets: Options) -> None:
    """With a pinned to a bet 9 can be reached; 12 could be but for that pin."""
    pinned = pl.DataFrame({"vehicle_id": ["a"], "action": ["pin"], "channel": ["auction"]})
    with pytest.raises(InfeasibleError) as told:
        allocate(bets, risk=CVaR(0.5, 0.3, 12.0), overrides=pinned)
    tail, pin = told.value.conflicts
    assert tail.endswith("let it give way by 3.00: the best that can be reached is 9.00")
    assert pin == "vehicle a is pinned to channel auction"


def test_hedges_count_toward_the_floor(bets: Options) -> None:
    """A put that pays 12 where the bets fail, at a cost of 7 in the mean."""
    put = Position("P", "bank", 2, np.array([5.0, -5.0]) - 1.0)
    found = allocate(bets, risk=CVaR(0.5, 0.0, 8.0), hedges=Hedges({}, (put,)))
    assert found.objective == pytest.approx(19.0)  # rather one bet less than two lots
    pinned = pl.DataFrame({"vehicle_id": ["a", "b"], "action": "pin", "channel": "auction"})
    hedged = allocate(bets, risk=CVaR(0.5, 0.0, 8.0), hedges=Hedges({}, (put,)), overrides=pinned)
    assert hedged.positions.tolist() == [2.0]
    assert hedged.expected == pytest.approx(18.0)
    assert hedged.cvar == pytest.approx(8.0)


def test_what_is_lost_to_volume_counts_toward_the_floor(bets: Options) -> None:
    use = bets.use.tolil()
    use[0, [1, 3]] = 1.0
    market = Resource("M", "volume", "alike", 1.0, ((1.0, 0.5),))
    priced = Options(
        bets.vehicle_ids, bets.vehicle, bets.table, bets.coefficient, bets.group, bets.basis,
        use.tocsc(), (market,),
    )  # fmt: skip
    found = allocate(priced, risk=CVaR(0.5, 0.0, 17.5))
    assert found.objective == pytest.approx(17.5)
    assert found.cvar == pytest.approx(17.5)
    with pytest.raises(InfeasibleError, match=r"the best that can be reached is 17\.50"):
        allocate(priced, risk=CVaR(0.5, 0.0, 17.6))


def test_a_floor_below_the_plan_changes_nothing(make_options: Callable[..., Options]) -> None:
    options = make_options(3, vehicles=40, events=4, scenarios=60)
    free = allocate(options, risk=CVaR(0.9, 0.4), stop=Stop(gap=1e-9))
    held = allocate(options, risk=CVaR(0.9, 0.4, free.cvar - 1.0), stop=Stop(gap=1e-9))
    assert held.chosen.tolist() == free.chosen.tolist()
    assert held.shadow_prices.filter(pl.col("kind") == "floor")["price"].item() == 0.0


def test_a_higher_floor_never_brings_more(make_options: Callable[..., Options]) -> None:
    options = make_options(5, vehicles=60, events=5, scenarios=80, tight=1.5)
    risky = allocate(options, risk=CVaR(0.9, 0.0), stop=Stop(gap=1e-8))
    safe = allocate(options, risk=CVaR(0.9, 1.0), stop=Stop(gap=1e-8))
    low = risky.scenario_total
    least = CVaR(0.9, 1.0).measure(low)
    worth, prices = [], []
    for share in (0.25, 0.5, 0.75, 0.95):
        floor = least + share * (safe.cvar - least)
        found = allocate(options, risk=CVaR(0.9, 0.0, floor), stop=Stop(gap=1e-8))
        assert found.cvar >= floor - 1e-6 * floor
        worth.append(found.objective)
        row = found.shadow_prices.filter(pl.col("kind") == "floor").row(0, named=True)
        prices.append(row["price"])
        assert found.gap <= 1e-8
    assert worth == sorted(worth, reverse=True)
    assert worth[0] <= risky.objective
    assert prices == sorted(prices)
    assert prices[-1] > 0.0


def test_the_last_plan_with_its_floor_starts_the_next(
    make_options: Callable[..., Options],
) -> None:
    options = make_options(5, vehicles=60, events=5, scenarios=80, tight=1.5)
    neutral = allocate(options, risk=CVaR(0.9, 0.0))
    floor = 0.4 * CVaR(0.9, 1.0).measure(neutral.scenario_total)
    floor += 0.6 * allocate(options, risk=CVaR(0.9, 1.0)).cvar
    first = allocate(options, risk=CVaR(0.9, 0.2, floor), stop=Stop(gap=1e-7))
    again = allocate(options, risk=CVaR(0.9, 0.2, floor), stop=Stop(gap=1e-7), start=first)
    assert again.objective == pytest.approx(first.objective, rel=1e-7)
    assert again.started is not None
    assert again.started.tails > 0
    freed = allocate(options, risk=CVaR(0.9, 0.2), stop=Stop(gap=1e-7), start=first)
    assert freed.objective >= first.objective
    assert freed.bound >= freed.objective


def test_a_floor_is_an_amount_of_money() -> None:
    with pytest.raises(ValueError, match="floor must be an amount of money, not nan"):
        CVaR(0.9, 0.1, float("nan"))
