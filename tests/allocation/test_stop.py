"""When the search ends, and what it hands back then."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from auction.allocation import Constraints, Stop, allocate
from auction.allocation.clock import Clock
from auction.allocation.improve import improve
from auction.allocation.incumbent import assess, fill, gain_order
from auction.allocation.prices import no_prices, price_out
from auction.allocation.request import compile_problem
from auction.hedges import Hedges, Position
from auction.options import Options
from auction.risk import CVaR

RISK = CVaR(0.9, 0.4)
HARD = {"vehicles": 120, "events": 8, "terms": 3, "scenarios": 64, "reruns": True}


@pytest.mark.parametrize("gap", [1e-9, 1e-3])
def test_the_time_limit_holds(gap: float, make_options: Callable[..., Options]) -> None:
    options = make_options(
        5, vehicles=1500, events=25, terms=5, scenarios=256, reruns=True, tight=0.7
    )
    begin = time.perf_counter()
    found = allocate(options, risk=RISK, stop=Stop(gap, 1.0))
    assert time.perf_counter() - begin < 4.0
    assert found.status == ("time_limit" if found.gap > gap else "gap")


def test_more_work_never_gives_a_worse_plan(make_options: Callable[..., Options]) -> None:
    options = make_options(4, **HARD)
    found = [allocate(options, risk=RISK, stop=Stop(1e-9, 60.0, work)) for work in (0, 200, 900)]
    assert [one.status for one in found] == ["work_limit"] * 3
    worth = [one.objective for one in found]
    assert worth == sorted(worth)
    assert worth[0] < worth[-1]
    bounds = [one.bound for one in found]
    assert bounds == sorted(bounds, reverse=True)


def test_a_search_that_ends_by_work_repeats_bit_for_bit(
    make_options: Callable[..., Options],
) -> None:
    options = make_options(3, **HARD)
    one, two = (allocate(options, risk=RISK, stop=Stop(1e-9, 60.0, 200.0)) for _ in range(2))
    assert one.status == two.status == "work_limit"
    assert "200" in one.reason
    assert one.chosen.tobytes() == two.chosen.tobytes()
    assert one.scenario_total.tobytes() == two.scenario_total.tobytes()
    assert (one.objective, one.bound, one.gap) == (two.objective, two.bound, two.gap)


@pytest.mark.parametrize("gap", [1e-2, 1e-3, 6e-4])
def test_a_gap_that_is_met_ends_the_search(
    gap: float, make_options: Callable[..., Options]
) -> None:
    found = allocate(make_options(6, **HARD), risk=RISK, stop=Stop(gap, 60.0))
    assert found.status == "gap"
    assert gap / 100.0 < found.gap <= gap


@given(
    seed=st.integers(0, 10_000),
    tight=st.floats(0.2, 1.0),
    weight=st.sampled_from([0.0, 0.4, 1.0]),
    breadth=st.integers(1, 12),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it hands out a plain function
)
def test_improving_never_breaks_a_rule_nor_loses(
    make_options: Callable[..., Options], seed: int, tight: float, weight: float, breadth: int
) -> None:
    options = make_options(
        seed, vehicles=30, events=5, terms=2, offers=1, floors=1, reruns=True, tight=tight
    )
    offers = pl.DataFrame({"offer_id": ["O0"], "min_units": [4], "max_units": [8]})
    market = options.basis[0, 1]
    put = Position("P0", "bank", 6, 4000.0 * (np.maximum(-market, 0.0) - 0.02))
    problem = compile_problem(
        options, Constraints(), CVaR(0.8, weight), Hedges({"F0": 2.0}, (put,)), None, offers
    )
    chosen = fill(problem, gain_order(problem, problem.mean))
    assert chosen is not None
    plan = assess(problem, chosen)
    priced = price_out(problem, no_prices(problem))
    found = improve(problem, plan, priced, Clock(60.0), breadth=breadth)
    assert problem.feasible(found.chosen)
    assert (found.lots >= 0.0).all()
    assert (found.lots <= problem.lots).all()
    assert found.objective >= plan.objective
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    outcomes = net[problem.column[found.chosen]].sum(axis=0) + found.lots @ problem.payoff
    assert found.objective == pytest.approx(problem.risk.measure(outcomes), rel=1e-12)


def test_pairs_find_what_single_moves_cannot(build_options: Callable[..., Options]) -> None:
    """One slot: a keeps it for 10 though b would gain 5 by it and a lose but 1."""
    options = build_options(
        [
            {"vehicle_id": "a", "channel": "auction", "venue_id": "A"},
            {"vehicle_id": "a", "channel": "hold"},
            {"vehicle_id": "b", "channel": "auction", "venue_id": "A"},
            {"vehicle_id": "b", "channel": "hold"},
        ],
        coefficient=np.array([[10.0], [9.0], [8.0], [3.0]]),
        group=np.zeros(4, dtype=int),
        basis=np.ones((1, 1, 3)),
        use=[{"slot": 1.0}, {}, {"slot": 1.0}, {}],
        limits={"slot": 1.0},
    )
    problem = compile_problem(options, Constraints(), CVaR(), Hedges(), None, None)
    plan = assess(problem, np.array([0, 3]))
    priced = price_out(problem, no_prices(problem))
    assert plan.objective == 13.0
    found = improve(problem, plan, priced, Clock(60.0), breadth=2)
    assert (found.chosen.tolist(), found.objective) == ([1, 2], 17.0)
    late = improve(problem, plan, priced, Clock(0.0), breadth=2)
    assert late.chosen.tolist() == [0, 3]


def test_chances_next_to_nothing_do_not_upset_the_solver(
    make_options: Callable[..., Options],
) -> None:
    options = make_options(3, **HARD)
    dust = sparse.csr_array(options.use + (options.use.toarray() > 0)[::-1] * 1e-19)
    assert (dust.data < 1e-12).sum() > 100
    stop = Stop(1e-9, 60.0, 0.0)
    plain = allocate(options, risk=RISK, stop=stop)
    assert allocate(replace(options, use=dust), risk=RISK, stop=stop).objective == plain.objective
