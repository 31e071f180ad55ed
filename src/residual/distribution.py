"""How far a hammer price strays from its location: scale, shape and order statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.least_spread import least_spread
from residual.level_scale import Codes, level_factors, lookup, moved

_GRID: Final[Floats] = (np.arange(2001, dtype=np.float64) + 0.5) / 2001.0
_CORE: Final = np.concatenate([np.linspace(0.01, 0.09, 17), np.linspace(0.1, 0.99, 179)])
_NODES: Final = 9
#: No market is off by more for a week: what a few sales show beyond is the units' own.
_WILDEST_WEEK: Final = 0.1
#: Errors this far below their scale, which no sales could show to be less, tell of no shape.
_FLAT: Final = 0.3
_LOWEST: Final = -12.0
#: No scale of ln hammer goes beyond this, or means would rest on prices nobody has seen.
_WIDEST: Final = 0.8
_LEVEL_RATIOS: Final = np.concatenate([np.linspace(0.0, 1.0, 21), np.linspace(1.25, 4.0, 12)])


@dataclass(frozen=True, slots=True)
class UnitShock:
    """Standardised persistent shock of a unit: fat lower tail, thin and truncated upper tail.

    Attributes
    ----------
    table : float64[k]
        Quantiles at the probabilities of the core, 1 % to 99 %.
    lower_rate, upper_rate : float
        Mean excess below the first and above the last of them.
    highest : float
        Truncation of the upper tail.
    """

    table: Floats
    lower_rate: float
    upper_rate: float
    highest: float

    def quantile(self, u: Floats) -> Floats:
        """Quantile of the shock.

        Parameters
        ----------
        u : float64, any shape
            Probabilities in (0, 1); NaN gives NaN.

        Notes
        -----
        Linear between the tabled quantiles, exponential tails outside, bounded below at -12 and
        above at `highest`.
        """
        u = np.asarray(u, dtype=np.float64)
        out = np.interp(u, _CORE, self.table)
        with np.errstate(divide="ignore", invalid="ignore"):
            below = self.table[0] + self.lower_rate * np.log(u / _CORE[0])
            above = self.table[-1] - self.upper_rate * np.log((1.0 - u) / (1.0 - _CORE[-1]))
        out = np.where(u < _CORE[0], np.maximum(below, _LOWEST), out)
        return np.asarray(np.where(u > _CORE[-1], np.minimum(above, self.highest), out))

    @property
    def nodes(self) -> Floats:
        """Quadrature nodes, shape (9,): Gauss-Legendre points of u mapped through `quantile`."""
        points, _ = np.polynomial.legendre.leggauss(_NODES)
        return self.quantile(0.5 * (points + 1.0))

    @property
    def weights(self) -> Floats:
        """Quadrature weights, shape (9,), adding up to one."""
        _, weights = np.polynomial.legendre.leggauss(_NODES)
        half: Floats = 0.5 * weights
        return half

    @classmethod
    def from_quantiles(cls, table: Floats, lower_rate: float, upper_rate: float) -> UnitShock:
        """Build from core quantiles and mean excesses; the upper tail ends after 3 of them."""
        table = np.maximum.accumulate(table)
        return cls(table, lower_rate, upper_rate, float(table[-1] + 3.0 * upper_rate))


@dataclass(frozen=True, slots=True)
class HammerShape:
    """Distribution of standardised ln hammer, and its split into unit shock and sale noise.

    Attributes
    ----------
    shock : UnitShock
    unit_ratio : float
        Scale of the unit's shock over the total scale.
    bidder_share : float
        Sigma of bidders' ln values over the total scale.
    shift : float
        Mean m2 of the second-highest standard normal at the reference number of bidders.
    quantiles : float64[2001]
        Of unit_ratio * shock + bidder_share * (second highest - m2), at mid-probabilities.
    table : float64[33, 2001]
        The same with an added normal common error, by its sd over the total scale.
    """

    shock: UnitShock
    unit_ratio: float
    bidder_share: float
    shift: float
    quantiles: Floats
    table: Floats

    def quantile(self, probability: float, ratio: Floats) -> Floats:
        """Standardised quantile given the sd of the common error over the unit's scale."""
        column = np.array([np.interp(probability, _GRID, row) for row in self.table])
        return np.asarray(np.interp(ratio, _LEVEL_RATIOS, column))

    def moments(self, scale: Floats) -> tuple[Floats, Floats]:
        """First and second moment of exp(scale * standardised hammer)."""
        grid = np.linspace(0.0, _WIDEST, 401)
        power = np.exp(grid[:, None] * self.quantiles[None, :])
        first, second = power.mean(axis=1), (power**2).mean(axis=1)
        return np.interp(scale, grid, first), np.interp(scale, grid, second)


