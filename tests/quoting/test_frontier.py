"""The frontier: one row a weight, and an interrupt that ends it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop, Warm
from auction.evaluate import Evaluation
from auction.frontier import frontier
from auction.frontier_walk import walk
from auction.plan import Plan, allocate
from auction.progress import silent
from auction.quoting import quote
from auction.risk import CVaR
from quoting_world import book_for, fleet, plain_market


@pytest.fixture(scope="module")
def plan() -> Plan:
    market = plain_market()
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    return allocate(quote(book_for(units, market, n=32), market), risk=CVaR(0.9, 0.5))


def carried_out(plan: Plan) -> Evaluation:
    """Stand for fresh scenarios with the optimiser's own."""
    total = plan.allocation.scenario_total[None, :]
    return Evaluation(total, np.zeros(total.shape[1]), np.zeros((1, 1)), pl.DataFrame())


def points(plan: Plan, weights: list[float], *, stopped_at: float | None = None) -> pl.DataFrame:
    asked: list[float] = []

    def replan(risk: CVaR, _: Stop, start: Warm) -> Plan:
        asked.append(risk.weight)
        other = allocate(plan.options, risk=risk, start=start)
        if risk.weight == stopped_at:
            return replace(other, allocation=replace(other.allocation, status="interrupted"))
        return other

    made = frontier(
        plan, carried_out(plan), CVaR(0.9, 0.5), weights, Stop(), replan, carried_out, silent
    )
    assert 0.5 not in asked
    return made


def test_every_weight_has_one_row_and_the_plan_is_marked(plan: Plan) -> None:
    made = points(plan, [1.0, 0.5, 0.0, 1.0])
    assert made["weight"].to_list() == [0.0, 0.5, 1.0]
    assert made["taken"].to_list() == [False, True, False]
    own = made.row(1, named=True)
    assert own["expected"] == plan.risk["expected"]
    assert own["objective"] == pytest.approx(0.5 * own["expected"] + 0.5 * own["cvar"])
    neutral = made.row(0, named=True)
    assert neutral["cvar"] < neutral["expected"] == pytest.approx(neutral["objective"])


def test_an_interrupt_ends_the_comparison(plan: Plan) -> None:
    made = points(plan, [0.0, 0.2, 1.0], stopped_at=0.2)
    assert made["weight"].to_list() == [0.0, 0.5, 1.0]


def test_points_start_from_plans_on_either_side(plan: Plan) -> None:
    asked: list[float] = []

    def replan(risk: CVaR, start: Warm) -> Plan:
        asked.append(risk.weight)
        between_two = risk.weight not in (0.0, 1.0)
        assert start.risk.weight == (risk.weight if between_two else 0.5)
        # weights of the measure: the tail's own share of them adds up to the weight of the tail
        assert start.weights.sum() == pytest.approx(1.0)
        least = (1.0 - start.risk.weight) / start.weights.size
        assert start.weights.min() >= least - 1e-12
        return allocate(plan.options, risk=risk, start=start)

    weights = [0.0, 0.25, 0.3, 0.75, 1.0]
    walked = walk(plan, CVaR(0.9, 0.5), weights, replan, lambda point: point.allocation.warm)
    made = {risk.weight: point for risk, point in walked}
    assert asked[:2] == [1.0, 0.0]
    assert sorted(made) == weights
    for weight, point in made.items():
        cold = allocate(plan.options, risk=CVaR(0.9, weight))
        assert point.allocation.objective == pytest.approx(cold.allocation.objective, rel=1e-6)
