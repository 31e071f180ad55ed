"""Sales told by equations that have not seen them, where they are too few to be split by time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from residual.curves import Floats
from residual.design import Design
from residual.features import HIERARCHY, Units
from residual.settling import Settled

_FOLDS: Final = 10
_HELD: Final = 2


def told_by_others(
    units: Units, y: Floats, dof: float, settled: Settled, design_of: Callable[[Units], Design]
) -> tuple[Floats, Floats]:
    """Value of each sale, and how little is known of it, by an equation without it.

    Parameters
    ----------
    units : Units
        n sales, at least two.
    y : float64[n]
        Log values.
    dof : float
        Of the Student likelihood.
    settled : Settled
        Where the fit on all of them ended; its variances are held.
    design_of : callable
        The columns of the equation for some of the sales.

    Returns
    -------
    value : float64[n]
    ignorance : float64[n, 3]
        As of `Hedonic.value` and `Hedonic.ignorance`.

    Notes
    -----
    A tenth of the sales is left out at a time, or one sale where there are fewer than ten.
    """
    fold = np.arange(len(y)) % min(_FOLDS, len(y))
    relative = settled.relative(units)
    start = (settled.variances, settled.scale)
    value, ignorance = np.empty(len(y)), np.empty((len(y), len(HIERARCHY)))
    for number in range(int(fold.max()) + 1):
        others, own = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        hedonic, _ = design_of(units.take(others)).fit(
            y[others], relative[others], dof, 0, start, held=_HELD, posterior=False
        )
        left = units.take(own)
        value[own], ignorance[own] = hedonic.value(left), hedonic.ignorance(left)
    return value, ignorance
