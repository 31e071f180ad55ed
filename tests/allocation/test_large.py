"""Large fleets: prices from a sample on, few columns searched, the proof over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.allocation import Allocation, Constraints, Limit, Stop, allocate, rounding, search
from auction.allocation import relaxation as relaxing
from auction.allocation.approach import Approach
from auction.allocation.clock import Clock
from auction.allocation.cuts import Cuts
from auction.allocation.master import solve_master
from auction.allocation.narrow import narrow
from auction.allocation.prices import no_prices, price_out
from auction.allocation.problem import Problem, union
from auction.allocation.request import compile_problem
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR

RISK = CVaR(0.9, 0.4)
FLEET = {"vehicles": 3_000, "events": 5, "offers": 2, "scenarios": 64}
OFFERS = pl.DataFrame({"offer_id": ["O0", "O1"], "min_units": [40, 1], "max_units": [300, 200]})
RULES = Constraints((Limit("segment_week", max_units=400),), max_hold_share=0.9)


def compiled(options: Options) -> Problem:
    return compile_problem(options, RULES, RISK, Hedges(), None, OFFERS)


def planned(options: Options, threads: int = 1) -> Allocation:
    return allocate(options, RULES, risk=RISK, offers=OFFERS, stop=Stop(1e-6), threads=threads)


@pytest.fixture
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the parts that only large fleets take be taken by a small one."""
    monkeypatch.setattr("auction.allocation.approach.FIRST_VEHICLES", 100)
    monkeypatch.setattr(relaxing, "FIRST_VEHICLES", 40)
    monkeypatch.setattr(relaxing, "MOST_ENTERING", 200)
    monkeypatch.setattr(rounding, "SORTED_COLUMNS", 1)
    monkeypatch.setattr(search, "NEAR_COLUMNS", 60)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("reruns", [False, True])
def test_parts_of_a_large_fleet_lead_to_the_same_proof(
    make_options: Callable[..., Options], few_at_a_time: None, seed: int, reruns: bool
) -> None:
    options = make_options(seed, **{**FLEET, "vehicles": 400}, reruns=reruns)
    found = planned(options)
    with pytest.MonkeyPatch.context() as usual:
        usual.setattr("auction.allocation.approach.FIRST_VEHICLES", 2_048)
        usual.setattr(relaxing, "FIRST_VEHICLES", 1_000)
        usual.setattr(rounding, "SORTED_COLUMNS", 1_000_000)
        usual.setattr(search, "NEAR_COLUMNS", 20_000)
        whole = planned(options)
    assert max(found.objective, whole.objective) <= min(found.bound, whole.bound) * (1.0 + 1e-12)


def test_the_approach_comes_near_the_bound(make_options: Callable[..., Options]) -> None:
    problem = compiled(make_options(3, **FLEET))
    cuts = Cuts(problem)
    approach = Approach(problem, cuts, Clock(60.0))
    near = price_out(problem, approach.run())
    best = relaxing.relax(problem, approach.drawn, Cuts(problem), Clock(60.0))
    assert best.finished
    assert best.priced.bound <= near.bound <= best.priced.bound * (1.0 + 3e-5)
    assert near.bound < 0.999 * price_out(problem, no_prices(problem)).bound


@pytest.mark.parametrize("seed", [1, 2])
def test_a_part_of_the_fleet_tells_prices_to_what_is_asked_and_all_are_drawn(
    make_options: Callable[..., Options], seed: int
) -> None:
    # 2,048 of 3,000 vehicles tell prices to 6e-4 of a typical worth
    problem = compiled(make_options(seed, **FLEET))
    looked: list[int] = []
    whole = Approach(problem, Cuts(problem), Clock(60.0))
    best = price_out(problem, whole.run())
    part = Approach(problem, Cuts(problem), Clock(60.0))
    with pytest.MonkeyPatch.context() as seen:
        near = Approach._near

        def counted(self: Approach, vehicles: Any, *others: Any) -> Any:
            looked.append(vehicles.size)
            return near(self, vehicles, *others)

        seen.setattr(Approach, "_near", counted)
        priced = price_out(problem, part.run(1e-3))
    assert set(looked[:-1]) == {2_048}
    assert looked[-1] == 3_000
    assert best.bound <= priced.bound * (1.0 + 1e-6)
    assert priced.bound <= best.bound * (1.0 + 1e-4)
    assert (problem.vehicle[part.drawn] == np.arange(3_000)).all()
    # nearly all vehicles draw what they draw where the whole fleet tells the prices
    assert (part.drawn == whole.drawn).mean() > 0.8


