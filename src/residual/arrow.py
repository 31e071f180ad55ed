"""Least squares whose columns part into groups that never meet in a row, and a common rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which columns of a matrix belong together.

    Attributes
    ----------
    order : int64[p]
        Columns, group by group and the common ones last.
    ends : int64[g]
        Where each group ends in `order`; the common columns begin at the last of them.
    """

    order: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, group: NDArray[np.int64]) -> Pattern:
        """Sort columns by their group; -1 is common to all."""
        count = int(group.max(initial=-1)) + 1
        place = np.where(group < 0, count, group)
        order = np.argsort(place, kind="stable").astype(np.int64)
        sizes = np.bincount(place, minlength=count + 1)[:count]
        return cls(order, np.cumsum(sizes[sizes > 0]).astype(np.int64))

    @property
    def common(self) -> NDArray[np.int64]:
        """Columns that meet any other."""
        return self.order[self.ends[-1] if len(self.ends) else 0 :]


@dataclass(frozen=True, slots=True)
class _Group:
    """One group after its elimination.

    Attributes
    ----------
    columns : int64[k]
        Of the matrix.
    lower : float64[k, k]
        Cholesky factor of its own block.
    touched : int64[t]
        Common places that it meets.
    scaled : float64[k, t]
        lower^-1 B, B being what it shares with them.
    right : float64[k]
        lower^-1 times its right-hand side.
    """

    columns: NDArray[np.int64]
    lower: Floats
    touched: NDArray[np.int64]
    scaled: Floats
    right: Floats


