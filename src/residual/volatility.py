"""How far the next month may stray: a variance that follows recent shocks and reverts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, product
from typing import Final

import numpy as np
from scipy.special import gammaln

from residual.curves import Floats

_RESPONSES: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
_PERSISTENCES: Final = (0.8, 0.9, 0.95, 0.98, 0.995)
_DOFS: Final = (4.0, 5.0, 7.0, 10.0, 20.0)
#: Squares of a shock, in long-run variances, beyond which it moves the variance no further.
FLOOR: Final = 0.1
CAP: Final = 16.0
_SMALLEST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Volatility:
    """Variances of the shocks of a series, with the parameters that may have made them.

    Attributes
    ----------
    long_run : float
        Variance to which the month's reverts.
    response, persistence, dof : float64[k]
        Of each set of parameters on the grid.
    chance : float64[k]
        Posterior probability of each set; sums to 1.
    following : float64[k]
        Variance of the shock after the last, under each set.
    past : float64[n]
        Variance of each past shock, averaged over the sets.
    """

    long_run: float
    response: Floats
    persistence: Floats
    dof: Floats
    chance: Floats
    following: Floats
    past: Floats

    @property
    def mean_dof(self) -> float:
        """Degrees of freedom averaged as tails, 1 / dof."""
        return float(1.0 / (self.chance @ (1.0 / self.dof)))


def fit_volatility(shocks: Floats, weights: Floats, prior: float, worth: float) -> Volatility:
    """Weigh every set of parameters by how likely it makes the shocks.

    Parameters
    ----------
    shocks : float64[n]
        In order of time; NaN where a month was not seen.
    weights : float64[n]
        How much a month counts, the newest 1; the log likelihood is weighted by them.
    prior, worth : float
        Variance expected beforehand, and how many months that expectation is worth.

    Notes
    -----
    e[t] = s[t] u[t] with u Student t of variance 1 and, as in a GARCH(1, 1),
    s2[t + 1] = (1 - p) L + (p - a) s2[t] + a e[t]^2, where L is the long-run variance, p the
    persistence and a the response (Bollerslev 1986, 1987), and e[t]^2 is held between L / 10 and
    16 L. L is the weighted mean square of the shocks, shrunk to the prior (variance targeting); a
    month that was not seen leaves s2 where it tends.
    """
    seen = np.isfinite(shocks)
    square = np.where(seen, shocks, 0.0) ** 2
    counts = np.where(seen, weights, 0.0)
    total = float(counts.sum())
    long_run = max((float(counts @ square) + worth * prior) / (total + worth), _SMALLEST)
    capped = np.where(seen, np.clip(square, FLOOR * long_run, CAP * long_run), long_run)
    pairs = [(a, p) for a, p in product(_RESPONSES, _PERSISTENCES) if a < p]
    paths = np.stack([_variances(capped, long_run, a, p) for a, p in pairs])
    likelihood = np.stack([_likelihood(square, paths[:, :-1], counts, dof) for dof in _DOFS], 1)
    chance = np.exp(likelihood - likelihood.max()).ravel()
    chance /= chance.sum()
    k = len(_DOFS)
    response, persistence = np.repeat(np.array(pairs), k, axis=0).T
    mean = chance.reshape(len(pairs), k).sum(axis=1) @ paths
    return Volatility(
        long_run,
        np.ascontiguousarray(response),
        np.ascontiguousarray(persistence),
        np.tile(np.array(_DOFS), len(pairs)),
        chance,
        np.repeat(paths[:, -1], k),
        mean[:-1],
    )


def _variances(capped: Floats, long_run: float, response: float, persistence: float) -> Floats:
    """Variance of each shock and of the one to follow, from the long run on."""
    kept = persistence - response
    moved = long_run * (1.0 - persistence) + response * capped
    # Summed up by Python: a filter of SciPy's takes longer to import than all fits to work out.
    path = accumulate(moved.tolist(), lambda before, more: more + kept * before, initial=long_run)
    return np.fromiter(path, dtype=np.float64, count=len(moved) + 1)


def _likelihood(square: Floats, variance: Floats, weights: Floats, dof: float) -> Floats:
    """Weighted log likelihood of Student shocks, a row for each path of variances."""
    constant = gammaln((dof + 1) / 2) - gammaln(dof / 2) - 0.5 * np.log(np.pi * (dof - 2))
    each = -0.5 * np.log(variance) - 0.5 * (dof + 1) * np.log1p(square / variance / (dof - 2))
    return np.asarray(constant * weights.sum() + (each * weights).sum(axis=1))
