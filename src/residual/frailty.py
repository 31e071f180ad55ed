"""The likelihood of spells whose listings differ by more than their columns tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Logs of daily hazards outside of this are not told apart.
_RANGE: Final = (-20.0, 4.0)


def unsold_share(hazard: Floats, frailty: float) -> Floats:
    """Share of listings that is unsold once so much hazard has passed.

    Parameters
    ----------
    hazard : float64, any shape
        Sum of the hazard of a unit whose own factor is 1.
    frailty : float
        Variance of the factor, which has a gamma distribution of mean 1; 0 where all are alike.

    Returns
    -------
    float64, the same shape
        ``(1 + frailty * hazard) ** (-1 / frailty)``, or ``exp(-hazard)`` where all are alike.

    Notes
    -----
    Vaupel, Manton and Stallard (Demography 16, 1979).
    """
    return np.asarray(np.exp(-_passed(hazard, frailty)))


def hazard_of(share: Floats, frailty: float) -> Floats:
    """Hazard that has passed once such a share of listings is unsold: `unsold_share` turned around.

    Parameters
    ----------
    share : float64, any shape
        In (0, 1].
    frailty : float
        As of `unsold_share`.
    """
    passed = -np.log(share)
    return np.asarray(np.expm1(frailty * passed) / frailty if frailty > 0.0 else passed)


def _passed(hazard: Floats, frailty: float) -> Floats:
    """Hazard that passes in the mean over those that are left."""
    return np.log1p(frailty * hazard) / frailty if frailty > 0.0 else hazard


def _step(passed: Floats, last: Floats, frailty: float) -> Floats:
    """Hazard of a further day, in the mean over those that are left before it."""
    return _passed(last / (1.0 + frailty * passed), frailty)


@dataclass(frozen=True, slots=True)
class Spans:
    """Days without a sale and sales of listings, row by row.

    Attributes
    ----------
    listing : int64[m]
        Whose row it is; from 0 without gaps.
    survived : float64[m]
        Days of the row without a sale.
    sold : bool[m]
        Whether a sale followed on one day more; in one row of a listing at most.
    frailty : float
        As of `unsold_share`.
    """

    listing: NDArray[np.int64]
    survived: Floats
    sold: NDArray[np.bool_]
    frailty: float

    def log_likelihood(self, log_rate: Floats) -> float:
        """Sum of the logs of the chances of what was seen, ln h of each row being given.

        Notes
        -----
        With A the hazard that passed without a sale and h that of the day of the sale,
        with U the unsold share, ``ln U(A)`` of a listing that was not sold and ``ln(U(A) - U(A +
        h))`` of one that was (Meyer, Econometrica 58, 1990). Without frailty the rows stand on
        their own.
        """
        passed, last = self._sums(self._rates(log_rate))
        step = _step(passed, last, self.frailty)[last > 0.0]
        return float(np.log(-np.expm1(-step)).sum() - _passed(passed, self.frailty).sum())

    def derivatives(self, columns: csr_array, log_rate: Floats) -> tuple[Floats, Floats]:
        """Slope of the log-likelihood in each ln h, and its curvature downwards in coefficients.

        Parameters
        ----------
        columns : csr_array[m, p]
        log_rate : float64[m]

        Returns
        -------
        float64[m], float64[p, p]
        """
        rate = self._rates(log_rate)
        passed, last = self._sums(rate)
        parts = _parts(passed, last, self.frailty)
        early, late = self.survived * rate, self.sold * rate
        slope = parts.passed[self.listing] * early + parts.last[self.listing] * late
        if not self.frailty:
            own = -slope - parts.last_twice[self.listing] * late**2
            return slope, _product(columns, own, columns)
        normal = _product(columns, -slope, columns)
        size = (passed.size, columns.shape[0])
        by_listing = [_grouped(self.listing, weight, size) @ columns for weight in (early, late)]
        normal -= _product(by_listing[0], parts.passed_twice, by_listing[0])
        normal -= _product(by_listing[1], parts.last_twice, by_listing[1])
        mixed = _product(by_listing[0], parts.both, by_listing[1])
        return slope, normal - mixed - mixed.T

    def _rates(self, log_rate: Floats) -> Floats:
        return np.asarray(np.exp(np.clip(log_rate, *_RANGE)))

    def _sums(self, rate: Floats) -> tuple[Floats, Floats]:
        """Hazard of each listing up to its last day, and of the day of its sale."""
        return (
            np.bincount(self.listing, self.survived * rate).astype(np.float64),
            np.bincount(self.listing, self.sold * rate).astype(np.float64),
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Derivatives of the log-likelihood of each listing in A and h."""

    passed: Floats
    last: Floats
    passed_twice: Floats
    last_twice: Floats
    both: Floats


def _parts(passed: Floats, last: Floats, frailty: float) -> _Parts:
    """Differentiate ``-ln(c) / f + ln(1 - exp(-g))``, c = 1 + f A, g = ln(1 + f h / c) / f."""
    before, after = 1.0 + frailty * passed, 1.0 + frailty * (passed + last)
    bought = last > 0.0
    step = _step(passed, last, frailty)
    odds = np.divide(1.0, np.expm1(step), out=np.zeros(last.size), where=bought)
    bend = odds * (1.0 + odds)
    in_passed, in_last = -frailty * last / (before * after), 1.0 / after
    return _Parts(
        odds * in_passed - 1.0 / before,
        odds * in_last,
        frailty / before**2
        + odds * frailty * (1.0 / before**2 - 1.0 / after**2)
        - bend * in_passed**2,
        -odds * frailty * in_last**2 - bend * in_last**2,
        -odds * frailty * in_last**2 - bend * in_passed * in_last,
    )


def _grouped(listing: NDArray[np.int64], weight: Floats, size: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    matrix: csr_array = csr_array((weight, (listing, np.arange(weight.size))), shape=size)
    return matrix


def _product(one: csr_array, weight: Floats, other: csr_array) -> Floats:
    return np.asarray((one.multiply(weight[:, None]).tocsr().T @ other).toarray())
