"""Cuts: the tail of a plan, seen from another plan, is a straight line."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auction.allocation.problem import Problem


@dataclass(slots=True)
class Cuts:
    """Scenario weights gathered so far, with what they make of columns and positions.

    CVaR is the least of ``w @ X`` over the weights w of its envelope (Artzner et al. 1999),
    so each w gives a bound that is linear in the plan. Cuts are held as deviations from the
    mean, which keeps the numbers small beside the proceeds: ``deviation <= sum_o column[o] x_o
    + position @ z`` with deviation = CVaR - mean <= 0.

    Parameters
    ----------
    problem : Problem
        Whose columns are cut.
    weights : list of float64[n]
        Weights of the tail, one array a cut.
    moments : list of float64[G, R]
        The basis summed with these weights less its mean; times the coefficients of a column
        it gives the column's weighted net less its expected net, money.
    position : list of float64[J]
        Weighted pay-off less expected pay-off of a lot of each position, money.
    """

    problem: Problem
    weights: list[NDArray[np.float64]] = field(default_factory=list)
    moments: list[NDArray[np.float64]] = field(default_factory=list)
    position: list[NDArray[np.float64]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.weights)

    def add(self, outcomes: NDArray[np.float64]) -> None:
        """Add the cut that is tight at a plan with these outcomes, money by scenario."""
        self.admit(self.problem.risk.tail(outcomes)[1])

    def admit(self, weights: NDArray[np.float64]) -> None:
        """Add the cut of these weights of a tail, float64[n]."""
        tilt = weights - 1.0 / weights.shape[0]
        self.weights.append(weights)
        self.moments.append(self.problem.options.moments(tilt))
        self.position.append(self.problem.payoff @ tilt)

    def of(self, problem: Problem) -> Cuts:
        """Return these cuts for a problem over other columns of the same options."""
        return Cuts(problem, self.weights, self.moments, self.position)

    def columns(self, columns: NDArray[np.int64], threads: int = 1) -> NDArray[np.float64]:
        """Return what every cut makes of some columns, money.

        Parameters
        ----------
        columns : int64[h]
            Columns.
        threads : int
            At least 1.

        Returns
        -------
        float64[len(self), h]
            Weighted net less expected net.
        """
        nothing = np.zeros(self.problem.limit.size), np.zeros(len(self.problem.minimums))
        prices = [(moments, *nothing) for moments in self.moments]
        return self.problem.choices.worths_at(columns, prices, threads)

    def blend(self, multipliers: NDArray[np.float64], floor: float = 0.0) -> NDArray[np.float64]:
        """Return weights of the measure from the cuts' multipliers.

        Parameters
        ----------
        multipliers : float64[len(self)]
            Duals of the cuts, >= 0; what they leave of their due sum goes to the mean,
            which lies in the envelope too.
        floor : float
            Price of the floor, >= 0; the tail weighs so much more.

        Returns
        -------
        float64[n]
            Weights >= 0 that sum to one and the price of the floor.
        """
        kept = np.maximum(multipliers, 0.0)
        share = self.problem.risk.weight + floor
        total = float(kept.sum())
        if total > share > 0.0:
            kept *= share / total
            total = share
        count = self.problem.options.scenarios
        result = np.full(count, (1.0 + floor - total) / count)
        for multiplier, weights in zip(kept, self.weights, strict=True):
            result += multiplier * weights
        return result

    def missing(self, outcomes: NDArray[np.float64]) -> float:
        """Return by how much the cuts overrate the tail of these outcomes, money, >= 0."""
        if not self.weights:
            return float(np.mean(outcomes) - self.problem.risk.tail(outcomes)[0])
        model = min(float(weights @ outcomes) for weights in self.weights)
        model = min(model, float(np.mean(outcomes)))
        return max(0.0, model - self.problem.risk.tail(outcomes)[0])
