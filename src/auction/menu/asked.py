"""What every solve of a menu has in common: the request, and how a plan with layers is valued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation import Allocation, Constraints, Stop, Warm
from auction.allocation import allocate as solve
from auction.allocation.clock import Clock
from auction.allocation.exposure import keeps_limits
from auction.allocation.prices import Priced, price_out
from auction.allocation.request import compile_problem
from auction.hedges import Hedges
from auction.menu.bent import Cover
from auction.options import Options
from auction.risk import CVaR

_Floats = NDArray[np.float64]

#: Share of the floor of a tail by which it may be missed.
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, layers aside.

    Parameters
    ----------
    options, constraints, risk, hedges, overrides, offers, stop, threads
        As for :func:`auction.allocate`.
    clock : Clock
        Runs from the beginning of the whole search.
    charge : float64[m]
        What an option costs the objective and no proceeds, money.
    """

    options: Options
    constraints: Constraints
    risk: CVaR
    hedges: Hedges
    overrides: pl.DataFrame | None
    offers: pl.DataFrame | None
    stop: Stop
    threads: int
    clock: Clock
    charge: _Floats

    def solve(self, bent: Options, warm: Warm) -> Allocation:
        """Return the best plan for bent options."""
        return solve(
            bent,
            self.constraints,
            risk=self.risk,
            hedges=self.hedges.linear,
            overrides=self.overrides,
            offers=self.offers,
            stop=Stop(self.stop.gap, max(self.clock.left, 0.0), self.stop.work),
            threads=self.threads,
            start=warm,
        )

    def price(self, bent: Options, warm: Warm) -> Priced:
        """Return the bound that the prices of a plan prove of bent options."""
        problem = compile_problem(
            bent, self.constraints, self.risk, self.hedges.linear, self.overrides, self.offers
        )
        return price_out(problem, warm.priced(problem), self.threads)

    def worth(
        self, plan: Allocation, covers: Sequence[Cover], lots: _Floats | None = None
    ) -> tuple[float, _Floats]:
        """Return what a plan is worth with layers, and its proceeds by scenario.

        Parameters
        ----------
        plan : Allocation
            The plan; what it lost to volume is taken off.
        covers : sequence of Cover
            Layers taken.
        lots : float64[J], optional
            Lots of each position; those of the plan by default.

        Returns
        -------
        (float, float64[n])
            The measure less what the choice costs, and proceeds, money; minus infinity where
            the tail lies below the floor of the risk.
        """
        outcomes = self.proceeds(plan, plan.positions if lots is None else lots)
        for cover in covers:
            short = cover.shortfall(self.options, plan.chosen)
            outcomes = outcomes + cover.layer.pays(short) - cover.layer.premium
        return self.rated(outcomes, self.cost(plan)), outcomes

    def keeps_limits(self, plan: Allocation) -> bool:
        """Whether a plan leaves the room of limits in money that is kept for the hedges."""
        return keeps_limits(self.options.table, plan.chosen, self.constraints, self.hedges)

    def cost(self, plan: Allocation) -> float:
        """Return what a plan costs the objective and no proceeds, money."""
        return float(self.charge[plan.chosen].sum())

    def rated(self, outcomes: _Floats, cost: float) -> float:
        """Return the measure of outcomes less a cost; minus infinity below the floor."""
        floor = self.risk.floor
        if floor is not None:
            missed = self.risk.missed(self.risk.tail(outcomes)[0] - cost)
            if missed > _TOLERANCE * max(1.0, abs(floor)):
                return -np.inf
        return self.risk.measure(outcomes) - cost

    def proceeds(self, plan: Allocation, lots: _Floats) -> _Floats:
        """Return the proceeds of a plan without layers by scenario, money."""
        total = self.options.totals(plan.chosen) - float(plan.volume_loss.sum())
        for count, position in zip(lots, self.hedges.positions, strict=True):
            total = total + count * position.payoff
        return np.asarray(total)
