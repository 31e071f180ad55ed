"""A genetic algorithm that distributes vehicles over auctions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.allocation.incumbent import gain_order, take_in_order
from auction.allocation.problem import Problem
from auction.policies.auctions import auctioned, held, sold_first
from auction.policies.task import Task

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Genetic:
    """Breed distributions over auctions, each worth its expected net.

    In the manner of Du, Xie and Schroeder ("Optimal distribution of auction vehicles", Marketing
    Science 28, 2009): a genetic algorithm says which unit goes to which sale, within the room
    of the sales; there are no other channels, and risk does not count. The population starts
    from `AllAuction` and from draws; parents win a tournament of two, a child takes each
    vehicle's sale from either, and some sales are drawn anew. Children are repaired: sales
    are filled with the largest gain first, what no longer fits goes to its best sale with room,
    and the repaired child is what lives on. The best are kept, so that no generation is worse
    than the one before, nor the end worse than `AllAuction`.

    Parameters
    ----------
    seed : int
        Of all draws; the same seed gives the same distribution.
    population : int
        Distributions alive at once, at least 2.
    generations : int
        How often they are bred.
    mutation : float
        Share of the sales of a child that are drawn anew.
    kept : int
        The best, which live on as they are: at least 1, fewer than ``population``.
    """

    seed: int = 0
    population: int = 32
    generations: int = 80
    mutation: float = 0.01
    kept: int = 2

    name = "genetic"

    def __post_init__(self) -> None:
        if not 1 <= self.kept < self.population:
            raise ValueError("at least one distribution is kept, and fewer than there are")
        if self.generations < 0 or not 0.0 <= self.mutation <= 1.0:
            raise ValueError("generations are no fewer than 0, and mutation is a share")

    def choose(self, task: Task) -> _Ints:
        """Choose as `Policy.choose` has it."""
        breed = _Breed(task.problem)
        draw = np.random.default_rng(self.seed)
        start = take_in_order(task.problem, sold_first(task.problem))
        drawn = [breed.drawn(draw) for _ in range(self.population - 1)]
        living = [breed.repaired(wishes) for wishes in (breed.wishes(start), *drawn)]
        for _ in range(self.generations):
            living.sort(key=breed.worth, reverse=True)
            children = [self._child(breed, living, draw) for _ in living[self.kept :]]
            living = living[: self.kept] + children
        return max(living, key=breed.worth)

    def _child(self, breed: _Breed, living: list[_Ints], draw: np.random.Generator) -> _Ints:
        # the population stands in the order of its worth: the lower place wins
        places = draw.integers(0, len(living), (2, 2)).min(axis=1)
        one, other = (breed.wishes(living[int(place)]) for place in places)
        wishes = np.where(draw.random(one.size) < 0.5, one, other)
        anew = draw.random(one.size) < self.mutation
        return breed.repaired(np.where(anew, breed.drawn(draw), wishes))


class _Breed:
    """What all distributions of a fleet share: their sales, and how they are repaired."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._sold = ~held(problem)
        sales = _best_terms(problem, np.flatnonzero(auctioned(problem) & self._sold))
        self._sales = sales
        self._first = np.searchsorted(problem.vehicle[sales], np.arange(problem.vehicles))
        self._count = np.bincount(problem.vehicle[sales], minlength=problem.vehicles)
        self._last = sold_first(problem)
        self._rank = np.empty(problem.column.size, dtype=np.int64)
        self._rank[gain_order(problem, problem.mean)] = np.arange(problem.column.size)

    def drawn(self, draw: np.random.Generator) -> _Ints:
        """Return a sale of each vehicle at random, -1 where none is open to it."""
        place = self._first + (draw.random(self._count.size) * self._count).astype(np.int64)
        wishes = np.full(place.size, -1, dtype=np.int64)
        open_to = self._count > 0
        wishes[open_to] = self._sales[place[open_to]]
        return wishes

    def wishes(self, chosen: _Ints) -> _Ints:
        """Return the sales of a distribution, -1 where a vehicle is kept back."""
        return np.where((chosen >= 0) & self._sold[chosen], chosen, -1)

    def repaired(self, wishes: _Ints) -> _Ints:
        """Return the distribution that fulfils wishes as far as there is room."""
        wanted = wishes[wishes >= 0]
        wanted = wanted[np.argsort(self._rank[wanted])]
        return take_in_order(self._problem, np.concatenate([wanted, self._last]))

    def worth(self, chosen: _Ints) -> tuple[int, float]:
        """Return the vehicles that found a place, and their expected net, money."""
        placed = chosen[chosen >= 0]
        lost = self._problem.losses(placed).sum()
        return placed.size, float(self._problem.mean_of(placed).sum() - lost)


def _best_terms(problem: Problem, columns: _Ints) -> _Ints:
    """Return the column with the highest mean of each vehicle at each sale, ascending."""
    frame = problem.options.table.rows(problem.column[columns], ["event_id"])
    sale = frame["event_id"].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    vehicle = problem.vehicle[columns]
    order = np.lexsort((columns, -problem.mean_of(columns), sale, vehicle))
    moved = (np.diff(vehicle[order], prepend=-1) != 0) | (np.diff(sale[order], prepend=-1) != 0)
    return np.sort(columns[order[moved]])
