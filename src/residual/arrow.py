"""Least squares whose columns part into groups that never meet in a row, and a common rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Places = NDArray[np.int64]
_HAIR: Final = 1e-11


@dataclass(frozen=True, slots=True)
class Pattern:
    """Rows of a sparse matrix sorted by the group of columns that they meet.

    Attributes
    ----------
    rows : int64[n]
        Rows of the matrix, group by group, those of none last.
    order : int64[p]
        Columns, group by group, the common ones last.
    row_ptr, own, local, spot : int64
    value : float64[e]
    group_rows, group_ptr, touched_ptr, touched : int64
        As `_core.arrow.eliminate` takes them.
    """

    rows: Places
    order: Places
    row_ptr: Places
    own: Places
    local: Places
    spot: Places
    value: Floats
    group_rows: Places
    group_ptr: Places
    touched_ptr: Places
    touched: Places

    @classmethod
    def of(cls, matrix: csr_array, group: Places) -> Pattern:
        """Sort a matrix by groups.

        Parameters
        ----------
        matrix : csr_array[n, p]
            A row has entries in columns of one group at the most.
        group : int64[p]
            Group of each column, -1 for what is common to all.
        """
        from _core.arrow import arrange

        count = int(group.max(initial=-1)) + 1
        common = int(np.count_nonzero(group < 0))
        order = np.argsort(np.where(group < 0, count, group), kind="stable").astype(np.int64)
        group_ptr = _pointers(np.bincount(group[group >= 0], minlength=count))
        place = np.empty(len(group), dtype=np.int64)
        place[order] = np.arange(len(group))
        if not matrix.has_sorted_indices:
            matrix = matrix.sorted_indices()
        rows, row_ptr, own, local, spot, value, group_rows, touched_ptr, touched = arrange(
            matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64),
            matrix.data.astype(np.float64), group, place, group_ptr, common,
        )  # fmt: skip
        return cls(
            rows, order, row_ptr, own, local, spot, value, group_rows, group_ptr, touched_ptr,
            touched,
        )  # fmt: skip

    @property
    def common(self) -> Places:
        """Columns that meet any other, rising."""
        return self.order[self.group_ptr[-1] :]

    def sorted(self, dense: Floats) -> Floats:
        """Rows of a dense matrix in the order of the pattern."""
        return np.ascontiguousarray(dense[self.rows])


class Arrow:
    """Normal equations of [Z M] under a penalty, the groups of Z eliminated.

    Parameters
    ----------
    pattern : Pattern
        Of Z.
    dense : float64[n, q]
        M, as `Pattern.sorted` gives it.
    target, weight : float64[n]
        In the order of Z's rows; rows of no weight are passed over.
    prior : float64[p]
        Penalty of each column of Z that stands in a group.
    penalty : float64[c + q, c + q]
        Of the common columns and of M.

    Attributes
    ----------
    columns : int64[c]
        Common columns of Z.
    free, bound : slice
        Where they stand in `matrix`, and where M.
    matrix : float64[c + q, c + q]
    right : float64[c + q]
        Right-hand side of the equations that are left for them.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the equations of a group, or those left, are not positive definite.

    Notes
    -----
    Block elimination: with A of a group, B what it shares with the common columns and S theirs,
    S - sum of B'A^-1 B is the matrix of the common columns alone; its inverse is the posterior
    covariance of theirs, A^-1 + A^-1 B (..)^-1 B'A^-1 that of the group's.
    """

    def __init__(
        self,
        pattern: Pattern,
        dense: Floats,
        target: Floats,
        weight: Floats,
        prior: Floats,
        penalty: Floats,
    ) -> None:
        from _core.arrow import eliminate

        self._pattern = pattern
        self.columns = pattern.common
        c, q = len(self.columns), dense.shape[1]
        self.free, self.bound = slice(0, c), slice(c, c + q)
        matrix = np.ascontiguousarray(penalty).copy()
        right = np.zeros(c + q)
        grouped = pattern.order[: pattern.group_ptr[-1]]
        self._kept = eliminate(
            pattern.row_ptr, pattern.own, pattern.local, pattern.spot, pattern.value, dense,
            target[pattern.rows], weight[pattern.rows], pattern.group_rows, pattern.group_ptr,
            pattern.touched_ptr, pattern.touched, prior[grouped], matrix, right,
        )  # fmt: skip
        self._upper = matrix
        self.right = right
        self._places = (c, q, grouped)
        self._factor = _scaled_factor(matrix)

    @property
    def matrix(self) -> Floats:
        """Equations left for the common columns and M, [c + q, c + q]."""
        upper: Floats = np.triu(self._upper)
        return upper + np.triu(upper, 1).T

    def places(self, columns: slice) -> Places:
        """Where a run of common columns of Z stands in the matrix of the common ones."""
        return np.searchsorted(self.columns, np.arange(columns.start, columns.stop))

    def reduced(self) -> tuple[Floats, Floats]:
        """Equations of M alone, all else being eliminated: U of U'U c = U't, and t.

        Both in units of the roots of the diagonal of `matrix`: what solves them is c times those.
        """
        lower, _ = self._factor
        return lower[self.bound, self.bound].T, self._forward(self.right)[self.bound]

    def solve(self, slopes: Floats) -> tuple[Floats, Floats]:
        """Coefficients of M and of Z, given the first as they solve `reduced`.

        Parameters
        ----------
        slopes : float64[q]
            In the units of `reduced`.
        """
        from scipy.linalg import solve_triangular

        from _core.arrow import back_substitute

        c, q, grouped = self._places
        lower, size = self._factor
        common = np.empty(c + q)
        common[self.bound] = slopes
        own = self._forward(self.right)[self.free] - lower[self.bound, self.free].T @ slopes
        common[self.free] = solve_triangular(
            lower[self.free, self.free], own, lower=True, trans="T", check_finite=False
        )
        common /= size
        out = np.empty(c + len(grouped))
        out[self.columns] = common[self.free]
        out[grouped] = back_substitute(common, q, *self._eliminated())
        return common[self.bound], out

    def _forward(self, right: Floats) -> Floats:
        """Right-hand side of the common equations brought through the factor."""
        from scipy.linalg import solve_triangular

        lower, size = self._factor
        done: Floats = solve_triangular(lower, right / size, lower=True, check_finite=False)
        return done

    def inverse(self) -> Floats:
        """Posterior covariance of the common columns and of M, [c + q, c + q]."""
        from scipy.linalg.lapack import dpotri

        from _core.arrow import mirror

        lower, size = self._factor
        found, _ = dpotri(lower, lower=1)
        out: Floats = found.T
        mirror(out, size)
        return out

    def variances(self, inverse: Floats) -> Floats:
        """Posterior variance of each coefficient of Z.

        Parameters
        ----------
        inverse : float64[c + q, c + q]
            Of `inverse`.
        """
        from _core.arrow import group_variances

        c, q, grouped = self._places
        out = np.empty(c + len(grouped))
        out[self.columns] = np.diag(inverse)[self.free]
        whole = np.ascontiguousarray(inverse)
        out[grouped] = group_variances(whole, q, *self._eliminated())
        return out

    def variance_of(self, direction: Floats) -> float:
        """Posterior variance of a linear combination of the coefficients of Z and M.

        Parameters
        ----------
        direction : float64[p + q]
        """
        from _core.arrow import carry

        c, q, grouped = self._places
        left = np.concatenate([direction[self.columns], direction[c + len(grouped) :]])
        within = carry(direction[grouped], left, q, *self._eliminated())
        done = self._forward(left)
        return within + float(done @ done)

    def _eliminated(self) -> tuple[Places, Places, Places, Floats, Places, Floats, Places]:
        pattern = self._pattern
        lower, lower_ptr, scaled, scaled_ptr = self._kept
        return (
            pattern.group_ptr, pattern.touched_ptr, pattern.touched, lower, lower_ptr, scaled,
            scaled_ptr,
        )  # fmt: skip


def _pointers(sizes: Places) -> Places:
    """Where each of several runs begins, and the end of the last."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _scaled_factor(upper: Floats) -> tuple[Floats, Floats]:
    """Cholesky factor of a matrix of unit diagonal, by columns, and the roots taken out of it.

    A hair is added to the diagonal, so that columns that say nearly the same do no harm.
    """
    from scipy.linalg.lapack import dpotrf

    size: Floats = np.sqrt(np.diag(upper))
    scaled = upper / size[:, None]
    scaled /= size[None, :]
    np.fill_diagonal(scaled, 1.0 + _HAIR)
    # by columns, the upper half by rows is the lower one
    lower, failed = dpotrf(scaled.T, lower=1, clean=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the common equations are not positive definite")
    return lower, size