@lru_cache(maxsize=64)
def second_highest_moments(bidders: float) -> tuple[float, float]:
    """Mean and sd of the second highest of N standard normals, N Poisson given N >= 2.

    Parameters
    ----------
    bidders : float
        Mean of the Poisson number of bidders.

    Notes
    -----
    With u(b) = bidders (1 - Phi(b)), P(second highest <= b and N >= 2) =
    exp(-u)(1 + u) - exp(-bidders)(1 + bidders); moments by the trapezoidal rule on [-9, 9].
    """
    grid, chance = _second_highest_grid(bidders)
    middle = 0.5 * (grid[1:] + grid[:-1])
    mass = np.diff(chance)
    mean = float(np.sum(middle * mass))
    return mean, float(np.sqrt(np.sum((middle - mean) ** 2 * mass)))


def second_highest_quantile(bidders: float, u: Floats) -> Floats:
    """Quantile of the second highest of N standard normals, N Poisson given N >= 2."""
    grid, chance = _second_highest_grid(bidders)
    return np.asarray(np.interp(u, chance, grid))


def _second_highest_grid(bidders: float) -> tuple[Floats, Floats]:
    from scipy.special import ndtr

    grid = np.linspace(-9.0, 9.0, 36_001)
    rate = bidders * ndtr(-grid)
    fewer = np.exp(-bidders) * (1.0 + bidders)
    chance = (np.exp(-rate) * (1.0 + rate) - fewer) / (1.0 - fewer)
    chance[0], chance[-1] = 0.0, 1.0
    return grid, np.asarray(np.maximum.accumulate(chance))


def fit_shape(standardised: Floats, bidder_share: float, bidders: float, dof: float) -> HammerShape:
    """Shape of the standardised residuals, taken apart into unit shock and sale noise.

    Parameters
    ----------
    standardised : float64[n]
        Out-of-sample ln residuals over their scale.
    bidder_share, bidders : float
        As in `Priors`.
    dof : float
        Degrees of freedom of the Student quantiles that stand for 50 prior observations.
    """
    core, lower, upper = _target(standardised, dof)
    mean, sd = second_highest_moments(bidders)
    unit_ratio = float(np.sqrt(1.0 - (bidder_share * sd) ** 2))
    points = (np.arange(201, dtype=np.float64) + 0.5) / 201.0
    noise = bidder_share * (second_highest_quantile(bidders, points) - mean)
    table = core / 1.0
    shock = UnitShock.from_quantiles(table, lower / unit_ratio, upper / unit_ratio)
    # after a few rounds the correction begins to follow the sample's own roughness
    for _ in range(6):
        drawn = _convolve(unit_ratio * shock.quantile(_GRID), noise)
        table = table + (core - np.interp(_CORE, _GRID, drawn)) / unit_ratio
        shock = UnitShock.from_quantiles(table, lower / unit_ratio, upper / unit_ratio)
    hammer = _convolve(unit_ratio * shock.quantile(_GRID), noise)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    levels = np.vstack(
        [_mixture(hammer, ratio * nodes, weights / weights.sum()) for ratio in _LEVEL_RATIOS]
    )
    return HammerShape(shock, unit_ratio, bidder_share, mean, hammer, levels)


