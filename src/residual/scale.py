"""How far a hammer price strays from its location, by what is known of the unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from residual.covariates import NAMED
from residual.curves import Floats
from residual.held_out import sure
from residual.least_spread import least_spread
from residual.level_scale import Codes, level_factors, lookup, moved
from residual.spread_trees import SpreadTrees

#: No scale of ln hammer goes beyond this, or means would rest on prices nobody has seen; where
#: past sales themselves strayed further, none beyond that of one sale in a thousand, or `WIDEST`.
ORDINARY_WIDEST: Final = 0.8
WIDEST: Final = 2.5
_RARE: Final = 0.001
#: What is not known of make, model and variant counts alike.
ALIKE: Final = np.ones(3)
_SETTLED: Final = 1e-9
_KIND: Final = "model"
#: Ridge on counts, in ridges on others.
_ON_COUNTS: Final = 100.0


@dataclass(frozen=True, slots=True)
class ScaleModel:
    """Log-linear scale of the unit's error.

    Attributes
    ----------
    coefficients : float64[k]
        On the columns of `scale_columns`.
    ignorance_power : float
        Power of sqrt(1 + weighted ignorance): how much wider a unit is of which less is known.
    unknown : float64[3]
        Weight of what is not known of make, model and variant.
    lowest, highest : float
        Bounds of the scale of a unit that is known through and through.
    levels : dict of float64
        Log factor of each level, by category, of those that are wider or narrower than others.
    trees : SpreadTrees or None
        What acts together; None where that does not pay.
    new : ScaleModel or None
        Of units whose model was never sold; None where too few sales tell it apart.
    widest : float
        No unit's scale goes beyond this.
    """

    coefficients: Floats
    ignorance_power: float
    unknown: Floats
    lowest: float
    highest: float
    levels: dict[str, Floats]
    trees: SpreadTrees | None = None
    new: ScaleModel | None = None
    widest: float = ORDINARY_WIDEST

    def scale(self, columns: Floats, ignorance: Floats, codes: Codes) -> Floats:
        """Scale of each row's ln price around its location.

        Parameters
        ----------
        columns : float64[n, k]
            Of `residual.covariates.scale_columns`.
        ignorance : float64[n, 3]
            Of `Hedonic.ignorance`.
        codes : mapping of int64[n]
            Levels of the rows.
        """
        out = self._of_known(columns, ignorance, codes)
        if self.new is not None and _KIND in codes:
            rows = np.flatnonzero(codes[_KIND] < 0)
            own = {name: code[rows] for name, code in codes.items()}
            out[rows] = self.new._of_known(columns[rows], ignorance[rows], own)
        return out

    def _of_known(self, columns: Floats, ignorance: Floats, codes: Codes) -> Floats:
        """Scale of each row as if its model had been sold before."""
        log = np.einsum("ij,j->i", columns, self.coefficients)
        known = np.clip(log, np.log(self.lowest), np.log(self.highest))
        for name, factors in self.levels.items():
            known = known + lookup(factors, codes[name])
        log = known + 0.5 * self.ignorance_power * np.log1p(weighted(ignorance, self.unknown))
        if self.trees is not None:
            log = log + self.trees.log_factor(columns, ignorance, log)
        return np.asarray(np.minimum(np.exp(log), self.widest))

    def moved(self, old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> ScaleModel:
        """Return the same for other lists of levels, as of `Recipe.levels`."""
        of_new = None if self.new is None else self.new.moved(old, new)
        return replace(self, levels=moved(self.levels, old, new), new=of_new)


def fit_scale(
    residual: Floats,
    columns: Floats,
    ignorance: Floats,
    codes: Codes | None = None,
    unknown: Floats = ALIKE,
    penalty: float = 5.0,
) -> ScaleModel:
    """Fit the scale to |residual| by robust iteratively reweighted log-linear regression.

    Parameters
    ----------
    residual : float64[n]
        Out-of-sample ln residuals.
    columns : float64[n, k]
        Standardised so that a coefficient of order one is large; the first is the constant.
    ignorance : float64[n, 3]
        Of `Hedonic.ignorance`.
    codes : mapping of int64[n], optional
        Levels of the rows, which have scales of their own where they differ enough.
    unknown : float64[3]
        As in `ScaleModel`.
    penalty : float
        Ridge on all but the constant, in observations; a hundred times that on counts,
        which may be many and rare.

    Notes
    -----
    Newton steps for the Laplace likelihood of the winsorised |residual| (its mean is then
    log-linear), rescaled so that the winsorised standardised residuals have sd 1, and widened to
    what so few residuals can show at the least.
    """
    size = np.abs(residual)
    offset = 0.5 * np.log1p(weighted(ignorance, unknown))
    all_columns = np.column_stack([columns, offset])
    k = all_columns.shape[1]
    prior = np.zeros(k)
    prior[-1] = 1.0
    ridge = np.full(k, penalty)
    ridge[NAMED:-1] = _ON_COUNTS * penalty
    ridge[0] = 1e-6
    ridge[-1] = 0.05 * len(size)
    beta = prior.copy()
    beta[0] = np.log(max(float(np.median(size)) * 1.4, 1e-4))
    hessian = np.einsum("ij,ik->jk", all_columns, all_columns) + np.diag(ridge)
    for _ in range(25):
        mean = np.exp(np.einsum("ij,j->i", all_columns, beta))
        ratio = np.minimum(size / mean, 5.0)
        gradient = np.einsum("ij,i->j", all_columns, ratio - 1.0) - ridge * (beta - prior)
        step = np.linalg.solve(hessian, gradient)
        before, beta = beta, beta + np.clip(step, -0.5, 0.5)
        beta[-1] = np.clip(beta[-1], 0.5, 1.5)
        if np.max(np.abs(beta - before)) < _SETTLED:
            break
    log = np.einsum("ij,j->i", all_columns, beta)
    codes = {} if codes is None else codes
    levels = level_factors(size / np.exp(log), codes)
    for name, factors in levels.items():
        log = log + lookup(factors, codes[name])
    beside = log - np.einsum("ij,j->i", columns, beta[:-1])
    standardised = residual / np.exp(log)
    bound = 6.0 * float(np.median(np.abs(standardised)))
    beta[0] += np.log(max(float(np.sqrt(np.mean(np.clip(standardised, -bound, bound) ** 2))), 1e-3))
    scale = np.exp(np.einsum("ij,j->i", columns, beta[:-1]))
    wider = max(least_spread(len(size)) / float(np.sqrt(np.mean(scale**2))), 1.0)
    beta[0], scale = beta[0] + np.log(wider), scale * wider
    low, high = np.quantile(scale, [_RARE, 1.0 - _RARE])
    widest = _widest(size, scale * np.exp(beside))
    return ScaleModel(
        beta[:-1],
        float(beta[-1]),
        unknown,
        float(low) * 0.8,
        min(float(high) * 1.5, widest),
        levels,
        widest=widest,
    )


def _widest(size: Floats, scale: Floats) -> float:
    """Bound of the scale that sizes of errors, in order of time, ask for.

    Beyond `ORDINARY_WIDEST` only if the Laplace likelihood of the sizes gains by that surely.
    """
    shown = float(np.clip(np.quantile(scale, 1.0 - _RARE), ORDINARY_WIDEST, WIDEST))
    narrow, wide = np.minimum(scale, ORDINARY_WIDEST), np.minimum(scale, shown)
    gain = np.log(narrow / wide) + np.sqrt(2.0) * size * (1.0 / narrow - 1.0 / wide)
    return shown if sure(gain) else ORDINARY_WIDEST


def nothing_unknown(count: int) -> Floats:
    """Ignorance of units of which everything is known, [n, 3]."""
    return np.zeros((count, len(ALIKE)))


def weighted(ignorance: Floats, unknown: Floats) -> Floats:
    """Sum up what is not known, float64[n]."""
    return np.asarray(np.einsum("ij,j->i", ignorance, unknown))
