"""Joint scenarios of market, segments and scrap, and the unit shocks of each vehicle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.distribution import UnitShock
from residual.errors import Fault, InputError
from residual.features import Days, as_date, day_number
from residual.groups import OTHER
from residual.index import MONTH, LevelForecast
from residual.model import ResidualModel
from residual.requests import check_reach, check_vehicles
from residual.roots import semidefinite_root
from residual.stated_grades import StatedGrades
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
    shocks : tuple of UnitShock
        Of each form in which units come.
    form : int64[V]
        Form of each unit.
    group : int64[V]
        Group whose market each vehicle moves with.
    group_names : list of str
    segment : list of str
        Kind of each vehicle, whatever drives it: the name of a group of its kind, or "other".
    factor : float64[G, D, n]
        ln deviation of the group's market from its forecast; E[exp(factor)] is 1 up to the fat
        tails of the increments (half the variance is taken off).
    scrap : float64[D, n]
        ln deviation of the scrap price from its level today, forecast change included.
    index_ratio : float64[D, n]
        Level of the series that carries the market at the date over today's; the market of the
        sales may stray from it.
    seed : int
    vehicles : polars.DataFrame
        The rows that were simulated, in the order of `vehicle_ids`.
    model : ResidualModel
        The model that knew their values.
    stated : StatedGrades, optional
        What appraisers' grades have moved: work that changes a grade undoes it.
    """

    vehicle_ids: list[str]
    dates: list[dt.date]
    as_of: dt.date
    log_value: Floats
    unit_scale: Floats
    sale_spread: Floats
    shocks: tuple[UnitShock, ...]
    form: NDArray[np.int64]
    group: NDArray[np.int64]
    group_names: list[str]
    segment: list[str]
    factor: Floats
    scrap: Floats
    index_ratio: Floats
    seed: int
    vehicles: pl.DataFrame
    model: ResidualModel
    stated: StatedGrades | None = None

    def unit_shocks(
        self, stream: int, n: int, threads: int = 1, rows: NDArray[np.int64] | None = None
    ) -> Floats:
        """Draw standardised unit shocks.

        A draw depends on (seed, stream, vehicle_id, scenario) alone: adding, dropping or
        reordering vehicles changes no other's draws.

        Parameters
        ----------
        stream : int
            Stream of the draws.
        n : int
            Scenarios.
        threads : int
            Threads of the kernels; the draws do not depend on it.
        rows : int64[k], optional
            Places of the units asked for, all of them by default.

        Returns
        -------
        float64[k, n]
        """
        from _core.streams import unit_keys
        from _core.values import unit_shocks

        places = np.arange(len(self.vehicle_ids)) if rows is None else rows
        keys = unit_keys([self.vehicle_ids[place] for place in places.tolist()])
        even = [shock.even() for shock in self.shocks]
        tables, ends = (np.stack(each) for each in zip(*even, strict=True))
        return unit_shocks(
            self.seed, stream, keys, self.form[places], tables, ends, n, threads=threads
        )

    def of_units(self, rows: NDArray[np.int64], vehicle_ids: list[str]) -> ValueBook:
        """Return the book of some of its units, any of them several times, under other names.

        Parameters
        ----------
        rows : int64[k]
            Places of the units.
        vehicle_ids : list of str, length k
            Their new names: draws of own shocks follow them.
        """
        return replace(
            self,
            vehicle_ids=vehicle_ids,
            log_value=self.log_value[rows],
            unit_scale=self.unit_scale[rows],
            sale_spread=self.sale_spread[rows],
            form=self.form[rows],
            group=self.group[rows],
            segment=[self.segment[row] for row in rows.tolist()],
            vehicles=self.vehicles[rows].with_columns(vehicle_id=pl.Series(vehicle_ids)),
            stated=None if self.stated is None else self.stated.of_units(rows),
        )

    def moved(self, shift: Floats, narrower: Floats) -> ValueBook:
        """Return the book of units that lie elsewhere and are known better.

        Parameters
        ----------
        shift : float64[V]
            Added to ln of where each lies.
        narrower : float64[V]
            Factor on the scale of its own shock; bidders stray around its value as they did.
        """
        return replace(
            self,
            log_value=self.log_value + shift[:, None],
            unit_scale=self.unit_scale * narrower,
        )


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
    Factors are Gaussian paths times a factor of each scenario that makes them Student: at each
    date the market has the variance and the tail that its forecast has at that horizon, and
    between dates the correlation that the forecast's own paths have; the error of today's level
    is common to all. Groups add walks of their own, correlated as their sales show it, with a
    drift that is not known for sure: the variance of a group at a date is that which
    `ResidualModel.predict` states. A scenario that is wild is so for market, segments and scrap
    together and at all its dates, as volatility outlasts the horizon; see
    `residual.student.mixing`.
    """
    today = model.as_of if as_of is None else as_date(as_of, "as_of")
    calendar = [as_date(date, "dates") for date in dates]
    check_reach([today, *calendar], model.as_of, "dates")
    _check(vehicles, calendar, today)
    check_vehicles(vehicles)
    days = np.array([day_number(date) for date in calendar], dtype=np.int64)
    place, log_hammer = model.path(vehicles, day_number(today), days)
    shape = model.shape
    spread = shape.bidder_share * place.scale
    group_names = [*model.groups, OTHER]
    factor, scrap, index_ratio = joint_factors(model, days, today, n, seed, threads)
    return ValueBook(
        vehicles["vehicle_id"].cast(pl.String).to_list(),
        calendar,
        today,
        log_hammer - (shape.shift * spread + model.bidding.shift * place.scale)[:, None],
        model.bidding.unit_ratio * place.scale,
        spread,
        shape.values,
        place.form,
        model.group_of(vehicles),
        group_names,
        [group_names[place] for place in model.kind_of(vehicles).tolist()],
        factor,
        scrap,
        index_ratio,
        seed,
        vehicles,
        model,
    )


def joint_factors(
    model: ResidualModel, days: Days, today: dt.date, n: int, seed: int, threads: int
) -> tuple[Floats, Floats, Floats]:
    """Deviations of the groups' levels and of scrap, and the index over today's.

    Parameters
    ----------
    model : ResidualModel
    days : int64[D]
        Rising, in days since 1970-01-01.
    today : datetime.date
    n, seed, threads
        As for `simulate`.

    Returns
    -------
    float64[G, D, n], float64[D, n], float64[D, n]
        As `factor`, `scrap` and `index_ratio` of a `ValueBook`.
    """
    # the index and scrap are told against today, which may lie after the fit
    at = np.unique(np.append(days, max(day_number(today), model.market.as_of)))
    start = int(np.searchsorted(at, max(day_number(today), model.market.as_of)))
    months = np.maximum(at - model.market.as_of, 0) / MONTH
    groups = np.arange(len(model.groups) + 1)
    draws = _draws(model, at, n, seed, threads)
    market_of, scrap_of = (each.covariance_of_change(at) for each in (model.market, model.scrap))
    own = np.full(len(at), 1.0 / model.priors.student_dof)
    tails = [model.market.tail_of_change(at), model.scrap.tail_of_change(at), own]
    market_mix, scrap_mix, own_mix = _mixes(tails, n, seed, threads)
    market = market_mix * _walk(market_of, draws[0])
    scrap = scrap_mix * _walk(scrap_of, draws[1])
    common = model.initial_sd * draws[2, 0] + _walk(_common_of(model, months), draws[3])
    level = np.empty((len(groups), len(at), n))
    for group in groups:
        alone = _walk(_own_of(model, int(group), months), draws[4 + group])
        alone += model.segments.level_error[group] * draws[4 + len(groups) + group, 0]
        half = 0.5 * model.level_variance(np.full(len(at), group), at)
        level[group] = market + own_mix * (common + alone) - half[:, None]
    asked = np.searchsorted(at, days)
    index = _against(model.market, at, market, market_of, start)
    metal = _against(model.scrap, at, scrap, scrap_of, start)
    return level[:, asked], metal[asked], np.exp(index[asked])


def _draws(model: ResidualModel, at: Days, n: int, seed: int, threads: int) -> Floats:
    """Standard normals at each date.

    Of market, scrap, level error, common walk, groups, and the errors of the groups' levels.
    """
    from _core.paths import factor_paths

    groups = len(model.groups) + 1
    count = 4 + 2 * groups
    correlation = np.eye(count)
    correlation[1, 0] = correlation[0, 1] = model.scrap_correlation
    correlation[4 : 4 + groups, 4 : 4 + groups] = model.segments.correlation
    # levels that keep nothing of the date before are draws
    return factor_paths(
        seed,
        FACTOR_STREAM,
        np.linalg.cholesky(correlation),
        np.ones((count, len(at))),
        np.zeros(count),
        np.inf,
        n,
        threads=threads,
    )


def _common_of(model: ResidualModel, months: Floats) -> Floats:
    return model.segments.common_variance(np.minimum.outer(months, months))


def _own_of(model: ResidualModel, group: int, months: Floats) -> Floats:
    """Covariance between dates of a group against all: of its steps and of its drift."""
    segments = model.segments
    steps = segments.volatility[group] ** 2 * np.minimum.outer(months, months)
    return np.asarray(steps + segments.drift_sd[group] ** 2 * np.outer(months, months))


def _walk(covariance: Floats, draws: Floats) -> Floats:
    """Path with a covariance between dates; a later date changes no earlier level."""
    out: Floats = np.einsum("ij,jn->in", semidefinite_root(covariance), draws, optimize=False)
    return out


def _against(
    forecast: LevelForecast, at: Days, path: Floats, covariance: Floats, start: int
) -> Floats:
    """Log level at each date against that at one of them, of mean as forecast but for its tail."""
    variance = np.diag(covariance)
    apart = variance + variance[start] - 2.0 * covariance[start]
    mean = forecast.mean_change(at)
    return np.asarray((mean - mean[start] - 0.5 * apart)[:, None] + path - path[start])


def _mixes(tails: list[Floats], n: int, seed: int, threads: int) -> list[Floats]:
    """Factors of each scenario by date, risen together; a mirrored pair shares its draw."""
    from _core.rng import uniforms

    u = uniforms(seed, FACTOR_STREAM, _TURBULENCE, 1, (n + 1) // 2, threads=threads)[0, 0]
    return [np.repeat(mixing(u, tail), 2, axis=1)[:, :n] for tail in tails]


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
