"""A print of an array's bytes, by which content that changed in place is told."""

import numpy as np

from libc.stdint cimport uint64_t

cdef extern from "clones.h":
    pass

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_mix(
        const uint64_t *, Py_ssize_t, uint64_t *);
    """

cdef enum:
    # so many that memory is waited for, not the products of a lane, one of which needs the last
    LANES = 64
# a change of the highest bit alone outlives one product unmixed, and so a second one follows
cdef uint64_t ODD = 0x9E3779B97F4A7C15, OTHER = 0xD6E8FEB86659FD93


cdef void mix_loop "residual_auction_mix"(
    const uint64_t* word, Py_ssize_t rows, uint64_t* lane
) noexcept nogil:
    """Mix rows of words into lanes; each step is invertible in lane and in word."""
    cdef Py_ssize_t i, k
    cdef uint64_t odd = ODD, other = OTHER
    cdef uint64_t mixed[LANES]
    for k in range(LANES):
        mixed[k] = lane[k]
    for i in range(rows):
        for k in range(LANES):
            mixed[k] = (mixed[k] ^ word[LANES * i + k]) * odd
            mixed[k] = ((mixed[k] << 29) | (mixed[k] >> 35)) * other
            mixed[k] = (mixed[k] << 32) | (mixed[k] >> 32)
    for k in range(LANES):
        lane[k] = mixed[k]


def content_print(array):
    whole = np.ascontiguousarray(array)
    if whole.dtype.hasobject:
        raise TypeError("objects have no print of their content")
    cdef const unsigned char[::1] content = whole.reshape(-1).view(np.uint8)
    cdef Py_ssize_t size = content.shape[0]
    cdef Py_ssize_t row = 8 * LANES
    cdef Py_ssize_t rows = size // row
    lanes = np.arange(1, LANES + 1, dtype=np.uint64)
    rest = np.zeros(row, dtype=np.uint8)
    if size > rows * row:
        rest[: size - rows * row] = content[rows * row :]
    cdef uint64_t[::1] lane = lanes
    cdef const uint64_t[::1] last = rest.view(np.uint64)
    with nogil:
        if rows:
            mix_loop(<const uint64_t*>&content[0], rows, &lane[0])
        mix_loop(&last[0], 1, &lane[0])
    return whole.dtype.str, array.shape, *lanes.tolist()
