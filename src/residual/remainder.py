"""What the equation of values leaves unsaid: a boosted remainder, used where it pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.design import Design
from residual.features import Units
from residual.hedonic import Hedonic
from residual.settling import Settled
from residual.trees import Trees, grow, loss

#: Share by which the error on later sales has to fall.
_PAYS: Final = 0.0005
_FOLDS: Final = 3
_HELD: Final = 2
#: A price is asked for at the reference venue and moved to another by its factor; what a model
#: year or a variant is worth is the equation's alone.
_ASIDE: Final = ("venue_id", "variant", "model_year")


@dataclass(frozen=True, slots=True)
class Remainder:
    """Boosted trees on what stands still: categories, grade, damage and further numbers.

    Attributes
    ----------
    trees : Trees

    Notes
    -----
    Age, odometer, model year and date are left out, so that a value falls with age and odometer
    as the equation says, and a unit that waits keeps its remainder. Fitted to out-of-fold errors.
    """

    trees: Trees

    def value(self, hedonic: Hedonic, units: Units) -> Floats:
        """Log value to be added for each unit."""
        return self.trees.predict(still_columns(hedonic, units))


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
        found = still_columns(hedonic, there)
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
        Out of fold.
    columns : float64[n, k]
        As of `still_columns`, out of fold.
    names : list of str
        Of the columns.
    spread : float64[n]
        Relative scale of each error.
    rounds : int
    """
    return Remainder(grow(error, columns, names, rounds, 1.0 / np.clip(spread, 0.2, 5.0)))


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
    columns = still_columns(hedonic, later)
    least = (1.0 - _PAYS) * loss(error, scale, block)
    return remainder.trees.best(columns, error, scale, block, least)


def still_names(hedonic: Hedonic, units: Units) -> list[str]:
    """Names of the columns of `still_columns`."""
    kinds = len(_used(hedonic, units))
    names = ["grade", "damage", "odometer_missing"]
    names += [f"effect_{place}" for place in range(kinds)]
    names += [f"code_{place}" for place in range(kinds)]
    return names + [f"number_{place}" for place in range(units.numbers.shape[1])]


def still_columns(hedonic: Hedonic, units: Units) -> Floats:
    """Columns of which nothing moves while a unit waits, [n, k]."""
    used = _used(hedonic, units)
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
    return np.column_stack(columns).astype(np.float64)


def _used(hedonic: Hedonic, units: Units) -> list[str]:
    return [name for name in units.codes if name in hedonic.effects and name not in _ASIDE]
