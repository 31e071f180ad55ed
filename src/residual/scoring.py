"""Scores of point and distribution forecasts: small, pure, each with its formula."""

from __future__ import annotations

import numpy as np

from residual.curves import Floats


def pinball(actual: Floats, quantile: Floats, probability: float) -> float:
    """Mean pinball loss: max(p (y - q), (p - 1)(y - q)).

    Parameters
    ----------
    actual, quantile : float64[n]
        Outcomes and their forecast quantiles at `probability`; NaN runs through.
    probability : float
        In (0, 1).

    Notes
    -----
    Koenker and Bassett (1978).
    """
    gap = actual - quantile
    return float(np.mean(np.maximum(probability * gap, (probability - 1.0) * gap)))


def crps_from_quantiles(actual: Floats, quantiles: Floats, probabilities: Floats) -> float:
    """Continuous ranked probability score by averaging twice the pinball loss over quantiles.

    Parameters
    ----------
    actual : float64[n]
    quantiles : float64[n, k]
    probabilities : float64[k]
        Evenly spaced mid-points such as (i + 1/2) / k, or the score is only proportional.

    Notes
    -----
    CRPS = 2 * integral over p of the pinball loss (Gneiting and Raftery 2007).
    """
    losses = [pinball(actual, quantiles[:, i], float(p)) for i, p in enumerate(probabilities)]
    return 2.0 * float(np.mean(losses))


def crps_from_sample(actual: Floats, sample: Floats) -> float:
    """Mean CRPS of equally weighted forecast samples: E|X - y| - E|X - X'| / 2.

    Parameters
    ----------
    actual : float64[n]
    sample : float64[n, m]
    """
    ordered = np.sort(sample, axis=1)
    m = ordered.shape[1]
    rank = 2.0 * np.arange(1, m + 1) - m - 1.0
    apart = np.einsum("ij,j->i", ordered, rank) / m**2
    return float(np.mean(np.mean(np.abs(ordered - actual[:, None]), axis=1) - apart))


def coverage(actual: Floats, lower: Floats, upper: Floats) -> float:
    """Share of outcomes with lower <= y <= upper."""
    return float(np.mean((actual >= lower) & (actual <= upper)))


def bias(actual: Floats, forecast: Floats) -> float:
    """Mean of forecast - y."""
    return float(np.mean(forecast - actual))


def mean_absolute_error(actual: Floats, forecast: Floats) -> float:
    """Mean of |forecast - y|."""
    return float(np.mean(np.abs(forecast - actual)))


def mean_absolute_percentage_error(actual: Floats, forecast: Floats) -> float:
    """Mean of 100 |forecast / y - 1|; outcomes must not be 0."""
    return float(np.mean(100.0 * np.abs(forecast / actual - 1.0)))


def median_absolute_percentage_error(actual: Floats, forecast: Floats) -> float:
    """Median of 100 |forecast / y - 1|; outcomes must not be 0."""
    return float(np.median(100.0 * np.abs(forecast / actual - 1.0)))


def mean_pinball(actual: Floats, quantiles: Floats, probabilities: Floats) -> float:
    """Mean pinball loss over units and quantiles: mean over k of `pinball` at probability k.

    Parameters
    ----------
    actual : float64[n]
    quantiles : float64[n, k]
    probabilities : float64[k]
        In (0, 1).

    Notes
    -----
    Half the CRPS where the probabilities are even mid-points (Gneiting and Raftery 2007).
    """
    losses = [pinball(actual, quantiles[:, i], float(p)) for i, p in enumerate(probabilities)]
    return float(np.mean(losses))


def pit_distance(actual: Floats, quantiles: Floats, probabilities: Floats) -> float:
    """Kolmogorov-Smirnov distance of the probability integral transform from the uniform.

    max over k of |share of y at or below (and: strictly below) the forecast quantile k - p_k|.

    Parameters
    ----------
    actual : float64[n]
    quantiles : float64[n, k]
    probabilities : float64[k]
        In (0, 1). The distance is seen at these alone: the finer, the nearer to the whole one.

    Notes
    -----
    Dawid (1984); Diebold, Gunther and Tay (1998). PIT(y) <= p where y <= the quantile at p.
    """
    at_most = np.mean(actual[:, None] <= quantiles, axis=0)
    below = np.mean(actual[:, None] < quantiles, axis=0)
    return float(np.max(np.maximum(np.abs(at_most - probabilities), np.abs(below - probabilities))))
