"""What the search knows: the best plan, the lowest bound, the prices behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auction.allocation.core import CoreResult
from auction.allocation.cuts import Cuts
from auction.allocation.incumbent import Incumbent, assess, outcomes_of
from auction.allocation.narrow import Narrow
from auction.allocation.prices import Priced, price_out
from auction.allocation.problem import Problem
from auction.allocation.result import relative_gap

OVERRATED_SHARE = 0.2
CUT_PRECISION = 1e-9


@dataclass(slots=True)
class State:
    """The best plan and the lowest bound so far.

    Parameters
    ----------
    problem : Problem
        The problem.
    best : Incumbent
        The best plan.
    priced : Priced
        Prices of the relaxation, and what they say of every column.
    cuts : Cuts
        Cuts on the tail.
    bound : float
        No plan is worth more, money.
    """

    problem: Problem
    best: Incumbent
    priced: Priced
    cuts: Cuts
    bound: float

    @property
    def gap(self) -> float:
        """Relative distance of the bound and the best plan."""
        return relative_gap(self.bound, self.best.objective)

    def offer(self, plan: Incumbent) -> None:
        """Keep a feasible plan if it is the best so far."""
        if plan.objective > self.best.objective:
            self.best = plan
        self.bound = max(self.bound, self.best.objective)

    def lower(self, bound: float) -> None:
        """Take in a bound on every plan, money."""
        self.bound = max(min(self.bound, bound), self.best.objective)

    def price(self, priced: Priced) -> None:
        """Take in prices, and the bound they prove."""
        self.priced = priced
        self.lower(priced.bound)

    def accept(self, found: CoreResult, tolerance: float) -> bool:
        """Take a core's plan in; tell whether the cuts overrated it (then one is added)."""
        if found.chosen is None or not self.problem.feasible(found.chosen):
            return False
        plan = assess(self.problem, found.chosen, found.lots)
        self.offer(plan)
        if self.problem.risk.neutral:
            return False
        outcomes = outcomes_of(self.problem, plan)
        least, missing = CUT_PRECISION * self.problem.scale, self.cuts.missing(outcomes)
        if plan.kept:
            missing *= self.problem.risk.weight
            least = max(OVERRATED_SHARE * tolerance, least)
        if missing <= least:
            return False
        self.cuts.add(outcomes)
        return True

    def of(self, problem: Problem, priced: Priced, bound: float) -> State:
        """Return the same knowledge of a problem with some offers opened or closed."""
        if problem is self.problem:
            return self
        least = max(bound, self.best.objective)
        return State(problem, self.best, priced, self.cuts.of(problem), least)

    def within(self, part: Narrow) -> State:
        """Return the same knowledge of a problem that holds some of the columns."""
        if part.problem is self.problem:
            return self
        best = replace(self.best, chosen=part.within(self.best.chosen))
        priced = price_out(part.problem, self.priced.prices)
        return State(part.problem, best, priced, self.cuts.of(part.problem), self.bound)

    def take_over(self, inner: State, part: Narrow) -> None:
        """Take in what was found out in a part of the columns."""
        if inner is not self:
            best = inner.best
            self.best = replace(best, chosen=part.kept[best.chosen])
            self.bound = inner.bound
            self.cuts = inner.cuts.of(self.problem)

    def words(self) -> str:
        """Return plan, bound and gap in words."""
        return f"plan {self.best.objective:,.2f}, bound {self.bound:,.2f}, gap {self.gap:.1e}"
