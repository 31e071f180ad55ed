"""The hedonic value: shrunken effects, monotone curves and a market level, fitted robustly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats, interpolate_rows, nonincreasing, segment_basis, signed_basis
from residual.features import HIERARCHY, YEAR, Recipe, Units
from residual.mixed import (
    Block,
    Factoriser,
    MixedFit,
    effective_counts,
    fit_mixed,
    posterior_variance,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AGE_KNOTS: Final = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20], dtype=np.float64)
ODOMETER_KNOTS: Final = np.array(
    [0, 10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 400], dtype=np.float64
)  # thousand km
BADNESS_KNOTS: Final = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0])  # 5 - grade
AGE_ORIGIN: Final = 5.0
ODOMETER_ORIGIN: Final = 80.0
BEND_KNOTS: Final = np.array([-1.0, 1.5, 3.5, 5.5, 8.0, 11.0, 16.0])
_SLOPE_ROWS: Final = 12
#: Prior sd of the change of slope from one interval to the next, per year, per 1,000 km, per
#: point of grade: weak beside any real amount of data, it carries the curve where there is none.
_SLOPE_CHANGE: Final = {"age": 0.05, "odometer": 0.002, "badness": 0.1}
#: Sd from which the search for the spread of a family of levels starts.
_START: Final = {"make": 0.5, "model": 0.3, "variant": 0.1}
_PRODUCT_SD: Final = 0.3
#: Categories whose level also bends the age and odometer curves.
_SLOPED: Final = ("make", "model", "body", "segment")


@dataclass(frozen=True, slots=True)
class Hedonic:
    """A fitted hedonic equation for a log value.

    Attributes
    ----------
    effects : dict of float64
        Coefficients of each block of shrunken or free effects.
    slopes : dict of float64
        Non-negative coefficients of each monotone curve (as falls).
    time_knots : float64[t]
        Days at which the market level is given; linear between, constant outside.
    counts : dict of float64
        Effective number of sales behind each level.
    variances : dict of float
        Variance of each block.
    scale : float
        Residual scale of a unit of ordinary spread.
    level_sd : float
        Posterior sd of the mean log value of the latest tenth of the sales at the last time
        knot, the slopes taken as known.
    age_mass, odometer_mass : float64
        Sales near each knot, the weights of the monotone projection.
    """

    effects: dict[str, Floats]
    slopes: dict[str, Floats]
    time_knots: Floats
    counts: dict[str, Floats]
    variances: dict[str, float]
    scale: float
    level_sd: float
    age_mass: Floats
    odometer_mass: Floats

    def parts(self, units: Units) -> dict[str, Floats]:
        """Each named contribution to the log value; they add up to `value`."""
        out: dict[str, Floats] = {"base": np.full(len(units), float(self.effects["base"][0]))}
        for name in units.codes:
            if name in self.effects:
                out[name] = _lookup(self.effects[name], units.codes[name])
        out["age"] = self._curve(units, "age", AGE_KNOTS, self.age_mass).at(units.age)
        thousand = units.odometer / 1000.0
        if "odometer" in self.slopes:
            out["odometer"] = self._curve(units, "odometer", ODOMETER_KNOTS, self.odometer_mass).at(
                thousand
            )
        if "badness" in self.slopes:
            basis = segment_basis(5.0 - units.grade, BADNESS_KNOTS)
            out["grade"] = -_dot(basis, self.slopes["badness"])
        if "product" in self.slopes:
            out["wear together"] = -_dot(_products(units, self.slopes), self.slopes["product"])
        if "damage" in self.slopes:
            out["damage"] = -_dot(_damage_columns(units), self.slopes["damage"])
        out["missing"] = _dot(_missing_columns(units), self.effects["missing"])
        if units.numbers.shape[1]:
            out["numbers"] = _dot(units.numbers, self.effects["numbers"])
        out["market"] = self.level(units.day.astype(np.float64))
        return out

    def value(self, units: Units, *, without: tuple[str, ...] = ()) -> Floats:
        """Log value of each row, leaving out the named parts."""
        total = np.zeros(len(units))
        for name, part in self.parts(units).items():
            if name not in without:
                total = total + part
        return total

    def level(self, days: Floats) -> Floats:
        """Log market level at each day, constant beyond the sample."""
        return np.asarray(np.interp(days, self.time_knots, self.effects["time"]))

    def ignorance(self, units: Units) -> Floats:
        """Variance of what the hierarchy does not know of each unit, over scale squared.

        A level seen n times with variance t leaves t / (1 + n t / scale^2); a level never seen
        leaves all of t.
        """
        total = np.zeros(len(units))
        square = self.scale**2
        for name in HIERARCHY:
            variance = self.variances[name]
            left = variance / (1.0 + self.counts[name] * variance / square)
            code = units.codes[name]
            known = left[np.maximum(code, 0)] if len(left) else np.full(len(units), variance)
            total = total + np.where(code >= 0, known, variance)
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
        start = curve.at(units.age) + self.level(units.day.astype(np.float64))
        wear = "product" in self.slopes
        if wear:
            start = start - _dot(_products(units, self.slopes), self.slopes["product"])
        out = np.empty((len(units), len(days)))
        for place, day in enumerate(days):
            age = np.maximum(units.age + (day - units.day) / YEAR, units.age)
            moved = curve.at(age) + self.level(np.array([float(day)]))
            if wear:
                older = replace(units, age=age)
                moved = moved - _dot(_products(older, self.slopes), self.slopes["product"])
            out[:, place] = moved - start
        return out

    def _curve(self, units: Units, name: str, knots: Floats, mass: Floats) -> _Curve:
        """Common curve plus the levels' deviations, projected to fall everywhere."""
        sloped = [key for key in _SLOPED if f"{key} {name}" in self.effects]
        codes = np.column_stack(
            [units.codes[key] for key in sloped] or [np.zeros(len(units), dtype=np.int64)]
        )
        rows, which = np.unique(codes, axis=0, return_inverse=True)
        common = -segment_basis(knots, knots) @ self.slopes[name]
        table = np.repeat(common[None, :], len(rows), axis=0)
        origin = AGE_ORIGIN if name == "age" else ODOMETER_ORIGIN
        for place, key in enumerate(sloped):
            slope = _lookup(self.effects[f"{key} {name}"], rows[:, place])
            table += slope[:, None] * _line(knots, origin)[None, :]
            if f"{key} bend" in self.effects and name == "age":
                bend = self.effects[f"{key} bend"].reshape(-1, len(BEND_KNOTS) - 1)
                own = np.where(rows[:, place, None] >= 0, bend[np.maximum(rows[:, place], 0)], 0.0)
                table += own @ _bends(knots).T
        end = np.full(len(rows), -self.slopes[name][-1])
        return _Curve(which.reshape(-1), knots, nonincreasing(table, mass), end)


