"""What is done without an optimiser: the nearest auction, and the best move first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.constraints import Constraints
from auction.allocation.incumbent import gain_order, take_in_order
from auction.allocation.problem import Problem, best_columns
from auction.allocation.request import compile_problem
from auction.allocation.result import share_losses
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plan made by habit, judged by the same measure as the optimal one.

    Parameters
    ----------
    chosen : int64[V]
        Row of the options taken by each vehicle.
    objective, expected, cvar : float
        Measure, mean and tail of the proceeds, money.
    scenario_total : float64[n]
        Proceeds by scenario, money.
    volume_loss : float64[V]
        What the volume of the plan takes off each vehicle's expected net, money.
    unmet : tuple of str
        Rules that the habit cannot keep, in words; empty when it keeps all.
    """

    chosen: NDArray[np.int64]
    objective: float
    expected: float
    cvar: float
    scenario_total: NDArray[np.float64]
    volume_loss: NDArray[np.float64]
    unmet: tuple[str, ...]


def nearest_auction(
    options: Options,
    constraints: Constraints | None = None,
    *,
    risk: CVaR | None = None,
    overrides: pl.DataFrame | None = None,
    offers: pl.DataFrame | None = None,
    damaged: NDArray[np.bool_] | None = None,
    accepts: Mapping[str, str] | None = None,
    within_km: float = 300.0,
    available: Sequence[date | None] | None = None,
) -> Baseline:
    """Send each vehicle to the nearest auction with room, on its first date.

    Damaged vehicles go to the nearest auction that takes damaged ones alone, where there is
    one within the distance. First come, first served by date of availability, then by
    vehicle_id; pinned vehicles have their places kept. Of several terms at an event the one
    with the highest expected net is taken, and nothing is reconditioned. A vehicle that finds no
    room is held back.

    Parameters
    ----------
    options, constraints, risk, overrides, offers
        As for :func:`auction.allocation.allocate`; hedges are left aside.
    damaged : bool[V], optional
        Vehicles that a damage auction is for, as `Situation.damaged` tells them.
    accepts : mapping of str to str, optional
        What each venue takes: any, sound or damaged.
    within_km : float
        How far a damage auction may lie.
    available : sequence of date, length V, optional
        When each vehicle can go; None first.

    Returns
    -------
    Baseline
    """
    problem = _unhedged(options, constraints, risk, overrides, offers)
    hurt = np.zeros(problem.vehicles, dtype=np.bool_) if damaged is None else damaged
    frame = options.frame[problem.column]
    auction = (frame["channel"] == "auction").to_numpy()
    hold = (frame["channel"] == "hold").to_numpy()
    open_to = np.zeros(problem.vehicles, dtype=np.bool_)
    open_to[problem.vehicle[auction]] = True
    # a vehicle pinned away from auctions goes where the desk says
    kind = np.where(auction | ~open_to[problem.vehicle], 0, 1) + np.where(hold, 2, 0)
    kept = (kind != 1) | hold
    kept &= frame["reconditioning_id"].is_null().to_numpy()
    distance = frame["distance_km"].fill_null(np.inf).to_numpy()
    taken = frame["venue_id"].replace_strict(accepts or {}, default=None, return_dtype=pl.String)
    special = (taken == "damaged").fill_null(value=False)
    close = special.to_numpy() & (distance <= within_km) & hurt[problem.vehicle]
    day = frame["date"].to_physical().fill_null(np.iinfo(np.int32).max).to_numpy()
    turn = _turns(problem, available)[problem.vehicle]
    keys = (-problem.mean, day, _codes(frame["venue_id"]), distance, ~close, hold, turn)
    order = np.lexsort(keys)
    return _judged(problem, take_in_order(problem, order[kept[order]]))


def greedy(
    options: Options,
    constraints: Constraints | None = None,
    *,
    risk: CVaR | None = None,
    overrides: pl.DataFrame | None = None,
    offers: pl.DataFrame | None = None,
) -> Baseline:
    """Make the move with the largest expected gain over holding back, and repeat.

    Only moves that still fit are made; room only shrinks, so one pass over the moves in the
    order of their gain makes the same choices as searching anew each time. Dealers' offers
    that end below their minimum are dropped and their vehicles placed anew.

    Parameters
    ----------
    options, constraints, risk, overrides, offers
        As for :func:`auction.allocation.allocate`; hedges are left aside.

    Returns
    -------
    Baseline
    """
    problem = _unhedged(options, constraints, risk, overrides, offers)
    return _judged(problem, take_in_order(problem, gain_order(problem, problem.mean)))


def _unhedged(
    options: Options,
    constraints: Constraints | None,
    risk: CVaR | None,
    overrides: pl.DataFrame | None,
    offers: pl.DataFrame | None,
) -> Problem:
    rules = constraints or Constraints()
    return compile_problem(options, rules, risk or CVaR(), Hedges(), overrides, offers)


def _codes(column: pl.Series) -> NDArray[np.int64]:
    return column.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()


def _turns(problem: Problem, available: Sequence[date | None] | None) -> NDArray[np.int64]:
    """Return the turn of each vehicle: pinned first, then by availability and id."""
    ids = problem.options.vehicle_ids
    days = [None] * len(ids) if available is None else list(available)
    order = sorted(
        range(len(ids)), key=lambda v: (v not in problem.pins, days[v] or date.min, ids[v])
    )
    turns = np.empty(len(ids), dtype=np.int64)
    turns[order] = np.arange(len(ids))
    return turns


def _judged(problem: Problem, chosen: NDArray[np.int64]) -> Baseline:
    """Place what found no room where it does least harm to the proceeds, and say so."""
    homeless = np.flatnonzero(chosen < 0)
    hold = (problem.options.frame["channel"][problem.column] == "hold").to_numpy()
    last, _ = best_columns(problem, np.where(hold, np.inf, problem.mean))
    placed = np.where(chosen < 0, last, chosen)
    unmet = problem.broken(placed) if homeless.size else []
    lost = float(problem.losses(placed).sum())
    outcomes = problem.outcomes(placed, np.zeros(0)) - lost
    expected = float(outcomes.mean())
    return Baseline(
        chosen=problem.column[placed],
        objective=problem.risk.measure(outcomes),
        expected=expected,
        cvar=expected if problem.risk.neutral else problem.risk.tail(outcomes)[0],
        scenario_total=outcomes,
        volume_loss=share_losses(problem, placed),
        unmet=tuple(unmet),
    )
