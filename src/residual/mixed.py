"""Robust linear mixed model with a non-negative block: shrunken effects, monotone curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from residual.arrow import Arrow, Pattern
from residual.curves import Floats
from residual.least_spread import least_spread

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SMALLEST_VARIANCE = 1e-8
_LARGEST_VARIANCE = 25.0


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of one family of effects with a common variance.

    Attributes
    ----------
    name : str
    start, size : int
        Place among the columns of Z.
    root : csr_array or None
        L with penalty b'LL'b / variance, of shape (size, rank); None for the identity.
    variance : float
        Starting value.
    estimated : bool
        Whether the variance is chosen from the data.
    """

    name: str
    start: int
    size: int
    root: csr_array | None
    variance: float
    estimated: bool

    @property
    def columns(self) -> slice:
        """Where the block stands in Z."""
        return slice(self.start, self.start + self.size)

    @property
    def rank(self) -> int:
        """Number of independent prior terms."""
        return self.size if self.root is None else int(self.root.shape[1])


@dataclass(frozen=True, slots=True)
class MixedFit:
    """Outcome of `fit_mixed`.

    Attributes
    ----------
    effects : float64[p]
        Coefficients of Z.
    slopes : float64[q]
        Non-negative coefficients of M.
    variances : dict of float
        Variance of each block.
    scale : float
        Residual scale of the Student likelihood, for a row of relative spread 1.
    weights, used : float64[n]
        Precision that the last residuals give each row, in units of 1, and the one that the last
        equations were solved with.
    posterior : float64[p]
        Posterior variance of each effect, the signs of c left free.
    arrow : Arrow
        Normal equations of the last round.
    inverse : float64[c + q, c + q]
        Posterior covariance of the common effects and of c.
    """

    effects: Floats
    slopes: Floats
    variances: dict[str, float]
    scale: float
    weights: Floats
    used: Floats
    posterior: Floats
    arrow: Arrow
    inverse: Floats


def fit_mixed(
    Z: csr_array,
    M: Floats,
    y: Floats,
    blocks: Sequence[Block],
    slope_root: Floats,
    spread: Floats,
    dof: float,
    rounds: int,
    held_rounds: int,
    pattern: Pattern,
    start: tuple[dict[str, float], float] | None = None,
    *,
    posterior: bool = True,
) -> MixedFit:
    """Fit y = Z b + M c + Student error with c >= 0, b shrunk block by block.

    Parameters
    ----------
    Z : csr_array[n, p]
        Columns of shrunken and free effects.
    M : float64[n, q]
        Columns whose coefficients must not be negative.
    y : float64[n]
    blocks : sequence of Block
        They cover the columns of Z.
    slope_root : float64[q, r]
        Prior c'RR'c in absolute terms.
    spread : float64[n]
        Relative scale of each row's error; rows of infinite spread count for nothing.
    dof : float
        Degrees of freedom of the Student error.
    rounds : int
        Rounds in which weights, scale and block variances move together.
    held_rounds : int
        Further rounds with scale and variances held.
    pattern : Pattern
        Which columns of Z never meet.
    start : (variances, scale), optional
        From an earlier fit.
    posterior : bool
        Whether to say how surely the coefficients are known; NaN if not.

    Notes
    -----
    Iteratively reweighted least squares for the Student likelihood (Lange, Little and Taylor
    1989). Block variances by the fixed point variance = b'LL'b / (rank - trace(L'SL)/variance)
    (MacKay 1992), S the posterior covariance, exactly. Given b, the non-negative block is solved
    exactly as non-negative least squares on the Schur complement.
    """
    variances = {block.name: block.variance for block in blocks}
    if rounds + held_rounds < 1:
        raise ValueError("at least one round is needed")
    if start is not None:
        variances.update({k: v for k, v in start[0].items() if k in variances})
        scale = start[1]
    else:
        seen = np.isfinite(spread)
        strayed = np.abs(y[seen] - np.median(y[seen])) / spread[seen]
        scale = max(1.4826 * float(np.median(strayed)), least_spread(int(np.count_nonzero(seen))))
    weights = 1.0 / spread**2
    rows = np.count_nonzero(weights)
    used = weights
    dense = pattern.sorted(M)
    for round_ in range(rounds + held_rounds):
        used = weights
        arrow = _normal(pattern, dense, y, weights / scale**2, blocks, variances, slope_root)
        slopes, effects = _solve(arrow)
        residual = y - Z @ effects - M @ slopes
        squared = (residual / (scale * spread)) ** 2
        robust = (dof + 1.0) / (dof + squared)
        weights = robust / spread**2
        if round_ < rounds:
            inverse = arrow.inverse()
            left = arrow.variances(inverse)
            spent = _update_variances(blocks, variances, effects, left, arrow, inverse)
            freedom = max(rows - spent - np.count_nonzero(slopes), 0.5 * rows)
            scale = float(np.sqrt(np.sum(weights * residual**2) / freedom))
            scale = max(scale, least_spread(freedom))
    inverse, left = np.broadcast_to(np.nan, (arrow.bound.stop,) * 2), np.full(len(effects), np.nan)
    if posterior:
        inverse = arrow.inverse()
        left = arrow.variances(inverse)
    return MixedFit(effects, slopes, variances, scale, weights, used, left, arrow, inverse)


