"""The optimisation problem that a request amounts to, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.passes import LocalPasses, Passes
from auction.allocation.steps import Steps
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR

if TYPE_CHECKING:
    from auction.allocation.request import Compiled

TOLERANCE = 1e-6
BLOCK = 4_096
#: What is decided of an offer that takes so many units or none.
FREE, CLOSED, OPEN = -1, 0, 1


@dataclass(frozen=True, slots=True)
class Rule:
    """A cap on use, in the desk's words.

    Parameters
    ----------
    kind : str
        event, lane, venue_week, limit, exposure, hold, hedge, offer or cash.
    label : str
        How the desk calls it.
    unit : float
        Money that a unit of it stands for; 1 where units are counted.
    target : float, optional
        Money that must be reached at least, where what is capped is what it is missed by.
    most : float, optional
        Money at most, where a cap in money is told as one.
    kept : float
        Money of that which is used whatever a plan does: what the columns may use is the rest.
    """

    kind: str
    label: str
    unit: float = 1.0
    target: float | None = None
    most: float | None = None
    kept: float = 0.0

    def told(self, limit: float, used: float) -> tuple[float, float]:
        """Return limit and use as the desk counts them: units, or money asked for and reached."""
        if self.most is not None:
            return self.most, self.kept + used * self.unit
        if self.target is None:
            return limit, used
        return self.target, self.target + (limit - used) * self.unit


@dataclass(frozen=True, slots=True)
class Minimum:
    """A dealer's offer, or a package of them, that takes ``least`` to ``most`` units, or none.

    Where it is ``promised`` its units, none is not an answer.
    """

    label: str
    least: float
    most: float
    promised: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything the solvers look at; a column is an option that may be taken.

    Parameters
    ----------
    options : Options
        Where the columns come from.
    risk : CVaR
        What is maximised.
    column : int64[c]
        Option of each column, ascending.
    vehicle : int64[c]
        Vehicle of each column.
    start : int64[V + 1]
        First column of each vehicle; the last entry is c.
    use : scipy.sparse.csc_array, [k, c]
        Use of every capped thing; ``use @ x <= limit``.
    limit : float64[k]
        Caps, units.
    choices : Passes
        Passes over all columns.
    rules : tuple of Rule, length k
        What the caps are.
    steps : Steps
        What use beyond the limit of some caps loses; these are never broken.
    offer : int64[c]
        Position in ``minimums``, -1 for none.
    minimums : tuple of Minimum
        Offers and packages with a minimum quantity.
    hedges : Hedges
        Positions among them.
    payoff : float64[J, n]
        Pay-off per lot of each position, money.
    lots : float64[J]
        Lots at most.
    moments : float64[G, R]
        Mean of the basis functions over the scenarios.
    scale : float
        Money by which the solvers divide, a power of two.
    pins : dict of int to str
        Pinned vehicles and their pins in words.
    bans : dict of int to str
        Banned vehicles and their bans in words.
    bar : uint8[c]
        What would bar each column had it not been lifted, a place in
        :data:`auction.allocation.rules.BARS`; 0 in a problem that is to be solved.
    lift : callable
        Returns the problem with the columns that bars of the kinds given would take away.
    compiled : Compiled or None
        What a later request can take over of the whole problem; None for another.
    openings : int8[Q]
        What is decided of each offer: `FREE`, `CLOSED` or `OPEN`; all are free in the whole
        problem.
    """

    options: Options
    risk: CVaR
    column: NDArray[np.int64]
    vehicle: NDArray[np.int64]
    start: NDArray[np.int64]
    use: sparse.csc_array
    limit: NDArray[np.float64]
    choices: Passes
    rules: tuple[Rule, ...]
    steps: Steps
    offer: NDArray[np.int64]
    minimums: tuple[Minimum, ...]
    hedges: Hedges
    payoff: NDArray[np.float64]
    lots: NDArray[np.float64]
    moments: NDArray[np.float64]
    scale: float
    pins: dict[int, str]
    bans: dict[int, str]
    bar: NDArray[np.uint8]
    lift: Callable[[frozenset[str]], Problem]
    compiled: Compiled | None
    openings: NDArray[np.int8]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Expected net of every column, money, float64[c]: a pass over all of them each time."""
        return self.choices.worths(np.arange(self.column.size), self.moments, *self._free)

    @property
    def _free(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Prices of caps and offers while nothing costs anything."""
        return np.zeros(self.limit.size), np.zeros(len(self.minimums))

    def mean_of(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the expected net of some columns, money; where it is asked for often.

        Parameters
        ----------
        columns : int64[h]
            Columns.

        Returns
        -------
        float64[h]
            The same bits as of `mean`: terms are added in their order.
        """
        if isinstance(self.choices, LocalPasses):
            return self.choices.worths(columns, self.moments, *self._free)
        # what workers hold is here too, and need not travel
        row = self.column[columns]
        own, worth = self.options.coefficient[row], self.moments[self.options.group[row]]
        result = np.zeros(row.size)
        for term in range(own.shape[1]):
            result += own[:, term] * worth[:, term]
        return result

    def barred_words(self, kind: str, vehicle: int) -> str:
        """Return what bars options of a vehicle, in words."""
        said = {"pin": self.pins, "commitment": self.pins, "ban": self.bans}.get(kind, {})
        name = self.options.vehicle_ids[vehicle]
        return said.get(vehicle, f"vehicle {name} may give up no more than the largest sacrifice")

    @property
    def vehicles(self) -> int:
        """Number of vehicles."""
        return len(self.options.vehicle_ids)

    def blocks(self) -> Iterator[slice]:
        """Yield the columns of some vehicles after the other, for what is done in parts."""
        for first in range(0, self.vehicles, BLOCK):
            last = min(self.vehicles, first + BLOCK)
            yield slice(int(self.start[first]), int(self.start[last]))

    @property
    def units(self) -> NDArray[np.float64]:
        """Money that a unit of each capped thing stands for, 1 where units are counted."""
        return np.array([rule.unit for rule in self.rules], dtype=np.float64)

    @property
    def least(self) -> NDArray[np.float64]:
        """Minimum units of each offer with a minimum."""
        return np.array([minimum.least for minimum in self.minimums], dtype=np.float64)

    @property
    def promised(self) -> NDArray[np.bool_]:
        """Whether each offer with a minimum has to get its units, bool[Q]."""
        return np.array([minimum.promised for minimum in self.minimums], dtype=np.bool_)

    @property
    def bought(self) -> NDArray[np.float64]:
        """Lots of each position that are bought already, float64[J]."""
        lots = [position.bought for position in self.hedges.positions]
        return np.array(lots, dtype=np.float64)

    @property
    def most(self) -> NDArray[np.float64]:
        """Maximum units of each offer with a minimum."""
        return np.array([minimum.most for minimum in self.minimums], dtype=np.float64)

    @property
    def ceiling(self) -> NDArray[np.float64]:
        """Units of every capped thing that a plan may not exceed, float64[k]."""
        return self.limit + self.steps.held(self.limit.size)

    def losses(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the money that the chosen columns lose to the volume of each cap, float64[k]."""
        if not self.steps.row.size:
            return np.zeros(self.limit.size)
        return self.steps.losses(self.used(chosen) - self.limit)

    def outcomes(
        self, chosen: NDArray[np.int64], positions: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the fleet's proceeds by scenario of chosen columns and lots, money.

        What is lost to volume is the same in all of them, and not yet taken off.
        """
        _, summed = self.choices.sums(chosen, np.ones(chosen.size))
        return self.options.outcomes(summed) + positions @ self.payoff

    def used(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the use of every capped thing by the chosen columns, units."""
        return self.choices.used(chosen)

    def taken(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the units that each offer with a minimum gets."""
        offer = self.offer[chosen]
        return np.bincount(offer[offer >= 0], minlength=len(self.minimums)).astype(np.float64)

    @property
    def room(self) -> NDArray[np.float64]:
        """Units of every capped thing that filling up may use, half of the tolerance included."""
        return self.ceiling + TOLERANCE * np.maximum(1.0, np.abs(self.limit)) / 2.0

    def feasible(self, chosen: NDArray[np.int64]) -> bool:
        """Whether chosen columns keep every rule, to a millionth of a unit."""
        if (chosen < 0).any() or (self.vehicle[chosen] != np.arange(self.vehicles)).any():
            return False
        return not self.broken(chosen)

    def broken(self, chosen: NDArray[np.int64]) -> list[str]:
        """Return the rules that chosen columns break, in words."""
        slack = TOLERANCE * np.maximum(1.0, np.abs(self.limit))
        over = np.flatnonzero(self.used(chosen) > self.ceiling + slack)
        words = [f"{self.rules[row].kind} {self.rules[row].label}" for row in over]
        units = self.taken(chosen)
        wrong = ((units > 0) | self.promised) & ((units < self.least) | (units > self.most))
        return words + [self.minimums[q].label for q in np.flatnonzero(wrong)]


def union(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns in either, ascending, each once; `numpy.union1d` takes ten times longer.

    Parameters
    ----------
    one, other : int64[...]
        Columns, >= 0.
    """
    both = np.sort(np.concatenate([one, other]))
    result: NDArray[np.int64] = both[np.diff(both, prepend=-1) > 0]
    return result


def best_columns(
    problem: Problem, worth: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each vehicle's best column, the first of equals, and its worth.

    Parameters
    ----------
    problem : Problem
        Every vehicle has a column.
    worth : float64[c]
        Worth of each column; NaN is not allowed.
    """
    if problem.vehicles == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    start = problem.start[:-1]
    best = np.maximum.reduceat(worth, start)
    place = np.where(worth == best[problem.vehicle], np.arange(worth.shape[0]), worth.shape[0])
    return np.minimum.reduceat(place, start), best
