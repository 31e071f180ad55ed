"""Least squares whose columns part into groups that never meet in a row, and a common rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Places = NDArray[np.int64]


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
        from scipy.sparse import csr_array

        count = int(group.max(initial=-1)) + 1
        common = int(np.count_nonzero(group < 0))
        order = np.argsort(np.where(group < 0, count, group), kind="stable").astype(np.int64)
        group_ptr = _pointers(np.bincount(group[group >= 0], minlength=count))
        grouped = int(group_ptr[-1])
        place = np.empty(len(group), dtype=np.int64)
        place[order] = np.arange(len(group))

        entry_row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        row_group = np.full(matrix.shape[0], count, dtype=np.int64)
        fine = group[matrix.indices] >= 0
        row_group[entry_row[fine]] = group[matrix.indices[fine]]
        rows = np.argsort(row_group, kind="stable")
        moved = csr_array((matrix.data, place[matrix.indices], matrix.indptr), shape=matrix.shape)
        moved = moved[rows]
        # columns of groups stand before the common ones, so that they come first in each row
        moved.sort_indices()
        at_row = np.repeat(np.arange(len(rows)), np.diff(moved.indptr))
        met = row_group[rows][at_row]
        fine = moved.indices < grouped
        spot = np.where(fine, 0, moved.indices.astype(np.int64) - grouped)
        shared = ~fine & (met < count)
        meets = csr_array(
            (np.ones(np.count_nonzero(shared)), (met[shared], spot[shared])),
            shape=(count, max(common, 1)),
        )
        meets.sum_duplicates()
        touched_ptr, touched = meets.indptr.astype(np.int64), meets.indices.astype(np.int64)
        keys = np.repeat(np.arange(count), np.diff(touched_ptr)) * max(common, 1) + touched
        local = np.zeros(len(spot), dtype=np.int64)
        local[fine] = moved.indices[fine] - group_ptr[met[fine]]
        found = np.searchsorted(keys, met[shared] * max(common, 1) + spot[shared])
        local[shared] = found - touched_ptr[met[shared]]
        return cls(
            rows,
            order,
            moved.indptr.astype(np.int64),
            np.bincount(at_row[fine], minlength=len(rows)).astype(np.int64),
            local,
            spot,
            moved.data.astype(np.float64),
            _pointers(np.bincount(row_group, minlength=count + 1)),
            group_ptr,
            touched_ptr,
            touched,
        )

    @property
    def common(self) -> Places:
        """Columns that meet any other, rising."""
        return self.order[self.group_ptr[-1] :]


class Arrow:
    """Normal equations of [Z M] under a penalty, the groups of Z eliminated.

    Parameters
    ----------
    pattern : Pattern
        Of Z.
    dense : float64[n, q]
        M, its rows in the order of Z's.
    target, weight : float64[n]
        Likewise.
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
        Equations that are left for them.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the equations of a group are not positive definite.

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
        rows = np.ascontiguousarray(dense[pattern.rows])
        y, w = target[pattern.rows], weight[pattern.rows]
        weighted = rows * w[:, None]
        matrix = penalty.copy()
        matrix[self.bound, self.bound] += weighted.T @ rows
        right = np.zeros(c + q)
        right[self.bound] = weighted.T @ y
        grouped = pattern.order[: pattern.group_ptr[-1]]
        self._kept = eliminate(
            pattern.row_ptr, pattern.own, pattern.local, pattern.spot, pattern.value, rows, y, w,
            pattern.group_rows, pattern.group_ptr, pattern.touched_ptr, pattern.touched,
            prior[grouped], matrix, right,
        )  # fmt: skip
        self.matrix = np.triu(matrix) + np.triu(matrix, 1).T
        self.right = right
        self._places = (c, q, grouped)

    def places(self, columns: slice) -> Places:
        """Where a run of common columns of Z stands in the matrix of the common ones."""
        return np.searchsorted(self.columns, np.arange(columns.start, columns.stop))

    def solve(self, common: Floats) -> Floats:
        """Coefficients of Z, given those of the common columns and of M.

        Parameters
        ----------
        common : float64[c + q]
        """
        from _core.arrow import back_substitute

        c, q, grouped = self._places
        out = np.empty(c + len(grouped))
        out[self.columns] = common[self.free]
        out[grouped] = back_substitute(common, q, *self._eliminated())
        return out

    def inverse(self) -> Floats:
        """Posterior covariance of the common columns and of M, [c + q, c + q]."""
        from scipy.linalg.lapack import dpotrf, dpotri

        size: Floats = np.sqrt(np.diag(self.matrix))
        scaled = self.matrix / np.outer(size, size) + 1e-11 * np.eye(len(size))
        lower, failed = dpotrf(scaled, lower=1)
        if failed:
            raise np.linalg.LinAlgError("the common equations are not positive definite")
        found, _ = dpotri(lower, lower=1)
        found = np.tril(found)
        out: Floats = (found + np.tril(found, -1).T) / np.outer(size, size)
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

    def variance_of(self, direction: Floats, inverse: Floats) -> float:
        """Posterior variance of a linear combination of the coefficients of Z and M.

        Parameters
        ----------
        direction : float64[p + q]
        inverse : float64[c + q, c + q]
        """
        from scipy.linalg import solve_triangular

        c, q, grouped = self._places
        left = np.concatenate([direction[self.columns], direction[c + len(grouped) :]])
        asked = direction[grouped]
        pattern, total = self._pattern, 0.0
        lower, lower_ptr, scaled, scaled_ptr = self._kept
        for g in np.flatnonzero(np.diff(pattern.group_ptr)).tolist():
            span = slice(pattern.group_ptr[g], pattern.group_ptr[g + 1])
            size = span.stop - span.start
            factor = lower[lower_ptr[g] : lower_ptr[g + 1]].reshape(size, size).T
            own = solve_triangular(factor, asked[span], lower=True, check_finite=False)
            total += float(own @ own)
            shared = scaled[scaled_ptr[g] : scaled_ptr[g + 1]].reshape(size, -1)[:, :-1]
            met = pattern.touched[pattern.touched_ptr[g] : pattern.touched_ptr[g + 1]]
            left[np.concatenate([met, np.arange(c, c + q)])] -= shared.T @ own
        return total + float(left @ inverse @ left)

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