def _normal(
    pattern: Pattern,
    dense: Floats,
    y: Floats,
    weights: Floats,
    blocks: Sequence[Block],
    variances: dict[str, float],
    slope_root: Floats,
) -> Arrow:
    """Weighted normal equations with their penalties."""
    common = pattern.common
    place = np.full(len(pattern.order), -1, dtype=np.int64)
    place[common] = np.arange(len(common))
    prior = np.zeros(len(place))
    penalty = np.zeros((len(common) + dense.shape[1],) * 2)
    for block in blocks:
        inverse = 1.0 / variances[block.name]
        at = place[block.columns]
        if block.root is not None:
            own = (block.root @ block.root.T).toarray()
            penalty[at[0] : at[0] + block.size, at[0] : at[0] + block.size] = own * inverse
        elif (at < 0).all():
            prior[block.columns] = inverse
        else:
            penalty[at, at] = inverse
    bound = slice(len(common), len(penalty))
    penalty[bound, bound] = slope_root @ slope_root.T
    return Arrow(pattern, dense, y, weights, prior, penalty)


def _solve(arrow: Arrow) -> tuple[Floats, Floats]:
    """Non-negative coefficients of M, and those of Z."""
    from scipy.optimize import nnls

    upper, target = arrow.reduced()
    slopes = nnls(upper, target)[0] if len(target) else np.zeros(0)
    return arrow.solve(slopes)


def _update_variances(
    blocks: Sequence[Block],
    variances: dict[str, float],
    effects: Floats,
    posterior: Floats,
    arrow: Arrow,
    inverse: Floats,
) -> float:
    """Move each estimated variance one step; return the degrees of freedom in use."""
    used = 0.0
    for block in blocks:
        place = block.columns
        variance = variances[block.name]
        if block.root is None:
            own, trace = effects[place], float(np.sum(posterior[place]))
        else:
            own = block.root.T @ effects[place]
            at = arrow.places(place)
            prior = (block.root @ block.root.T).toarray()
            trace = float(np.sum(prior * inverse[np.ix_(at, at)]))
        free = min(max(block.rank - trace / variance, 1e-3 * block.rank), float(block.rank))
        used += free
        if not block.estimated:
            continue
        # one prior term of the starting variance keeps tiny blocks from running off
        moved = (float(own @ own) + block.variance) / (free + 1.0)
        variances[block.name] = min(max(moved, _SMALLEST_VARIANCE), _LARGEST_VARIANCE)
    return used


def effective_counts(codes: NDArray[np.int64], size: int, weights: Floats) -> Floats:
    """Sum of weights of the rows of each level."""
    known = codes >= 0
    counts = np.bincount(codes[known], weights=weights[known], minlength=size)
    return counts.astype(np.float64)