@pytest.mark.parametrize("weight", [0.0, 0.6])
def test_a_plan_at_another_weight_may_end_by_what_a_part_of_the_fleet_tells(
    make_options: Callable[..., Options], weight: float
) -> None:
    options = make_options(4, **FLEET)
    first = planned(options)
    told: list[str] = []
    found = allocate(
        options, RULES, risk=CVaR(0.9, weight), offers=OFFERS, stop=Stop(2e-3), start=first,
        progress=lambda stage, *_: told.append(stage),
    )  # fmt: skip
    best = allocate(options, RULES, risk=CVaR(0.9, weight), offers=OFFERS, stop=Stop(1e-6))
    assert found.gap <= 2e-3
    assert found.objective <= best.bound * (1.0 + 1e-12)
    assert best.objective <= found.bound * (1.0 + 1e-12)
    assert "cores" not in told


def test_the_relaxation_is_that_of_all_columns_at_once(
    make_options: Callable[..., Options], few_at_a_time: None
) -> None:
    problem = compiled(make_options(4, **{**FLEET, "vehicles": 500}))
    cuts = Cuts(problem)
    start = price_out(problem, no_prices(problem)).best
    plan = search.Search(Stop(), Clock(60.0), None).run(problem)
    start = np.searchsorted(problem.column, plan.chosen)
    found = relaxing.relax(problem, start, cuts, Clock(60.0))
    whole = solve_master(problem, np.arange(problem.column.size), cuts, 60.0)
    assert found.finished
    assert whole is not None
    assert found.priced.bound == pytest.approx(whole.value, rel=1e-10)


def test_threads_leave_every_bit(make_options: Callable[..., Options]) -> None:
    options = make_options(5, **FLEET)
    one, two = planned(options, 1), planned(options, 2)
    np.testing.assert_array_equal(one.chosen, two.chosen)
    assert (one.objective, one.bound) == (two.objective, two.bound)
    assert one.shadow_prices.equals(two.shadow_prices)


def test_what_is_left_out_is_worth_no_more_than_told(
    make_options: Callable[..., Options],
) -> None:
    problem = compiled(make_options(6, **FLEET))
    priced = price_out(problem, no_prices(problem))
    always = problem.start[:-1]
    part = narrow(problem, priced, always, 200)
    left = np.setdiff1d(np.arange(problem.column.size), part.kept)
    assert 0 < part.kept.size < problem.column.size
    assert np.isin(always, part.kept).all()
    assert (priced.bound + priced.reduced_of(left) <= part.outside + 1e-6).all()
    inner = price_out(part.problem, priced.prices)
    assert inner.bound == priced.bound
    np.testing.assert_array_equal(part.kept[inner.best], priced.best)
    np.testing.assert_allclose(inner.worth, priced.worth_of(part.kept), rtol=1e-12)


def test_a_small_problem_is_not_narrowed(make_options: Callable[..., Options]) -> None:
    problem = compiled(make_options(7, vehicles=30, events=3, offers=2))
    part = narrow(problem, price_out(problem, no_prices(problem)), problem.start[:-1], 20_000)
    assert part.problem is problem
    assert part.outside == -np.inf


def test_a_union_has_each_once() -> None:
    rng = np.random.default_rng(8)
    for size in (0, 1, 50):
        one, other = rng.integers(0, 30, (2, size))
        np.testing.assert_array_equal(union(one, other), np.union1d(one, other))
