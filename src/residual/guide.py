"""A guide value blended into the hedonic value, robustly and never beyond the guide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Units
from residual.hedonic import Hedonic

SUPPORT: Final = ("all", "body", "make", "model", "variant")
_WIDEST: Final = 1.0
_GRADES: Final = 4


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
    """

    bias: Hedonic
    share: Floats

    def deviation(
        self,
        log_guide: Floats,
        bias: Floats,
        hedonic: Floats,
        support: NDArray[np.int64],
        grade: NDArray[np.int64],
    ) -> Floats:
        """What the guide adds to the hedonic ln value; 0 where the guide is NaN.

        Parameters
        ----------
        log_guide, bias, hedonic : float64[n]
            All at the guide's date.
        support, grade : int64[n]
            Places in `share`.

        Notes
        -----
        The gap between the two values is held within +-1 on the log scale, so that a wrong
        decimal in a guide cannot carry a value off.
        """
        gap = np.clip(log_guide + bias - hedonic, -_WIDEST, _WIDEST)
        return np.where(np.isfinite(gap), self.share[support, grade] * gap, 0.0)


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
    cell = support * _GRADES + grade
    cells = len(SUPPORT) * _GRADES
    top = np.bincount(cell, weights=weights * gap * error, minlength=cells)
    bottom = np.bincount(cell, weights=weights * gap**2, minlength=cells)
    prior = 50.0 * float(np.mean(weights * gap**2)) + 1e-12
    share = np.clip((top + prior * common) / (bottom + prior), 0.0, 1.0)
    return np.asarray(share.reshape(len(SUPPORT), _GRADES))
