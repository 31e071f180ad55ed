"""The linear relaxation of the whole problem, solved on the few columns that matter."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.clock import Clock, apart
from auction.allocation.cuts import Cuts
from auction.allocation.prices import Priced, Prices, no_prices, price_out
from auction.allocation.problem import Problem

logger = logging.getLogger(__name__)

FIRST_COLUMNS = 2
NEW_COLUMNS = 4
REDUCED_TOLERANCE = 1e-9
CUT_TOLERANCE = 1e-9
PRUNED_ROUNDS = 12
KEPT_COLUMNS = 2


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
    """

    core: NDArray[np.int64]
    share: NDArray[np.float64]
    lots: NDArray[np.float64]
    value: float
    prices: Prices


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What is known of the relaxation.

    Parameters
    ----------
    point : Point or None
        The last solution; None when there was no time for one.
    priced : Priced
        The prices with the lowest bound.
    rounds : int
        Linear programs solved.
    finished : bool
        Whether the point is optimal for the whole problem.
    """

    point: Point | None
    priced: Priced
    rounds: int
    finished: bool


def relax(problem: Problem, start: NDArray[np.int64], cuts: Cuts, clock: Clock) -> Relaxation:
    """Solve the relaxation by columns and cuts.

    Each round solves the master over the core, then prices every column of the problem with
    its duals: columns that pay enter, and a cut is added where the tail is overrated. When
    neither happens the point is optimal for the whole problem.

    Parameters
    ----------
    problem : Problem
        The problem.
    start : int64[V]
        Columns of a feasible plan; they keep the master feasible.
    cuts : Cuts
        Added to.
    clock : Clock
        Ends the rounds early.

    Returns
    -------
    Relaxation
    """
    priced = price_out(problem, no_prices(problem))
    core = np.union1d(start, _leading(problem, problem.mean, FIRST_COLUMNS))
    point: Point | None = None
    rounds = 0
    while not clock.over:
        solved = solve_master(problem, core, cuts, clock.left)
        if solved is None:
            if not clock.over:
                logger.warning("the linear solver failed in round %d", rounds + 1)
            break
        point, rounds = solved, rounds + 1
        now = price_out(problem, point.prices)
        if now.bound < priced.bound:
            priced = now
        cut = _cut(problem, point, cuts)
        entering = _entering(problem, now, core)
        if not entering.size and not cut:
            return Relaxation(point, priced, rounds, finished=True)
        if rounds <= PRUNED_ROUNDS:
            core = _pruned(problem, now, core)
        core = np.union1d(np.union1d(core, start), entering)
    return Relaxation(point, priced, rounds, finished=False)


def _pruned(problem: Problem, priced: Priced, core: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns of the core that are nearest to being chosen."""
    reduced = -priced.reduced[core]
    kept = KEPT_COLUMNS * problem.vehicles
    if core.shape[0] <= kept:
        return core
    near = reduced <= np.partition(reduced, kept)[kept]
    result: NDArray[np.int64] = core[near]
    return result


