"""Monthly growth of a level: a shrunk autoregression in which older months count less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from residual.curves import Floats
from residual.volatility import Volatility, fit_volatility

LAGS: Final = 4
#: Prior of the first lag, and how far it may stray; further lags are expected to be 0.
_FIRST_LAG: Final = 0.5
_LAG_SD: Final = 0.15
#: Sd of the prior of the constant, as monthly growth: little drift unless the months insist.
_DRIFT_SD: Final = 0.0015
#: Months that the expected volatility is worth.
_WORTH: Final = 12.0
_ROUNDS: Final = 4
_FLOOR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Growth:
    """One autoregression of monthly log changes.

    Attributes
    ----------
    coefficients : float64[LAGS + 1]
        Of the last months, newest first, and the constant.
    factor : float64[LAGS + 1, LAGS + 1]
        Lower Cholesky factor of their posterior covariance.
    last : float64[LAGS]
        The last changes, newest first.
    volatility : Volatility
        Of the shocks.
    """

    coefficients: Floats
    factor: Floats
    last: Floats
    volatility: Volatility


def fit_growth(change: Floats, seen: Floats, half_life: float, expected_sd: float) -> Growth:
    """Fit the autoregression to past changes.

    Parameters
    ----------
    change : float64[n]
        Monthly log changes in order of time, finite throughout, n >= LAGS.
    seen : float64[n]
        1 where the change was observed, 0 where it was filled in.
    half_life : float
        Months after which a month counts half.
    expected_sd : float
        Of a month's shock, where few months are there to tell.

    Notes
    -----
    A ridge whose prior is tighter at longer lags (Litterman 1986). Rows are weighted by their
    age, by the variance of their month and by a Student likelihood; weights and coefficients
    take turns.
    """
    age = 0.5 ** (np.arange(len(change))[::-1] / half_life)
    weights = age * seen
    size = _size(change, weights, expected_sd)
    z, expected = change / size, (expected_sd / size) ** 2
    X = _design(z)
    mean = np.array([_FIRST_LAG, *np.zeros(LAGS)])
    precision = np.array([*(np.arange(1, LAGS + 1) / _LAG_SD), size / _DRIFT_SD]) ** 2
    coefficients = mean
    for _ in range(_ROUNDS):
        shocks = np.where(seen > 0.0, z - X @ coefficients, np.nan)
        volatility = fit_volatility(shocks, age, expected, _WORTH)
        rows = weights * _robust(shocks, volatility) / volatility.past
        posterior = (X * rows[:, None]).T @ X + np.diag(precision)
        coefficients = np.linalg.solve(posterior, X.T @ (rows * z) + precision * mean)
    scale = np.array([*np.ones(LAGS), size])
    factor = np.linalg.cholesky(np.linalg.inv(posterior))
    money = size**2
    return Growth(
        coefficients * scale,
        factor * scale[:, None],
        change[::-1][:LAGS],
        replace(
            volatility,
            long_run=volatility.long_run * money,
            following=volatility.following * money,
            past=volatility.past * money,
        ),
    )


def _size(change: Floats, weights: Floats, expected_sd: float) -> float:
    """Root mean square of the changes, never 0: the unit that the fit works in."""
    total = float(weights @ change**2) + _WORTH * expected_sd**2
    return max(float(np.sqrt(total / (float(weights.sum()) + _WORTH))), _FLOOR)


def _design(z: Floats) -> Floats:
    """The months before each month, newest first, and a column of ones."""
    n = len(z)
    padded = np.concatenate([np.zeros(LAGS), z])
    lags = [padded[LAGS - lag : LAGS - lag + n] for lag in range(1, LAGS + 1)]
    return np.stack([*lags, np.ones(n)], axis=1)


def _robust(shocks: Floats, volatility: Volatility) -> Floats:
    """Weight of each row in a Student likelihood of variance 1."""
    dof = volatility.mean_dof
    square = np.where(np.isfinite(shocks), shocks, 0.0) ** 2 / volatility.past
    return np.asarray((dof + 1.0) / (dof - 2.0 + square))
