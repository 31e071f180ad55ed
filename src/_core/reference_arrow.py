"""NumPy twins of the elimination kernels, with the same signatures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def arrange(
    row_ptr: Places,
    column: Places,
    value: Floats,
    group: Places,
    place: Places,
    group_ptr: Places,
    common: int,
) -> tuple[Places, Places, Places, Places, Places, Floats, Places, Places, Places]:
    """Twin of `_core.arrow.arrange`."""
    n, groups = len(row_ptr) - 1, len(group_ptr) - 1
    entries = [np.arange(row_ptr[row], row_ptr[row + 1]) for row in range(n)]
    row_group = np.array(
        [group[column[at]].max(initial=-1) for at in entries] or np.zeros(0), dtype=np.int64
    )
    row_group[row_group < 0] = groups
    rows = np.argsort(row_group, kind="stable").astype(np.int64)
    touched = [
        np.unique(
            [
                place[column[e]] - group_ptr[groups]
                for row in np.flatnonzero(row_group == g)
                for e in entries[row]
                if group[column[e]] < 0
            ]
        ).astype(np.int64)
        for g in range(groups)
    ]
    own, local, spot, moved = [], [], [], []
    for row in rows:
        at, g = entries[row], row_group[row]
        fine = at[group[column[at]] >= 0]
        rest = place[column[at[group[column[at]] < 0]]] - group_ptr[groups]
        own.append(len(fine))
        local += (place[column[fine]] - group_ptr[g]).tolist()
        local += (np.searchsorted(touched[g], rest) if g < groups else 0 * rest).tolist()
        spot += [*([0] * len(fine)), *rest.tolist()]
        moved += [*value[fine], *value[at[group[column[at]] < 0]]]
    return (
        rows,
        _pointers([len(entries[row]) for row in rows]),
        np.array(own, dtype=np.int64),
        np.array(local, dtype=np.int64),
        np.array(spot, dtype=np.int64),
        np.array(moved, dtype=np.float64),
        _pointers(np.bincount(row_group, minlength=groups + 1).tolist()),
        _pointers([len(met) for met in touched]),
        np.concatenate([np.zeros(0, dtype=np.int64), *touched]),
    )


def _pointers(sizes: list[int]) -> Places:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def eliminate(
    row_ptr: Places,
    own: Places,
    local: Places,
    spot: Places,
    value: Floats,
    dense: Floats,
    target: Floats,
    weight: Floats,
    group_rows: Places,
    group_ptr: Places,
    touched_ptr: Places,
    touched: Places,
    prior: Floats,
    common: Floats,
    right: Floats,
) -> tuple[Floats, Places, Floats, Places]:
    """Twin of `_core.arrow.eliminate`."""
    q = dense.shape[1]
    c = len(common) - q
    lowers, scaleds = [], []
    for g in range(len(group_ptr)):
        rows = range(group_rows[g], group_rows[g + 1])
        met = touched[touched_ptr[g] : touched_ptr[g + 1]] if g < len(group_ptr) - 1 else None
        size = group_ptr[g + 1] - group_ptr[g] if met is not None else 0
        fine = np.zeros((len(rows), size))
        rest = np.zeros((len(rows), c))
        for place, row in enumerate(rows):
            split = row_ptr[row] + own[row]
            fine[place, local[row_ptr[row] : split]] = value[row_ptr[row] : split]
            rest[place, spot[split : row_ptr[row + 1]]] = value[split : row_ptr[row + 1]]
        span = slice(group_rows[g], group_rows[g + 1])
        mass = weight[span, None]
        both = np.hstack([rest, dense[span]])
        right += both.T @ (weight[span] * target[span])
        common += np.triu(both.T @ (mass * both))
        if met is None or not size:
            continue
        begin = slice(group_ptr[g], group_ptr[g + 1])
        lower = np.linalg.cholesky(fine.T @ (mass * fine) + np.diag(prior[begin]))
        shared = np.hstack([rest[:, met], dense[span], target[span, None]])
        scaled = np.linalg.solve(lower, fine.T @ (mass * shared))
        places = np.concatenate([met, np.arange(c, c + q)])
        product = scaled[:, :-1].T @ scaled[:, :-1]
        common[np.ix_(places, places)] -= np.triu(product)
        right[places] -= scaled[:, :-1].T @ scaled[:, -1]
        lowers.append(lower.T.ravel())
        scaleds.append(scaled.ravel())
    sizes = np.diff(group_ptr)
    widths = np.diff(touched_ptr) + q + 1
    nothing = [np.zeros(0)]
    return (
        np.concatenate([*nothing, *lowers]),
        np.concatenate([[0], np.cumsum(sizes**2)]).astype(np.int64),
        np.concatenate([*nothing, *scaleds]),
        np.concatenate([[0], np.cumsum(sizes * widths)]).astype(np.int64),
    )


def _groups(
    q: int,
    total: int,
    group_ptr: Places,
    touched_ptr: Places,
    touched: Places,
    lower: Floats,
    lower_ptr: Places,
    scaled: Floats,
    scaled_ptr: Places,
) -> list[tuple[Floats, Floats, Places]]:
    """Factor, shared columns and common places of each group."""
    out = []
    for g in range(len(group_ptr) - 1):
        size = group_ptr[g + 1] - group_ptr[g]
        met = touched[touched_ptr[g] : touched_ptr[g + 1]]
        places = np.concatenate([met, np.arange(total - q, total)])
        factor = np.tril(lower[lower_ptr[g] : lower_ptr[g + 1]].reshape(size, size).T)
        block = scaled[scaled_ptr[g] : scaled_ptr[g + 1]].reshape(size, len(places) + 1)
        out.append((factor, block, places))
    return out


def back_substitute(
    known: Floats,
    q: int,
    group_ptr: Places,
    touched_ptr: Places,
    touched: Places,
    lower: Floats,
    lower_ptr: Places,
    scaled: Floats,
    scaled_ptr: Places,
) -> Floats:
    """Twin of `_core.arrow.back_substitute`."""
    out: list[Floats] = [np.zeros(0)]
    for factor, block, places in _groups(
        q, len(known), group_ptr, touched_ptr, touched, lower, lower_ptr, scaled, scaled_ptr
    ):
        left = block[:, -1] - block[:, :-1] @ known[places]
        out.append(np.asarray(np.linalg.solve(factor.T, left), dtype=np.float64))
    return np.concatenate(out)


def group_variances(
    inverse: Floats,
    q: int,
    group_ptr: Places,
    touched_ptr: Places,
    touched: Places,
    lower: Floats,
    lower_ptr: Places,
    scaled: Floats,
    scaled_ptr: Places,
) -> Floats:
    """Twin of `_core.arrow.group_variances`."""
    out: list[Floats] = [np.zeros(0)]
    for factor, block, places in _groups(
        q, len(inverse), group_ptr, touched_ptr, touched, lower, lower_ptr, scaled, scaled_ptr
    ):
        if not len(factor):
            continue
        moved = np.linalg.solve(factor.T, block[:, :-1])
        own = np.linalg.inv(factor)
        shared = inverse[np.ix_(places, places)]
        out.append(np.sum(own**2, axis=0) + np.einsum("ij,jk,ik->i", moved, shared, moved))
    return np.concatenate(out)


def carry(
    asked: Floats,
    left: Floats,
    q: int,
    group_ptr: Places,
    touched_ptr: Places,
    touched: Places,
    lower: Floats,
    lower_ptr: Places,
    scaled: Floats,
    scaled_ptr: Places,
) -> float:
    """Twin of `_core.arrow.carry`."""
    total = 0.0
    groups = _groups(
        q, len(left), group_ptr, touched_ptr, touched, lower, lower_ptr, scaled, scaled_ptr
    )
    for g, (factor, block, places) in enumerate(groups):
        own = np.linalg.solve(factor, asked[group_ptr[g] : group_ptr[g + 1]])
        left[places] -= block[:, :-1].T @ own
        total += float(own @ own)
    return total


def mirror(matrix: Floats, size: Floats) -> None:
    """Twin of `_core.arrow.mirror`."""
    upper = np.triu(matrix) / np.outer(size, size)
    matrix[:] = upper + np.triu(upper, 1).T
