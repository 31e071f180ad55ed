"""What an allocation hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.charges import Charges
from auction.allocation.compared import Compared
from auction.allocation.incumbent import Incumbent
from auction.allocation.prices import Priced
from auction.allocation.problem import Problem
from auction.allocation.request import Compiled
from auction.allocation.start import Started
from auction.allocation.warm import Warm

#: What tells one place of sale from another.
PLACE = ("channel", "venue_id", "date")
Status = Literal["optimal", "gap", "work_limit", "time_limit", "interrupted"]


@dataclass(frozen=True, slots=True)
class Allocation:
    """A plan with its proof.

    Parameters
    ----------
    chosen : int64[V]
        Row of the options taken by each vehicle.
    positions : float64[J]
        Lots of each hedge position.
    objective : float
        ``(1 - k) * expected + k * cvar``, less what moving vehicles costs, money.
    expected, cvar : float
        Mean of the proceeds; mean of their worst share (the mean where the risk is neutral).
    bound : float
        No plan that keeps the rules is worth more, money; never below ``objective``.
    gap : float
        ``(bound - objective) / max(|bound|, |objective|)``.
    status : {"optimal", "gap", "work_limit", "time_limit", "interrupted"}
        optimal: the gap is at most 1e-9. gap: the search ended by itself, at the gap asked
        for or at the solvers' precision. work_limit: it ended after the work allowed, with
        the gap told. In these cases the plan is the same on every run. time_limit and
        interrupted: it was cut short.
    reason : str
        Why the search ended, in words.
    shadow_prices : polars.DataFrame
        kind, label, limit, used (units), price (money per further unit). Prices of the
        relaxation; a price on an offer's minimum, on a floor and on a cash target is what one
        unit less, money where money is asked for, would bring the objective.
    compared : Compared
        The choice beside the other options, worked out when it is asked for.
    volume_loss : float64[V]
        What the volume of the plan takes off each vehicle's expected net, money.
    scenario_total : float64[n]
        Proceeds of fleet and hedges by scenario, money.
    timings : dict of str to float
        Seconds by stage.
    warm : Warm
        What the next plan can start from.
    started : Started or None
        What was taken over from the last plan, and which vehicles move; None without a start.
    """

    chosen: NDArray[np.int64]
    positions: NDArray[np.float64]
    objective: float
    expected: float
    cvar: float
    bound: float
    gap: float
    status: Status
    reason: str
    shadow_prices: pl.DataFrame
    compared: Compared
    volume_loss: NDArray[np.float64]
    scenario_total: NDArray[np.float64]
    timings: dict[str, float]
    warm: Warm
    started: Started | None = None

    @property
    def compiled(self) -> Compiled | None:
        """What the request was compiled into, for later ones like it; it holds the options."""
        return self.compared.problem.compiled

    @property
    def runner_up(self) -> NDArray[np.int64]:
        """Best other option at another venue or date, less shadow prices; -1 for none; int64[V]."""
        return self.compared.runners_up[0]

    @property
    def margin(self) -> NDArray[np.float64]:
        """Worth of the choice less that of the runner-up, both less shadow prices; float64[V].

        Money; NaN where there is no runner-up.
        """
        return self.compared.runners_up[1]

    @property
    def charges(self) -> Charges:
        """Prices of scarce things, laid on every option."""
        return self.compared.charges

    def summary(self) -> str:
        """Return the result in one line."""
        return (
            f"{self.status}: {self.objective:,.2f} (expected {self.expected:,.2f}, "
            f"CVaR {self.cvar:,.2f}), bound {self.bound:,.2f}, gap {self.gap:.1e}; {self.reason}"
        )


def share_losses(problem: Problem, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share what is lost to volume among the vehicles, by what each uses of it.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Column of each vehicle.

    Returns
    -------
    float64[V]
        Money; adds up to the loss of the plan.
    """
    if not problem.steps.row.size:
        return np.zeros(chosen.size)
    losses, used = problem.losses(chosen), problem.used(chosen)
    each = np.divide(losses, used, out=np.zeros_like(losses), where=losses > 0.0)
    shared: NDArray[np.float64] = problem.use[:, chosen].T @ each
    return shared


def relative_gap(bound: float, objective: float) -> float:
    """Return the distance of bound and objective relative to the larger of the two."""
    size = max(abs(bound), abs(objective))
    return 0.0 if bound <= objective or size == 0.0 else (bound - objective) / size


def price_table(problem: Problem, plan: Incumbent, priced: Priced, cvar: float) -> pl.DataFrame:
    """Return every rule with its limit, what the plan uses of it, and its price.

    Parameters
    ----------
    problem : Problem
        The problem.
    plan : Incumbent
        The plan.
    priced : Priced
        The prices.
    cvar : float
        Mean of the worst share of the proceeds, money.
    """
    kinds = [rule.kind for rule in problem.rules]
    labels = [rule.label for rule in problem.rules]
    told = [
        rule.told(limit, amount)
        for rule, limit, amount in zip(
            problem.rules, problem.limit, problem.used(plan.chosen), strict=True
        )
    ]
    limits = [np.array([limit for limit, _ in told], dtype=np.float64)]
    used = [np.array([amount for _, amount in told], dtype=np.float64)]
    cost = [priced.prices.caps / problem.units]
    if problem.minimums:
        units = problem.taken(plan.chosen)
        for kind, limit, amount in (
            ("offer_maximum", problem.most, priced.prices.most),
            ("offer_minimum", problem.least, priced.prices.least),
        ):
            kinds += [kind] * len(problem.minimums)
            labels += [minimum.label for minimum in problem.minimums]
            limits.append(limit)
            used.append(units)
            cost.append(amount)
    if problem.hedges.positions:
        kinds += ["hedge"] * len(problem.hedges.positions)
        labels += [f"lots of {position.hedge_id}" for position in problem.hedges.positions]
        limits.append(problem.lots)
        used.append(plan.lots)
        cost.append(np.maximum(problem.payoff @ priced.prices.weights, 0.0))
    if problem.risk.floor is not None:
        kinds.append("floor")
        labels.append(problem.risk.floor_words)
        limits.append(np.array([problem.risk.floor]))
        used.append(np.array([cvar]))
        cost.append(np.array([priced.prices.floor]))
    return pl.DataFrame(
        {
            "kind": pl.Series(kinds, dtype=pl.String),
            "label": pl.Series(labels, dtype=pl.String),
            "limit": np.concatenate(limits),
            "used": np.concatenate(used),
            "price": np.concatenate(cost),
        }
    )
