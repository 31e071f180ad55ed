"""Moves of single vehicles away from a plan, and the chains that they can be linked to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from _core.chains import link_moves
from auction.allocation.incumbent import Incumbent, outcomes_of
from auction.allocation.prices import Prices
from auction.allocation.problem import TOLERANCE, Problem

_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]

#: Columns that take part, at most; a sweep over so many takes a tenth of a second.
MOST_COLUMNS = 40_000
SPARED_TOLERANCE = 0.5
#: What placing a vehicle is worth beside its proceeds, in scales of the problem.
PLACED = 1e4
#: Weight of a lacking unit of what has no price, in scales of the problem.
UNPRICED = 1e-3


@dataclass(frozen=True, slots=True)
class Reach:
    """How far chains go.

    Parameters
    ----------
    depth : int
        Moves in a chain at most.
    breadth : int
        Moves tried to free a row.
    visits, budget : int
        Moves tried for a chain, and for all of them together.
    """

    depth: int
    breadth: int
    visits: int
    budget: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Moves away from a plan, those that make room most cheaply first.

    Parameters
    ----------
    chosen : int64[V]
        Column of each vehicle, -1 for none yet.
    column, vehicle : int64[m]
        Where each move leads, and whom.
    gain : float64[m]
        What it brings at the plan's own scenario weights, money.
    change : scipy.sparse.csc_array, [rows, m]
        What it uses more of caps, of offers' maxima and, negated, of their minima.
    weight : float64[rows]
        Money a unit.
    room : float64[rows]
        Units left.
    """

    chosen: _Places
    column: _Places
    vehicle: _Places
    gain: _Floats
    change: sparse.csc_array
    weight: _Floats
    room: _Floats

    @classmethod
    def of(cls, problem: Problem, plan: Incumbent, near: _Places, prices: Prices) -> Exchange:
        """Return the moves to some columns.

        Parameters
        ----------
        problem : Problem
            The problem.
        plan : Incumbent
            A plan that keeps every rule, but that vehicles may be without a column yet.
        near : int64[...]
            Columns to move to.
        prices : Prices
            What a unit of each row costs, more or less.
        """
        chosen = plan.chosen
        placed = chosen[chosen >= 0]
        column = near[near != chosen[problem.vehicle[near]]]
        before = chosen[problem.vehicle[column]]
        beyond = problem.used(placed) - problem.limit
        outcomes = outcomes_of(problem, plan)
        weights = problem.risk.weights(outcomes)
        if prices.floor > 0.0:
            weights = weights + prices.floor * problem.risk.tail(outcomes)[1]
        at = (
            problem.options.moments(weights),
            problem.steps.marginal(beyond) * (1.0 + prices.floor),
            np.zeros(len(problem.minimums)),
        )
        own = problem.choices.worths(np.maximum(before, 0), *at)
        gain = problem.choices.worths(column, *at) - np.where(
            before < 0, -PLACED * problem.scale, own
        )
        change = sparse.csc_array(_needs(problem, column) - _needs(problem, before))
        change.eliminate_zeros()
        price = np.concatenate([prices.caps, prices.most, prices.least])
        order = np.argsort(price @ change - gain, kind="stable")
        change = change[:, order]
        return cls(
            chosen,
            column[order],
            problem.vehicle[column[order]],
            gain[order],
            change,
            price + UNPRICED * problem.scale,
            _room(problem, placed),
        )

    def gainful(self) -> _Places:
        """Return the moves that bring something, the nearest to being chosen first."""
        return np.flatnonzero(self.gain > 0.0).astype(np.int64)

    def link(self, begin: _Places, reach: Reach, least: float) -> tuple[_Places, _Places]:
        """Return moves that fit together, chain after chain, and where each chain ends.

        Parameters
        ----------
        begin : int64[...]
            Moves with which chains begin.
        reach : Reach
            How far chains go.
        least : float
            What a chain must bring more than, money.
        """
        return link_moves(
            self.vehicle,
            self.gain,
            self.change.indptr.astype(np.int64),
            self.change.indices.astype(np.int64),
            self.change.data,
            self.weight,
            self.room,
            begin,
            least,
            reach.depth,
            reach.breadth,
            reach.visits,
            reach.budget,
        )

    def after(self, made: _Places) -> _Places:
        """Return the columns of all vehicles after some moves."""
        chosen = self.chosen.copy()
        chosen[self.vehicle[made]] = self.column[made]
        return chosen


def _needs(problem: Problem, columns: _Places) -> sparse.csc_array:
    """Return what columns use of every cap, then their units of offers, and these negated."""
    placed = columns >= 0
    use = sparse.csc_array(problem.use[:, np.maximum(columns, 0)])
    count, offers = columns.size, len(problem.minimums)
    bound = np.flatnonzero(placed & (problem.offer[columns] >= 0))
    shape = (offers, count)
    units = sparse.csc_array((np.ones(bound.size), (problem.offer[columns[bound]], bound)), shape)
    every = sparse.csc_array(sparse.vstack([use, units, -units], format="csc"))
    return every if placed.all() else sparse.csc_array(every @ sparse.diags_array(placed * 1.0))


def _room(problem: Problem, placed: _Places) -> _Floats:
    """Return what a plan leaves of the caps and of offers, which stay open or closed."""
    slack = SPARED_TOLERANCE * TOLERANCE * np.maximum(1.0, np.abs(problem.limit))
    units = problem.taken(placed)
    opened = units > 0
    most = np.where(opened, problem.most, 0.0)
    least = np.where(opened, problem.least, 0.0)
    room = problem.ceiling + slack - problem.used(placed)
    return np.concatenate([room, most - units, units - least])


def nearest(problem: Problem, chosen: _Places, reduced: _Floats, breadth: int) -> _Places:
    """Return the best columns of each vehicle beside its own, the nearest in a large fleet.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : int64[V]
        Column of each vehicle, -1 for none.
    reduced : float64[c]
        Reduced worth of each column, money.
    breadth : int
        Columns of each vehicle at most.

    Returns
    -------
    int64[...]
        Columns, ascending, `MOST_COLUMNS` at most.
    """
    leading = np.argsort(-reduced, kind="stable")[: MOST_COLUMNS + chosen.size]
    others = leading[chosen[problem.vehicle[leading]] != leading]
    order = others[np.lexsort((-reduced[others], problem.vehicle[others]))]
    first = np.searchsorted(problem.vehicle[order], problem.vehicle[order], side="left")
    kept = order[np.arange(order.size) - first < breadth]
    kept = kept[np.argsort(-reduced[kept], kind="stable")[:MOST_COLUMNS]]
    return np.sort(kept).astype(np.int64)
