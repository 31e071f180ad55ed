"""The equation of values as a mixed model: its columns by block, and its robust fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.columns import (
    AGE_KNOTS,
    AGE_ORIGIN,
    BADNESS_KNOTS,
    BEND_KNOTS,
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
from residual.features import HIERARCHY, Recipe, Units
from residual.hedonic import Hedonic
from residual.mixed import (
    Block,
    Factoriser,
    MixedFit,
    effective_counts,
    fit_mixed,
    posterior_variance,
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
_PRODUCT_SD: Final = 0.3


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
        self._add_dense("missing", missing_columns(units), 1.0)
        for name, levels in recipe.levels.items():
            if name not in exclude and levels:
                self._add_level(name, units.codes[name], len(levels))
        for key in SLOPED if bent else ():
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
            for name in (*HIERARCHY, *(other for other in self.units.codes if other in effects))
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
            self._covariance(fit),
            Posterior(
                fit.normal,
                fit.solver.order,
                fit.moved,
                fit.slope_covariance,
                {block.name: block.columns for block in self.blocks},
            ),
        )
        return hedonic, fit

    def _covariance(self, fit: MixedFit) -> dict[str, Floats]:
        """Posterior covariance of the coefficients of each curve and each block of columns."""
        found = {
            name: fit.slope_covariance[place, place].copy() for name, place in self.curves.items()
        }
        for block in self.blocks:
            if block.name in ("missing", "numbers"):
                chosen = np.eye(self._width, block.size, k=-block.start)
                moved = fit.moved[block.columns]
                found[block.name] = (
                    fit.solver.solve(chosen)[block.columns] + moved @ fit.slope_covariance @ moved.T
                )
        return found

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