def _target(standardised: Floats, dof: float) -> tuple[Floats, float, float]:
    """Core quantiles and mean excesses, pulled to a Student shape worth 50 observations."""
    from scipy.stats import t as student

    prior = student.ppf((np.arange(50) + 0.5) / 50.0, dof) * np.sqrt((dof - 2.0) / dof)
    if len(standardised) and float(np.std(np.clip(standardised, -3.0, 3.0))) < _FLAT:
        standardised = standardised[:0]
    pooled = np.sort(np.concatenate([np.clip(standardised, _LOWEST, -_LOWEST), prior]))
    core: Floats = np.quantile(pooled, _CORE, method="hazen")
    lower = core[0] - pooled[pooled < core[0]]
    upper = pooled[pooled > core[-1]] - core[-1]
    # mean excesses, the upper one over winsorised values: the upper tail is kept thin
    below = float(np.mean(lower)) if len(lower) else 0.8
    above = float(np.mean(np.minimum(upper, 1.5))) if len(upper) else 0.4
    return core, float(np.clip(below, 0.3, 2.5)), float(np.clip(above, 0.15, 1.0))


def _convolve(quantiles: Floats, noise: Floats) -> Floats:
    """Quantiles of the sum of two equally weighted samples."""
    total = np.sort((quantiles[:, None] + noise[None, :]).ravel())
    # linear between the middles of the sorted sums' shares, as `_mixture` has it
    place = _GRID * len(total) - 0.5
    left = np.clip(place.astype(np.int64), 0, len(total) - 2)
    share = np.clip(place - left, 0.0, 1.0)
    return np.asarray(total[left] + share * (total[left + 1] - total[left]))


def _mixture(quantiles: Floats, shifts: Floats, weights: Floats) -> Floats:
    """Quantiles of an equally weighted sample plus an independent weighted shift."""
    # one rising run after another, which a stable sort merges fast
    total = (shifts[:, None] + quantiles[None, :]).ravel()
    mass = np.broadcast_to(weights[:, None] / len(quantiles), (len(weights), len(quantiles)))
    order = np.argsort(total, kind="stable")
    cumulated = np.cumsum(mass.ravel()[order])
    at = cumulated - 0.5 * mass.ravel()[order]
    return np.asarray(np.interp(_GRID, at, total[order]))


