from numpy import float64, int64
from numpy.typing import NDArray

def arrange(
    row_ptr: NDArray[int64],
    column: NDArray[int64],
    value: NDArray[float64],
    group: NDArray[int64],
    place: NDArray[int64],
    group_ptr: NDArray[int64],
    common: int,
) -> tuple[
    NDArray[int64],
    NDArray[int64],
    NDArray[int64],
    NDArray[int64],
    NDArray[int64],
    NDArray[float64],
    NDArray[int64],
    NDArray[int64],
    NDArray[int64],
]:
    """Sort the rows of a sparse matrix by the group whose columns they meet.

    Parameters
    ----------
    row_ptr : int64[n + 1]
        Where the entries of each row begin.
    column : int64[e]
        Rising within a row; of one group at the most, and of none.
    value : float64[e]
    group : int64[p]
        Group of each column, -1 for the common ones.
    place : int64[p]
        Place of each column once they are sorted: group by group, the common ones last.
    group_ptr : int64[g + 1]
        Where the columns of each group begin.
    common : int
        Number of common columns.

    Returns
    -------
    rows : int64[n]
        Rows group by group, those of none last, each group's in their old order.
    row_ptr, own, local, spot, value, group_rows, touched_ptr, touched
        As `eliminate` takes them.
    """

def eliminate(
    row_ptr: NDArray[int64],
    own: NDArray[int64],
    local: NDArray[int64],
    spot: NDArray[int64],
    value: NDArray[float64],
    dense: NDArray[float64],
    target: NDArray[float64],
    weight: NDArray[float64],
    group_rows: NDArray[int64],
    group_ptr: NDArray[int64],
    touched_ptr: NDArray[int64],
    touched: NDArray[int64],
    prior: NDArray[float64],
    common: NDArray[float64],
    right: NDArray[float64],
) -> tuple[NDArray[float64], NDArray[int64], NDArray[float64], NDArray[int64]]:
    """Add up the normal equations of weighted rows and eliminate the columns of each group.

    Rows are sorted by group; each has sparse entries, those in columns of its own group first
    and then common ones by rising place, and q dense ones.

    Parameters
    ----------
    row_ptr : int64[n + 1]
        Where the sparse entries of each row begin.
    own : int64[n]
        How many of them lie in columns of the row's group.
    local, spot : int64[e]
        Place of an entry within its group's columns or within what the group touches, and among
        the common columns (of no meaning for entries of groups).
    value : float64[e]
    dense : float64[n, q]
    target, weight : float64[n]
    group_rows : int64[g + 2]
        First row of each group; the rows of none come last.
    group_ptr, touched_ptr : int64[g + 1]
        Where the columns of each group begin, and the common places that it touches.
    touched : int64[sum of t]
        Rising within a group.
    prior : float64[sum of k]
        Penalty of each column of a group.
    common : float64[c + q, c + q]
        Penalty of the common and the dense columns; the upper half is changed in place into what
        is left after the elimination.
    right : float64[c + q]
        Likewise the right-hand side, from nought.

    Returns
    -------
    lower : float64[sum of k * k]
        Cholesky factors L of the groups, by columns.
    lower_ptr : int64[g + 1]
    scaled : float64[sum of k * (t + q + 1)]
        L^-1 times what each group shares with the common and dense columns and, last, with the
        target, by rows.
    scaled_ptr : int64[g + 1]

    Raises
    ------
    numpy.linalg.LinAlgError
        If the equations of a group are not positive definite.
    """

def back_substitute(
    known: NDArray[float64],
    q: int,
    group_ptr: NDArray[int64],
    touched_ptr: NDArray[int64],
    touched: NDArray[int64],
    lower: NDArray[float64],
    lower_ptr: NDArray[int64],
    scaled: NDArray[float64],
    scaled_ptr: NDArray[int64],
) -> NDArray[float64]:
    """Coefficients of the groups' columns, given the c + q of the common and dense ones.

    Returns
    -------
    float64[sum of k]
    """

def group_variances(
    inverse: NDArray[float64],
    q: int,
    group_ptr: NDArray[int64],
    touched_ptr: NDArray[int64],
    touched: NDArray[int64],
    lower: NDArray[float64],
    lower_ptr: NDArray[int64],
    scaled: NDArray[float64],
    scaled_ptr: NDArray[int64],
) -> NDArray[float64]:
    """Diagonal of the inverse of the whole system at the groups' columns.

    Parameters
    ----------
    inverse : float64[c + q, c + q]
        Of the system left after the elimination; symmetric, both halves.

    Returns
    -------
    float64[sum of k]
    """

def carry(
    asked: NDArray[float64],
    left: NDArray[float64],
    q: int,
    group_ptr: NDArray[int64],
    touched_ptr: NDArray[int64],
    touched: NDArray[int64],
    lower: NDArray[float64],
    lower_ptr: NDArray[int64],
    scaled: NDArray[float64],
    scaled_ptr: NDArray[int64],
) -> float:
    """Carry a linear combination of the groups' columns over to the common ones.

    Parameters
    ----------
    asked : float64[sum of k]
        Its coefficients.
    left : float64[c + q]
        Those of the common and dense columns; changed in place into a combination of them alone
        that has the rest of the variance.

    Returns
    -------
    float
        The part of its posterior variance that stays within the groups.
    """

def mirror(matrix: NDArray[float64], size: NDArray[float64]) -> None:
    """Divide the upper half of a matrix by the sizes of both ends, and copy it to the lower.

    Parameters
    ----------
    matrix : float64[n, n]
        Changed in place.
    size : float64[n]
    """
