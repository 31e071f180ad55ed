"""Prices near the best ones, from choices that are smoothed less and less.

The Lagrangian dual is convex in the prices but has kinks. With every vehicle's best worth
replaced by ``T log sum exp(worth / T)`` it is smooth (Nesterov 2005), and prices of caps that are
kept away from zero by a logarithm make it smooth up to its edge; Newton's method then needs a few
steps a temperature, in a space of the rows alone. The temperature falls as the vehicles looked at
grow in number: a sample tells prices up to its noise, and a vehicle of which no other option comes
within that noise needs no smoothing. What comes out starts the linear program; nothing rests
on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from _core.soft import soft_choices, solve_positive
from auction.allocation.choosers import Choosers, Rows, gather
from auction.allocation.clock import Clock
from auction.allocation.cuts import Cuts
from auction.allocation.prices import Prices, at, no_prices, price_out
from auction.allocation.problem import Problem

_Floats = NDArray[np.float64]

#: A sample of so many tells prices to about a thousandth of a worth in milliseconds.
FIRST_VEHICLES = 2_048
#: Noise falls by the root of it, so that each level cools by about the same as two steps.
GROWTH = 8
#: How far options of a vehicle lie apart, as a share of a typical worth: the first temperature.
SPREAD = 0.05
#: Temperatures below the best beyond which an option has no share: exp(-18) is 1.5e-8.
WIDTH = 18.0
#: What a temperature falls by; Newton's method still converges from the last prices.
COOLING = 4.0
#: Below it, as a share of a typical worth, exponents would tell worths apart by rounding alone.
COLDEST = 1e-5
#: Steps a temperature; few are needed, a bad start is left to the next temperature.
MOST_STEPS = 12
#: Cuts a level; those that are missing after it come in the linear programs.
MOST_CUTS = 8
#: Halvings of a step before it is given up, to a four-thousandth.
HALVINGS = 12
#: Share of the way to a price of zero that a step may go, as in interior point methods.
EDGE = 0.9
#: Weight of the tail that a new cut begins with; the others keep the rest.
NEW_SHARE = 0.2
#: Fall a row, in temperatures, below which steps no longer pay.
SETTLED = 0.02
SEED = 20
GOLDEN = 0.6180339887498949


@dataclass(slots=True)
class Approach:
    """Prices on their way to the best ones.

    Parameters
    ----------
    problem : Problem
        The problem.
    cuts : Cuts
        Added to.
    clock : Clock
        Ends the approach early.
    threads : int
        At least 1; the prices do not depend on it.
    steps : int
        Newton steps taken so far.
    width : float
        How far below the best the last smoothed choices reach, money.
    drawn : int64[V]
        Columns of a plan, in the shares of the last smoothed choices.
    """

    problem: Problem
    cuts: Cuts
    clock: Clock
    threads: int = 1
    steps: int = 0
    width: float = 0.0
    drawn: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def run(self, precision: float = 0.0) -> Prices:
        """Return prices near the best ones.

        Parameters
        ----------
        precision : float
            Relative distance of bound and value that is near enough: no more vehicles are
            looked at than tell prices to a temperature of that share of a typical worth. The
            bound is off by its square only, but plans drawn at the prices by about itself.
        """
        problem = self.problem
        order = np.random.default_rng(SEED).permutation(problem.vehicles)
        self.drawn = price_out(problem, no_prices(problem), self.threads).best
        price = self._start()
        spread = SPREAD * problem.scale
        hot, count = spread, min(FIRST_VEHICLES, problem.vehicles)
        while count and not self.clock.over:
            cold = _coldest(problem, count)
            price = self._level(np.sort(order[:count]), price, hot, cold)
            if count == problem.vehicles:
                break
            if cold <= precision * problem.scale:
                self._draw_all(price, _coldest(problem, problem.vehicles))
                break
            hot, count = 4.0 * cold, min(GROWTH * count, problem.vehicles)
        return self.prices(price)

    def prices(self, price: _Floats) -> Prices:
        """Return prices of the rows as prices of caps, offers and scenarios."""
        rows = Rows.of(self.problem, self.cuts)
        floor = float(price[rows.floor : rows.tail].sum())
        return Prices(
            self.cuts.blend(price[rows.tail :], floor),
            price[: rows.caps],
            price[rows.most : rows.least],
            price[rows.least : rows.floor],
            floor,
        )

    def _start(self) -> _Floats:
        rows = Rows.of(self.problem, self.cuts)
        price = np.full(rows.count, SPREAD * self.problem.scale)
        floor = float(price[rows.floor : rows.tail].sum()) / self.problem.scale
        price[rows.floor : rows.tail] = floor
        price[rows.tail :] = (self.problem.risk.weight + floor) / max(1, rows.cuts)
        return price

    def _level(
        self, vehicles: NDArray[np.int64], price: _Floats, hot: float, cold: float
    ) -> _Floats:
        temperature, added = hot, 0
        while not self.clock.over:
            self.width = WIDTH * temperature
            choosers = self._near(vehicles, price, self.width)
            price, share = self._descend(choosers, price, temperature)
            self._draw(choosers, share)
            if added < MOST_CUTS and self._cut(choosers, share, temperature):
                added += 1
                price = self._with_cut(price)
                continue
            if temperature <= cold:
                break
            temperature = max(cold, temperature / COOLING)
        return price

    def _with_cut(self, price: _Floats) -> _Floats:
        """Return prices with a part of the tail's weight on the new cut."""
        rows = Rows.of(self.problem, self.cuts)
        tail = price[rows.tail :]
        others = price[: price.size - tail.size]
        weight = self.problem.risk.weight + float(price[rows.floor : rows.tail].sum())
        if not tail.size:
            return np.append(others, weight)
        return np.concatenate([others, (1.0 - NEW_SHARE) * tail, [NEW_SHARE * weight]])

    def _near(self, vehicles: NDArray[np.int64], price: _Floats, width: float) -> Choosers:
        """Return the choosers among some vehicles, with the options within a width of the best."""
        problem, priced = self.problem, self.prices(price)
        prices = at(problem, priced)
        some = None if vehicles.size == problem.vehicles else vehicles
        near = problem.choices.near(width, prices, self.threads, some)
        self.drawn[vehicles] = near.best
        return gather(problem, self.cuts, near, vehicles.size / problem.vehicles, self.threads)

    def _draw(self, choosers: Choosers, share: _Floats) -> None:
        """Draw a column for every vehicle with a choice, evenly spread over their shares."""
        columns = choosers.column
        vehicle, each = self.problem.vehicle[columns], share[: columns.size]
        first = np.flatnonzero(np.diff(vehicle, prepend=-1))
        if not first.size:
            return
        before = np.cumsum(each) - each
        number = np.cumsum(np.diff(vehicle, prepend=-1) > 0) - 1
        mark = (np.arange(first.size) * GOLDEN) % 1.0
        below = before - before[first][number] <= mark[number]
        last = np.add.reduceat(below.astype(np.int64), first) - 1
        self.drawn[vehicle[first]] = columns[first + last]

    def _draw_all(self, price: _Floats, temperature: float) -> None:
        """Draw a column for every vehicle at prices that a part of them told."""
        self.width = WIDTH * temperature
        choosers = self._near(np.arange(self.problem.vehicles), price, self.width)
        rows = Rows.of(self.problem, self.cuts)
        dual = _Dual(self.problem, choosers, rows, temperature, self.threads)
        self._draw(choosers, dual.shares(price))

    def _descend(
        self, choosers: Choosers, price: _Floats, temperature: float
    ) -> tuple[_Floats, _Floats]:
        """Return prices at the foot of the smoothed dual, and the shares chosen there."""
        rows = Rows.of(self.problem, self.cuts)
        dual = _Dual(self.problem, choosers, rows, temperature, self.threads)
        if not rows.count:
            return price, dual.shares(price)
        value = dual.value(price)
        for _ in range(MOST_STEPS):
            step, slope = dual.newton(price)
            self.steps += 1
            if -slope <= SETTLED * temperature * price.size:
                break
            length = min(1.0, EDGE / max(float((-step / price).max()), 1e-300))
            for _ in range(HALVINGS):
                tried = dual.value(price + length * step)
                if tried <= value + 1e-4 * length * slope:
                    break
                length *= 0.5
            else:
                break
            price, value = price + length * step, tried
            if self.clock.over:
                break
        return price, dual.shares(price)

    def _cut(self, choosers: Choosers, share: _Floats, temperature: float) -> bool:
        """Add a cut at the smoothed choices where the tail is overrated."""
        problem = self.problem
        if problem.risk.neutral:
            return False
        columns = choosers.column
        _, summed = problem.choices.sums(columns, share[: columns.size], self.threads)
        outcomes = problem.options.outcomes(summed + choosers.summed)
        lots = problem.lots.size
        if lots:
            taken = problem.lots * share[share.size - 2 * lots + 1 :: 2]
            outcomes = outcomes + choosers.share * taken @ problem.payoff
        least = temperature * (10.0 + 0.002 * choosers.size.size)
        weight = problem.risk.weight if problem.risk.floor is None else 1.0
        if weight * self.cuts.missing(outcomes) <= least:
            return False
        self.cuts.add(outcomes)
        return True


