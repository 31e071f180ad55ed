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
from residual.newcomers import Newcomers, newcomers_among
from residual.settling import Settled
from residual.still import still_columns
from residual.trees import Trees, grow

_FOLDS: Final = 3
_HELD: Final = 2


@dataclass(frozen=True, slots=True)
class Remainder:
    """Boosted trees on what stands still: categories, grade, damage and further numbers.

    Attributes
    ----------
    trees : Trees or None
        For units of which the model is known; None where they do not pay.
    newcomers : Newcomers or None
        For the others, likewise.

    Notes
    -----
    Age, odometer, model year and date are left out, so that a value falls with age and odometer
    as the equation says, and a unit that waits keeps its remainder. Fitted to out-of-fold errors.
    """

    trees: Trees | None
    newcomers: Newcomers | None

    def value(
        self, hedonic: Hedonic, units: Units, hidden: NDArray[np.int64] | None = None
    ) -> Floats:
        """Log value to be added for each unit.

        Parameters
        ----------
        hedonic : Hedonic
        units : Units
            n units.
        hidden : int64[n], optional
            Codes of their models where those are hidden from `units` to see how well models that
            were never sold are told.
        """
        out, new = np.zeros(len(units)), newcomers_among(units)
        if self.newcomers is None:
            new[:] = False
        if self.trees is not None:
            known = np.flatnonzero(~new)
            out[known] = self.trees.predict(still_columns(hedonic, units.take(known)))
        if self.newcomers is not None:
            rows = np.flatnonzero(new)
            own = np.full(len(rows), -1) if hidden is None else hidden[rows]
            out[rows] = self.newcomers.value(hedonic, units.take(rows), own)
        return out


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
    error: Floats, columns: Floats, names: list[str], units: Units, settled: Settled, rounds: int
) -> Trees:
    """Grow the trees for units of which the model is known.

    Parameters
    ----------
    error : float64[n]
        Out of fold.
    columns : float64[n, k]
        As of `still_columns`, out of fold.
    names : list of str
        Of the columns.
    units : Units
    settled : Settled
        Tells how far each error is known to stray.
    rounds : int
    """
    spread = settled.relative(units)
    bend = np.maximum(spread, 1.0) if settled.far else None
    return grow(error, columns, names, rounds, 1.0 / np.clip(spread, 0.2, 5.0), bend=bend)