def _leading(problem: Problem, worth: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return the ``count`` best columns of each vehicle."""
    order = np.lexsort((-worth, problem.vehicle))
    rank = np.arange(order.shape[0]) - problem.start[problem.vehicle[order]]
    return order[rank < count]


def _entering(problem: Problem, priced: Priced, core: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns worth more than the best of their vehicle within the core."""
    within = np.full(problem.vehicles, -np.inf)
    np.maximum.at(within, problem.vehicle[core], priced.worth[core])
    gain = priced.worth - within[problem.vehicle]
    paying = np.flatnonzero(gain > REDUCED_TOLERANCE * problem.scale)
    order = paying[np.lexsort((-gain[paying], problem.vehicle[paying]))]
    first = np.searchsorted(problem.vehicle[order], problem.vehicle[order], side="left")
    return np.sort(order[np.arange(order.shape[0]) - first < NEW_COLUMNS])


def _cut(problem: Problem, point: Point, cuts: Cuts) -> bool:
    """Add a cut where the point's tail is overrated; tell whether one was added."""
    if problem.risk.neutral:
        return False
    taken = point.share > 0.0
    where = problem.column[point.core[taken]]
    summed = np.zeros(problem.options.basis.shape[:2])
    np.add.at(
        summed,
        problem.options.group[where],
        point.share[taken, None] * problem.options.coefficient[where],
    )
    outcomes = np.einsum("gr,grs->s", summed, problem.options.basis)
    outcomes = outcomes + point.lots @ problem.payoff
    if cuts.missing(outcomes) <= CUT_TOLERANCE * max(problem.scale, abs(point.value)):
        return False
    cuts.add(outcomes)
    return True


def solve_master(
    problem: Problem, core: NDArray[np.int64], cuts: Cuts, seconds: float
) -> Point | None:
    """Solve the relaxation over a core of columns with GLOP.

    GLOP is handed the arrays anew each round: loading takes a few milliseconds, and its duals
    can be relied on, which row activities passed off as duals by other solvers cannot.

    Parameters
    ----------
    problem : Problem
        The problem.
    core : int64[h]
        Columns.
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

    matrix, lower, upper = _rows(problem, core, cuts)
    offers, positions = len(problem.minimums), problem.lots.shape[0]
    size = core.shape[0]
    cost = -np.concatenate(
        [
            problem.mean[core] / problem.scale,
            np.zeros(offers),
            problem.payoff.mean(axis=1) / problem.scale,
            [problem.risk.weight],
            -problem.steps.cost / problem.scale,
        ]
    )
    pieces = np.zeros(problem.steps.row.size)
    floor = np.concatenate([np.zeros(size + offers + positions), [-np.inf], pieces])
    ceiling = np.concatenate(
        [np.ones(size), np.ones(offers), problem.lots, [0.0], problem.steps.width]
    )
    model: Any = helper.ModelBuilderHelper()  # its stub mistakes the shape for the type
    model.fill_model_from_sparse_data(floor, ceiling, cost, lower, upper, matrix)
    solver = helper.ModelSolverHelper("glop")
    solver.set_time_limit_in_seconds(max(seconds, 1e-3))
    try:
        apart(lambda: solver.solve(model), seconds)
    except TimeoutError:
        return None
    if solver.status() != helper.SolveStatus.OPTIMAL:
        return None
    share = np.array(solver.variable_values())
    dual = -np.array(solver.dual_values())
    blocks = np.cumsum([problem.vehicles, problem.limit.shape[0], offers, offers])
    _, caps, most, least, tails = np.split(dual, blocks)
    prices = Prices(
        cuts.blend(tails),
        np.maximum(caps, 0.0) * problem.scale,
        np.maximum(most, 0.0) * problem.scale,
        np.maximum(least, 0.0) * problem.scale,
    )
    value = -float(solver.objective_value()) * problem.scale
    lots = share[size + offers : size + offers + positions]
    return Point(core, share[:size], lots, value, prices)


def _rows(
    problem: Problem, core: NDArray[np.int64], cuts: Cuts
) -> tuple[sparse.csr_matrix, NDArray[np.float64], NDArray[np.float64]]:
    """Return the master's rows: vehicles, caps, offers' maxima and minima, cuts."""
    size, offers, positions = core.shape[0], len(problem.minimums), problem.lots.shape[0]
    one = np.arange(size)
    vehicles = sparse.csr_array(
        (np.ones(size), (problem.vehicle[core], one)), shape=(problem.vehicles, size)
    )
    bound = problem.offer[core] >= 0
    units = sparse.csr_array(
        (np.ones(int(bound.sum())), (problem.offer[core][bound], one[bound])), shape=(offers, size)
    )
    tails = sparse.csr_array(
        np.array([column[core] for column in cuts.column]).reshape(len(cuts), size) / -problem.scale
    )
    sold = sparse.csr_array(np.array(cuts.position).reshape(len(cuts), positions) / -problem.scale)
    caps = problem.limit.shape[0]
    left = sparse.vstack([vehicles, problem.use[:, core], units, -units, tails])
    above = problem.vehicles + caps
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
        (np.full(pieces, -1.0), (problem.vehicles + problem.steps.row, np.arange(pieces))),
        shape=(above + 2 * offers + len(cuts), pieces),
    )
    blocks = [left, opened, hedged, deviation, lost]
    matrix = sparse.csr_matrix(sparse.hstack(blocks, format="csr"))
    free = np.full(caps + 2 * offers + len(cuts), -np.inf)
    lower = np.concatenate([np.ones(problem.vehicles), free])
    upper = np.concatenate(
        [np.ones(problem.vehicles), problem.limit, np.zeros(2 * offers + len(cuts))]
    )
    return matrix, lower, upper
