"""A drifting walk seen with noise, for many series and many parameters at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from residual.curves import Floats

#: Variance of the first level.
_ANYWHERE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Filtered:
    """Where each series stands after its last month, under each set of parameters.

    Attributes
    ----------
    level, drift : float64[s, g]
        Means given all months; the drift is per month.
    level_variance, covariance, drift_variance : float64[s, g]
    likelihood : float64[s, g]
        Log likelihood.
    innovation, spread, gain : float64[s, months, g]
        What each month brought against its forecast, in standard deviations; that standard
        deviation; and the share of it that the level took over. NaN where nothing was seen, and in
        the first month that was.
    """

    level: Floats
    drift: Floats
    level_variance: Floats
    covariance: Floats
    drift_variance: Floats
    likelihood: Floats
    innovation: Floats
    spread: Floats
    gain: Floats


def filter_walks(
    mean: Floats,
    precision: Floats,
    step: Floats,
    passing: Floats,
    drift: Floats,
    drift_sd: Floats,
) -> Filtered:
    """Run the Kalman filter.

    Parameters
    ----------
    mean, precision : float64[s, months]
        Observed levels, and 1 / variance of their error; 0 where nothing was seen.
    step, passing : float64[g]
        Sd of a month's step, above 0, and of an error that is common to the sales of a month and
        gone in the next.
    drift, drift_sd : float64[s]
        Prior of the drift of a month.

    Notes
    -----
    y[t] = L[t] + e[t], L[t + 1] = L[t] + d + n[t] with d constant (Harvey 1989, section 2.3). The
    first level may lie anywhere: residuals of the equation of values are 0 on the whole, wherever
    the walk led, so their mean must not speak for short steps and slow drifts. Its variance of 1
    is beyond all that segments stray, and the first month seen brings nothing against a forecast.
    """
    shape = (len(mean), len(step))
    q, h = step**2, passing**2
    slope = np.broadcast_to(drift[:, None], shape).copy()
    r = np.broadcast_to(drift_sd[:, None] ** 2, shape).copy()
    at, c, p = np.zeros(shape), np.zeros(shape), np.full(shape, _ANYWHERE)
    first = np.ones((len(mean), 1), dtype=np.bool_)
    likelihood = np.zeros(shape)
    innovation, spread, gain = np.full((3, shape[0], mean.shape[1], shape[1]), np.nan)
    for month in range(mean.shape[1]):
        if month:
            at, p, c = at + slope, p + 2.0 * c + r + q, c + r
        seen = (precision[:, month] > 0.0)[:, None]
        noise = np.where(seen, 1.0 / np.where(seen, precision[:, month, None], 1.0) + h, 1.0)
        total = p + noise
        error = mean[:, month, None] - at
        known = np.where(seen, 1.0 / total, 0.0)
        likelihood -= np.where(seen, 0.5 * (np.log(2.0 * np.pi * total) + error**2 / total), 0.0)
        later = seen & ~first
        innovation[:, month] = np.where(later, error / np.sqrt(total), np.nan)
        spread[:, month] = np.where(later, np.sqrt(total), np.nan)
        gain[:, month] = np.where(later, p * known, np.nan)
        first &= ~seen
        at, slope = at + p * known * error, slope + c * known * error
        p, c, r = p - p * p * known, c - p * c * known, r - c * c * known
    return Filtered(at, slope, p, c, r, likelihood, innovation, spread, gain)
