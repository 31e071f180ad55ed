"""An equation fitted until its variances settle, rows weighted by their own spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from residual.covariates import scale_columns
from residual.curves import Floats
from residual.design import Design
from residual.features import Units
from residual.hedonic import Hedonic
from residual.scale import ORDINARY_WIDEST, ScaleModel, fit_scale, nothing_unknown

#: Sales by which the first equation tells how spreads differ.
_ENOUGH: Final = 15_000


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a fit on some sales ended, as the start of one on others like them.

    Attributes
    ----------
    variances : dict of float
        Of each block.
    scale : float
    spread : ScaleModel
        Scale of each row's error by what is known of it before any value.
    """

    variances: dict[str, float]
    scale: float
    spread: ScaleModel

    @property
    def far(self) -> bool:
        """Whether some rows surely stray further than prices ordinarily do."""
        return self.spread.widest > ORDINARY_WIDEST

    def relative(self, units: Units) -> Floats:
        """Scale of each row's error over that of an ordinary one."""
        scale = self.spread.scale(_spread_columns(units), nothing_unknown(len(units)), {})
        return np.asarray(scale / np.exp(self.spread.coefficients[0]) * units.repeated)


def settle(design: Design, y: Floats, dof: float, start: Settled | None) -> tuple[Hedonic, Settled]:
    """Fit an equation with rows weighted by their own spread, as the residuals show it.

    Without a start it is itself the start of others: how surely it is known is not told.
    """
    units, n, told = design.units, len(y), start is not None
    if start is None:
        # how the spread hangs on condition is told by fewer sales as well
        some = np.where(np.arange(n) % max(n // _ENOUGH, 1) == 0, units.repeated, np.inf)
        first, fit = design.fit(y, some, dof, 4, held=0, posterior=False)
        scale = fit_scale(y - first.value(units), _spread_columns(units), nothing_unknown(n))
        start, rounds = Settled(fit.variances, fit.scale, scale), 5
    else:
        rounds = 1
    begin = (start.variances, start.scale)
    spread = start.relative(units)
    hedonic, fit = design.fit(y, spread, dof, rounds, begin, posterior=told)
    return hedonic, Settled(fit.variances, fit.scale, start.spread)


def _spread_columns(units: Units) -> Floats:
    """Columns of the scale that do not need a value first."""
    return scale_columns(units, np.zeros(len(units)))
