"""Judging a plan on fresh scenarios: every auction is run, every unit has its own luck.

The optimiser sees expectations given the market. Here each scenario draws the market anew
(from another seed than the optimiser's), the shock of each unit and the two highest bidders of
each run, and follows the reserve policy to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import cvar, row_quantiles
from auction.channels.channel import UNIT_STREAM, Channel, Outcome
from auction.channels.reconditioned import as_reconditioned
from auction.channels.redeemed import Redeemed, as_sold, redeemed
from auction.channels.registry import CHANNELS
from auction.in_order import in_order
from auction.progress import Stages
from auction.situation import Situation
from auction.spill import Lines, Pages

_QUANTILES = np.array([0.05, 0.5, 0.95])
#: Vehicles of a block; bounds the memory.
_BLOCK: Final = 2_048
#: Blocks that are carried out at once, and share the threads, where there are several.
_TOGETHER: Final = 2

_Array = NDArray[np.float64]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan brings as a whole when it is carried out, over n fresh scenarios.

    Parameters
    ----------
    total : float64[n]
        Proceeds of fleet and hedges by scenario, money.
    """

    total: _Array

    def tail(self, alpha: float) -> tuple[float, float]:
        """Return the CVaR of the total and its standard error.

        The standard error is that of the mean of ``q + min(X - q, 0) / (1 - alpha)`` at the
        empirical quantile q (Trindade et al., Journal of Banking and Finance 31, 2007).
        """
        total = self.total
        value, _ = cvar(total, alpha)
        at = np.quantile(total, 1.0 - alpha)
        return float(value), standard_error(np.minimum(total - at, 0.0) / (1.0 - alpha))

    def tail_weights(self, alpha: float) -> _Array:
        """Return the weights of the scenarios in the tail of the total, float64[n]."""
        return cvar(self.total, alpha)[1]


@dataclass(frozen=True)
class Evaluation:
    """What a plan brings when it is carried out, over n fresh scenarios.

    Parameters
    ----------
    net : float64[V, n]
        Net proceeds of each vehicle, discounted, money. Of a large fleet they lie on the disk:
        :meth:`parts` looks at them without taking more memory than some vehicles do.
    hedges : float64[n]
        Pay-off of the hedge positions less their premiums, money.
    sold_in_run : float64[V, runs]
        Share of the scenarios in which a vehicle sells in each auction run.
    used : polars.DataFrame
        Units offered by venue and week, mean and 95 % quantile over scenarios, re-runs
        included: venue_id, week, mean, q95.
    offered : dict of (venue_id, week) to float64[n]
        The same units in each scenario.
    pages : Pages or None
        Where the net proceeds lie on the disk.
    """

    net: _Array
    hedges: _Array
    sold_in_run: _Array
    used: pl.DataFrame
    offered: dict[tuple[str, int], _Array] = field(default_factory=dict)
    pages: Pages | None = None

    @property
    def total(self) -> _Array:
        """Proceeds of fleet and hedges by scenario, float64[n]."""
        return np.asarray(self._fleet + self.hedges)

    @cached_property
    def _fleet(self) -> _Array:
        return self.of_some(np.ones(self.net.shape[0], dtype=np.bool_))

    def parts(self) -> Iterator[tuple[slice, _Array]]:
        """Yield the net proceeds of some vehicles after the other: which, and float64[b, n]."""
        for start in range(0, self.net.shape[0], _BLOCK):
            rows = slice(start, min(start + _BLOCK, self.net.shape[0]))
            yield rows, self.net[rows]
            self._forget()

    def of(self, rows: NDArray[np.int64]) -> _Array:
        """Return the net proceeds of some vehicles, float64[b, n], to be written into."""
        net = self.net[rows]
        self._forget()
        return net

    def by(self, group: NDArray[Any]) -> dict[Any, _Array]:
        """Return the net proceeds of each group of vehicles by scenario, float64[n].

        Parameters
        ----------
        group : array[V]
            Numbers or names.

        Returns
        -------
        dict
            By group, sorted.
        """
        found, place = np.unique(group, return_inverse=True)
        summed = np.zeros((found.size, self.net.shape[1]))
        for rows, net in self.parts():
            for number in np.unique(place[rows]):
                # one vehicle after the other, as a sum over all of them goes
                own = net[place[rows] == number]
                own[0] += summed[number]
                summed[number] = own.sum(axis=0)
        return dict(zip(found.tolist(), summed, strict=True))

    def of_some(self, own: NDArray[np.bool_]) -> _Array:
        """Return the net proceeds of the vehicles marked, bool[V], by scenario, float64[n]."""
        return self.by(own).get(True, np.zeros(self.net.shape[1]))

    def means(self) -> _Array:
        """Mean net proceeds of each vehicle, float64[V]."""
        return np.concatenate([np.zeros(0), *(net.mean(axis=1) for _, net in self.parts())])

    def quantiles(self) -> _Array:
        """5 %, 50 % and 95 % quantiles of each vehicle's net proceeds, float64[V, 3]."""
        parts = (row_quantiles(np.ascontiguousarray(net), _QUANTILES) for _, net in self.parts())
        return np.concatenate([np.zeros((0, _QUANTILES.size)), *parts])

    def _forget(self) -> None:
        if self.pages is not None:
            self.pages.forget()

    def tail(self, alpha: float) -> tuple[float, float]:
        """Return the CVaR of the total and its standard error, as :meth:`Totals.tail`."""
        return Totals(self.total).tail(alpha)

    def tail_weights(self, alpha: float) -> _Array:
        """Return the weights of the scenarios in the tail of the total, float64[n]."""
        return Totals(self.total).tail_weights(alpha)


