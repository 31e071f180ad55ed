"""How far the middle of prices lies above the location that equations tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from residual.covariates import NAMED, STILL, scale_columns
from residual.curves import Floats
from residual.features import Units
from residual.level_scale import lookup
from residual.scale import ScaleModel

#: So many sales in the middle of their forecast stand beside those that are asked.
_FEW: Final = 20.0


@dataclass(frozen=True, slots=True)
class Lift:
    """A share of the spread that a unit has by its condition and levels alone.

    Attributes
    ----------
    share : float
    spread : ScaleModel

    Notes
    -----
    Robust equations tell where most prices lie; as prices stray further down than up, their
    median is another, the more so the wider they stray. What the spread owes to age, odometer and
    value is left out: a location that moved with it could rise as a unit ages.
    """

    share: float
    spread: ScaleModel

    @classmethod
    def learn(cls, errors: Floats, units: Units, spread: ScaleModel) -> Lift:
        """Tell the lift by the errors of sales.

        Parameters
        ----------
        errors : float64[n]
            ln price less the location, errors common to a week taken out.
        units : Units
        spread : ScaleModel
        """
        if not len(errors):
            return cls(0.0, spread)
        middle = float(np.median(errors / cls(1.0, spread).of(units)))
        return cls(middle * len(errors) / (len(errors) + _FEW), spread)

    def of(self, units: Units) -> Floats:
        """Log value to be added for each unit."""
        columns = scale_columns(units, np.zeros(len(units)))
        still = [*STILL, *range(NAMED, columns.shape[1])]
        log = np.einsum("ij,j->i", columns[:, still], self.spread.coefficients[still])
        for name, factors in self.spread.levels.items():
            log = log + lookup(factors, units.codes[name])
        return np.asarray(self.share * np.exp(log))

    def moved(self, old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> Lift:
        """Return the same for other lists of levels, as of `Recipe.levels`."""
        return replace(self, spread=self.spread.moved(old, new))
