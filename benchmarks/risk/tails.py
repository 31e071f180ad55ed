"""The CVaR told in sample, as the optimiser sees it and corrected, against fresh scenarios."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

import residual
from auction.allocation import Stop
from auction.fleet import part_fleet
from auction.forecasting import fitted
from auction.from_workspace import market_of
from auction.granularity import corrected
from auction.hedged import with_hedges
from auction.hedges import build_hedges
from auction.luck import luck_of
from auction.market import Market
from auction.plan import allocate
from auction.policies.worlds import with_room
from auction.quoting import quote
from auction.risk import CVaR
from auction.sample import write_sample
from auction.situation import Situation, planning_dates
from auction.workspace import Workspace, load_workspace

SCENARIOS: Final = 1_024
_VEHICLES: Final = (30, 60, 120, 240, 480)
_ROOM: Final = (0.5, 1.0, 2.0)
_WEIGHTS: Final = (0.1, 0.3, 1.0)
_ALPHAS: Final = (0.9, 0.95, 0.99)
#: Seeds far apart; scenarios of optimiser and judge never share one.
_STRIDE: Final = 7_919
_FRESH: Final = 10_000_019


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one instance.

    Parameters
    ----------
    number, vehicles : int
        Which instance; vehicles of its fleet.
    room : float
        Capacities over those of the sample, by vehicle.
    alpha, weight : float
        Appetite for risk.
    spread : float
        Standard deviation of the proceeds on fresh scenarios, money.
    raw, with_luck, corrected : float
        CVaR in sample less that on fresh scenarios, in such spreads: as the optimiser sees it, with
        the luck of units, and corrected.
    error, fresh_error : float
        Standard errors stated of the corrected figure and of the fresh one, in spreads.
    mean : float
        Expected proceeds in sample less those on fresh scenarios, in spreads.
    """

    number: int
    vehicles: int
    room: float
    alpha: float
    weight: float
    spread: float
    raw: float
    with_luck: float
    corrected: float
    error: float
    fresh_error: float
    mean: float


def tails(count: int, fresh: int, say: Callable[[str], None]) -> Iterator[Told]:
    """Plan instances drawn from the bundled sample, and hold their tails against fresh ones.

    Each has its own vehicles, room, appetite and scenarios.

    Parameters
    ----------
    count : int
        Instances.
    fresh : int
        Fresh scenarios.
    say : callable
        Told where it is.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "sample")
        workspace = load_workspace(Path(folder) / "sample")
    model, market = fitted(workspace), market_of(workspace)
    config, tables = workspace.config, workspace.tables
    fleet = part_fleet(tables["vehicles"], tables["holds"], config.as_of, market.weeks).planned
    for number in range(count):
        told = _one(number, fresh, workspace, model, market, fleet)
        say(f"{number}: {told.vehicles} vehicles, {told.corrected:+.3f} of a spread")
        yield told


def bias(found: Sequence[Told], figure: str) -> tuple[float, float]:
    """Return the mean of a figure over instances and its standard error."""
    values = np.array([getattr(each, figure) for each in found])
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


def _one(
    number: int,
    fresh: int,
    workspace: Workspace,
    model: residual.ResidualModel,
    whole: Market,
    fleet: pl.DataFrame,
) -> Told:
    config, tables = workspace.config, workspace.tables
    rng = np.random.default_rng([23, number])
    size = _VEHICLES[number % len(_VEHICLES)]
    vehicles = fleet[np.sort(rng.choice(fleet.height, min(size, fleet.height), replace=False))]
    room = _ROOM[number % len(_ROOM)]
    risk = CVaR(_ALPHAS[number // 5 % len(_ALPHAS)], _WEIGHTS[number // 3 % len(_WEIGHTS)])
    market = with_room(whole, room * vehicles.height / fleet.height)
    dates = planning_dates(market, config.as_of)
    situation, judge = (
        Situation(
            vehicles,
            residual.simulate(model, vehicles, dates, config.as_of, n=n, seed=seed),
            market,
        )
        for n, seed in (
            (SCENARIOS, 1 + _STRIDE * number),
            (fresh, _FRESH + _STRIDE * number),
        )
    )
    rate = config.costs.discount_rate
    plan = allocate(
        quote(situation.book, market),
        risk=risk,
        hedges=build_hedges(market.hedges, situation.book, rate),
        offers=tables["offers"],
        stop=Stop(5e-4, work=500.0),
    )
    means = plan.allocation.scenario_total
    told = corrected(means, luck_of(situation, plan, rate), risk.alpha)
    evaluation = with_hedges(judge, rate, plan)
    tail, error = evaluation.tail(risk.alpha)
    spread = float(evaluation.total.std())
    raw = risk.tail(means)[0]
    return Told(
        number, vehicles.height, room, risk.alpha, risk.weight, spread,
        (raw - tail) / spread,
        (raw - told.luck - tail) / spread,
        (told.cvar - tail) / spread,
        told.standard_error / spread,
        error / spread,
        float(means.mean() - evaluation.total.mean()) / spread,
    )  # fmt: skip
