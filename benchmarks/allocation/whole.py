"""The same relaxation as one linear program, for HiGHS."""

from __future__ import annotations

import time
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from auction.options import Options
from auction.risk import CVaR


@dataclass(frozen=True, slots=True)
class Peer:
    """What HiGHS found.

    Parameters
    ----------
    method : str
        simplex or ipm.
    objective : float
        Of the linear relaxation, money; NaN when it did not finish.
    seconds, processor : float
        Time it took, on the clock and of the processor.
    """

    method: str
    objective: float
    seconds: float
    processor: float


def solve_whole(options: Options, risk: CVaR, method: str, limit: float) -> Peer:
    """Solve the relaxation with the tail written out scenario by scenario.

    Rockafellar and Uryasev (2000): CVaR is the largest of ``t - sum_s z_s / m`` with
    ``z_s >= t - X_s`` and m the scenarios of the tail. The totals X are variables of their own
    by group and basis function, so that no row is dense in the options.

    Parameters
    ----------
    options : Options
        The fleet.
    risk : CVaR
        The measure, its weight above zero.
    method : str
        simplex or ipm.
    limit : float
        Seconds allowed.
    """
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("solver", method)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", limit)
    solver.passModel(program(options, risk))
    begin, used = time.perf_counter(), time.process_time()
    solver.run()
    spent = time.perf_counter() - begin, time.process_time() - used
    done = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = -solver.getObjectiveValue() * SCALE if done else float("nan")
    return Peer(method, value, *spent)


SCALE = 8_192.0


def program(options: Options, risk: CVaR) -> highspy.HighsLp:
    """Return the linear program, money in units of `SCALE`."""
    rows, scenarios = options.vehicle.size, options.scenarios
    groups, terms = options.basis.shape[:2]
    tail = (1.0 - risk.alpha) * scenarios
    column = np.arange(rows)
    sums = groups * terms
    place = (options.group[:, None] * terms + np.arange(terms)).ravel()
    summed = sparse.csr_array(
        (options.coefficient.ravel() / SCALE, (place, np.repeat(column, terms))),
        shape=(sums, rows),
    )
    one = sparse.csr_array((np.ones(rows), (options.vehicle, column)))
    basis = sparse.csr_array(options.basis.reshape(sums, scenarios).T)
    level = sparse.csr_array(-np.ones((scenarios, 1)))
    matrix = sparse.block_array(
        [
            [one, None, None, None],
            [options.use, None, None, None],
            [summed, -sparse.eye_array(sums), None, None],
            [None, basis, level, sparse.eye_array(scenarios)],
        ],
        format="csc",
    )
    count, caps = one.shape[0], options.use.shape[0]
    mean = options.weighted(np.full(scenarios, 1.0 / scenarios)) / SCALE
    limit = np.array([resource.limit for resource in options.resources])
    cost = [
        -(1.0 - risk.weight) * mean,
        np.zeros(sums),
        np.array([-risk.weight]),
        np.full(scenarios, risk.weight / tail),
    ]
    never = highspy.kHighsInf
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.concatenate(cost)
    free = np.full(sums + 1, never)
    lp.col_lower_ = np.concatenate([np.zeros(rows), -free, np.zeros(scenarios)])
    lp.col_upper_ = np.concatenate([np.full(rows + sums + 1 + scenarios, never)])
    lp.row_lower_ = np.concatenate(
        [np.ones(count), np.full(caps, -never), np.zeros(sums), np.zeros(scenarios)]
    )
    lp.row_upper_ = np.concatenate(
        [np.ones(count), limit, np.zeros(sums), np.full(scenarios, never)]
    )
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return lp
