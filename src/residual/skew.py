"""Which units' prices stray further down than up, by what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from residual.curves import Floats
from residual.distribution import NO_SKEW, Forms, skewed
from residual.held_out import runs_of, sure
from residual.trees import spread_of

#: Log ratio of the upper to the lower spread, against that of all units, of each form; the root.
SKEWS: Final[Floats] = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])
#: Form of a unit of which nothing tells another one.
ORDINARY: Final = 2
#: Later sales without which no form is told.
_FEWEST: Final = 2000
#: Ridges that are tried, in observations.
_RIDGES: Final = (10_000.0, 3_000.0, 1_000.0, 300.0)
#: Runs of sales, one after the other, each of which is told by the others.
_PARTS: Final = 4
#: Columns of the scale that are looked at: grade, age, odometer, worth.
_LOOKED_AT: Final = (1, 4, 6, 9)
#: Standard deviations from its mean beyond which a column tells no more.
_FAR: Final = 2.0
_CLIP: Final = 6.0
_ROUNDS: Final = 15


@dataclass(frozen=True, slots=True)
class Skew:
    """How much further up than down prices stray, by covariates.

    Attributes
    ----------
    coefficients : float64[6]
        Of grade, age, odometer, worth, ignorance and the log scale, standardised.
    middle, size : float64[6]
        Their means and standard deviations.

    Notes
    -----
    A two-piece distribution (Fernandez and Steel 1998): errors above the median are wider, and
    those below narrower, by one factor whose log is linear in the covariates.
    """

    coefficients: Floats
    middle: Floats
    size: Floats

    def form(self, columns: Floats, ignorance: Floats, log_scale: Floats) -> Forms:
        """Form of each unit: place of its skew among `SKEWS`.

        Parameters
        ----------
        columns : float64[n, k]
            Of `residual.covariates.scale_columns`.
        ignorance : float64[n, 3]
            Of `Hedonic.ignorance`.
        log_scale : float64[n]
            Log of each unit's scale.
        """
        standard = _standard(_looked_at(columns, ignorance, log_scale), self.middle, self.size)
        skew = np.einsum("ij,j->i", standard, self.coefficients)
        step = SKEWS[1] - SKEWS[0]
        place: Forms = np.rint(skew / step).astype(np.int64) + ORDINARY
        return np.clip(place, 0, len(SKEWS) - 1)


def forms_of(
    skew: Skew | None, columns: Floats, ignorance: Floats, log_scale: Floats
) -> tuple[Forms, Floats]:
    """Form of each unit, and the skews of the forms.

    Parameters
    ----------
    skew : Skew or None
        None where all units are alike.
    columns, ignorance, log_scale
        As in `Skew.form`.
    """
    if skew is None:
        return np.zeros(len(columns), dtype=np.int64), NO_SKEW
    return skew.form(columns, ignorance, log_scale), SKEWS


def unskewed(standardised: Floats, skew: Floats) -> Floats:
    """Take each error's own skew out, around the median of all.

    Parameters
    ----------
    standardised : float64[n]
    skew : float64[n]
    """
    middle = float(np.median(standardised)) if len(standardised) else 0.0
    return middle + skewed(standardised - middle, -skew)


def learn_skew(
    standardised: Floats, columns: Floats, ignorance: Floats, log_scale: Floats
) -> Skew | None:
    """Learn what tells the skew of errors; None where nothing does.

    Parameters
    ----------
    standardised : float64[n]
        Errors of later sales over their scale, in order of time.
    columns, ignorance, log_scale
        As in `Skew.form`.

    Notes
    -----
    Newton steps for the Laplace likelihood of the winsorised sizes, whose mean differs by side.
    The ridge is the one of the greatest likelihood of runs of sales told by those before and after
    them; nothing is taken for told unless that gains twice its standard error.
    """
    if len(standardised) < _FEWEST:
        return None
    looked_at = _looked_at(columns, ignorance, log_scale)
    middle, size = looked_at.mean(axis=0), looked_at.std(axis=0)
    # a column that stands still tells nothing
    size = np.where(size > 1e-9 * (1.0 + np.abs(middle)), size, np.inf)
    standard = _standard(looked_at, middle, size)
    error = standardised - float(np.median(standardised))
    part = runs_of(len(error), _PARTS)
    gain = np.empty((len(_RIDGES), len(error)))
    for number in range(_PARTS):
        own = part == number
        flat = _Sides.fit(error[~own], standard[~own], np.inf)
        for place, ridge in enumerate(_RIDGES):
            told = _Sides.fit(error[~own], standard[~own], ridge)
            gain[place, own] = flat.surprise(error[own], standard[own]) - told.surprise(
                error[own], standard[own]
            )
    best = int(np.argmax(gain.sum(axis=1)))
    if not sure(gain[best]):
        return None
    return Skew(_Sides.fit(error, standard, _RIDGES[best]).coefficients, middle, size)


@dataclass(frozen=True, slots=True)
class _Sides:
    """Log mean size of errors below and above, and what covariates add above and take off below."""

    coefficients: Floats
    below: float
    above: float

    @classmethod
    def fit(cls, error: Floats, standard: Floats, ridge: float) -> _Sides:
        size, side = _sizes(error), np.where(error < 0.0, -1.0, 1.0)
        columns = side[:, None] * standard
        coefficients = np.zeros(columns.shape[1])
        square = np.einsum("ij,ik->jk", columns, columns)
        lower = side < 0.0
        log = np.zeros(len(size))
        for _ in range(_ROUNDS):
            below = float(np.log(np.mean(size[lower] * np.exp(-log[lower]))))
            above = float(np.log(np.mean(size[~lower] * np.exp(-log[~lower]))))
            if not np.isfinite(ridge):
                break
            ratio = size * np.exp(-log - np.where(lower, below, above))
            gradient = np.einsum("ij,i->j", columns, ratio - 1.0) - ridge * coefficients
            step = np.linalg.solve(square + ridge * np.eye(len(square)), gradient)
            coefficients = coefficients + np.clip(step, -0.3, 0.3)
            log = np.einsum("ij,j->i", columns, coefficients)
        return cls(coefficients, below, above)

    def surprise(self, error: Floats, standard: Floats) -> Floats:
        """Negative log likelihood of each error's size, its side being known."""
        side = np.where(error < 0.0, -1.0, 1.0)
        log = side * np.einsum("ij,j->i", standard, self.coefficients)
        log = log + np.where(side < 0.0, self.below, self.above)
        return np.asarray(log + _sizes(error) * np.exp(-log))


def _looked_at(columns: Floats, ignorance: Floats, log_scale: Floats) -> Floats:
    unknown = np.log1p(np.einsum("ij->i", ignorance))
    return np.column_stack([columns[:, _LOOKED_AT], unknown, log_scale])


def _standard(looked_at: Floats, middle: Floats, size: Floats) -> Floats:
    return np.clip((looked_at - middle) / size, -_FAR, _FAR)


def _sizes(error: Floats) -> Floats:
    return np.clip(np.abs(error), 1e-6, _CLIP * spread_of(error))
