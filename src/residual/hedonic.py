"""The hedonic value: shrunken effects, monotone curves and a market level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.cohorts import Cohorts
from residual.columns import (
    AGE_KNOTS,
    AGE_ORIGIN,
    BADNESS_KNOTS,
    BEND_KNOTS,
    GRADED,
    LEAST_SHARE,
    ODOMETER_KNOTS,
    ODOMETER_ORIGIN,
    SLOPED,
    bends,
    damage_columns,
    line,
    missing_columns,
    products,
)
from residual.curves import Floats, interpolate_rows, nonincreasing, segment_basis
from residual.features import HIERARCHY, YEAR, Units
from residual.moving import DRIFTING, drift_at, season_columns
from residual.posterior import Posterior

_ORIGIN: Final = {"age": AGE_ORIGIN, "odometer": ODOMETER_ORIGIN}


@dataclass(frozen=True, slots=True)
class _Curve:
    """A falling curve for each unit."""

    row: NDArray[np.int64]
    knots: Floats
    table: Floats
    end_slope: Floats

    def at(self, x: Floats) -> Floats:
        return interpolate_rows(x, self.row, self.knots, self.table, self.end_slope)


@dataclass(frozen=True, slots=True)
class Hedonic:
    """A fitted hedonic equation for a log value.

    Attributes
    ----------
    effects : dict of float64
        Coefficients of each block of shrunken or free effects.
    slopes : dict of float64
        Non-negative coefficients of each monotone curve (as falls).
    cohorts : Cohorts
        Effects of model years, in their order.
    time_knots : float64[t]
        Days at which the market level is given; linear between, constant outside.
    drift_knots : float64[k]
        Likewise for what levels gained or lost against it, nought at the last.
    counts : dict of float64
        Effective number of sales behind each level, by category.
    variances : dict of float
        Variance of each block.
    scale : float
        Residual scale of a unit of ordinary spread.
    level_sd : float
        Posterior sd of the mean log value of the latest tenth of the sales at the last time
        knot.
    age_mass, odometer_mass : float64
        Sales near each knot, the weights of the monotone projection.
    covariance : dict of float64[k, k]
        Posterior covariance of the coefficients of each curve, and of "missing" and "numbers".
    posterior : Posterior
        Of the effects.
    lasting : float
        What the level gains from the last knot on, as of `residual.lasting`.
    """

    effects: dict[str, Floats]
    slopes: dict[str, Floats]
    cohorts: Cohorts
    time_knots: Floats
    drift_knots: Floats
    counts: dict[str, Floats]
    variances: dict[str, float]
    scale: float
    level_sd: float
    age_mass: Floats
    odometer_mass: Floats
    covariance: dict[str, Floats]
    posterior: Posterior
    lasting: float = 0.0

    def parts(self, units: Units) -> dict[str, Floats]:
        """Each named contribution to the log value; they add up to `value`."""
        out: dict[str, Floats] = {"base": np.full(len(units), float(self.effects["base"][0]))}
        for name in units.codes:
            if name in self.effects:
                out[name] = _lookup(self.effects[name], units.codes[name])
        if "model_year" in out:
            out["model_year"] = self.cohorts.value(units.codes["model"], units.model_year)
        out["age"] = self._curve(units, "age", AGE_KNOTS, self.age_mass).at(units.age)
        thousand = units.odometer / 1000.0
        if "odometer" in self.slopes:
            out["odometer"] = self._curve(units, "odometer", ODOMETER_KNOTS, self.odometer_mass).at(
                thousand
            )
        if "badness" in self.slopes:
            mass = np.ones(len(BADNESS_KNOTS))
            curve = self._curve(units, "badness", BADNESS_KNOTS, mass)
            out["grade"] = curve.at(5.0 - units.grade)
        if "product" in self.slopes:
            out["wear together"] = -_dot(products(units, self.slopes), self.slopes["product"])
        if "damage" in self.slopes:
            out["damage"] = -_dot(damage_columns(units), self.slopes["damage"])
        out["missing"] = _dot(missing_columns(units), self.effects["missing"])
        if units.numbers.shape[1]:
            out["numbers"] = _dot(units.numbers, self.effects["numbers"])
        out["market"] = self.level(units.day.astype(np.float64)) + self._drift(units)
        return out

    def _drift(self, units: Units) -> Floats:
        """What each unit's levels and wear were worth against the market at its day."""
        out = np.zeros(len(units))
        days = units.day.astype(np.float64)
        if not len(days) or days.min() >= self.drift_knots[-1]:
            return out
        if "age drift" in self.effects:
            zero = np.zeros(len(units), dtype=np.int64)
            moved = drift_at(self.effects["age drift"], zero, days, self.drift_knots)
            out = out + moved * line(units.age, AGE_ORIGIN) / 5.0
        for key in DRIFTING:
            if f"{key} drift" in self.effects:
                effects = self.effects[f"{key} drift"]
                out = out + drift_at(effects, units.codes[key], days, self.drift_knots)
        return out

    def level_errors(self, codes: Mapping[str, NDArray[np.int64]]) -> dict[str, Floats]:
        """Posterior standard deviation of the effects of levels.

        Parameters
        ----------
        codes : mapping of int64[n]
            By category, -1 for a level never seen; categories without effects are left out,
            those of the hierarchy apart.

        Returns
        -------
        dict of float64[n]
            What is not known of a level never seen is how far levels lie from each other.
        """
        seen = {name: code[code >= 0] for name, code in codes.items() if name in self.effects}
        known = self.posterior.spread(seen)
        out = {}
        for name, code in codes.items():
            if name in self.effects or name in HIERARCHY:
                out[name] = np.full(len(code), self.variances[name] ** 0.5)
            if name in self.effects:
                out[name][code >= 0] = known[name]
        return out

    def value(self, units: Units, *, without: tuple[str, ...] = ()) -> Floats:
        """Log value of each row, leaving out the named parts."""
        total = np.zeros(len(units))
        for name, part in self.parts(units).items():
            if name not in without:
                total = total + part
        return total

    def level(self, days: Floats) -> Floats:
        """Log market level at each day; beyond the sample the season alone moves it."""
        level = np.asarray(np.interp(days, self.time_knots, self.effects["time"]))
        if self.lasting:
            level = level + np.where(days >= self.time_knots[-1], self.lasting, 0.0)
        if "season" in self.effects:
            level = level + _dot(season_columns(days), self.effects["season"])
        return level

    def ignorance(self, units: Units) -> Floats:
        """Variance of what each level of the hierarchy leaves unknown, over scale squared, [n, 3].

        A level seen n times with variance t leaves t / (1 + n t / scale^2), all else being
        known; a level never seen leaves all of t, and a kind of level that no sale told leaves
        nothing to know. It ranks units by what is known of them; how much wider they are for it
        is learnt, see `residual.scale.ScaleModel`. Intervals of effects are those of `posterior`.
        """
        total = np.zeros((len(units), len(HIERARCHY)))
        square = self.scale**2
        for place, name in enumerate(HIERARCHY):
            if name not in self.effects:
                continue
            variance = self.variances[name]
            left = variance / (1.0 + self.counts[name] * variance / square)
            code = units.codes[name]
            known = left[np.maximum(code, 0)] if len(left) else np.full(len(units), variance)
            total[:, place] = np.where(code >= 0, known, variance)
        return total / square

    def ageing(self, units: Units, days: NDArray[np.int64]) -> Floats:
        """Log value of each unit at each of several days, less its parts that stand still.

        Parameters
        ----------
        units : Units
            n units at their own days; the odometer stands still.
        days : int64[d]
            Not earlier than the units' days.

        Returns
        -------
        float64[n, d]
            What age and market level add from the unit's own day to each of `days`.
        """
        curve = self._curve(units, "age", AGE_KNOTS, self.age_mass)
        start = self._standing(curve, units, units.day.astype(np.float64))
        out = np.empty((len(units), len(days)))
        for place, day in enumerate(days):
            out[:, place] = self._standing(curve, units, np.array([float(day)])) - start
        return out

    def aged(self, units: Units, lags: Floats) -> Floats:
        """Log value that each unit gains, mostly loses, while it stands still for some days.

        Parameters
        ----------
        units : Units
            n units at their own days; the odometer stands still.
        lags : float64[n, d] or float64[1, d]
            Days from each unit's own day on.

        Returns
        -------
        float64[n, d]
            As `ageing`, with days of its own for each unit.
        """
        curve = self._curve(units, "age", AGE_KNOTS, self.age_mass)
        start = self._standing(curve, units, units.day.astype(np.float64))
        out = np.empty((len(units), lags.shape[1]))
        for place, lag in enumerate(lags.T):
            out[:, place] = self._standing(curve, units, units.day + lag) - start
        return out

    def _standing(self, curve: _Curve, units: Units, day: Floats) -> Floats:
        """Parts of the log value that move while units stand still, at float64[n] or [1] days."""
        age = np.maximum(units.age + (day - units.day) / YEAR, units.age)
        moved = curve.at(age) + self.level(day)
        if "product" in self.slopes:
            older = replace(units, age=age)
            moved = moved - _dot(products(older, self.slopes), self.slopes["product"])
        return np.asarray(moved)

    def _curve(self, units: Units, name: str, knots: Floats, mass: Floats) -> _Curve:
        """Common curve plus the levels' deviations, projected to fall everywhere."""
        keys = GRADED if name == "badness" else SLOPED
        sloped = [key for key in keys if f"{key} {name}" in self.effects]
        rows, which = _combinations([units.codes[key] for key in sloped], len(units))
        common = -segment_basis(knots, knots) @ self.slopes[name]
        table = np.repeat(common[None, :], len(rows), axis=0)
        shape = line(knots, _ORIGIN[name]) if name in _ORIGIN else knots
        for place, key in enumerate(sloped):
            slope = _lookup(self.effects[f"{key} {name}"], rows[:, place])
            table += slope[:, None] * shape[None, :]
            if f"{key} bend" in self.effects and name == "age":
                bend = self.effects[f"{key} bend"].reshape(-1, len(BEND_KNOTS) - 1)
                own = np.where(rows[:, place, None] >= 0, bend[np.maximum(rows[:, place], 0)], 0.0)
                table += own @ bends(knots).T
        least = LEAST_SHARE * common
        table = least + nonincreasing(table - least, mass)
        end = np.full(len(rows), -self.slopes[name][-1])
        return _Curve(which, knots, table, end)


def _combinations(
    codes: list[NDArray[np.int64]], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Different combinations of codes, a row each, and which of them each unit has."""
    key = np.zeros(count, dtype=np.int64)
    for code in codes:
        _, narrow = np.unique(key, return_inverse=True)
        key = narrow.reshape(-1) * (int(code.max(initial=-1)) + 2) + code + 1
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    rows = np.column_stack(
        [code[first] for code in codes] or [np.zeros(len(first), dtype=np.int64)]
    )
    return rows, which.reshape(-1)


def _lookup(effects: Floats, codes: NDArray[np.int64]) -> Floats:
    if not len(effects):
        return np.zeros(len(codes))
    return np.where(codes >= 0, effects[np.maximum(codes, 0)], 0.0)


def _dot(columns: Floats, coefficients: Floats) -> Floats:
    """Row sums in a fixed order, free of the linear algebra library's threads."""
    out: Floats = np.einsum("ij,j->i", columns, coefficients)
    return out
