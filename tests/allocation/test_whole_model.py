"""The allocator against one model with every scenario written out (Rockafellar and Uryasev)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, Stop, allocate
from auction.hedges import Hedges, Position
from auction.options import Options
from auction.risk import CVaR


def whole_model(
    options: Options, risk: CVaR, least: int, most: int, put: Position, suv: int
) -> tuple[float, float]:
    """Objective and bound of the request of `test_agrees`, all rows at once."""
    from ortools.math_opt.python import mathopt

    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group]) / 1e4
    count = net.shape[1]
    model = mathopt.Model()
    taken = [model.add_binary_variable() for _ in range(net.shape[0])]
    lots = model.add_integer_variable(lb=0, ub=put.lots)
    opened = model.add_binary_variable()
    level = model.add_variable()
    for vehicle in range(len(options.vehicle_ids)):
        own = np.flatnonzero(options.vehicle == vehicle)
        model.add_linear_constraint(mathopt.fast_sum([taken[o] for o in own]) == 1)
    use = options.use.toarray()
    for row, resource in enumerate(options.resources):
        terms = [float(use[row, o]) * taken[o] for o in np.flatnonzero(use[row])]
        model.add_linear_constraint(mathopt.fast_sum(terms) <= resource.limit)
    dealt = np.flatnonzero((options.frame["offer_id"] == "O0").fill_null(value=False))
    units = mathopt.fast_sum([taken[o] for o in dealt])
    model.add_linear_constraint(units <= most * opened)
    model.add_linear_constraint(units >= least * opened)
    sold = (options.frame["channel"] != "hold") & (options.frame["segment"] == "suv")
    model.add_linear_constraint(mathopt.fast_sum([taken[o] for o in np.flatnonzero(sold)]) <= suv)
    short = []
    for scenario in range(count):
        total = mathopt.fast_sum(
            [float(net[o, scenario]) * taken[o] for o in range(net.shape[0])]
            + [float(put.payoff[scenario]) / 1e4 * lots]
        )
        below = model.add_variable(lb=0.0)
        model.add_linear_constraint(below >= level - total)
        short.append(below)
    mean = net.mean(axis=1)
    expected = mathopt.fast_sum(
        [float(mean[o]) * taken[o] for o in range(net.shape[0])]
        + [float(put.payoff.mean()) / 1e4 * lots]
    )
    tail = level - mathopt.fast_sum(short) / ((1.0 - risk.alpha) * count)
    model.maximize((1.0 - risk.weight) * expected + risk.weight * tail)
    params = mathopt.SolveParameters(
        relative_gap_tolerance=1e-8, time_limit=dt.timedelta(seconds=60), random_seed=0
    )
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params)
    return result.objective_value() * 1e4, result.best_objective_bound() * 1e4


@pytest.mark.parametrize("seed", range(6))
def test_agrees(seed: int, make_options: Callable[..., Options]) -> None:
    options = make_options(
        seed, vehicles=20, events=4, terms=2, offers=1, scenarios=40, reruns=seed % 2 == 1
    )
    risk = CVaR(0.9, 0.6)
    fall = np.maximum(0.02 - options.basis[0, 1], 0.0)
    put = Position("P", "bank", 25, 2500.0 * (fall - 1.05 * fall.mean()))
    model, bound = whole_model(options, risk, 4 + seed, 12, put, 6)
    assert bound - model <= 1e-7 * model
    offers = pl.DataFrame({"offer_id": ["O0"], "min_units": [4 + seed], "max_units": [12]})
    found = allocate(
        options,
        Constraints(limits=(Limit("segment", "suv", max_units=6),)),
        risk=risk,
        hedges=Hedges({}, (put,)),
        offers=offers,
        stop=Stop(gap=1e-7),
    )
    assert found.objective == pytest.approx(model, rel=1e-6)
    assert found.bound == pytest.approx(model, rel=1e-6)
    assert found.status in {"optimal", "gap"}
