"""Joint scenarios of market, segments and scrap, and the unit shocks of each vehicle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.distribution import UnitShock
from residual.errors import Fault, InputError
from residual.features import Days, as_date, day_number
from residual.index import MONTH
from residual.model import ResidualModel
from residual.requests import check_vehicles
from residual.student import mixing

FACTOR_STREAM = 0
#: A unit beyond those of the factors and of their mixing.
_TURBULENCE = np.array([1 << 33], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class ValueBook:
    """Values of V vehicles at D dates in n joint scenarios, never multiplied out.

    Attributes
    ----------
    vehicle_ids : list of str
    dates : list of datetime.date
    as_of : datetime.date
    log_value : float64[V, D]
        ln of where V lies (unit shock 0, factors at forecast) at the reference venue, standing
        still: age moves, odometer does not.
    unit_scale : float64[V]
        Scale of the unit's persistent shock on ln V.
    sale_spread : float64[V]
        Sigma of bidders' ln values around V.
    shock : UnitShock
    group : int64[V]
        Segment group of each vehicle.
    group_names : list of str
    factor : float64[G, D, n]
        ln deviation of the group's market from its forecast; E[exp(factor)] is 1 up to the fat
        tails of the increments (half the variance is taken off).
    scrap : float64[D, n]
        ln deviation of the scrap price from its level today, forecast change included.
    index_ratio : float64[D, n]
        Market index level at the date over today's.
    seed : int
    vehicles : polars.DataFrame
        The rows that were simulated, in the order of `vehicle_ids`.
    model : ResidualModel
        The model that knew their values.
    """

    vehicle_ids: list[str]
    dates: list[dt.date]
    as_of: dt.date
    log_value: Floats
    unit_scale: Floats
    sale_spread: Floats
    shock: UnitShock
    group: NDArray[np.int64]
    group_names: list[str]
    factor: Floats
    scrap: Floats
    index_ratio: Floats
    seed: int
    vehicles: pl.DataFrame
    model: ResidualModel

    def unit_shocks(self, stream: int, n: int, threads: int = 1) -> Floats:
        """Draw standardised unit shocks, shape (V, n).

        A draw depends on (seed, stream, vehicle_id, scenario) alone: adding, dropping or
        reordering vehicles changes no other's draws.
        """
        from _core.rng import uniforms
        from _core.streams import unit_keys

        keys = unit_keys(self.vehicle_ids)
        u = uniforms(self.seed, stream, keys, 1, n, threads=threads)[:, 0, :]
        return self.shock.quantile(u)


def simulate(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    dates: Sequence[dt.date | str],
    as_of: dt.date | str | None = None,
    n: int = 1024,
    seed: int = 7,
    threads: int = 1,
) -> ValueBook:
    """Simulate values of vehicles at future dates.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
        Rows as in `residual.tables.Vehicles`, vehicle_id unique.
    dates : sequence of datetime.date or str
        Strictly increasing, none before `as_of`.
    as_of : datetime.date or str, optional
        The planning date, to which odometers and guide values belong; the model's if not given.
    n : int
        Number of scenarios.
    seed : int
    threads : int
        The result does not depend on it.

    Raises
    ------
    InputError
        If dates are not increasing, lie before `as_of`, or vehicles are at fault.

    Notes
    -----
    Factors are Gaussian walks times a factor of each scenario that makes them Student: at each
    date the market has the variance and the tail that its forecast has at that horizon, and the
    error of today's level is common to all. Segments add independent walks of the prior
    volatility. A scenario that is wild is so for market, segments and scrap together and at all
    its dates, as volatility outlasts the horizon; see `residual.student.mixing`.
    """
    today = model.as_of if as_of is None else as_date(as_of, "as_of")
    calendar = [as_date(date, "dates") for date in dates]
    _check(vehicles, calendar, today)
    check_vehicles(vehicles)
    days = np.array([day_number(date) for date in calendar], dtype=np.int64)
    place, log_hammer = model.path(vehicles, day_number(today), days)
    shape = model.shape
    spread = shape.bidder_share * place.scale
    group_names = [*model.groups, "other"]
    market, segments, scrap, index_ratio = _factors(
        model, days, today, len(group_names), n, seed, threads
    )
    return ValueBook(
        vehicles["vehicle_id"].cast(pl.String).to_list(),
        calendar,
        today,
        log_hammer - (shape.shift * spread + model.selection_shift * place.scale)[:, None],
        shape.unit_ratio * place.scale,
        spread,
        shape.shock,
        model.group_of(vehicles),
        group_names,
        market[None, :, :] + segments,
        scrap,
        index_ratio,
        seed,
        vehicles,
        model,
    )


def _factors(
    model: ResidualModel,
    days: Days,
    today: dt.date,
    groups: int,
    n: int,
    seed: int,
    threads: int,
) -> tuple[Floats, Floats, Floats, Floats]:
    from _core.paths import factor_paths

    origin = np.array([day_number(today)], dtype=np.int64)
    market = _variance(model.market.variance_of_change, days, origin)
    scrap = _variance(model.scrap.variance_of_change, days, origin)
    months = (days - origin[0]) / MONTH
    segment = model.priors.monthly_segment_volatility**2 * months
    count = 3 + groups
    correlation = np.eye(count)
    correlation[1, 0] = correlation[0, 1] = model.scrap_correlation
    volatility = np.empty((count, len(days)))
    for row, variance in enumerate([market, scrap]):
        volatility[row] = np.sqrt(np.diff(variance, prepend=0.0))
    volatility[2] = 0.0
    volatility[2, 0] = model.initial_sd
    volatility[3:] = np.sqrt(np.diff(segment, prepend=0.0))
    paths = factor_paths(
        seed,
        FACTOR_STREAM,
        np.linalg.cholesky(correlation),
        volatility,
        np.ones(count),
        np.inf,
        n,
        threads=threads,
    )
    own = np.array([1.0 / model.priors.student_dof])
    tails = [model.market.tail_of_change(days), model.scrap.tail_of_change(days), own]
    market_mix, scrap_mix, own_mix = _mixes(tails, n, seed, threads)
    paths[0] *= market_mix
    paths[1] *= scrap_mix
    paths[2:] *= own_mix
    level = paths[0] + paths[2] - 0.5 * (market + model.initial_sd**2)[:, None]
    change = model.market.mean_change(days) - model.market.mean_change(origin)
    ratio = np.exp(change[:, None] + paths[0] - 0.5 * market[:, None])
    scrap_change = model.scrap.mean_change(days) - model.scrap.mean_change(origin)
    metal = scrap_change[:, None] + paths[1] - 0.5 * scrap[:, None]
    return level, paths[3:] - 0.5 * segment[None, :, None], metal, ratio


def _mixes(tails: list[Floats], n: int, seed: int, threads: int) -> list[Floats]:
    """Factors of each scenario by date, risen together; a mirrored pair shares its draw."""
    from _core.rng import uniforms

    u = uniforms(seed, FACTOR_STREAM, _TURBULENCE, 1, (n + 1) // 2, threads=threads)[0, 0]
    return [np.repeat(mixing(u, tail), 2, axis=1)[:, :n] for tail in tails]


def _variance(function: Callable[[Days], Floats], days: Days, origin: Days) -> Floats:
    grown = function(days) - function(origin)
    return np.maximum.accumulate(np.maximum(grown, 0.0))


def _check(vehicles: pl.DataFrame, dates: Sequence[dt.date], today: dt.date) -> None:
    faults = []
    if not dates:
        faults.append(Fault("at least one date is needed", column="dates"))
    elif dates[0] < today or any(b <= a for a, b in pairwise(dates)):
        faults.append(Fault(f"dates must increase from {today.isoformat()} on", column="dates"))
    if "vehicle_id" in vehicles.columns and vehicles["vehicle_id"].is_duplicated().any():
        faults.append(Fault("vehicle_id must be unique", file="vehicles", column="vehicle_id"))
    if faults:
        raise InputError(faults)
