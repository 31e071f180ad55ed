"""A guide value blended into the hedonic value, robustly and never beyond the guide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Units
from residual.hedonic import Hedonic
from residual.lift import Lift

#: No guide moves a value by more on the log scale: one with a wrong decimal cannot carry it off.
WIDEST: Final = 1.0
SUPPORT: Final = ("all", "body", "make", "model", "variant")
GRADES: Final = 4


@dataclass(frozen=True, slots=True)
class Beside:
    """Units beside their guide values, all of one date.

    Attributes
    ----------
    units : Units
    hedonic : Hedonic
        The equation of values.
    bare : float64[n]
        ln value by the equation alone at the reference venue, at the level of the date.
    value : float64[n]
        The same with the boosted remainder.
    log_guide : float64[n]
        NaN where there is none.
    bias : float64[n] or None
        The guide's own bias where it is known already.
    """

    units: Units
    hedonic: Hedonic
    bare: Floats
    value: Floats
    log_guide: Floats
    bias: Floats | None = None

    def take(self, rows: NDArray[np.int64]) -> Beside:
        """Return some of the units."""
        bias = None if self.bias is None else self.bias[rows]
        return Beside(
            self.units.take(rows), self.hedonic, self.bare[rows], self.value[rows],
            self.log_guide[rows], bias,
        )  # fmt: skip

    def moved(self, change: Floats) -> Beside:
        """Return the same with a change of the level added to the values."""
        return replace(self, bare=self.bare + change, value=self.value + change)


@dataclass(frozen=True, slots=True)
class GuideModel:
    """ln price = h + b * (ln guide + r - h), with h the hedonic and r the guide's own bias.

    Attributes
    ----------
    bias : Hedonic
        Equation of ln(price / guide) on the same covariates, falling in age and odometer too,
        so that the blend falls in both for any b in [0, 1].
    share : float64[5, 4]
        b by level of support, in the order of `SUPPORT`, and class of grade: missing, below
        2.5, below 3.75, above. It must not hang on age or odometer.
    lift : Lift
        How far the middle of prices lies above what is foretold.
    """

    bias: Hedonic
    share: Floats
    lift: Lift

    def gap(self, beside: Beside) -> Floats:
        """How far ln values lie by the guide above those without, [n]; NaN without a guide."""
        bias = beside.bias
        if bias is None:
            bias = self.bias.value(beside.units, without=("venue_id",))
        return np.asarray(beside.log_guide + bias - beside.value)

    def added(self, beside: Beside, gap: Floats) -> Floats:
        """What the guide adds to the ln value, [n]; 0 without a guide."""
        share = self.share[support_of(beside.units), grade_class(beside.units)]
        told = share * np.clip(gap, -WIDEST, WIDEST) + self.lift.of(beside.units)
        return np.where(np.isfinite(gap), told, 0.0)


def support_of(units: Units) -> NDArray[np.int64]:
    """Deepest known level of each row, as a place in `SUPPORT`."""
    out = np.zeros(len(units), dtype=np.int64)
    for level, name in enumerate(SUPPORT[1:], start=1):
        if name in units.codes:
            out = np.where(units.codes[name] >= 0, level, out)
    return out


def grade_class(units: Units) -> NDArray[np.int64]:
    """0 where the grade is missing, else 1 below 2.5, 2 below 3.75, 3 above."""
    known = 1 + (units.grade >= 2.5).astype(np.int64) + (units.grade >= 3.75)
    return np.where(units.grade_missing, 0, known)


def fit_share(
    gap: Floats,
    error: Floats,
    scale: Floats,
    support: NDArray[np.int64],
    grade: NDArray[np.int64],
) -> Floats:
    """Share b of the gap between guide and hedonic that out-of-sample errors ask for.

    Parameters
    ----------
    gap : float64[n]
        ln guide + r - h, clipped.
    error : float64[n]
        ln price - h.
    scale : float64[n]
        Scale of the error without a guide.
    support, grade : int64[n]

    Returns
    -------
    float64[5, 4]
        In [0, 1]; each cell is shrunk to the common share with the weight of 50 rows.

    Notes
    -----
    Iteratively reweighted least squares through the origin with Student weights, 4 degrees of
    freedom.
    """
    common, weights = 0.8, 1.0 / scale**2
    for _ in range(15):
        common = float(np.sum(weights * gap * error) / max(np.sum(weights * gap**2), 1e-12))
        left = (error - common * gap) / scale
        size = max(1.4826 * float(np.median(np.abs(left))), 1e-6)
        weights = 5.0 / (4.0 + (left / size) ** 2) / scale**2
    cell = support * GRADES + grade
    cells = len(SUPPORT) * GRADES
    top = np.bincount(cell, weights=weights * gap * error, minlength=cells)
    bottom = np.bincount(cell, weights=weights * gap**2, minlength=cells)
    prior = 50.0 * float(np.mean(weights * gap**2)) + 1e-12
    share = np.clip((top + prior * common) / (bottom + prior), 0.0, 1.0)
    return np.asarray(share.reshape(len(SUPPORT), GRADES))
