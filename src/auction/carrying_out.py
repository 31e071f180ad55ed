"""Carrying a plan and its baselines out on the fresh scenarios of a run."""

from __future__ import annotations

import numpy as np

from auction.evaluate import Evaluation, Totals, totals
from auction.hedged import with_hedges
from auction.options import Options
from auction.plan import Plan
from auction.policies import Baseline
from auction.progress import Stages
from auction.situation import Situation
from auction.workspace import Config


def carry_out(fresh: Situation, config: Config, plan: Plan) -> Evaluation:
    """Carry a plan with its hedges out on fresh scenarios."""
    return with_hedges(fresh, config.costs.discount_rate, plan)


def carry_out_baselines(
    fresh: Situation,
    options: Options,
    baselines: dict[str, Baseline],
    config: Config,
    stages: Stages,
    plan: Plan,
    known: Evaluation,
) -> dict[str, Totals]:
    """Carry each baseline out on the same scenarios as the plan; they buy no hedges."""
    nothing = np.zeros(config.simulation.evaluation_scenarios)
    evaluations = {}
    for number, (name, baseline) in enumerate(baselines.items(), start=1):
        with stages.portion(number, 1 + len(baselines)):
            chosen = options.taken(baseline.chosen, baseline.volume_loss)
            same = (baseline.chosen == plan.allocation.chosen) & (
                baseline.volume_loss == plan.allocation.volume_loss
            )
            evaluations[name] = totals(fresh, chosen, nothing, known, same)
    return evaluations
