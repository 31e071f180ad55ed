"""Correlations of steps that are seen through noise, shrunk as far as the data ask for it."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats

_FEWEST: Final = 6
_LARGEST: Final = 0.95


def told_share(step: Floats, spread: Floats, gain: Floats) -> Floats:
    """Correlation of the innovations of two filtered walks whose steps are the same.

    Parameters
    ----------
    step : float64[s]
        Sd of each walk's step.
    spread, gain : float64[s, t]
        Of `residual.segment_filter.Filtered`; NaN where nothing was seen.

    Returns
    -------
    float64[s, s]
        Below 1, as noise is not shared; 0 for a walk never seen.

    Notes
    -----
    A step that the filter has not taken over stays in the next innovation: with gains k and l the
    covariance is that of the steps times 1 + (1 - k)(1 - l) + ... = 1 / (1 - (1 - k)(1 - l)).
    """
    seen = np.isfinite(spread).any(axis=1)
    sd, share = np.ones(len(step)), np.ones(len(step))
    sd[seen] = np.nanmean(spread[seen], axis=1)
    share[seen] = np.nanmean(gain[seen], axis=1)
    left = 1.0 - share
    size = np.where(seen, step / sd, 0.0)
    return np.asarray(np.outer(size, size) / (1.0 - np.outer(left, left)))


def shrunk_correlation(innovation: Floats, told: Floats) -> Floats:
    """Correlation of steps from the innovations of filtered walks.

    Parameters
    ----------
    innovation : float64[s, t]
        Of mean 0; NaN where nothing was seen.
    told : float64[s, s]
        See `told_share`.

    Returns
    -------
    float64[s, s]
        Positive definite, 1 on the diagonal. Pairs with fewer than six months in common count as
        independent.

    Notes
    -----
    Empirical Bayes: r ~ N(a rho, 1 / m) over m shared months with a from `told_share`, and
    rho ~ N(0, tau^2) with tau^2 from the moments of all pairs. Where the pairs do not make a
    definite matrix all are drawn in together.
    """
    known = np.isfinite(innovation)
    value, there = np.where(known, innovation, 0.0), known.astype(np.float64)
    shared = there @ there.T
    norm = np.sqrt((value**2 @ there.T) * (there @ (value**2).T))
    r = np.divide(value @ value.T, norm, out=np.zeros_like(norm), where=norm > 0.0)
    usable = (shared >= _FEWEST) & ~np.eye(len(r), dtype=np.bool_)
    noise = 1.0 / np.maximum(shared, 1.0)
    weight = float((told[usable] ** 2).sum())
    excess = float((r[usable] ** 2 - noise[usable]).sum())
    tau = min(excess / weight, 1.0) if weight > 0.0 and excess > 0.0 else 0.0
    rho = np.where(usable, told * r * tau / (told**2 * tau + noise), 0.0)
    rho = np.clip(rho, -_LARGEST, _LARGEST)
    smallest = float(np.linalg.eigvalsh(rho)[0]) if len(rho) else 0.0
    kept = min(1.0, _LARGEST / -smallest) if smallest < 0.0 else 1.0
    return np.asarray(kept * rho + np.eye(len(rho)))
