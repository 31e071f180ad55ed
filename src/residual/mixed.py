"""Robust linear mixed model with a non-negative block: shrunken effects, monotone curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

_PROBES = 24
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


class Factoriser:
    """Factorises symmetric matrices of one sparsity pattern, ordering the pattern only once."""

    __slots__ = ("_order",)

    def __init__(self, order: NDArray[np.int64] | None = None) -> None:
        self._order = order

    def __call__(self, matrix: csc_array) -> Factor:
        """Factorise without pivoting; the matrix must be positive definite."""
        from scipy.sparse.linalg import splu

        symmetric = {"SymmetricMode": True}
        if self._order is None:
            first = splu(
                matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=symmetric
            )
            self._order = np.argsort(first.perm_c).astype(np.int64)
        ordered = matrix[self._order][:, self._order].tocsc()
        lower_upper = splu(ordered, permc_spec="NATURAL", diag_pivot_thresh=0.0, options=symmetric)
        return Factor(lower_upper, self._order)


@dataclass(frozen=True, slots=True)
class Factor:
    """A factorised matrix under a symmetric reordering."""

    lower_upper: Any
    order: NDArray[np.int64]

    def solve(self, right: Floats) -> Floats:
        """Solve for one or several right-hand sides."""
        out = np.empty_like(right)
        out[self.order] = self.lower_upper.solve(np.asfortranarray(right[self.order]))
        return out


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
    weights : float64[n]
        Precision given to each row at the end, in units of 1.
    solver : Factor
        Of the penalised normal matrix of Z; its inverse is the posterior covariance given c.
    normal : csc_array[p, p]
        That matrix.
    moved : float64[p, q]
        By how much the effects fall when a term of c grows by one.
    slope_covariance : float64[q, q]
        Posterior covariance of c, the signs of its terms left free.
    """

    effects: Floats
    slopes: Floats
    variances: dict[str, float]
    scale: float
    weights: Floats
    solver: Factor
    normal: csc_array
    moved: Floats
    slope_covariance: Floats


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
    factorise: Factoriser,
    start: tuple[dict[str, float], float] | None = None,
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
        Relative scale of each row's error.
    dof : float
        Degrees of freedom of the Student error.
    rounds : int
        Rounds in which weights, scale and block variances move together.
    held_rounds : int
        Further rounds with scale and variances held.
    factorise : Factoriser
        Reused by fits on the same Z.
    start : (variances, scale), optional
        From an earlier fit.

    Notes
    -----
    Iteratively reweighted least squares for the Student likelihood (Lange, Little and Taylor
    1989). Block variances by the fixed point variance = b'LL'b / (rank - trace(L'SL)/variance)
    (MacKay 1992), the traces by Hutchinson's estimator with fixed signs. Given b, the
    non-negative block is solved exactly as non-negative least squares on the Schur complement.
    """
    variances = {block.name: block.variance for block in blocks}
    scale = 0.2
    residual = y - np.median(y)
    if rounds + held_rounds < 1:
        raise ValueError("at least one round is needed")
    if start is not None:
        variances.update({k: v for k, v in start[0].items() if k in variances})
        scale = start[1]
    else:
        scale = max(1.4826 * float(np.median(np.abs(residual / spread))), 1e-4)
    probes = _probes(blocks, Z.shape[1])
    weights = 1.0 / spread**2
    for round_ in range(rounds + held_rounds):
        system = _System(Z, M, y, weights / scale**2, blocks, variances, slope_root, factorise)
        residual = y - Z @ system.effects - M @ system.slopes
        squared = (residual / (scale * spread)) ** 2
        robust = (dof + 1.0) / (dof + squared)
        weights = robust / spread**2
        if round_ < rounds:
            used = _update_variances(blocks, variances, system.effects, probes, system.solver)
            freedom = max(len(y) - used - np.count_nonzero(system.slopes), 0.5 * len(y))
            scale = float(np.sqrt(np.sum(weights * residual**2) / freedom))
            scale = max(scale, 1e-5)
    return MixedFit(
        system.effects,
        system.slopes,
        variances,
        scale,
        weights,
        system.solver,
        system.normal,
        system.moved,
        system.covariance(),
    )


class _System:
    """One weighted least-squares step: factorise Z's normal matrix and eliminate it."""

    __slots__ = ("_schur", "effects", "moved", "normal", "slopes", "solver")

    def __init__(
        self,
        Z: csr_array,
        M: Floats,
        y: Floats,
        weights: Floats,
        blocks: Sequence[Block],
        variances: dict[str, float],
        slope_root: Floats,
        factorise: Factoriser,
    ) -> None:
        root = np.sqrt(weights)
        Zw = Z.multiply(root[:, None]).tocsr()
        Mw, yw = M * root[:, None], y * root
        self.normal = (Zw.T @ Zw + _penalty(blocks, variances)).tocsc()
        self.solver = factorise(self.normal)
        Zy = Zw.T @ yw
        if not M.shape[1]:
            self.slopes, self._schur = np.zeros(0), np.zeros((0, 0))
            self.effects = self.solver.solve(Zy[:, None])[:, 0]
            self.moved = np.zeros((len(Zy), 0))
            return
        ZM = Zw.T @ Mw
        both = self.solver.solve(np.column_stack([ZM, Zy]))
        self._schur = Mw.T @ Mw + slope_root @ slope_root.T - ZM.T @ both[:, :-1]
        right = Mw.T @ yw - ZM.T @ both[:, -1]
        self.slopes = _nonnegative(self._schur, right)
        self.moved = both[:, :-1]
        self.effects = both[:, -1] - self.moved @ self.slopes

    def covariance(self) -> Floats:
        """Posterior covariance of the slopes, their signs left free."""
        size, scaled = _correlated(self._schur)
        inverse: Floats = np.linalg.inv(scaled) / np.outer(size, size)
        return inverse


def _nonnegative(schur: Floats, right: Floats) -> Floats:
    """Minimise c'Sc/2 - r'c over c >= 0."""
    from scipy.optimize import nnls

    size, scaled = _correlated(schur)
    upper = np.linalg.cholesky(scaled).T
    target = np.linalg.solve(upper.T, right / size)
    solution, _ = nnls(upper, target)
    slopes: Floats = solution / size
    return slopes


def _correlated(matrix: Floats) -> tuple[Floats, Floats]:
    """Part a positive matrix into roots of its diagonal and a well-conditioned rest."""
    size: Floats = np.sqrt(np.diag(matrix))
    scaled = (matrix + matrix.T) / (2.0 * np.outer(size, size))
    return size, scaled + 1e-10 * np.eye(len(size))


def _penalty(blocks: Sequence[Block], variances: dict[str, float]) -> csc_array:
    from scipy.sparse import block_diag, csc_array, eye_array

    parts = []
    for block in blocks:
        inverse = 1.0 / variances[block.name]
        if block.root is None:
            parts.append(eye_array(block.size) * inverse)
        else:
            parts.append((block.root @ block.root.T) * inverse)
    return csc_array(block_diag(parts))


def _probes(blocks: Sequence[Block], columns: int) -> Floats:
    generator = np.random.Generator(np.random.PCG64(20_150_125))
    probes = np.zeros((columns, _PROBES))
    for block in blocks:
        signs = generator.integers(0, 2, size=(block.rank, _PROBES)) * 2.0 - 1.0
        probes[block.columns] = signs if block.root is None else block.root @ signs
    return probes


def _update_variances(
    blocks: Sequence[Block],
    variances: dict[str, float],
    effects: Floats,
    probes: Floats,
    solver: Factor,
) -> float:
    """Move each estimated variance one step; return the degrees of freedom in use."""
    solved = solver.solve(probes)
    used = 0.0
    for block in blocks:
        place = block.columns
        trace = float(np.sum(probes[place] * solved[place])) / _PROBES
        variance = variances[block.name]
        free = min(max(block.rank - trace / variance, 1e-3 * block.rank), float(block.rank))
        used += free
        if not block.estimated:
            continue
        own = effects[place] if block.root is None else block.root.T @ effects[place]
        # one prior term of the starting variance keeps tiny blocks from running off
        moved = (float(own @ own) + block.variance) / (free + 1.0)
        variances[block.name] = min(max(moved, _SMALLEST_VARIANCE), _LARGEST_VARIANCE)
    return used


def posterior_variance(solver: Factor, direction: Floats) -> float:
    """Posterior variance of a linear combination of the effects, the slopes taken as known."""
    return float(direction @ solver.solve(direction[:, None])[:, 0])


def effective_counts(codes: NDArray[np.int64], size: int, weights: Floats) -> Floats:
    """Sum of weights of the rows of each level."""
    known = codes >= 0
    counts = np.bincount(codes[known], weights=weights[known], minlength=size)
    return counts.astype(np.float64)
