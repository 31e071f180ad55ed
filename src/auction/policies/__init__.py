"""Ways to place a fleet, ours and others, on the same options and by the same rules."""

from __future__ import annotations

from auction.allocation.incumbent import take_in_order
from auction.policies.all_auction import AllAuction
from auction.policies.genetic import Genetic
from auction.policies.greedy import Greedy
from auction.policies.highest_guide import HighestGuide
from auction.policies.judge import Grid, judge, judge_in, task_of
from auction.policies.nearest_auction import NearestAuction
from auction.policies.optimal import Optimal
from auction.policies.placed import Baseline, placed
from auction.policies.policy import Policy
from auction.policies.task import Task
from auction.policies.worlds import halves, world

__all__ = [
    "AllAuction",
    "Baseline",
    "Genetic",
    "Greedy",
    "Grid",
    "HighestGuide",
    "NearestAuction",
    "Optimal",
    "Policy",
    "Task",
    "halves",
    "judge",
    "judge_in",
    "placed",
    "take_in_order",
    "task_of",
    "world",
]
