"""The search for the best plan, from the first plan to the last proof."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from auction.allocation.clock import Clock
from auction.allocation.constraints import Stop
from auction.allocation.core import solve_core
from auction.allocation.cuts import Cuts
from auction.allocation.diagnose import feasible_plan
from auction.allocation.exchange import Reach
from auction.allocation.floor import decided, safe_plan
from auction.allocation.hand_back import hand_back
from auction.allocation.improve import REACHES, SHORT, improve
from auction.allocation.incumbent import Incumbent, assess, outcomes_of
from auction.allocation.narrow import Narrow, narrow
from auction.allocation.openings import MOST_BRANCHES, Branch
from auction.allocation.prices import Priced, no_prices, price_out
from auction.allocation.problem import Problem, union
from auction.allocation.relaxation import PROVEN, Relaxation, approached, relax
from auction.allocation.result import Allocation, Status
from auction.allocation.rounding import first_plan, hard_plan, rounded_plans
from auction.allocation.start import Start
from auction.allocation.state import State

logger = logging.getLogger(__name__)

Progress = Callable[[str, float | None, str], None]

#: Gap that the precision of the linear solver can prove.
OPTIMAL_GAP = 1e-9
#: Columns of a vehicle that chains may move it to.
BREADTH = 8
#: Columns beside the best of each vehicle in the first core: several for every row that binds.
FIRST_EXTRA = 100
#: What a core grows by that was solved without closing the gap, in columns and in nodes.
EXTRA_GROWTH = 3
NODES_GROWTH = 2
#: Nodes of the first search tree: early cores are there to better the plan, not to be proven.
FIRST_NODES = 20
#: The largest limit that the solver takes.
MOST_NODES = 2**30
#: Share of the distance of plan and bound to which a core that is not the last is solved.
EARLY_SHARE = 0.05
#: Share of the gap asked for that a core may leave, the rest being for its cuts.
TARGET_SHARE = 0.8
#: Columns beside the best of each vehicle that are searched in a large problem, at first.
NEAR_COLUMNS = 20_000
NEAR_GROWTH = 8
#: Columns up to which the exact solver finds a plan where the best moves give none, and decides
#: on offers; both take it minutes beyond.
EXACT_COLUMNS = 100_000
#: Gap of the last plan at the last prices up to which these are near enough to go on from.
NEAR_GAP = 5e-4
#: Gap of the last plan at the last prices up to which it is mended before prices are looked for.
MENDED_GAP = 5e-3
#: Shares of the gap asked for to which prices are looked for in turn, where there is a last plan:
#: a part of the fleet first, then all of it.
ROUGH_SHARES = (0.5, 0.0)
#: Share of the gap asked for to which the relaxation is solved from such prices.
NEAR_SHARE = 0.1


@dataclass(slots=True)
class Search:
    """What a search was asked for, and how far it is.

    Parameters
    ----------
    stop : Stop
        When it ends.
    clock : Clock
        Runs from the request on.
    progress : callable or None
        Called with stage, share done (or None) and a message.
    threads : int
        Of the kernels.
    start : Start, optional
        The last plan.
    goal : float, optional
        Worth at which a plan is good enough, money.
    work : int
        Work of the exact solver so far.
    settled : bool
        Whether the last core was the whole problem, and solved.
    approached : bool
        Whether the first plan comes from smoothed prices.
    timings : dict of str to float
        Seconds by stage.
    """

    stop: Stop
    clock: Clock
    progress: Progress | None
    threads: int = 1
    start: Start | None = None
    goal: float | None = None
    work: int = 0
    settled: bool = False
    approached: bool = False
    timings: dict[str, float] = field(default_factory=dict)

    def mark(self, stage: str) -> None:
        """End a stage."""
        passed = self.clock.spent - sum(self.timings.values())
        self.timings[stage] = self.timings.get(stage, 0.0) + passed

    def tell(self, stage: str, share: float | None, message: str, state: State) -> None:
        """Tell how far a state is."""
        known = {"objective": state.best.objective, "bound": state.bound, "gap": state.gap}
        logger.info("search", extra={"step": stage, **known})
        if self.progress is not None:
            self.progress(stage, share, message)

    def run(self, problem: Problem) -> Allocation:
        """Search for the best plan of a problem; an interrupt keeps the best so far."""
        state = self._first(problem)
        self.mark("start")
        status: Status | None = None
        relaxation = Relaxation(None, state.priced, None, 0, finished=False)
        try:
            self.tell("start", 0.0, f"a first plan is worth {state.best.objective:,.2f}", state)
            if self.start is None or not self._enough(state):
                relaxation = self.improve(state)
        except KeyboardInterrupt:
            status = "interrupted"
        self.mark("cores")
        return self._finish(state, relaxation, status)

    def improve(self, state: State) -> Relaxation:
        """Improve a state until plan and bound meet, or a limit is reached."""
        if self.start is not None and state.gap <= MENDED_GAP:
            self._mend(state)
            if self._enough(state):
                return Relaxation(None, state.priced, None, 0, finished=False)
        relaxation = self._prices(state)
        waiting, bounds = [Branch(state.problem, relaxation, state.bound)], []
        looked = 0
        # in depth first: a plan from the first leaf rules out most of the others
        while waiting and looked < MOST_BRANCHES and not (looked and self.clock.over):
            branch = waiting.pop()
            if looked and not self._near_enough(state, branch.bound):
                branch = self._solved(state, branch)
            if looked and self._near_enough(state, branch.bound):
                bounds.append(branch.bound)
                continue
            looked += 1
            parts = branch.parted() if state.problem.column.size > EXACT_COLUMNS else []
            waiting += parts
            if not parts:
                bounds.append(self._searched(state, branch))
        state.lower(max([*bounds, *(branch.bound for branch in waiting)]))
        return relaxation

    def _mend(self, state: State) -> None:
        """Better the last plan at the last prices: these often prove what is asked for."""
        part = narrow(state.problem, state.priced, state.best.chosen, NEAR_COLUMNS)
        inner = state.within(part)
        try:
            # longer chains bring little, and where that is asked for the whole search follows
            self._improve(inner, inner.best, BREADTH, SHORT)
        finally:
            state.take_over(inner, part)
        self.mark("mend")
        self.tell("mend", None, f"the last plan is mended, {state.words()}", state)

    def _near_enough(self, state: State, bound: float) -> bool:
        return self._enough(replace(state, bound=max(bound, state.best.objective)))

    def _solved(self, state: State, branch: Branch) -> Branch:
        """Return a branch with its relaxation, solved no further than plans may come of it."""
        precision = max(PROVEN, NEAR_SHARE * self.stop.gap)
        enough = -np.inf
        if self.goal is None:
            enough = state.best.objective * (1.0 + np.sign(state.best.objective) * self.stop.gap)
        branch = branch.solved(state, self.clock, self.threads, precision, enough)
        self.tell("offers", None, f"offers decided, bound {branch.bound:,.2f}", state)
        return branch

    def _searched(self, state: State, branch: Branch) -> float:
        """Search a branch for whole plans; return what none of its plans is worth more than."""
        inner = state.of(branch.problem, branch.relaxation.priced, branch.bound)
        if not self._enough(inner):
            self._whole_numbers(inner, branch.relaxation)
        state.offer(inner.best)
        return inner.bound

    def _first(self, problem: Problem) -> State:
        """Return a first plan and a first bound, of the last plan where there is one."""
        cuts, start = Cuts(problem), self.start
        prices = no_prices(problem) if start is None else start.warm.priced(problem)
        priced = price_out(problem, prices, self.threads)
        first: NDArray[np.int64] | None = None
        if start is not None:
            start.tails(cuts)
            first = start.plan(problem, priced)
        if first is None:
            first = first_plan(problem, priced)
        if first is None and problem.column.size > EXACT_COLUMNS:
            priced, first = hard_plan(problem, cuts, self.clock, self.threads)
            self.approached = True
        chosen = feasible_plan(problem) if first is None else first
        best = assess(problem, chosen)
        if not best.kept:
            safe = Search(self.stop, self.clock, None, self.threads, goal=problem.risk.floor)
            best = safe_plan(problem, chosen, cuts, safe.improve)
        return State(problem, best, priced, cuts, max(priced.bound, best.objective))

    def _prices(self, state: State) -> Relaxation:
        problem = state.problem
        if not problem.risk.neutral:
            state.cuts.add(outcomes_of(problem, state.best))
        near: Priced | None = None
        precision = PROVEN
        if self.start is not None:
            precision = max(PROVEN, NEAR_SHARE * self.stop.gap)
        if self.approached or (self.start is not None and state.gap <= NEAR_GAP):
            near = state.priced
        elif self.start is not None:
            # what is asked of a plan made anew is often so little that a part of the fleet tells
            # it; where it does not, all of it takes less than a linear program does
            for share in ROUGH_SHARES:
                near = self._approached(state, share * self.stop.gap)
                if self._enough(state):
                    return Relaxation(None, state.priced, None, 0, finished=False)
        found = relax(
            problem, state.best.chosen, state.cuts, self.clock, self.threads, near, precision
        )
        state.price(found.priced)
        if found.plan is not None:
            state.offer(assess(problem, found.plan))
        self.mark("prices")
        self.tell("prices", None, f"{found.rounds} rounds, {state.words()}", state)
        return found

    def _approached(self, state: State, precision: float) -> Priced:
        """Look for prices near the best and a plan near them, and better that; return the first."""
        near, plan = approached(state.problem, state.cuts, self.clock, self.threads, precision)
        state.price(near)
        if plan is not None:
            state.offer(assess(state.problem, plan))
        self.mark("approach")
        self.tell("approach", None, state.words(), state)
        if state.gap <= MENDED_GAP and not self._enough(state):
            self._mend(state)
        return near

    def _whole_numbers(self, state: State, relaxation: Relaxation) -> None:
        """Search near the relaxation, in ever more of a large problem's columns."""
        count = NEAR_COLUMNS
        while True:
            always = state.best.chosen
            if relaxation.point is not None:
                always = union(always, relaxation.point.core)
            part = narrow(state.problem, state.priced, always, count)
            inner = state.within(part)
            try:
                self._round(inner, relaxation, part)
                self._cores(inner, part.outside)
            finally:
                state.take_over(inner, part)
            if part.outside == -np.inf or self._done(state):
                return
            count *= NEAR_GROWTH

    def _round(self, state: State, relaxation: Relaxation, part: Narrow) -> None:
        for plan in rounded_plans(state, relaxation, part):
            state.offer(assess(state.problem, plan))
            # a plan made anew is there for its time; one made from nothing for its worth
            if self.start is not None and self._enough(state):
                return
        self._improve(state, state.best, BREADTH)

    def _cores(self, state: State, outside: float) -> None:
        self.settled = False
        if self._done(state):
            return
        problem, priced = state.problem, state.priced
        reduced = priced.reduced
        loss = np.sort(-reduced)
        extra, nodes = FIRST_EXTRA, FIRST_NODES
        while not self._done(state):
            # a plan with a column below this depth is worth no more than the incumbent
            distance = priced.bound - state.best.objective
            target = TARGET_SHARE * self.stop.gap * abs(state.bound)
            last = min(problem.vehicles + extra, loss.shape[0]) - 1
            whole = last == loss.shape[0] - 1 or bool(loss[last] >= distance)
            depth = distance if whole else float(loss[last])
            core = union(np.flatnonzero(reduced >= -depth), state.best.chosen)
            found = solve_core(
                problem,
                core,
                state.cuts,
                state.best,
                gap=target if whole else max(target, EARLY_SHARE * distance),
                nodes=nodes,
                seconds=self.clock.left,
            )
            self.work += found.work
            state.lower(max(found.bound, priced.bound - depth, outside))
            overrated = state.accept(found, target)
            self._improve(state, state.best, 2 * BREADTH)
            self.tell("cores", None, f"{core.shape[0]} options, {state.words()}", state)
            self.settled = whole and not overrated and found.complete
            if self.settled:
                break
            if not overrated or not found.complete:
                extra, nodes = EXTRA_GROWTH * extra, min(NODES_GROWTH * nodes, MOST_NODES)

    def _done(self, state: State) -> bool:
        return self._enough(state) or self.work >= self.stop.work or self.clock.over

    def _enough(self, state: State) -> bool:
        if self.goal is not None:
            return decided(self.goal, state)
        return state.gap <= max(self.stop.gap, OPTIMAL_GAP)

    def _improve(
        self, state: State, plan: Incumbent, breadth: int, reaches: Sequence[Reach] = REACHES
    ) -> None:
        if not self._enough(state):
            goal = state.bound - self.stop.gap * abs(state.bound)
            state.offer(
                improve(
                    state.problem, plan, state.priced, self.clock,
                    breadth=breadth, goal=goal, reaches=reaches,
                )
            )  # fmt: skip

    def _finish(self, state: State, relaxation: Relaxation, status: Status | None) -> Allocation:
        reason = "stopped by the user"
        if status is None:
            status, reason = self._status(state.gap)
        found = hand_back(state, relaxation, self.start, status, reason)
        self.mark("result")
        return replace(found, timings=self.timings)

    def _status(self, gap: float) -> tuple[Status, str]:
        if gap <= OPTIMAL_GAP:
            return "optimal", "bound and plan meet"
        if gap <= self.stop.gap:
            return "gap", f"within the gap of {self.stop.gap:.1e}"
        if self.clock.over:
            return "time_limit", f"the time limit of {self.stop.seconds:g} s was reached"
        if not self.settled:
            return "work_limit", f"the work limit of {self.stop.work:g} was reached"
        return "gap", "the precision of the solvers is reached; the gap asked for is finer"
