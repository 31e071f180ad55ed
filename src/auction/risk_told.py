"""What is told of a plan's risk beside its figures: corrected tail, parts, overflow, stresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.contributions import Part, by_group, by_hedge
from auction.evaluate import Evaluation
from auction.granularity import Corrected, corrected
from auction.hedged import payoffs, with_hedges
from auction.luck import luck_of
from auction.overflow import Overflow, overflow
from auction.plan import Plan
from auction.situation import Situation
from auction.stress import stressed
from auction.workspace.stressing import Stress


@dataclass(frozen=True, slots=True)
class RiskTold:
    """What is told of a plan's risk.

    Parameters
    ----------
    corrected : Corrected
        The CVaR on the optimiser's scenarios with what the optimiser leaves out.
    overflow : Overflow
        Lots that find no slot.
    segments, hedges : list of Part
        What vehicles of each segment, and hedges, add to mean and tail on fresh scenarios.
    stresses : polars.DataFrame
        What the plan would bring in each stress.
    payoffs : dict of str to float64[n]
        What each hedge taken pays on fresh scenarios, money.
    """

    corrected: Corrected
    overflow: Overflow
    segments: list[Part]
    hedges: list[Part]
    stresses: pl.DataFrame
    payoffs: dict[str, NDArray[np.float64]]

    def figures(self, evaluation: Evaluation, alpha: float) -> dict[str, Any]:
        """Return the figures as ``risk.json`` holds them.

        Parameters
        ----------
        evaluation : Evaluation
            The plan on fresh scenarios.
        alpha : float
            Level of the CVaR.
        """
        told, beyond = self.corrected, self.overflow
        whole = self.stresses.filter(pl.col("part") == "all").drop("part", "units")
        return {
            "in_sample": {
                "cvar": told.cvar,
                "cvar_standard_error": told.standard_error,
                "luck": told.luck,
                "sampling": told.sampling,
                "own_standard_deviation": told.own,
                "common_standard_deviation": told.common,
                "scenarios": told.scenarios,
            },
            "overflow": {
                "waits_mean": float(beyond.waits.mean()),
                "waits_q95": float(np.quantile(beyond.waits, 0.95)),
                "stranded_mean": float(beyond.stranded.mean()),
                "stranded_q95": float(np.quantile(beyond.stranded, 0.95)),
                "cost_mean": float(beyond.cost.mean()),
                "cost_q95": float(np.quantile(beyond.cost, 0.95)),
                "cost_in_tail": float(beyond.cost @ evaluation.tail_weights(alpha)),
            },
            "segments": self.segments,
            "hedges": self.hedges,
            "stresses": whole.to_dicts(),
        }


def tell_risk(
    situation: Situation,
    fresh: Situation,
    plan: Plan,
    evaluation: Evaluation,
    stresses: Sequence[Stress],
    alpha: float,
    rate: float,
) -> RiskTold:
    """Work out what is told of a plan's risk.

    Parameters
    ----------
    situation, fresh : Situation
        The fleet with the scenarios of the optimiser, and with fresh ones.
    plan : Plan
    evaluation : Evaluation
        The plan on the fresh scenarios.
    stresses : sequence of Stress
    alpha : float
        Level of the CVaR.
    rate : float
        Continuously compounded yearly rate at which later money is discounted.
    """
    bought = plan.hedges.filter(pl.col("quantity") > 0.0)
    premium = dict(bought.select("hedge_id", "premium").iter_rows())
    paid = payoffs(fresh, rate, plan, evaluation)
    means = plan.allocation.scenario_total
    return RiskTold(
        corrected(means, luck_of(situation, plan, rate), alpha),
        overflow(fresh, plan.chosen, evaluation),
        by_group(evaluation, situation.segment.tolist(), alpha),
        by_hedge(
            evaluation,
            {name: money - premium.get(name, 0.0) for name, money in paid.items()},
            alpha,
        ),
        stressed(
            fresh,
            plan,
            evaluation,
            stresses,
            alpha,
            lambda there, kept: with_hedges(there, rate, kept),
        ),
        paid,
    )