@dataclass(frozen=True, slots=True)
class ScaleModel:
    """Log-linear scale of the unit's error.

    Attributes
    ----------
    coefficients : float64[k]
        On the columns of `scale_columns`.
    ignorance_power : float
        Power of sqrt(1 + ignorance): how much wider a unit is that the hierarchy knows less.
    lowest, highest : float
        Bounds of the scale of a unit that is known through and through.
    levels : dict of float64
        Log factor of each level, by category, of those that are wider or narrower than others.
    """

    coefficients: Floats
    ignorance_power: float
    lowest: float
    highest: float
    levels: dict[str, Floats]

    def scale(self, columns: Floats, ignorance: Floats, codes: Codes) -> Floats:
        """Scale of each row's ln price around its location.

        Parameters
        ----------
        columns : float64[n, k]
            Of `residual.covariates.scale_columns`.
        ignorance : float64[n]
        codes : mapping of int64[n]
            Levels of the rows.
        """
        log = np.einsum("ij,j->i", columns, self.coefficients)
        known = np.clip(log, np.log(self.lowest), np.log(self.highest))
        for name, factors in self.levels.items():
            known = known + lookup(factors, codes[name])
        wider = 0.5 * self.ignorance_power * np.log1p(ignorance)
        return np.asarray(np.minimum(np.exp(known + wider), _WIDEST))

    def moved(self, old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> ScaleModel:
        """Return the same for other lists of levels, as of `Recipe.levels`."""
        return replace(self, levels=moved(self.levels, old, new))


def fit_scale(
    residual: Floats,
    columns: Floats,
    ignorance: Floats,
    codes: Codes | None = None,
    penalty: float = 5.0,
) -> ScaleModel:
    """Fit the scale to |residual| by robust iteratively reweighted log-linear regression.

    Parameters
    ----------
    residual : float64[n]
        Out-of-sample ln residuals.
    columns : float64[n, k]
        Standardised so that a coefficient of order one is large; the first is the constant.
    ignorance : float64[n]
        Of `Hedonic.ignorance`.
    codes : mapping of int64[n], optional
        Levels of the rows, which have scales of their own where they differ enough.
    penalty : float
        Ridge on all but the constant, in observations.

    Notes
    -----
    Newton steps for the Laplace likelihood of the winsorised |residual| (its mean is then
    log-linear), rescaled so that the winsorised standardised residuals have sd 1, and widened to
    what so few residuals can show at the least.
    """
    size = np.abs(residual)
    offset = 0.5 * np.log1p(ignorance)
    all_columns = np.column_stack([columns, offset])
    k = all_columns.shape[1]
    prior = np.zeros(k)
    prior[-1] = 1.0
    ridge = np.full(k, penalty)
    ridge[0] = 1e-6
    ridge[-1] = 0.05 * len(size)
    beta = prior.copy()
    beta[0] = np.log(max(float(np.median(size)) * 1.4, 1e-4))
    for _ in range(25):
        mean = np.exp(np.einsum("ij,j->i", all_columns, beta))
        ratio = np.minimum(size / mean, 5.0)
        gradient = np.einsum("ij,i->j", all_columns, ratio - 1.0) - ridge * (beta - prior)
        hessian = np.einsum("ij,ik->jk", all_columns, all_columns) + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        beta = beta + np.clip(step, -0.5, 0.5)
        beta[-1] = np.clip(beta[-1], 0.5, 1.5)
    log = np.einsum("ij,j->i", all_columns, beta)
    codes = {} if codes is None else codes
    levels = level_factors(size / np.exp(log), codes)
    for name, factors in levels.items():
        log = log + lookup(factors, codes[name])
    standardised = residual / np.exp(log)
    bound = 6.0 * float(np.median(np.abs(standardised)))
    beta[0] += np.log(max(float(np.sqrt(np.mean(np.clip(standardised, -bound, bound) ** 2))), 1e-3))
    scale = np.exp(np.einsum("ij,j->i", columns, beta[:-1]))
    wider = max(least_spread(len(size)) / float(np.sqrt(np.mean(scale**2))), 1.0)
    beta[0], scale = beta[0] + np.log(wider), scale * wider
    low, high = np.quantile(scale, [0.001, 0.999])
    return ScaleModel(
        beta[:-1], float(beta[-1]), float(low) * 0.8, min(float(high) * 1.5, _WIDEST), levels
    )


def block_effects(
    residual: Floats, scale: Floats, block: NDArray[np.int64]
) -> tuple[Floats, float]:
    """Error common to each block of dates, shrunk, and the sd of its passing part.

    Parameters
    ----------
    residual, scale : float64[n]
    block : int64[n]
        Number of the block, from 0, in order of time.

    Returns
    -------
    effect : float64[b]
        Precision-weighted mean of the winsorised residuals of each block, shrunk to zero.
    passing : float
        Root of half the mean squared step from block to block, less the noise of the means:
        what comes and goes with a week. The drift over many blocks is left to the market.
    """
    weight = 1.0 / scale**2
    clipped = np.clip(residual, -2.5 * scale, 2.5 * scale)
    mass = np.bincount(block, weights=weight)
    used = mass > 0
    mean = np.zeros(len(mass))
    mean[used] = np.bincount(block, weights=weight * clipped)[used] / mass[used]
    noise = np.zeros(len(mass))
    noise[used] = 1.0 / mass[used]
    rows = np.bincount(block)
    variance = max(float(np.sum(rows * (mean**2 - noise)) / rows.sum()), 0.0)
    shrink = np.where(used, variance / (variance + noise + 1e-18), 0.0)
    seen = np.flatnonzero(used)
    if len(seen) < 2:
        return mean * shrink, min(float(np.sqrt(variance)), _WILDEST_WEEK)
    step = np.diff(mean[seen]) ** 2 - noise[seen][1:] - noise[seen][:-1]
    passing = max(float(np.mean(step)) / 2.0, 0.0)
    return mean * shrink, min(float(np.sqrt(passing)), _WILDEST_WEEK)
