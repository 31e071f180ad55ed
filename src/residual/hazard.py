"""The hazard of a sale from day to day, by penalised maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from residual.curves import Floats
from residual.frailty import Spans

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_STEPS: Final = 60
_SMALL: Final = 1e-8
_ROUNDS: Final = 25
_LEAST_VARIANCE: Final = 1e-6
_LARGEST_VARIANCE: Final = 4.0
#: Variances of the unknown factor of listings that are tried.
FRAILTIES: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)
#: Prior of the logarithm of the frailty: mean and sd. Settled on listings of 2020 in China.
_FRAILTY: Final = (float(np.log(0.4)), 0.5)


@dataclass(frozen=True, slots=True)
class Family:
    """Columns of the hazard that share a prior.

    Attributes
    ----------
    name : str
    start, size : int
        Place among the columns.
    mean : float
        Prior mean of each coefficient.
    variance : float
        Prior variance, or where the search for it starts.
    estimated : bool
        Whether the variance is chosen from the data.
    """

    name: str
    start: int
    size: int
    mean: float
    variance: float
    estimated: bool = False

    @property
    def columns(self) -> slice:
        """Where the family stands."""
        return slice(self.start, self.start + self.size)


@dataclass(frozen=True, slots=True)
class HazardFit:
    """Outcome of `fit_hazard`.

    Attributes
    ----------
    coefficients : float64[p]
    variances : dict of float
        Prior variance of each family.
    covariance : float64[p, p]
        Posterior covariance of the coefficients.
    log_likelihood : float
    """

    coefficients: Floats
    variances: dict[str, float]
    covariance: Floats
    log_likelihood: float


def fit_hazard(
    columns: csr_array, spans: Spans, families: Sequence[Family], start: Floats | None = None
) -> HazardFit:
    """Fit ln h = X b, the chance of a sale on a day being 1 - exp(-h).

    Parameters
    ----------
    columns : csr_array[m, p]
        X, a row for each spell.
    spans : Spans
        What became of the listings in these rows.
    families : sequence of Family
        They cover the columns.
    start : float64[p], optional
        Where the search starts; else at the prior means.

    Returns
    -------
    HazardFit

    Notes
    -----
    The grouped proportional-hazards model with log-likelihood
    ``sum(-survived h + sold ln(1 - exp(-h)))`` (Prentice and Gloeckler, Biometrics 34, 1978), or
    with frailty that of `Spans.log_likelihood`, and independent normal priors; Newton steps with
    halving. The variance of a family is moved to b'b / (size - trace(C)/variance) with one prior
    term of its start (MacKay 1992).
    """
    variances = {family.name: family.variance for family in families}
    prior = np.concatenate([np.full(family.size, family.mean) for family in families])
    coefficients = prior.copy() if start is None else start
    rounds = _ROUNDS if any(family.estimated for family in families) else 1
    for _ in range(rounds):
        precision = _precision(families, variances)
        coefficients, normal = _newton(columns, spans, prior, precision, coefficients)
        covariance = np.asarray(np.linalg.inv(normal), dtype=np.float64)
        moved = _moved(families, variances, coefficients, np.diag(covariance))
        settled = all(abs(np.log(moved[k] / variances[k])) < 1e-2 for k in moved)
        if settled:
            break
        variances = moved
    return HazardFit(
        coefficients, variances, covariance, spans.log_likelihood(columns @ coefficients)
    )


def likeliest_frailty(columns: csr_array, spans: Spans, families: Sequence[Family]) -> float:
    """Frailty of `FRAILTIES` that is likeliest with the likeliest hazard, under its prior.

    The variances of the families are those found without frailty; the search goes upwards and ends
    where the penalised likelihood falls.
    """
    fit = fit_hazard(columns, replace(spans, frailty=0.0), families)
    still = [replace(f, variance=fit.variances[f.name], estimated=False) for f in families]
    chosen, best, point = 0.0, -np.inf, fit.coefficients
    for frailty in FRAILTIES:
        found = fit_hazard(columns, replace(spans, frailty=frailty), still, point)
        point = found.coefficients
        gaps = [(point[f.columns] - f.mean) ** 2 / f.variance for f in still]
        away = (np.log(frailty) - _FRAILTY[0]) / _FRAILTY[1]
        value = found.log_likelihood - 0.5 * (float(np.concatenate(gaps).sum()) + float(away**2))
        if value <= best:
            break
        chosen, best = frailty, value
    return chosen


def held(families: Sequence[Family], name: str, value: float) -> list[Family]:
    """Families of which one is held at a value."""
    return [
        replace(family, mean=value, variance=_SMALL**2) if family.name == name else family
        for family in families
    ]


def _newton(
    columns: csr_array, spans: Spans, prior: Floats, precision: Floats, start: Floats
) -> tuple[Floats, Floats]:
    """Maximise the penalised likelihood; return the maximum and the curvature there."""

    def goal(point: Floats) -> float:
        gap = point - prior
        return spans.log_likelihood(columns @ point) - 0.5 * float(precision @ gap**2)

    point, value = start, goal(start)
    for _ in range(_STEPS):
        slope, normal = spans.derivatives(columns, columns @ point)
        normal[np.diag_indices_from(normal)] += precision
        gradient = columns.T @ slope - precision * (point - prior)
        step = np.asarray(np.linalg.solve(normal, gradient), dtype=np.float64)
        while (found := goal(point + step)) < value - 1e-9 * abs(value):
            step = step / 2.0
        point, value = point + step, found
        if np.abs(step).max() < _SMALL:
            break
    return point, normal


def _precision(families: Sequence[Family], variances: dict[str, float]) -> Floats:
    return np.concatenate(
        [np.full(family.size, 1.0 / variances[family.name]) for family in families]
    )


def _moved(
    families: Sequence[Family], variances: dict[str, float], point: Floats, spread: Floats
) -> dict[str, float]:
    out = dict(variances)
    for family in families:
        if family.estimated:
            own = point[family.columns] - family.mean
            variance = variances[family.name]
            free = float(np.clip(family.size - spread[family.columns].sum() / variance, 0.0, None))
            moved = (float(own @ own) + family.variance) / (free + 1.0)
            out[family.name] = float(np.clip(moved, _LEAST_VARIANCE, _LARGEST_VARIANCE))
    return out
