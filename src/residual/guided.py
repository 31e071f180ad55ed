"""Boosted trees that tell how prices lie to their guide values, where sales are many enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.columns import LEAST_FALL
from residual.curves import Floats
from residual.features import Units
from residual.guide import WIDEST, Beside
from residual.hedonic import Hedonic
from residual.lift import Lift
from residual.still import still_columns, still_names
from residual.trees import FEWEST, Trees, best_rounds, grow

#: Sales weigh by this power of their guide value: an error of a share costs more on a dear unit.
_BY_PRICE: Final = 0.25
_FEATURES: Final = 0.7
#: Rounds that are tried.
ROUNDS: Final = (50, 100, 150, 200, 300)


@dataclass(frozen=True, slots=True)
class GuidedTrees:
    """ln price = ln guide + trees on what stands still, wear, guide and the equation's value.

    Attributes
    ----------
    trees : Trees
    lift : Lift
        How far the middle of prices lies above what they tell.

    Notes
    -----
    At a given guide value, no tree rises with age or with the odometer, nor falls as the
    equation's value rises, which itself never rises with either; the least fall of the equation's
    curves is kept. So the location falls in both.
    """

    trees: Trees
    lift: Lift

    def gap(self, beside: Beside) -> Floats:
        """How far ln values lie by the guide above those without, [n]; NaN without a guide."""
        rows, columns, start = _asked(beside)
        out = np.full(len(beside.units), np.nan)
        out[rows] = start + self.trees.predict(columns) - beside.value[rows]
        return out

    def added(self, beside: Beside, gap: Floats) -> Floats:
        """What the guide adds to the ln value, [n]; 0 without a guide."""
        known = np.isfinite(beside.log_guide)
        return np.where(known, np.clip(gap, -WIDEST, WIDEST) + self.lift.of(beside.units), 0.0)

    def best(
        self,
        beside: Beside,
        told: Floats,
        scale: Floats,
        block: NDArray[np.int64],
        least: float,
    ) -> int:
        """Rounds with the least loss on later sales with a guide value; 0 if above a bound.

        Parameters
        ----------
        beside : Beside
        told : float64[m]
            ln price at the reference venue of those with a guide value.
        scale : float64[m]
        block : int64[m]
        least : float
            As of `residual.trees.best_rounds`.
        """
        _, columns, start = _asked(beside)
        tried = self.trees.by_rounds(columns, ROUNDS)
        return best_rounds(tried, told - start, scale, block, least)


def guided_columns(
    hedonic: Hedonic, static: Floats, units: Units, bare: Floats, log_guide: Floats
) -> Floats:
    """Columns of the trees, [n, k].

    Parameters
    ----------
    hedonic : Hedonic
        The equation of values.
    static : float64[n, j]
        Of `residual.still.still_columns`.
    units : Units
    bare, log_guide : float64[n]
        As in `Beside`, without NaN.
    """
    reading = np.where(units.odometer_missing, np.nan, units.odometer)
    still = float(hedonic.effects["base"][0]) + static[:, -1] - log_guide
    return np.column_stack([static, units.age, reading, bare - log_guide, still, log_guide])


def guided_by(
    hedonic: Hedonic,
    units: Units,
    y: Floats,
    log_guide: Floats,
    missed: Floats,
    static: Floats,
    lift: Lift,
    rounds: int = ROUNDS[-1],
) -> GuidedTrees | None:
    """Grow the trees on those sales that have a guide value; None where they are too few.

    Parameters
    ----------
    hedonic : Hedonic
        The equation of values.
    units : Units
        n sales.
    y, log_guide : float64[n]
        ln price, and ln guide value or NaN.
    missed : float64[n]
    static : float64[n, k]
        Errors of the equation and columns out of fold, of `residual.remainder.out_of_fold`.
    lift : Lift
    rounds : int
    """
    rows = np.flatnonzero(np.isfinite(log_guide))
    if len(rows) < FEWEST:
        return None
    own = units.take(rows)
    venue = hedonic.parts(own).get("venue_id", np.zeros(len(rows)))
    price, guide = y[rows] - venue, log_guide[rows]
    columns = guided_columns(hedonic, static[rows], own, price - missed[rows], guide)
    names = [*still_names(hedonic, own), "age", "odometer", "value", "still_share", "guide"]
    order = [0] * static.shape[1] + [-1, -1, 1, 0, 0]
    target = price - guide + _least_fall(own)
    weight = np.exp(_BY_PRICE * (guide - np.median(guide)))
    return GuidedTrees(grow(target, columns, names, rounds, weight, order, _FEATURES), lift)


def _asked(beside: Beside) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Places of units with a guide value, their columns, and where their trees start from."""
    rows = np.flatnonzero(np.isfinite(beside.log_guide))
    units, log_guide = beside.units.take(rows), beside.log_guide[rows]
    static = still_columns(beside.hedonic, units)
    columns = guided_columns(beside.hedonic, static, units, beside.bare[rows], log_guide)
    return rows, columns, log_guide - _least_fall(units)


def _least_fall(units: Units) -> Floats:
    return LEAST_FALL["age"] * units.age + LEAST_FALL["odometer"] * units.odometer / 1000.0