@dataclass(frozen=True, slots=True)
class _Curve:
    """A falling curve for each unit."""

    row: NDArray[np.int64]
    knots: Floats
    table: Floats
    end_slope: Floats

    def at(self, x: Floats) -> Floats:
        return interpolate_rows(x, self.row, self.knots, self.table, self.end_slope)


class Design:
    """Columns of a set of sales, shared by every equation fitted on them.

    Parameters
    ----------
    units : Units
    recipe : Recipe
    exclude : tuple of str
        Categories left out.
    bent : bool
        Whether makes, models, bodies and segments have age and odometer curves of their own.
    """

    def __init__(
        self, units: Units, recipe: Recipe, exclude: tuple[str, ...] = (), *, bent: bool = True
    ) -> None:
        from scipy.sparse import csr_array

        self.units = units
        self.time_knots = _time_knots(units.day)
        self.blocks: list[Block] = []
        self._index: list[NDArray[np.int64]] = []
        self._value: list[Floats] = []
        self._width = 0
        n = len(units)
        self._add("base", np.zeros((n, 1), dtype=np.int64), np.ones((n, 1)), 1, 1000.0)
        self._add_dense("missing", _missing_columns(units), 1.0)
        for name, levels in recipe.levels.items():
            if name not in exclude and levels:
                self._add_level(name, units.codes[name], len(levels))
        for key in _SLOPED if bent else ():
            if recipe.levels.get(key):
                self._add_slopes(key, units, len(recipe.levels[key]))
        if units.numbers.shape[1]:
            self._add_dense("numbers", units.numbers, 0.01, estimated=True)
        self._add_time()
        index, value = np.hstack(self._index), np.hstack(self._value)
        rows = np.repeat(np.arange(n), index.shape[1])
        self.Z: csr_array = csr_array(
            (value.ravel(), (rows, index.ravel())), shape=(n, self._width)
        )
        self.Z.eliminate_zeros()
        self.M, self.curves, self.root = _monotone(units, recipe)
        self._factorise = Factoriser()

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
        age = np.where(used, _line(units.age, AGE_ORIGIN), 0.0)[:, None]
        self._add(f"{key} age", place, age, size, 0.03**2, estimated=True)
        if not units.odometer_missing.all():
            reading = _line(units.odometer / 1000.0, ODOMETER_ORIGIN)
            reading = np.where(used & ~units.odometer_missing, reading, 0.0)[:, None]
            self._add(f"{key} odometer", place, reading, size, 0.001**2, estimated=True)
        if key == "model":
            k = len(BEND_KNOTS) - 1
            bends = np.where(used[:, None], _bends(units.age), 0.0)
            index = place * k + np.arange(k)[None, :]
            self._add(f"{key} bend", index, bends, size * k, 0.03**2, estimated=True)

    def _add_time(self) -> None:
        from scipy.sparse import csr_array

        knots, days = self.time_knots, self.units.day.astype(np.float64)
        left = np.clip(np.searchsorted(knots, days, side="right") - 1, 0, max(len(knots) - 2, 0))
        right = np.minimum(left + 1, len(knots) - 1)
        gap = np.where(right > left, knots[right] - knots[left], 1.0)
        share = np.clip((days - knots[left]) / gap, 0.0, 1.0)
        # the prior: a first level of sd 1, then steps of a random walk
        size = len(knots)
        root = np.eye(size) - np.eye(size, k=1)
        step = np.sqrt(np.concatenate([[1.0], np.diff(knots) / 30.44]))
        root = root / step[None, :]
        root[:, 0] *= 0.01
        self._add(
            "time",
            np.column_stack([left, right]),
            np.column_stack([1.0 - share, share]),
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
        """
        fit = fit_mixed(
            self.Z,
            self.M,
            y,
            self.blocks,
            self.root,
            spread,
            dof,
            rounds,
            held,
            self._factorise,
            start,
        )
        effects = {block.name: fit.effects[block.columns] for block in self.blocks}
        slopes = {name: fit.slopes[place] for name, place in self.curves.items()}
        counts = {
            name: effective_counts(self.units.codes[name], len(effects[name]), fit.weights)
            if name in effects
            else np.zeros(0)
            for name in HIERARCHY
        }
        hedonic = Hedonic(
            effects,
            slopes,
            self.time_knots,
            counts,
            {name: fit.variances.get(name, 0.25) for name in (*HIERARCHY, *fit.variances)},
            fit.scale,
            float(np.sqrt(posterior_variance(fit.solver, self._latest()))),
            _mass(self.units.age, AGE_KNOTS),
            _mass(self.units.odometer / 1000.0, ODOMETER_KNOTS),
        )
        return hedonic, fit

    def _latest(self) -> Floats:
        """Mean row of the latest tenth of the sales, moved to the last time knot."""
        days = self.units.day
        rows = np.flatnonzero(days >= np.quantile(days, 0.9))
        mean = np.asarray(self.Z[rows].sum(axis=0)).ravel() / len(rows)
        time = self.blocks[-1]
        mean[time.columns] = 0.0
        mean[time.start + time.size - 1] = 1.0
        return mean


def _time_knots(days: NDArray[np.int64]) -> Floats:
    """Weekly knots for up to three years of sales, else monthly, always ending at the last."""
    first, last = int(days.min()), int(days.max())
    step = 7.0 if last - first <= 1096 else 30.44
    count = int((last - first) // step) + 1
    return np.sort(last - step * np.arange(count)).astype(np.float64)


def _line(x: Floats, origin: float) -> Floats:
    """Distance from the origin, held beyond three times the origin."""
    return np.asarray(np.minimum(x, 3.0 * origin) - origin)


def _bends(age: Floats) -> Floats:
    return signed_basis(np.minimum(age, BEND_KNOTS[-1]), BEND_KNOTS, AGE_ORIGIN)


def _mass(x: Floats, knots: Floats) -> Floats:
    nearest = np.abs(x[:, None] - knots[None, :]).argmin(axis=1)
    return np.bincount(nearest, minlength=len(knots)).astype(np.float64) + 1.0


def _missing_columns(units: Units) -> Floats:
    return np.column_stack([units.odometer_missing, units.grade_missing]).astype(np.float64)


def _damage_columns(units: Units) -> Floats:
    return np.column_stack([units.damage >= 1, units.damage >= 2]).astype(np.float64)


def _hinges(x: Floats, starts: tuple[float, ...], end: float) -> Floats:
    return np.column_stack([np.clip((x - start) / (end - start), 0.0, 1.0) for start in starts])


def _products(units: Units, curves: dict[str, Floats] | dict[str, slice]) -> Floats:
    """Products of two kinds of wear: each rises in both, so a fall in them keeps the order."""
    age = _hinges(units.age, (0.0, 4.0, 8.0), 15.0)
    reading = _hinges(units.odometer / 1000.0, (0.0, 80.0, 160.0), 300.0)
    bad = _hinges(5.0 - units.grade, (0.0, 1.0, 2.0), 4.0)
    pairs = []
    if "odometer" in curves:
        pairs.append((age, reading))
    if "badness" in curves:
        pairs.append((age, bad))
        if "odometer" in curves:
            pairs.append((reading, bad))
    return np.column_stack(
        [one[:, i] * two[:, j] for one, two in pairs for i in range(3) for j in range(3)]
    )


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
        columns.append(-_damage_columns(units))
        names.append("damage")
    if set(names) & {"odometer", "badness"}:
        columns.append(-_products(units, dict.fromkeys(names, slice(0))))
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


def _lookup(effects: Floats, codes: NDArray[np.int64]) -> Floats:
    if not len(effects):
        return np.zeros(len(codes))
    return np.where(codes >= 0, effects[np.maximum(codes, 0)], 0.0)


def _dot(columns: Floats, coefficients: Floats) -> Floats:
    """Row sums in a fixed order, free of the linear algebra library's threads."""
    out: Floats = np.einsum("ij,j->i", columns, coefficients)
    return out
