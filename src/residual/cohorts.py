"""What a model year is worth beside its model's other years, kept in the order of the years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats, nonincreasing

#: Years told before the oldest and after the newest model year sold.
_BEFORE: Final = 25
_AFTER: Final = 6
#: Weight, in sales, of a year that was never sold: as its model on the whole.
_UNSOLD: Final = 0.05


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Effect of each model year of each model.

    Attributes
    ----------
    first : int
        Model year of the first column.
    table : float64[models, years]
        Added to the log value.
    """

    first: int
    table: Floats

    def value(self, model: NDArray[np.int64], year: Floats) -> Floats:
        """Effect of each row; 0 where model or year is not known.

        Parameters
        ----------
        model : int64[n]
            Place of the model among those known, -1 for none.
        year : float64[n]
            NaN where unknown.
        """
        if not self.table.size:
            return np.zeros(len(model))
        known = (model >= 0) & np.isfinite(year)
        place = np.clip(np.where(known, year, self.first) - self.first, 0, self.table.shape[1] - 1)
        found = self.table[np.maximum(model, 0), place.astype(np.int64)]
        return np.where(known, found, 0.0)


def order_cohorts(
    effects: Floats,
    counts: Floats,
    cohort: list[str],
    models: list[str],
    falls: FallByYear,
) -> Cohorts:
    """Bring model years into an order in which an older one is never worth more.

    Parameters
    ----------
    effects, counts : float64[k]
        Fitted effect of each model year sold, and the sales behind it.
    cohort : list of str
        Their names, "make / model / year".
    models : list of str
        Names of the models, "make / model".
    falls : FallByYear

    Notes
    -----
    At a fixed date a unit one model year older is a year older too. With d(y) the least that
    age takes off meanwhile, c(y) >= c(y - 1) - d(y) keeps the sum in order; the nearest such
    effects, by sales, are an isotonic regression of c(y) + d(first) + ... + d(y).
    """
    named = [name.rpartition(" / ") for name in cohort]
    years = np.array([int(year) for _, _, year in named], dtype=np.int64)
    place = {name: i for i, name in enumerate(models)}
    rows = np.array([place[model] for model, _, _ in named], dtype=np.int64)
    first, last = int(years.min()) - _BEFORE, int(years.max()) + _AFTER
    shape = (len(models), last - first + 1)
    raw, weight = np.zeros(shape), np.full(shape, _UNSOLD)
    raw[rows, years - first] = effects
    weight[rows, years - first] = counts + _UNSOLD
    fallen = np.cumsum(falls.least(np.arange(first, last + 1)))
    return Cohorts(first, -nonincreasing(-(raw + fallen), weight) - fallen)


@dataclass(frozen=True, slots=True)
class FallByYear:
    """The least that a year of age takes off, by the ages at which a model year is looked at.

    Attributes
    ----------
    ages, curve : float64[k]
        Log value by age that every age curve falls at least as steeply as.
    first, last : float
        Years, with fractions, between which values are asked for.
    """

    ages: Floats
    curve: Floats
    first: float
    last: float

    def least(self, model_year: NDArray[np.int64]) -> Floats:
        """Least fall over a year of age of each model year, its age being off by up to 1.5."""
        grid = np.arange(self.ages[0], self.ages[-1] + 0.01, 0.25)
        fall = np.interp(grid, self.ages, self.curve) - np.interp(grid + 1.0, self.ages, self.curve)
        out = np.empty(len(model_year))
        for place, year in enumerate(model_year.tolist()):
            low, high = self.first - year - 2.0, self.last - year + 1.0
            inside = (grid >= low) & (grid <= high)
            # outside of the curve nothing is known to fall
            whole = low >= grid[0] and high <= grid[-1]
            out[place] = fall[inside].min() if inside.any() and whole else 0.0
        return out