def last_width(problem: Problem) -> float:
    """Return how far below the best the last choices of an approach reach, money."""
    return WIDTH * _coldest(problem, problem.vehicles)


def _coldest(problem: Problem, count: int) -> float:
    """Return the temperature at which so many vehicles have told what they can, money."""
    spread = SPREAD * problem.scale
    return float(max(0.5 * spread / np.sqrt(max(1, count)), COLDEST * problem.scale))


class _Dual:
    """The smoothed dual of some choosers at a temperature."""

    def __init__(
        self, problem: Problem, choosers: Choosers, rows: Rows, temperature: float, threads: int
    ) -> None:
        self.choosers, self.rows = choosers, rows
        self.temperature, self.threads = temperature, threads
        self.right = np.zeros(rows.count)
        self.right[: rows.caps] = choosers.share * problem.limit
        if problem.risk.floor is not None:
            self.right[rows.floor] = -choosers.share * problem.risk.floor
        self.right -= choosers.used

    def _soft(self, price: _Floats, slopes: bool) -> tuple[float, _Floats, _Floats, _Floats]:
        of = self.choosers
        return soft_choices(
            of.start,
            of.size,
            of.base,
            of.pointer,
            of.row,
            of.amount,
            price,
            self.temperature,
            slopes,
            self.threads,
        )

    def value(self, price: _Floats) -> float:
        worth = self._soft(price, slopes=False)[0]
        return worth + float(self.right @ price - self.temperature * np.log(price).sum())

    def shares(self, price: _Floats) -> _Floats:
        return self._soft(price, slopes=False)[1]

    def newton(self, price: _Floats) -> tuple[_Floats, float]:
        """Return a step of the prices, and how fast the dual falls along it."""
        _, _, used, curve = self._soft(price, slopes=True)
        room = self.right - used
        pull = room - self.temperature / price
        slack, tail = room.copy(), slice(self.rows.tail, None)
        floor = slice(self.rows.floor, self.rows.tail)
        if self.rows.cuts:
            # the weights of the tail sum to its own and the price of the floor: slack is what a
            # cut lies above the least, and what the least leaves above the floor
            slack[tail] -= room[tail].min()
            slack[floor] += room[tail].min()
        diagonal = np.maximum(slack, self.temperature / price) / price
        system = curve + np.diag(diagonal)
        step = -solve_positive(system, pull)
        if self.rows.cuts:
            ones = np.zeros(price.size)
            ones[tail], ones[floor] = 1.0, -1.0
            along = solve_positive(system, ones)
            off = step[tail].sum() - step[floor].sum()
            step -= along * (off / (along[tail].sum() - along[floor].sum()))
        return step, float(pull @ step)
