"""A plan that begins where the last one ended, and what moving a vehicle away from there costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auction.allocation.approach import last_width
from auction.allocation.cuts import Cuts
from auction.allocation.incumbent import served
from auction.allocation.prices import Priced
from auction.allocation.problem import Problem
from auction.allocation.warm import PLACE, Warm, alike, text_of
from auction.options import Options


@dataclass(frozen=True, slots=True)
class Started:
    """What a plan took over from the last one, and what it changed.

    Parameters
    ----------
    kept : int
        Vehicles whose last place is still among their options.
    gone : int
        Vehicles planned last whose place is no longer there; new vehicles are not counted.
    tails : int
        Tails of scenarios taken over; 0 where they are not tails of this problem.
    moved : bool[V]
        Vehicles that leave their last place although it is still there.
    churn_cost : float
        What their moves cost in the objective, money; no proceeds are less for it.
    note : str
        What could not be taken over, in words; empty when all could.
    """

    kept: int
    gone: int
    tails: int
    moved: NDArray[np.bool_]
    churn_cost: float
    note: str


@dataclass(frozen=True, slots=True)
class Start:
    """The last plan, found again among the options of the next.

    Parameters
    ----------
    warm : Warm
        What is kept of the last plan.
    rows : int64[V]
        The option that each vehicle took last, -1 for none.
    known : int
        Vehicles of the last plan that are in the fleet.
    churn : float
        Money that it costs to move a vehicle.
    """

    warm: Warm
    rows: NDArray[np.int64]
    known: int
    churn: float

    @classmethod
    def of(cls, warm: Warm, options: Options, churn: float) -> Start:
        """Find the last plan again.

        Parameters
        ----------
        warm : Warm
            What is kept of the last plan.
        options : Options
            The options of the next.
        churn : float
            Money that it costs to move a vehicle.

        Raises
        ------
        ValueError
            When no vehicle of the last plan is in the fleet, or the cost is no amount of money.
        """
        if not (math.isfinite(churn) and churn >= 0.0):
            raise ValueError(f"churn must be an amount of money >= 0, not {churn}")
        known = int((warm.places(options.vehicle_ids) >= 0).sum())
        if options.vehicle_ids and not known:
            raise ValueError(
                f"none of the {len(warm.vehicle_ids)} vehicles of the plan to start from is among "
                f"the {len(options.vehicle_ids)} to be planned: it is a plan of another fleet"
            )
        return cls(warm, warm.rows(options), known, churn)

    def charged(self, options: Options) -> Options:
        """Return the options, those away from a vehicle's last place worth less by the churn."""
        if not self.churn:
            return options
        away = _away(options, np.arange(options.vehicle.size), self.rows[options.vehicle])
        coefficient = options.coefficient.copy()
        # the first basis function of every group is one
        coefficient[away, 0] -= self.churn
        return replace(options, coefficient=coefficient)

    def tails(self, cuts: Cuts) -> None:
        """Add the last tails to the cuts."""
        if not cuts.problem.risk.neutral and self.warm.fits(cuts.problem):
            for weights in self.warm.tails:
                cuts.admit(weights)

    def plan(self, problem: Problem, priced: Priced) -> NDArray[np.int64] | None:
        """Return the last plan, where it still pays at the last prices.

        A vehicle leaves its way for the best at these prices when that is worth more by what
        prices tell apart, and for the next best when its way is no longer there.

        Parameters
        ----------
        problem : Problem
            The problem.
        priced : Priced
            The last prices.

        Returns
        -------
        int64[V] or None
            None when it breaks a rule.
        """
        place = self.rows
        if problem.column.size < problem.options.vehicle.size:
            place = np.searchsorted(problem.column, self.rows)
        place = np.minimum(place, problem.column.size - 1)
        there = np.flatnonzero(problem.column[place] == self.rows)
        paying = priced.reduced_of(place[there]) >= -last_width(problem)
        wanted = priced.best.copy()
        wanted[there[paying]] = place[there[paying]]
        order = np.argsort(priced.second - priced.top, kind="stable")
        return served(problem, wanted[order], priced, order)

    def told(self, problem: Problem, chosen: NDArray[np.int64]) -> Started:
        """Return what was taken over, and which vehicles move.

        Parameters
        ----------
        problem : Problem
            The problem.
        chosen : int64[V]
            Column of each vehicle.
        """
        kept = int((self.rows >= 0).sum())
        moved = _away(problem.options, problem.column[chosen], self.rows)
        tails, note = len(self.warm.tails), ""
        if problem.risk.neutral:
            tails = 0
        elif not self.warm.fits(problem):
            tails = 0
            note = "the last tails are of other scenarios or of a narrower tail: not taken over"
        cost = self.churn * float(moved.sum())
        return Started(kept, self.known - kept, tails, moved, cost, note)


def _away(options: Options, rows: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which options lie at another place than others; those beside -1 do not."""
    asked = np.flatnonzero((last >= 0) & (last != rows))
    result = np.zeros(rows.size, dtype=np.bool_)
    if asked.size > len(options.vehicle_ids):
        place = options.table.numbered(PLACE)
        result[asked] = place[rows[asked]] != place[last[asked]]
        return result
    # to look at a few takes less than to number them all
    one, other = (text_of(options, each[asked], PLACE) for each in (rows, last))
    result[asked] = ~alike(one, other)
    return result
