"""Judging a plan on fresh scenarios: every auction is run, every unit has its own luck.

The optimiser sees expectations given the market. Here each scenario draws the market anew
(from another seed than the optimiser's), the shock of each unit and the two highest bidders of
each run, and follows the reserve policy to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import cvar, row_quantiles
from auction.channels.channel import UNIT_STREAM, Channel
from auction.channels.reconditioned import as_reconditioned
from auction.channels.redeemed import as_sold, redeemed
from auction.channels.registry import CHANNELS
from auction.situation import Situation

_QUANTILES = np.array([0.05, 0.5, 0.95])

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a plan brings when it is carried out, over n fresh scenarios.

    Parameters
    ----------
    net : float64[V, n]
        Net proceeds of each vehicle, discounted, money.
    hedges : float64[n]
        Pay-off of the hedge positions less their premiums, money.
    sold_in_run : float64[V, runs]
        Share of the scenarios in which a vehicle sells in each auction run.
    used : polars.DataFrame
        Units offered by venue and week, mean and 95 % quantile over scenarios, re-runs
        included: venue_id, week, mean, q95.
    offered : dict of (venue_id, week) to float64[n]
        The same units in each scenario.
    """

    net: _Array
    hedges: _Array
    sold_in_run: _Array
    used: pl.DataFrame
    offered: dict[tuple[str, int], _Array] = field(default_factory=dict)

    @property
    def total(self) -> _Array:
        """Proceeds of fleet and hedges by scenario, float64[n]."""
        return np.asarray(self.net.sum(axis=0) + self.hedges)

    def quantiles(self) -> _Array:
        """5 %, 50 % and 95 % quantiles of each vehicle's net proceeds, float64[V, 3]."""
        return row_quantiles(np.ascontiguousarray(self.net), _QUANTILES)

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
    n = situation.book.factor.shape[2]
    gone = redeemed(situation, chosen, n)
    if gone is not None:
        chosen = as_sold(chosen)
    situation = as_reconditioned(situation, chosen)
    if gone is not None:
        situation = replace(situation, gone=gone.gone)
    net = np.zeros((chosen.height, n))
    sold = np.zeros((chosen.height, situation.market.auction.runs))
    shock = situation.book.unit_shocks(UNIT_STREAM, n, situation.threads)
    offered: dict[tuple[str, int], _Array] = {}
    owners = np.array([channel.owns(situation, chosen) for channel in channels])
    if (owners.sum(axis=0) != 1).any():
        raise ValueError("every option of a plan has to belong to one channel")
    for channel, own in zip(channels, owners, strict=True):
        rows = np.flatnonzero(own)
        if not rows.size:
            continue
        outcome = channel.carry_out(situation, chosen, rows, shock[rows])
        net[rows] = outcome.net
        if outcome.sold is not None:
            sold[rows] = outcome.sold
        for place, count in outcome.offered.items():
            offered[place] = offered.get(place, 0.0) + count
    net -= (chosen["reconditioning"] + chosen["own_volume"]).to_numpy()[:, None]
    if gone is not None:
        own_volume = chosen["own_volume"].to_numpy()[:, None]
        net = np.where(gone.gone, gone.money - own_volume, net)
    return Evaluation(net, positions, sold, _use(offered), offered)


def _use(offered: dict[tuple[str, int], _Array]) -> pl.DataFrame:
    """Return mean and 95 % quantile over scenarios of the units offered."""
    schema = {"venue_id": pl.String, "week": pl.Int64, "mean": pl.Float64, "q95": pl.Float64}
    rows = [
        (venue, week, float(count.mean()), float(np.quantile(count, 0.95)))
        for (venue, week), count in sorted(offered.items())
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