def standard_error(values: _Array) -> float:
    """Return the standard error of a mean over scenarios whose markets are drawn in pairs.

    Scenarios 2k and 2k + 1 mirror each other, so only the means of the pairs are independent.

    Parameters
    ----------
    values : float64[n]
        One value a scenario; the last is left aside where n is odd.
    """
    pairs = values[: values.size // 2 * 2].reshape(-1, 2).mean(axis=1)
    return float(pairs.std(ddof=1) / np.sqrt(pairs.size)) if pairs.size > 1 else float("nan")


def evaluate(
    situation: Situation,
    chosen: pl.DataFrame,
    positions: _Array,
    channels: Sequence[Channel] = CHANNELS,
) -> Evaluation:
    """Carry a plan out in every scenario of a fresh book.

    Parameters
    ----------
    situation : Situation
        The fleet and market with a book drawn from another seed than the plan was made with.
    chosen : polars.DataFrame, V rows
        The option of each vehicle, as in ``Options.frame``, in the order of the fleet.
    positions : float64[n]
        Net pay-off of the hedge positions by scenario.
    channels : sequence of Channel
        Those that quoted the options.

    Returns
    -------
    Evaluation
        The same for any number of threads.

    Raises
    ------
    ValueError
        If an option belongs to no channel, or to several.
    """
    work = _Work.of(situation, chosen, channels)
    net = Lines(chosen.height, work.scenarios)
    sold = np.zeros((chosen.height, situation.market.auction.runs))
    offered: dict[tuple[str, int], _Array] = {}
    for rows, done in _by_blocks(work, _Work.carry_out):
        net.add(done.net)
        if done.sold is not None:
            sold[rows] = done.sold
        _add(offered, done.offered)
    whole = net.whole()
    return Evaluation(whole.values, positions, sold, _use(offered), offered, whole.pages)


def totals(
    situation: Situation,
    chosen: pl.DataFrame,
    positions: _Array,
    known: Evaluation,
    same: NDArray[np.bool_],
    channels: Sequence[Channel] = CHANNELS,
) -> Totals:
    """Carry a plan out of which only the whole is asked for, and much of which is known.

    Parameters
    ----------
    situation, chosen, positions, channels
        As for :func:`evaluate`.
    known : Evaluation
        Another plan on the same scenarios.
    same : bool[V]
        Vehicles with the same option there, and the same loss by the plan's own volume.

    Returns
    -------
    Totals
        To the bit what :func:`evaluate` would have.

    Raises
    ------
    ValueError
        If an option belongs to no channel, or to several.
    """
    work = _Work.of(situation, chosen, channels)
    total = np.zeros(work.scenarios)

    def moved(work: _Work, rows: NDArray[np.int64]) -> _Array:
        net, other = known.of(rows), np.flatnonzero(~same[rows])
        if other.size:
            net[other] = work.carry_out(rows[other]).net
        return net

    for _, net in _by_blocks(work, moved):
        # one vehicle after the other, as a sum over all of them goes
        net[0] += total
        total = net.sum(axis=0)
    return Totals(total + positions)


def _by_blocks(
    work: _Work, each: Callable[[_Work, NDArray[np.int64]], _Result]
) -> Iterator[tuple[NDArray[np.int64], _Result]]:
    """Yield the rows of a fleet some at a time, in their order, with what is made of them."""
    situation, vehicles = work.situation, work.chosen.height
    blocks = [
        np.arange(start, min(start + _BLOCK, vehicles)) for start in range(0, vehicles, _BLOCK)
    ]
    stages = Stages.of(situation.progress)
    # the first has all threads: what blocks share is worked out but once
    for rows in blocks[:1]:
        with stages.portion(0, len(blocks)):
            yield rows, each(work, rows)
    if len(blocks) < 2:
        return
    together = min(_TOGETHER, situation.threads)
    part = replace(work, situation=situation.beside(-(-situation.threads // together)))
    results = in_order(partial(each, part), blocks[1:], together, "evaluate")
    for number, (rows, result) in enumerate(zip(blocks[1:], results, strict=True), start=2):
        yield rows, result
        situation.progress("evaluate", number / len(blocks), f"{rows[-1] + 1:,} vehicles")


def _add(offered: dict[tuple[str, int], _Array], more: dict[tuple[str, int], _Array]) -> None:
    for place, count in more.items():
        offered[place] = offered.get(place, 0.0) + count


@dataclass(frozen=True, slots=True)
class _Work:
    """A plan that is to be carried out, some vehicles at a time."""

    situation: Situation
    chosen: pl.DataFrame
    channels: Sequence[Channel]
    owners: NDArray[np.bool_]
    gone: Redeemed | None

    @classmethod
    def of(cls, situation: Situation, chosen: pl.DataFrame, channels: Sequence[Channel]) -> _Work:
        gone = redeemed(situation, chosen, situation.book.factor.shape[2])
        if gone is not None:
            chosen = as_sold(chosen)
        situation = as_reconditioned(situation, chosen)
        if gone is not None:
            situation = replace(situation, gone=gone.gone)
        owners = np.array([channel.owns(situation, chosen) for channel in channels])
        if (owners.sum(axis=0) != 1).any():
            raise ValueError("every option of a plan has to belong to one channel")
        return cls(situation, chosen, channels, owners, gone)

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return int(self.situation.book.factor.shape[2])

    def carry_out(self, rows: NDArray[np.int64]) -> Outcome:
        """Carry the options of some vehicles out, int64[b]."""
        situation, n = self.situation, self.scenarios
        net = np.zeros((rows.size, n))
        sold = np.zeros((rows.size, situation.market.auction.runs))
        shock = situation.book.unit_shocks(UNIT_STREAM, n, situation.threads, rows)
        offered: dict[tuple[str, int], _Array] = {}
        for channel, own in zip(self.channels, self.owners, strict=True):
            place = np.flatnonzero(own[rows])
            if not place.size:
                continue
            outcome = channel.carry_out(situation, self.chosen, rows[place], shock[place])
            net[place] = outcome.net
            if outcome.sold is not None:
                sold[place] = outcome.sold
            _add(offered, outcome.offered)
        costs = self.chosen.select("reconditioning", "own_volume")[rows]
        net -= (costs["reconditioning"] + costs["own_volume"]).to_numpy()[:, None]
        if self.gone is not None:
            own_volume = costs["own_volume"].to_numpy()[:, None]
            net = np.where(self.gone.gone[rows], self.gone.money[rows] - own_volume, net)
        return Outcome(net, sold, offered)


def _use(offered: dict[tuple[str, int], _Array]) -> pl.DataFrame:
    """Return mean and 95 % quantile over scenarios of the units offered."""
    schema = {"venue_id": pl.String, "week": pl.Int64, "mean": pl.Float64, "q95": pl.Float64}
    rows = [
        (venue, week, float(count.mean()), float(np.quantile(count, 0.95)))
        for (venue, week), count in sorted(offered.items())
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
