"""A large sparse matrix turned from rows to columns, a block of columns at a time."""

from __future__ import annotations

import numpy as np
from scipy import sparse

#: Columns turned at a time: their part of the result fits the cache, which every row writes to.
BLOCK = 131_072


def by_column(rows: sparse.csr_array) -> sparse.csc_array:
    """Return the same matrix by columns, as ``scipy`` does in three times the time.

    Parameters
    ----------
    rows : scipy.sparse.csr_array, [k, c]
        Few rows, many columns.

    Returns
    -------
    scipy.sparse.csc_array, [k, c]
        Rows of each column ascend.
    """
    height, width = rows.shape
    if width <= BLOCK or not rows.nnz:
        return sparse.csc_array(rows)
    if not rows.has_sorted_indices:
        rows = rows.sorted_indices()
    edge = np.append(np.arange(0, width, BLOCK), width)
    places = np.empty((edge.size, height), dtype=np.int64)
    for row, (begin, end) in enumerate(zip(rows.indptr[:-1], rows.indptr[1:], strict=True)):
        places[:, row] = begin + np.searchsorted(rows.indices[begin:end], edge)
    pointer = np.zeros(width + 1, dtype=rows.indptr.dtype)
    index, data = np.empty_like(rows.indices), np.empty_like(rows.data)
    filled = 0
    for number, first in enumerate(edge[:-1]):
        parts = [*map(slice, places[number].tolist(), places[number + 1].tolist())]
        block = sparse.csr_array(
            (
                np.concatenate([rows.data[part] for part in parts]),
                np.concatenate([rows.indices[part] for part in parts]) - index.dtype.type(first),
                np.append(0, np.cumsum(places[number + 1] - places[number])),
            ),
            (height, int(edge[number + 1] - first)),
        ).tocsc()
        index[filled : filled + block.nnz], data[filled : filled + block.nnz] = (
            block.indices,
            block.data,
        )
        pointer[first + 1 : edge[number + 1] + 1] = filled + block.indptr[1:]
        filled += block.nnz
    return sparse.csc_array((data, index, pointer), (height, width))
