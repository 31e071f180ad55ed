"""What more or less caution would bring: the fleet planned anew at other weights of the tail."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from auction.allocation import Stop, Warm
from auction.evaluate import Evaluation, Totals
from auction.frontier_walk import walk
from auction.plan import Plan
from auction.progress import Progress, Stages
from auction.risk import CVaR

#: A point of the frontier is compared, not carried out: it need not be proven as closely. Yet a
#: plan of a neighbouring weight is often within a thousandth, and would be told again and again.
_GAP = 5e-4
_SHARE_OF_WORK = 0.25

SCHEMA = {
    "weight": pl.Float64,
    "taken": pl.Boolean,
    "expected": pl.Float64,
    "cvar": pl.Float64,
    "objective": pl.Float64,
    "bound": pl.Float64,
    "gap": pl.Float64,
    "status": pl.String,
    "fresh_expected": pl.Float64,
    "fresh_cvar": pl.Float64,
}


def frontier(
    plan: Plan,
    evaluation: Evaluation,
    risk: CVaR,
    weights: Iterable[float],
    stop: Stop,
    replan: Callable[[CVaR, Stop, Warm], Plan],
    evaluate: Callable[[Plan], Evaluation | Totals],
    progress: Progress,
) -> pl.DataFrame:
    """Plan the fleet at further weights of the tail, beside the plan that is taken.

    Parameters
    ----------
    plan, evaluation : Plan, Evaluation
        The plan that is taken.
    risk : CVaR
        Its appetite.
    weights : iterable of float
        Further weights of the CVaR.
    stop : Stop
        When the search for the plan ends; that for a point ends earlier.
    replan : callable
        Plans the fleet under another appetite, from what plans of other weights have kept.
    evaluate : callable
        Carries a plan out on fresh scenarios.
    progress : callable
        Told the stage, the share done and a message.

    Returns
    -------
    polars.DataFrame
        One row a weight, ascending: whether it is the plan taken; expected, cvar, objective,
        bound and gap as the optimiser saw them; expected and cvar on fresh scenarios. Money.
        An interrupt ends the comparison; the points so far stand.
    """
    others = set(weights) - {risk.weight}
    sooner = Stop(max(stop.gap, _GAP), stop.seconds, stop.work * _SHARE_OF_WORK)
    stages = Stages.of(progress)
    rows = [_row(plan, evaluation, risk, taken=True)]

    def planned(appetite: CVaR, start: Warm) -> Plan:
        with stages.portion(len(rows) - 1, len(others)):
            stages("frontier", 0.0, f"weight {appetite.weight:g} on the tail")
            return replan(appetite, sooner, start)

    try:
        for appetite, other in walk(
            plan, risk, others, planned, lambda point: point.allocation.warm
        ):
            if other.status == "interrupted":
                # The search keeps its best plan on Ctrl-C; here that means: compare no more.
                break
            rows.append(_row(other, evaluate(other), appetite, taken=False))
    except KeyboardInterrupt:
        stages("frontier", None, "broken off; the points so far stand")
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("weight")


def _row(
    plan: Plan, evaluation: Evaluation | Totals, risk: CVaR, *, taken: bool
) -> tuple[float | str | bool, ...]:
    allocation = plan.allocation
    return (
        risk.weight,
        taken,
        allocation.expected,
        risk.tail(allocation.scenario_total)[0],
        allocation.objective,
        allocation.bound,
        allocation.gap,
        allocation.status,
        float(evaluation.total.mean()),
        evaluation.tail(risk.alpha)[0],
    )
