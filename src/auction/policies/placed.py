"""A policy's choice, judged by the measure of the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.problem import best_columns
from auction.allocation.result import share_losses
from auction.policies.policy import Policy
from auction.policies.task import Task


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plan made by a policy, judged by the same measure as the optimal one.

    Parameters
    ----------
    chosen : int64[V]
        Row of the options taken by each vehicle.
    objective, expected, cvar : float
        Measure, mean and tail of the proceeds, money.
    scenario_total : float64[n]
        Proceeds by scenario, money.
    volume_loss : float64[V]
        What the volume of the plan takes off each vehicle's expected net, money.
    unmet : tuple of str
        Rules that the policy cannot keep, in words; empty when it keeps all.
    """

    chosen: NDArray[np.int64]
    objective: float
    expected: float
    cvar: float
    scenario_total: NDArray[np.float64]
    volume_loss: NDArray[np.float64]
    unmet: tuple[str, ...]


def placed(task: Task, policy: Policy) -> Baseline:
    """Place a fleet by a policy.

    What finds no room is kept back, or goes where it does least harm to the proceeds; the rules
    that this breaks are told.

    Parameters
    ----------
    task : Task
        What is to be placed.
    policy : Policy
        How.

    Returns
    -------
    Baseline
    """
    problem, chosen = task.problem, policy.choose(task)
    homeless = np.flatnonzero(chosen < 0)
    hold = problem.options.table.held[problem.column]
    last, _ = best_columns(problem, np.where(hold, np.inf, problem.mean))
    taken = np.where(chosen < 0, last, chosen)
    unmet = problem.broken(taken) if homeless.size else []
    lost = float(problem.losses(taken).sum())
    outcomes = problem.outcomes(taken, np.zeros(0)) - lost
    expected = float(outcomes.mean())
    cvar = expected if problem.risk.neutral else problem.risk.tail(outcomes)[0]
    return Baseline(
        chosen=problem.column[taken],
        objective=problem.risk.measure(outcomes),
        expected=expected,
        cvar=cvar,
        scenario_total=outcomes,
        volume_loss=share_losses(problem, taken),
        unmet=(*unmet, *task.missed(problem.column[taken], cvar)),
    )