class Arrow:
    """Normal equations of [Z M] under a penalty, the groups of Z eliminated.

    Parameters
    ----------
    normal : csr_array[p, p]
        Z'WZ with its penalty; entries between different groups are nought.
    cross : float64[p, q]
        Z'WM.
    dense : float64[q, q]
        M'WM with its penalty.
    right : float64[p + q]
        [Z M]'Wy.
    pattern : Pattern

    Notes
    -----
    Block elimination: with A of a group, B what it shares with the common columns and S theirs,
    S - sum of B'A^-1 B is the matrix of the common columns alone; its inverse is the posterior
    covariance of theirs, A^-1 + A^-1 B (..)^-1 B'A^-1 that of the group's.
    """

    def __init__(
        self, normal: csr_array, cross: Floats, dense: Floats, right: Floats, pattern: Pattern
    ) -> None:
        common = pattern.common
        self.columns = common
        p, c, q = len(pattern.order), len(common), len(dense)
        self.free, self.bound = slice(0, c), slice(c, c + q)
        place = np.full(p, -1, dtype=np.int64)
        place[common] = np.arange(c)
        rows = normal[common].tocoo()
        self.matrix = np.zeros((c + q, c + q))
        inside = place[rows.col] >= 0
        self.matrix[rows.row[inside], place[rows.col[inside]]] = rows.data[inside]
        self.matrix[self.free, self.bound] = cross[common]
        self.matrix[self.bound, self.free] = cross[common].T
        self.matrix[self.bound, self.bound] = dense
        self.right = np.concatenate([right[common], right[p:]])
        self.groups: list[_Group] = []
        ordered = normal[pattern.order[: len(pattern.order) - c]].tocsr()
        begin = 0
        bound = np.arange(c, c + q)
        for end in pattern.ends.tolist():
            self._eliminate(ordered, begin, end, pattern.order, place, cross, right, bound)
            begin = end

    def _eliminate(
        self,
        ordered: csr_array,
        begin: int,
        end: int,
        order: NDArray[np.int64],
        place: NDArray[np.int64],
        cross: Floats,
        right: Floats,
        bound: NDArray[np.int64],
    ) -> None:
        from scipy.linalg import solve_triangular

        columns = order[begin:end]
        size = end - begin
        span = slice(ordered.indptr[begin], ordered.indptr[end])
        row = np.repeat(np.arange(size), np.diff(ordered.indptr[begin : end + 1]))
        column, value = ordered.indices[span], ordered.data[span]
        at = place[column]
        outer = at >= 0
        met, spot = np.unique(at[outer], return_inverse=True)
        both = np.zeros((size, len(met) + len(bound) + 1))
        both[row[outer], spot] = value[outer]
        both[:, len(met) : -1] = cross[columns]
        both[:, -1] = right[columns]
        own = np.zeros((size, size))
        sorter = np.argsort(columns)
        within = sorter[np.searchsorted(columns[sorter], column[~outer])]
        own[row[~outer], within] = value[~outer]
        lower = np.asarray(np.linalg.cholesky(own), dtype=np.float64)
        solved = solve_triangular(lower, both, lower=True, check_finite=False)
        touched = np.concatenate([met, bound])
        scaled, mine = solved[:, :-1], solved[:, -1]
        self.matrix[np.ix_(touched, touched)] -= scaled.T @ scaled
        self.right[touched] -= scaled.T @ mine
        self.groups.append(_Group(columns, lower, touched, scaled, mine))

    def places(self, columns: slice) -> NDArray[np.int64]:
        """Where a run of common columns of Z stands in the matrix of the common ones."""
        at = np.arange(columns.start, columns.stop)
        return np.searchsorted(self.columns, at)

    def solve(self, common: Floats, count: int) -> Floats:
        """Coefficients of Z, given those of the common columns and of M.

        Parameters
        ----------
        common : float64[c + q]
        count : int
            Columns of Z.
        """
        from scipy.linalg import solve_triangular

        out = np.zeros(count)
        out[self.columns] = common[self.free]
        for group in self.groups:
            left = group.right - group.scaled @ common[group.touched]
            out[group.columns] = solve_triangular(
                group.lower, left, lower=True, trans="T", check_finite=False
            )
        return out

    def inverse(self) -> Floats:
        """Posterior covariance of the common columns and of M, [c + q, c + q]."""
        from scipy.linalg.lapack import dpotrf, dpotri

        size: Floats = np.sqrt(np.diag(self.matrix))
        scaled = self.matrix / np.outer(size, size) + 1e-11 * np.eye(len(size))
        lower, _ = dpotrf(scaled, lower=1)
        found, _ = dpotri(lower, lower=1)
        found = np.tril(found)
        found = found + np.tril(found, -1).T
        out: Floats = found / np.outer(size, size)
        return out

    def variances(self, inverse: Floats, count: int) -> Floats:
        """Posterior variance of each coefficient of Z.

        Parameters
        ----------
        inverse : float64[c + q, c + q]
            Of `inverse`.
        count : int
            Columns of Z.
        """
        from scipy.linalg import solve_triangular

        out = np.zeros(count)
        out[self.columns] = np.diag(inverse)[self.free]
        for group in self.groups:
            size = len(group.columns)
            both = np.column_stack([np.eye(size), group.scaled])
            solved = solve_triangular(group.lower, both, lower=True, trans="T", check_finite=False)
            own, moved = solved[:, :size], solved[:, size:]
            shared = inverse[np.ix_(group.touched, group.touched)]
            out[group.columns] = np.sum(own**2, axis=1) + np.sum((moved @ shared) * moved, axis=1)
        return out

    def variance_of(self, direction: Floats, inverse: Floats) -> float:
        """Posterior variance of a linear combination of the coefficients of Z and M.

        Parameters
        ----------
        direction : float64[p + q]
        inverse : float64[c + q, c + q]
        """
        from scipy.linalg import solve_triangular

        count = len(direction) - (self.bound.stop - self.bound.start)
        left = np.concatenate([direction[self.columns], direction[count:]])
        total = 0.0
        for group in self.groups:
            own = solve_triangular(
                group.lower, direction[group.columns], lower=True, check_finite=False
            )
            total += float(own @ own)
            left[group.touched] -= group.scaled.T @ own
        return total + float(left @ inverse @ left)
