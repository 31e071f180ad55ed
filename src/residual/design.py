"""The equation of values as a mixed model: its columns by block, and its robust fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.arrow import Pattern
from residual.cohorts import Cohorts, FallByYear, order_cohorts
from residual.columns import (
    AGE_KNOTS,
    AGE_ORIGIN,
    BADNESS_KNOTS,
    BEND_KNOTS,
    GRADED,
    LEAST_FALL,
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
from residual.curves import Floats, segment_basis
from residual.features import HIERARCHY, YEAR, Recipe, Units
from residual.hedonic import Hedonic
from residual.lasting import lasting_change
from residual.mixed import (
    Block,
    MixedFit,
    effective_counts,
    fit_mixed,
)
from residual.moving import (
    DRIFTING,
    between,
    drift_knots,
    season_columns,
    season_told,
    walk_to_zero,
)
from residual.posterior import Posterior

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SLOPE_ROWS: Final = 12
#: Prior sd of the change of slope from one interval to the next, per year, per 1,000 km, per
#: point of grade: weak beside any real amount of data, it carries the curve where there is none.
_SLOPE_CHANGE: Final = {"age": 0.05, "odometer": 0.002, "badness": 0.1}
#: Sd from which the search for the spread of a family of levels starts.
_START: Final = {"make": 0.5, "model": 0.3, "variant": 0.1}
#: Years after the last sale for which model years are kept in order.
HORIZON: Final = 6.0
_PRODUCT_SD: Final = 0.3
#: Categories of which each level belongs to one model.
NESTED: Final = ("model", "variant", "model_year")


class Design:
    """Columns of a set of sales, shared by every equation fitted on them.

    Parameters
    ----------
    units : Units
    recipe : Recipe
    exclude : tuple of str
        Categories left out.
    bent : bool
        Whether makes, models, bodies and segments have curves and a market of their own.
    season : bool
        Whether the time of the year counts.
    """

    def __init__(
        self,
        units: Units,
        recipe: Recipe,
        exclude: tuple[str, ...] = (),
        *,
        bent: bool = True,
        season: bool = False,
    ) -> None:
        from scipy.sparse import csr_array

        self.units = units
        self.recipe = recipe
        self.time_knots = _time_knots(units.day)
        self.blocks: list[Block] = []
        self._index: list[NDArray[np.int64]] = []
        self._value: list[Floats] = []
        self._width = 0
        n = len(units)
        self._add("base", np.zeros((n, 1), dtype=np.int64), np.ones((n, 1)), 1, 1000.0)
        self._add_dense("missing", missing_columns(units), 1.0)
        for name, levels in recipe.levels.items():
            if name not in exclude and levels:
                self._add_level(name, units.codes[name], len(levels))
        for key in SLOPED if bent else ():
            if recipe.levels.get(key):
                self._add_slopes(key, units, len(recipe.levels[key]))
        for key in GRADED if bent and not units.grade_missing.all() else ():
            if recipe.levels.get(key):
                self._add_grade(key, units, len(recipe.levels[key]))
        self._add_drift(recipe if bent else None)
        if season and season_told(units.day):
            self._add_season()
        if units.numbers.shape[1]:
            self._add_dense("numbers", units.numbers, 0.01, estimated=True)
        self._add_time()
        index, value = np.hstack(self._index), np.hstack(self._value)
        used = value != 0.0
        # every block adds columns beyond those before it, so that they rise within each row
        ends = np.cumsum(np.count_nonzero(used, axis=1))
        self.Z: csr_array = csr_array(
            (value[used], index[used], np.concatenate([[0], ends])), shape=(n, self._width)
        )
        self.M, self.curves, self.root = _monotone(units, recipe)
        self._pattern = self._groups()
        self._age_mass = _mass(units.age, AGE_KNOTS)
        self._odometer_mass = _mass(units.odometer / 1000.0, ODOMETER_KNOTS)
        self._direction = self._latest()

    def _add(
        self,
        name: str,
        index: NDArray[np.int64],
        value: Floats,
        size: int,
        variance: float,
        *,
        estimated: bool = False,
        root: csr_array | None = None,
    ) -> None:
        self.blocks.append(Block(name, self._width, size, root, variance, estimated))
        self._index.append(index + self._width)
        self._value.append(value)
        self._width += size

    def _add_dense(
        self, name: str, columns: Floats, variance: float, *, estimated: bool = False
    ) -> None:
        n, k = columns.shape
        index = np.tile(np.arange(k), (n, 1))
        self._add(name, index, columns, k, variance, estimated=estimated)

    def _add_level(self, name: str, code: NDArray[np.int64], size: int) -> None:
        known = (code >= 0).astype(np.float64)[:, None]
        start = _START.get(name, 0.03) ** 2
        self._add(name, np.maximum(code, 0)[:, None], known, size, start, estimated=True)

    def _add_slopes(self, key: str, units: Units, size: int) -> None:
        code = units.codes[key]
        rows = np.bincount(code[code >= 0], minlength=size)
        used = (code >= 0) & (rows[np.maximum(code, 0)] >= _SLOPE_ROWS)
        place = np.maximum(code, 0)[:, None]
        age = np.where(used, line(units.age, AGE_ORIGIN), 0.0)[:, None]
        self._add(f"{key} age", place, age, size, 0.03**2, estimated=True)
        if not units.odometer_missing.all():
            reading = line(units.odometer / 1000.0, ODOMETER_ORIGIN)
            reading = np.where(used & ~units.odometer_missing, reading, 0.0)[:, None]
            self._add(f"{key} odometer", place, reading, size, 0.001**2, estimated=True)
        if key == "model":
            k = len(BEND_KNOTS) - 1
            bent = np.where(used[:, None], bends(units.age), 0.0)
            index = place * k + np.arange(k)[None, :]
            self._add(f"{key} bend", index, bent, size * k, 0.03**2, estimated=True)

    def _add_grade(self, key: str, units: Units, size: int) -> None:
        code = units.codes[key]
        rows = np.bincount(code[(code >= 0) & ~units.grade_missing], minlength=size)
        used = (code >= 0) & (rows[np.maximum(code, 0)] >= _SLOPE_ROWS)
        bad = np.where(used, 5.0 - units.grade, 0.0)[:, None]
        name = f"{key} badness"
        self._add(name, np.maximum(code, 0)[:, None], bad, size, 0.02**2, estimated=True)

    def _add_season(self) -> None:
        columns = season_columns(self.units.day.astype(np.float64))
        self._add_dense("season", columns, 1.0)

    def _add_drift(self, recipe: Recipe | None) -> None:
        """Add what levels and wear gain or lose on the market, nought at the last knot."""
        self.drift_knots = drift_knots(self.units.day)
        steps = len(self.drift_knots) - 1
        if recipe is None or steps < 1:
            return
        root = walk_to_zero(self.drift_knots)
        place, share = self._between_drift_knots()
        age = line(self.units.age, AGE_ORIGIN)[:, None] / 5.0
        self._add("age drift", place, share * age, steps, 0.003**2, estimated=True, root=root)
        for key in DRIFTING:
            levels = recipe.levels.get(key)
            if not levels:
                continue
            self._add_level_drift(key, self.units.codes[key], len(levels), place, share, root)

    def _add_level_drift(
        self,
        key: str,
        code: NDArray[np.int64],
        size: int,
        place: NDArray[np.int64],
        share: Floats,
        root: csr_array,
    ) -> None:
        from scipy.sparse import csr_array, eye_array, kron

        steps = root.shape[0]
        rows = np.bincount(code[code >= 0], minlength=size)
        used = (code >= 0) & (rows[np.maximum(code, 0)] >= _SLOPE_ROWS)
        index = np.maximum(code, 0)[:, None] * steps + place
        many = csr_array(kron(eye_array(size), root))
        self._add(
            f"{key} drift", index, np.where(used[:, None], share, 0.0), size * steps, 0.005**2,
            estimated=True, root=many,
        )  # fmt: skip

    def _between_drift_knots(self) -> tuple[NDArray[np.int64], Floats]:
        place, share = between(self.units.day.astype(np.float64), self.drift_knots)
        last = len(self.drift_knots) - 1
        share = np.where(place < last, share, 0.0)
        return np.minimum(place, last - 1), share

    def _add_time(self) -> None:
        from scipy.sparse import csr_array

        knots = self.time_knots
        place, share = between(self.units.day.astype(np.float64), knots)
        # the prior: a first level of sd 1, then steps of a random walk
        size = len(knots)
        root = np.eye(size) - np.eye(size, k=1)
        step = np.sqrt(np.concatenate([[1.0], np.diff(knots) / 30.44]))
        root = root / step[None, :]
        root[:, 0] *= 0.01
        self._add(
            "time",
            place,
            share,
            size,
            0.01**2,
            estimated=True,
            root=csr_array(root),
        )

    def fit(
        self,
        y: Floats,
        spread: Floats,
        dof: float,
        rounds: int,
        start: tuple[dict[str, float], float] | None = None,
        held: int = 2,
        *,
        posterior: bool = True,
    ) -> tuple[Hedonic, MixedFit]:
        """Fit one equation.

        Parameters
        ----------
        y : float64[n]
            Log value of each row.
        spread : float64[n]
            Relative scale of each row's error.
        dof : float
        rounds : int
        start : (variances, scale), optional
            From an earlier fit on similar rows.
        held : int
            Rounds after the variances have settled.
        posterior : bool
            Whether to say how surely the effects are known; NaN if not.
        """
        # whatever the currency, the solver sees the same numbers
        middle = float(np.median(y))
        fit = fit_mixed(
            self.Z,
            self.M,
            y - middle,
            self.blocks,
            self.root,
            spread,
            dof,
            rounds,
            held,
            self._pattern,
            start,
            posterior=posterior,
        )
        effects = {block.name: fit.effects[block.columns] for block in self.blocks}
        effects["base"] = effects["base"] + middle
        slopes = {name: fit.slopes[place] for name, place in self.curves.items()}
        counts = {
            name: effective_counts(self.units.codes[name], len(effects[name]), fit.weights)
            if name in effects
            else np.zeros(0)
            for name in (*HIERARCHY, *(other for other in self.units.codes if other in effects))
        }
        slopes = {name: np.maximum(own, LEAST_FALL.get(name, 0.0)) for name, own in slopes.items()}
        hedonic = Hedonic(
            effects,
            slopes,
            self._cohorts(effects, slopes, counts),
            self.time_knots,
            self.drift_knots,
            counts,
            {name: fit.variances.get(name, 0.25) for name in (*HIERARCHY, *fit.variances)},
            fit.scale,
            float(np.sqrt(fit.arrow.variance_of(self._direction))),
            self._age_mass,
            self._odometer_mass,
            self._covariance(fit),
            Posterior(
                fit.posterior,
                {block.name: (block.start, block.start + block.size) for block in self.blocks},
            ),
            lasting_change(effects["time"]),
        )
        return hedonic, fit

    def _cohorts(
        self, effects: dict[str, Floats], slopes: dict[str, Floats], counts: dict[str, Floats]
    ) -> Cohorts:
        if "model_year" not in effects:
            return Cohorts(0, np.zeros((0, 0)))
        curve = -segment_basis(AGE_KNOTS, AGE_KNOTS) @ slopes["age"]
        newest = 1970.0 + float(self.units.day.max()) / YEAR
        return order_cohorts(
            effects["model_year"],
            counts["model_year"],
            self.recipe.levels["model_year"],
            self.recipe.levels["model"],
            FallByYear(AGE_KNOTS, LEAST_SHARE * curve, newest - 0.5, newest + HORIZON),
        )

    def _covariance(self, fit: MixedFit) -> dict[str, Floats]:
        """Posterior covariance of the coefficients of each curve and each block of columns."""
        bound = fit.inverse[fit.arrow.bound, fit.arrow.bound]
        found = {name: bound[place, place].copy() for name, place in self.curves.items()}
        for block in self.blocks:
            if block.name in ("missing", "numbers"):
                at = fit.arrow.places(block.columns)
                found[block.name] = fit.inverse[np.ix_(at, at)].copy()
        return found

    def _groups(self) -> Pattern:
        """Models with all that is nested in them never meet; everything else is common."""
        group = np.full(self._width, -1, dtype=np.int64)
        code = self.units.codes
        for block in self.blocks:
            name, _, kind = block.name.partition(" ")
            if name not in NESTED or kind == "drift":
                continue
            repeat = block.size // len(self.recipe.levels[name])
            above = np.zeros(len(self.recipe.levels[name]), dtype=np.int64)
            seen = (code[name] >= 0) & (code["model"] >= 0)
            above[code[name][seen]] = code["model"][seen]
            group[block.columns] = np.repeat(above, repeat)
        return Pattern.of(self.Z, group)

    def _latest(self) -> Floats:
        """Mean row of the latest tenth of the sales, moved to the last time knot, [p + q]."""
        days = self.units.day
        rows = np.flatnonzero(days >= np.quantile(days, 0.9))
        mean = np.asarray(self.Z[rows].sum(axis=0)).ravel() / len(rows)
        time = next(block for block in self.blocks if block.name == "time")
        mean[time.columns] = 0.0
        mean[time.start + time.size - 1] = 1.0
        return np.concatenate([mean, self.M[rows].mean(axis=0)])


def _time_knots(days: NDArray[np.int64]) -> Floats:
    """Weekly knots for up to three years of sales, else monthly, always ending at the last."""
    first, last = int(days.min()), int(days.max())
    step = 7.0 if last - first <= 1096 else 30.44
    count = int((last - first) // step) + 1
    return np.sort(last - step * np.arange(count)).astype(np.float64)


def _mass(x: Floats, knots: Floats) -> Floats:
    nearest = np.abs(x[:, None] - knots[None, :]).argmin(axis=1)
    return np.bincount(nearest, minlength=len(knots)).astype(np.float64) + 1.0


def _monotone(units: Units, recipe: Recipe) -> tuple[Floats, dict[str, slice], Floats]:
    """Columns of falls, their places, and the root of the prior on their coefficients."""
    columns, names = [-segment_basis(units.age, AGE_KNOTS)], ["age"]
    if len(recipe.typical_age):
        columns.append(-segment_basis(units.odometer / 1000.0, ODOMETER_KNOTS))
        names.append("odometer")
    if not units.grade_missing.all():
        columns.append(-segment_basis(5.0 - units.grade, BADNESS_KNOTS))
        names.append("badness")
    if (units.damage > 0).any():
        columns.append(-damage_columns(units))
        names.append("damage")
    if set(names) & {"odometer", "badness"}:
        columns.append(-products(units, dict.fromkeys(names, slice(0))))
        names.append("product")
    places, parts, start = {}, [], 0
    for name, block in zip(names, columns, strict=True):
        size = block.shape[1]
        places[name] = slice(start, start + size)
        start += size
        parts.append(_slope_root(name, size))
    root = np.zeros((start, start))
    for place, part in zip(places.values(), parts, strict=True):
        root[place, place] = part
    return np.hstack(columns), places, root


def _slope_root(name: str, size: int) -> Floats:
    """Root of the prior on the coefficients of one curve."""
    if name in _SLOPE_CHANGE:
        return _difference_root(size, _SLOPE_CHANGE[name])
    return np.eye(size) / (_PRODUCT_SD if name == "product" else 1.0)


def _difference_root(size: int, change: float) -> Floats:
    """L with L'c = differences of neighbouring slopes over `change`, and a weak first term."""
    root = np.zeros((size, size))
    root[0, 0] = 0.2 / change
    for place in range(1, size):
        root[place - 1, place] = -1.0 / change
        root[place, place] = 1.0 / change
    return root
