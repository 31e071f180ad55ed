"""What the last plan tells the next: ways, prices of scarce things, and tails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.prices import Prices
from auction.allocation.problem import Problem
from auction.options import Options
from auction.risk import CVaR

#: What tells one place of sale from another; a vehicle that changes any of it is moved.
PLACE = ("channel", "venue_id", "event_id", "date", "offer_id")
#: What tells one way from another, the terms of the sale included; who pays follows from them.
WAY = (*PLACE, "hedge_id", "reconditioning_id", "terms")

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Warm:
    """What is kept of a plan to start the next one from.

    Parameters
    ----------
    vehicle_ids : tuple of str, length V
        The fleet planned.
    ways : polars.DataFrame, V rows
        The way of each vehicle: `WAY`, as text.
    place : int64[V]
        Which of the vehicle's options it was, counted from 0; only a hint where to look.
    prices : dict of (kind, label, occurrence) to float
        Price of a unit of each scarce thing, money.
    risk : CVaR
        The appetite for risk planned with.
    weights : float64[n]
        Weights of the scenarios in the measure, those of the floor included.
    floor : float
        Price of the floor.
    tails : tuple of float64[n]
        Weights of the scenarios in the tails that mattered.
    """

    vehicle_ids: tuple[str, ...]
    ways: pl.DataFrame
    place: NDArray[np.int64]
    prices: dict[Key, float]
    risk: CVaR
    weights: NDArray[np.float64]
    floor: float
    tails: tuple[NDArray[np.float64], ...]

    @classmethod
    def of(
        cls,
        problem: Problem,
        chosen: NDArray[np.int64],
        prices: Prices,
        tails: Sequence[NDArray[np.float64]],
    ) -> Warm:
        """Keep what the next plan can start from.

        Parameters
        ----------
        problem : Problem
            The problem.
        chosen : int64[V]
            Column of each vehicle.
        prices : Prices
            The prices that prove the bound.
        tails : sequence of float64[n]
            Weights of the scenarios in the tails that mattered.
        """
        options, rows = problem.options, problem.column[chosen]
        first = np.searchsorted(options.vehicle, np.arange(problem.vehicles))
        each = np.concatenate([prices.caps / problem.units, prices.most, prices.least])
        return cls(
            options.vehicle_ids,
            text_of(options, rows),
            rows - first,
            dict(zip(_keys(problem), each.tolist(), strict=True)),
            problem.risk,
            prices.weights,
            prices.floor,
            tuple(tails),
        )

    @classmethod
    def read(
        cls, vehicle_ids: Sequence[str], ways: pl.DataFrame, prices: pl.DataFrame, risk: CVaR
    ) -> Warm:
        """Return what the tables of a plan tell; its tails they do not.

        Parameters
        ----------
        vehicle_ids : sequence of str, length V
            The fleet planned.
        ways : polars.DataFrame, V rows
            The columns of `WAY`.
        prices : polars.DataFrame
            kind, label and price as in ``Allocation.shadow_prices``.
        risk : CVaR
            The appetite for risk planned with.
        """
        keys = _numbered(list(prices.select("kind", "label").iter_rows()))
        return cls(
            tuple(vehicle_ids),
            ways.select(pl.col(WAY).cast(pl.String)),
            np.zeros(len(vehicle_ids), dtype=np.int64),
            dict(zip(keys, prices["price"].to_list(), strict=True)),
            risk,
            np.zeros(0),
            0.0,
            (),
        )

    def rows(self, options: Options) -> NDArray[np.int64]:
        """Return the option that each vehicle took last.

        Where its terms are no longer there it is the first option at the same place.

        Parameters
        ----------
        options : Options
            The options of the next plan.

        Returns
        -------
        int64[V]
            Rows of the options; -1 for a new vehicle and for one whose last place is gone.
        """
        old = self.places(options.vehicle_ids)
        found = np.full(old.size, -1, dtype=np.int64)
        bounds = np.searchsorted(options.vehicle, np.arange(old.size + 1))
        hinted = bounds[:-1] + self.place[old]
        there = np.flatnonzero((old >= 0) & (hinted < bounds[1:]))
        same = alike(text_of(options, hinted[there]), self.ways[old[there]])
        found[there[same]] = hinted[there[same]]
        for names in (WAY, PLACE):
            missing = np.flatnonzero((old >= 0) & (found < 0))
            if missing.size:
                found[missing] = _search(options, bounds, missing, self.ways[old[missing]], names)
        return found

    def places(self, vehicle_ids: tuple[str, ...]) -> NDArray[np.int64]:
        """Return which vehicle of the last plan each vehicle was, -1 for a new one.

        Parameters
        ----------
        vehicle_ids : tuple of str
            Vehicles of the next plan.
        """
        if vehicle_ids == self.vehicle_ids:
            return np.arange(len(vehicle_ids))
        before = {name: number for number, name in enumerate(self.vehicle_ids)}
        return np.array([before.get(name, -1) for name in vehicle_ids], dtype=np.int64)

    def priced(self, problem: Problem) -> Prices:
        """Return the last prices as prices of a problem; what had none has the price 0.

        The weights of the scenarios are the mean's where the last ones prove nothing: with
        another number of scenarios, or where the tail is now wider than it was.

        Parameters
        ----------
        problem : Problem
            The problem of the next plan.
        """
        each = np.array([self.prices.get(key, 0.0) for key in _keys(problem)], dtype=np.float64)
        caps, offers = problem.limit.size, len(problem.minimums)
        parts = np.split(each, [caps, caps + offers])
        parts[0] *= problem.units
        floor = self.floor if problem.risk.floor is not None and self.fits(problem) else 0.0
        return Prices(self._weights(problem, floor), parts[0], parts[1], parts[2], floor)

    def fits(self, problem: Problem) -> bool:
        """Whether the tails of the last plan are tails of this problem as well."""
        same = self.weights.size == problem.options.scenarios
        return same and (self.risk.neutral or self.risk.alpha <= problem.risk.alpha)

    def _weights(self, problem: Problem, floor: float) -> NDArray[np.float64]:
        count = problem.options.scenarios
        uniform = np.full(count, 1.0 / count)
        tail = self.risk.weight + self.floor
        if problem.risk.neutral or tail == 0.0 or not self.fits(problem):
            return (1.0 + floor) * uniform
        if problem.risk.weight == self.risk.weight and floor == self.floor:
            return self.weights
        scale = (problem.risk.weight + floor) / tail
        weights: NDArray[np.float64] = (1.0 + floor) * uniform + scale * (
            self.weights - (1.0 + self.floor) * uniform
        )
        return weights


def _keys(problem: Problem) -> list[Key]:
    """Return names of the things with prices; what is named alike is told apart by number."""
    rules = [(rule.kind, rule.label) for rule in problem.rules]
    for kind in ("offer_maximum", "offer_minimum"):
        rules += [(kind, minimum.label) for minimum in problem.minimums]
    return list(_numbered(rules))


def _numbered(names: Sequence[tuple[str, str]]) -> Iterable[Key]:
    seen: Counter[tuple[str, str]] = Counter()
    for name in names:
        yield (*name, seen[name])
        seen[name] += 1


def text_of(options: Options, rows: NDArray[np.int64], names: Sequence[str] = WAY) -> pl.DataFrame:
    """Return what some options are, as text: categories differ from plan to plan.

    Parameters
    ----------
    options : Options
    rows : int64[j]
        Which of them.
    names : sequence of str
        The columns asked for.
    """
    return options.table.rows(rows, names).select(pl.all().cast(pl.String))


def alike(one: pl.DataFrame, other: pl.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows of two tables are the same; nulls are alike.

    Parameters
    ----------
    one, other : polars.DataFrame, j rows
        Text in the columns of the first.
    """
    same = np.ones(one.height, dtype=np.bool_)
    for name in one.columns:
        same &= one[name].eq_missing(other[name]).to_numpy()
    return same


def _search(
    options: Options,
    bounds: NDArray[np.int64],
    vehicles: NDArray[np.int64],
    ways: pl.DataFrame,
    names: Sequence[str],
) -> NDArray[np.int64]:
    """Return the first option of each vehicle that is alike in these names, -1 for none."""
    count = bounds[vehicles + 1] - bounds[vehicles]
    owner = np.repeat(np.arange(vehicles.size), count)
    begin = np.cumsum(count) - count
    rows = np.arange(owner.size) - begin[owner] + bounds[vehicles][owner]
    for name in names:
        same = alike(text_of(options, rows, [name]), ways.select(name)[owner])
        rows, owner = rows[same], owner[same]
    found = np.full(vehicles.size, -1, dtype=np.int64)
    # written from the last to the first, so that the first stays
    found[owner[::-1]] = rows[::-1]
    return found
