"""What the equation of values leaves unsaid: a boosted remainder, used where it pays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.design import Design
from residual.distribution import block_effects
from residual.features import Units
from residual.hedonic import Hedonic
from residual.settling import Settled

if TYPE_CHECKING:
    from lightgbm import Booster

#: Rounds that are tried; none is always one of the choices.
ROUNDS: Final = (50, 100, 150, 200, 300)
#: Share by which the error on later sales has to fall.
_PAYS: Final = 0.001
_FEWEST: Final = 2000
_FOLDS: Final = 3
_HELD: Final = 2
#: A price is asked for at the reference venue and moved to another by its factor; what a model
#: year or a variant is worth is the equation's alone.
_ASIDE: Final = ("venue_id", "variant", "model_year")
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "huber", "alpha": 1.0, "learning_rate": 0.12, "num_leaves": 20,
    "min_data_in_leaf": 30, "lambda_l2": 20.0, "feature_fraction": 0.4, "cat_smooth": 30.0,
    "cat_l2": 30.0, "max_bin": 127, "seed": 20150125, "deterministic": True,
    "force_col_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remainder:
    """Boosted trees on what stands still: categories, grade, damage and further numbers.

    Attributes
    ----------
    trees : str
        The LightGBM model in its own text format.
    unit : float
        Log value of one unit of its target.

    Notes
    -----
    Age, odometer, model year and date are left out, so that a value falls with age and odometer
    as the equation says, and a unit that waits keeps its remainder. Fitted to out-of-fold errors
    (Friedman 2001; Ke et al. 2017).
    """

    trees: str
    unit: float

    def value(self, hedonic: Hedonic, units: Units) -> Floats:
        """Log value to be added for each unit."""
        if not len(units):
            return np.zeros(0)
        columns, _ = _columns(hedonic, units)
        told = _booster(self.trees).predict(columns, num_threads=1)
        return self.unit * np.asarray(told, dtype=np.float64)


def out_of_fold(design: Design, y: Floats, dof: float, settled: Settled) -> tuple[Floats, Floats]:
    """Errors of each sale, and its columns, told by an equation that has not seen it.

    Parameters
    ----------
    design : Design
    y : float64[n]
        Log value of each of its rows.
    dof : float
    settled : Settled
        Where the fit on all of them ended.

    Returns
    -------
    error : float64[n]
        ln price less the equation's value.
    columns : float64[n, k]
        As the remainder takes them.

    Notes
    -----
    Sales of infinite spread weigh nothing, so that one set of columns serves every equation. The
    weights start anew without them: those of the fit on all sales tell how well a sale left out
    agrees with its like. A whole part is left out at a time: among sales of one level, the effect
    that lacks a single one is the lower the higher the price of that one.
    """
    fold = np.arange(len(y)) % _FOLDS
    relative = settled.relative(design.units)
    start = (settled.variances, settled.scale)
    error, columns = np.empty(len(y)), np.empty((0, 0))
    for number in range(_FOLDS):
        own = fold == number
        spread = np.where(own, np.inf, relative)
        hedonic, _ = design.fit(y, spread, dof, 0, start, held=_HELD, posterior=False)
        there = design.units.take(np.flatnonzero(own))
        error[own] = y[own] - hedonic.value(there)
        found, _ = _columns(hedonic, there)
        if not columns.size:
            columns = np.empty((len(y), found.shape[1]))
        columns[own] = found
    return error, columns


def boost(
    error: Floats, columns: Floats, names: list[str], spread: Floats, rounds: int
) -> Remainder:
    """Fit the trees.

    Parameters
    ----------
    error : float64[n]
    columns : float64[n, k]
    names : list of str
        Of the columns; those that begin with "code" are categories.
    spread : float64[n]
        Relative scale of each error.
    rounds : int
    """
    import lightgbm

    unit = max(1.4826 * float(np.median(np.abs(error))), 1e-6)
    data = lightgbm.Dataset(
        columns,
        np.clip(error / unit, -5.0, 5.0),
        weight=1.0 / np.clip(spread, 0.2, 5.0),
        feature_name=names,
        categorical_feature=[name for name in names if name.startswith("code")],
        params={"verbose": -1, "max_bin": 127},
    )
    trees = lightgbm.train(_SETTINGS, data, rounds)
    return Remainder(trees.model_to_string(), unit)


def column_names(hedonic: Hedonic, units: Units) -> list[str]:
    """Names of the columns of the remainder."""
    return _columns(hedonic, units.take(np.zeros(0, dtype=np.int64)))[1]


def enough(count: int) -> bool:
    """Tell whether so many sales are enough for a remainder to be tried."""
    return count >= _FEWEST


def best_rounds(
    remainder: Remainder,
    hedonic: Hedonic,
    later: Units,
    error: Floats,
    scale: Floats,
    block: NDArray[np.int64],
) -> tuple[int, Floats]:
    """Rounds with the least error on later sales, the level of each week aside; 0 for none.

    Parameters
    ----------
    remainder : Remainder
        Of as many rounds as are tried.
    hedonic : Hedonic
    later : Units
    error, scale : float64[n]
        Of the equation on the later sales.
    block : int64[n]
        Week of each sale.

    Returns
    -------
    rounds : int
    value : float64[n]
        What so many rounds add to the log value of the later sales.
    """
    columns, _ = _columns(hedonic, later)
    trees = _booster(remainder.trees)
    least = (1.0 - _PAYS) * _loss(error, scale, block)
    added, start = np.zeros(len(error)), 0
    best, value = 0, added
    for rounds in ROUNDS:
        more = trees.predict(
            columns, start_iteration=start, num_iteration=rounds - start, num_threads=1
        )
        added, start = added + remainder.unit * np.asarray(more), rounds
        loss = _loss(error - added, scale, block)
        if loss < least:
            least, best, value = loss, rounds, added
    return best, value


def _loss(left: Floats, scale: Floats, block: NDArray[np.int64]) -> float:
    """Mean absolute error in units of its scale, held at 5, the level of each week aside."""
    week, _ = block_effects(left, scale, block)
    return float(np.mean(np.minimum(np.abs(left - week[block]) / scale, 5.0)))


@lru_cache(maxsize=8)
def _booster(trees: str) -> Booster:
    import lightgbm

    return lightgbm.Booster(model_str=trees)


def _columns(hedonic: Hedonic, units: Units) -> tuple[Floats, list[str]]:
    """Columns of the remainder and their names: nothing of them moves while a unit waits."""
    used = [name for name in units.codes if name in hedonic.effects and name not in _ASIDE]
    columns = [
        np.where(units.grade_missing, np.nan, units.grade),
        units.damage.astype(np.float64),
        units.odometer_missing.astype(np.float64),
        *(
            np.where(units.codes[name] >= 0, hedonic.effects[name][units.codes[name]], 0.0)
            for name in used
        ),
        *(np.where(units.codes[name] >= 0, units.codes[name], np.nan) for name in used),
        *units.numbers.T,
    ]
    names = ["grade", "damage", "odometer missing"]
    names += [f"effect {place}" for place in range(len(used))]
    names += [f"code {place}" for place in range(len(used))]
    names += [f"number {place}" for place in range(units.numbers.shape[1])]
    return np.column_stack(columns).astype(np.float64), [name.replace(" ", "_") for name in names]
