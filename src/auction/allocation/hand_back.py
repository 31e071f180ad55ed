"""The result of a search, made up from all that it knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auction.allocation.compared import Compared
from auction.allocation.incumbent import outcomes_of
from auction.allocation.relaxation import Relaxation
from auction.allocation.result import Allocation, Status, price_table, share_losses
from auction.allocation.start import Start
from auction.allocation.state import State
from auction.allocation.warm import Warm


def hand_back(
    state: State, relaxation: Relaxation, start: Start | None, status: Status, reason: str
) -> Allocation:
    """Return the best plan with its proof, its prices and what the next plan can start from.

    Parameters
    ----------
    state : State
        What the search knows.
    relaxation : Relaxation
        The relaxation, as far as it was solved.
    start : Start or None
        The last plan.
    status, reason
        As in :class:`auction.allocation.Allocation`.

    Returns
    -------
    Allocation
        Without timings.
    """
    problem, best, prices = state.problem, state.best, state.priced.prices
    outcomes = outcomes_of(problem, best) - float(problem.losses(best.chosen).sum())
    started = None if start is None else start.told(problem, best.chosen)
    if started is not None:
        # the cost of moving is no money of any scenario
        outcomes = outcomes + started.churn_cost
    expected = float(outcomes.mean())
    cvar = expected if problem.risk.neutral else problem.risk.tail(outcomes)[0]
    return Allocation(
        chosen=problem.column[best.chosen],
        positions=best.lots,
        objective=best.objective,
        expected=expected,
        cvar=cvar,
        bound=state.bound,
        gap=state.gap,
        status=status,
        reason=reason,
        shadow_prices=price_table(problem, best, state.priced, cvar),
        compared=Compared(problem, best.chosen, state.priced),
        volume_loss=share_losses(problem, best.chosen),
        scenario_total=outcomes,
        timings={},
        warm=Warm.of(problem, best.chosen, prices, _mattering(state, relaxation)),
        started=started,
    )


def _mattering(state: State, relaxation: Relaxation) -> list[NDArray[np.float64]]:
    """Return the weights of the cuts that held in the relaxation, or came after it."""
    weights = state.cuts.weights
    if relaxation.point is None:
        return weights
    slack = {int(place) for place in np.flatnonzero(relaxation.point.tails <= 0.0)}
    return [each for place, each in enumerate(weights) if place not in slack]
