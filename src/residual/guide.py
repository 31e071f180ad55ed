"""A guide value blended into the hedonic value, robustly and never beyond the guide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.hedonic import Hedonic

SUPPORT: Final = ("all", "body", "make", "model", "variant")
_WIDEST: Final = 1.0


@dataclass(frozen=True, slots=True)
class GuideModel:
    """ln price = h + b * (ln guide + r - h), with h the hedonic and r the guide's own bias.

    Attributes
    ----------
    bias : Hedonic
        Equation of ln(price / guide) on the same covariates, falling in age and odometer too,
        so that the blend falls in both for any b in [0, 1].
    share : float64[5]
        b by level of support, in the order of `SUPPORT`.
    """

    bias: Hedonic
    share: Floats

    def deviation(
        self, log_guide: Floats, bias: Floats, hedonic: Floats, support: NDArray[np.int64]
    ) -> Floats:
        """What the guide adds to the hedonic ln value; 0 where the guide is NaN.

        Parameters
        ----------
        log_guide, bias, hedonic : float64[n]
            All at the guide's date.
        support : int64[n]

        Notes
        -----
        The gap between the two values is held within +-1 on the log scale, so that a wrong
        decimal in a guide cannot carry a value off.
        """
        gap = np.clip(log_guide + bias - hedonic, -_WIDEST, _WIDEST)
        return np.where(np.isfinite(gap), self.share[support] * gap, 0.0)


def fit_share(gap: Floats, error: Floats, support: NDArray[np.int64]) -> Floats:
    """Share b of the gap between guide and hedonic that out-of-sample errors ask for.

    Parameters
    ----------
    gap : float64[n]
        ln guide + r - h, clipped.
    error : float64[n]
        ln price - h.
    support : int64[n]

    Returns
    -------
    float64[5]
        In [0, 1]; each level is shrunk to the common share with the weight of 50 rows.

    Notes
    -----
    Iteratively reweighted least squares through the origin with Student weights, 4 degrees of
    freedom.
    """
    common, weights = 0.8, np.ones(len(gap))
    for _ in range(15):
        common = float(np.sum(weights * gap * error) / max(np.sum(weights * gap**2), 1e-12))
        left = error - common * gap
        size = max(1.4826 * float(np.median(np.abs(left))), 1e-6)
        weights = 5.0 / (4.0 + (left / size) ** 2)
    out = np.empty(len(SUPPORT))
    prior = 50.0 * float(np.mean(weights * gap**2))
    for level in range(len(SUPPORT)):
        rows = support == level
        top = float(np.sum((weights * gap * error)[rows])) + prior * common
        out[level] = top / max(float(np.sum((weights * gap**2)[rows])) + prior, 1e-12)
    clipped: Floats = np.clip(out, 0.0, 1.0)
    return clipped
