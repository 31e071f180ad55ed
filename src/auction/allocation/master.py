"""The linear relaxation over a core of columns, solved by GLOP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.clock import Clock, apart
from auction.allocation.cuts import Cuts
from auction.allocation.prices import Prices, settled
from auction.allocation.problem import CLOSED, FREE, OPEN, Problem

#: What a unit beyond a row costs where openings are decided, in scales of the problem.
GIVING = 100.0
#: Steps after which GLOP is taken to go round in circles: at the least, and a row and column.
LEAST_STEPS = 20_000
STEPS_A_ROW = 20

#: Entries of cuts below this, in units of the problem's scale, are rounding.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Point:
    """A solution of the relaxation on a core of columns.

    Parameters
    ----------
    core : int64[h]
        Columns in it, ascending.
    share : float64[h]
        Share of the vehicle that takes the column.
    lots : float64[J]
        Lots of each position.
    value : float
        Objective with the cuts so far, money.
    prices : Prices
        Duals.
    tails : float64[cuts]
        Duals of the cuts.
    """

    core: NDArray[np.int64]
    share: NDArray[np.float64]
    lots: NDArray[np.float64]
    value: float
    prices: Prices
    tails: NDArray[np.float64]


def solve_master(
    problem: Problem, core: NDArray[np.int64], cuts: Cuts, seconds: float
) -> Point | None:
    """Solve the relaxation over a core of columns with GLOP.

    Vehicles with one column in the core are taken out of the program. GLOP is handed the arrays
    anew each round: loading takes a few milliseconds, and its duals can be relied on, which row
    activities passed off as duals by other solvers cannot.

    Parameters
    ----------
    problem : Problem
        The problem.
    core : int64[h]
        Columns, ascending.
    cuts : Cuts
        Cuts on the tail.
    seconds : float
        Time limit.

    Returns
    -------
    Point or None
        None when time ran out first.
    """
    from ortools.linear_solver.python import model_builder_helper as helper

    count = np.bincount(problem.vehicle[core], minlength=problem.vehicles)
    alone = count[problem.vehicle[core]] == 1
    fixed, free = core[alone], core[~alone]
    matrix, lower, upper = _rows(problem, fixed, free, cuts)
    offers, positions = len(problem.minimums), problem.lots.shape[0]
    size = free.shape[0]
    cost = -np.concatenate(
        [
            problem.mean_of(free) / problem.scale,
            np.zeros(offers),
            problem.payoff.mean(axis=1) / problem.scale,
            [problem.risk.weight],
            -problem.steps.cost / problem.scale,
        ]
    )
    if problem.risk.floor is not None:
        # the tail counts in full in its floor, whatever its weight in the objective
        row = cost.copy()
        row[size + offers + positions] = -1.0
        matrix = sparse.csr_matrix(
            sparse.vstack([matrix, sparse.csr_array(row[None, :])], format="csr")
        )
        lower = np.append(lower, -np.inf)
        given = float(problem.mean_of(fixed).sum()) - problem.risk.floor
        upper = np.append(upper, given / problem.scale)
    opening = problem.openings
    decided = opening != FREE
    pieces = np.zeros(problem.steps.row.size)
    opened = (opening == OPEN) | problem.promised
    least_taken = np.concatenate([np.zeros(size), opened, problem.bought, [-np.inf], pieces])
    ceiling = np.concatenate(
        [np.ones(size), opening != CLOSED, problem.lots, [0.0], problem.steps.width]
    )
    if decided.any():
        # a plan with what is decided may not be at hand: rows give way, at a price beyond all
        vehicles = lower.size - int(np.isneginf(lower).sum())
        spare = lower.size - vehicles
        give = sparse.csr_array(
            (np.full(spare, -1.0), (vehicles + np.arange(spare), np.arange(spare))),
            shape=(lower.size, spare),
        )
        matrix = sparse.csr_matrix(sparse.hstack([matrix, give], format="csr"))
        cost = np.append(cost, np.full(spare, GIVING))
        least_taken = np.append(least_taken, np.zeros(spare))
        ceiling = np.append(ceiling, np.full(spare, np.inf))
    model: Any = helper.ModelBuilderHelper()  # its stub mistakes the shape for the type
    model.fill_model_from_sparse_data(least_taken, ceiling, cost, lower, upper, matrix)
    solver = _solved(model, lower.size + cost.size, seconds)
    if solver is None:
        return None
    taken = np.array(solver.variable_values())
    dual = -np.array(solver.dual_values())
    floors = int(problem.risk.floor is not None)
    vehicles = dual.size - problem.limit.size - 2 * offers - len(cuts) - floors
    blocks = np.cumsum([vehicles, problem.limit.shape[0], offers, offers, len(cuts)])
    _, caps, most, least, tails, held = np.split(dual, blocks)
    floor = max(0.0, float(held.sum()))
    prices = Prices(
        cuts.blend(tails, floor),
        np.maximum(caps, 0.0) * problem.scale,
        np.maximum(most, 0.0) * problem.scale,
        np.maximum(least, 0.0) * problem.scale,
        floor,
    )
    prices = settled(problem, prices)
    value = float(problem.mean_of(fixed).sum()) - float(solver.objective_value()) * problem.scale
    share = np.ones(core.size)
    share[~alone] = taken[:size]
    lots = taken[size + offers : size + offers + positions]
    return Point(core, share, lots, value, prices, tails)


def _solved(model: Any, size: int, seconds: float) -> Any:
    """Return the solver of a model, None where time ran out or there is no optimum.

    On a program with many ties GLOP may go round in circles: after so many steps it is asked
    again, and takes the dual way.
    """
    from ortools.linear_solver.python import model_builder_helper as helper

    clock = Clock(seconds)
    most = max(LEAST_STEPS, STEPS_A_ROW * size)
    for way in (f"max_number_of_iterations: {most}", "use_dual_simplex: true"):
        solver = helper.ModelSolverHelper("glop")
        solver.set_solver_specific_parameters(way)
        solver.set_time_limit_in_seconds(max(clock.left, 1e-3))
        try:
            apart(partial(solver.solve, model), clock.left)
        except TimeoutError:
            return None
        if solver.status() == helper.SolveStatus.OPTIMAL:
            return solver
    return None


def _rows(
    problem: Problem, fixed: NDArray[np.int64], free: NDArray[np.int64], cuts: Cuts
) -> tuple[sparse.csr_matrix, NDArray[np.float64], NDArray[np.float64]]:
    """Return the master's rows: vehicles, caps, offers' maxima and minima, cuts."""
    size, offers, positions = free.shape[0], len(problem.minimums), problem.lots.shape[0]
    one = np.arange(size)
    named, place = np.unique(problem.vehicle[free], return_inverse=True)
    vehicles = sparse.csr_array((np.ones(size), (place, one)), shape=(named.size, size))
    bound = problem.offer[free] >= 0
    units = sparse.csr_array(
        (np.ones(int(bound.sum())), (problem.offer[free][bound], one[bound])), shape=(offers, size)
    )
    tilted = cuts.columns(free) / -problem.scale
    # what is the same in every scenario leaves rounding alone, on which GLOP goes astray
    tilted[np.abs(tilted) < ROUNDING] = 0.0
    tails = sparse.csr_array(tilted)
    sold = sparse.csr_array(np.array(cuts.position).reshape(len(cuts), positions) / -problem.scale)
    caps = problem.limit.shape[0]
    left = sparse.vstack([vehicles, problem.use[:, free], units, -units, tails])
    above = named.size + caps
    opened = sparse.vstack(
        [
            sparse.csr_array((above, offers)),
            sparse.diags_array(-problem.most, shape=(offers, offers)),
            sparse.diags_array(problem.least, shape=(offers, offers)),
            sparse.csr_array((len(cuts), offers)),
        ]
    )
    hedged = sparse.vstack([sparse.csr_array((above + 2 * offers, positions)), sold])
    deviation = sparse.vstack(
        [sparse.csr_array((above + 2 * offers, 1)), sparse.csr_array(np.ones((len(cuts), 1)))]
    )
    pieces = problem.steps.row.size
    lost = sparse.csr_array(
        (np.full(pieces, -1.0), (named.size + problem.steps.row, np.arange(pieces))),
        shape=(above + 2 * offers + len(cuts), pieces),
    )
    blocks = [left, opened, hedged, deviation, lost]
    matrix = sparse.csr_matrix(sparse.hstack(blocks, format="csr"))
    free_below = np.full(caps + 2 * offers + len(cuts), -np.inf)
    lower = np.concatenate([np.ones(named.size), free_below])
    given, summed = problem.choices.sums(fixed, np.ones(fixed.size))
    units_given = problem.taken(fixed)
    tail = [float((summed * moments).sum()) / problem.scale for moments in cuts.moments]
    upper = np.concatenate(
        [np.ones(named.size), problem.limit - given, -units_given, units_given, tail]
    )
    return matrix, lower, upper
