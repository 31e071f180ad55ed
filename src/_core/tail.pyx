# distutils: language = c++
"""Tail means and quantiles of equally likely values."""

from fractions import Fraction

import numpy as np

from cython.parallel cimport prange, threadid
from libc.math cimport NAN
from libc.string cimport memcpy
from libcpp.algorithm cimport nth_element

from _core.interrupts cimport Watch, over, stop, watching

cdef Py_ssize_t ROWS = 16


cdef double tail_weights(
    const double[::1] values, double bound, double sign, double full, double atom,
    Py_ssize_t ties, double[::1] weights
) noexcept nogil:
    """Fill the weights of the tail beyond `bound` and return the weighted mean.

    Of the values equal to `bound`, the first `ties` weigh `full` and the next one `atom`.
    """
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(values.shape[0]):
        weights[i] = 0.0
        if sign * values[i] < bound:
            weights[i] = full
        elif sign * values[i] == bound and ties >= 0:
            weights[i] = full if ties > 0 else atom
            ties = ties - 1
        total += weights[i] * values[i]
    return total


cdef Py_ssize_t count_below(const double[::1] values, double bound, double sign) noexcept nogil:
    cdef Py_ssize_t i, below = 0
    for i in range(values.shape[0]):
        below += <Py_ssize_t>(sign * values[i] < bound)
    return below


def cvar(values, alpha, bint lower=True):
    """Mean of the worst 1 - alpha of equally likely values, with the weights that attain it."""
    cdef double sign = 1.0 if lower else -1.0
    cdef double bound
    cdef Py_ssize_t count, whole
    sample = np.ascontiguousarray(values, dtype=np.float64)
    if sample.ndim != 1 or not sample.size or not np.isfinite(sample).all():
        raise ValueError("values must be finite and have one dimension and at least one element")
    if not 0 <= alpha < 1:
        raise ValueError(f"alpha must lie in [0, 1), got {alpha}")
    # Exact, from the decimal number that was meant: (1 - 0.95) * 1000 is 50, not 50 + 4e-14.
    count = sample.size
    mass = (1 - Fraction(repr(float(alpha)))) * count
    whole = min(int(mass), count - 1)
    bound = np.partition(sample if lower else -sample, whole)[whole]
    weights = np.empty(count)
    mean = tail_weights(
        sample, bound, sign, float(1 / mass), float((mass - whole) / mass),
        whole - count_below(sample, bound, sign), weights,
    )
    return mean, weights


cdef void quantile_row(
    const double* values, const double[::1] q, double* scratch, Py_ssize_t n, double* out
) noexcept nogil:
    """Quantiles of one row, interpolated between order statistics at q * (n - 1)."""
    cdef Py_ssize_t i, k, low
    cdef double place, a, b, share
    for i in range(n):
        if values[i] != values[i]:
            for k in range(q.shape[0]):
                out[k] = NAN
            return
    memcpy(scratch, values, n * sizeof(double))
    for k in range(q.shape[0]):
        place = q[k] * (n - 1)
        low = min(<Py_ssize_t>place, n - 1)
        share = place - low
        nth_element(scratch, scratch + low, scratch + n)
        a = scratch[low]
        b = a
        if share > 0.0:
            b = scratch[low + 1]
            for i in range(low + 2, n):
                if scratch[i] < b:
                    b = scratch[i]
        # The nearer end is the base, so that the result never leaves [a, b].
        out[k] = a if a == b else (
            b - (b - a) * (1.0 - share) if share >= 0.5 else a + (b - a) * share)


cdef int quantile_loop(
    const double[:, ::1] values, const double[::1] q, double[:, ::1] scratch,
    double[:, ::1] out, int threads
) except -1 nogil:
    cdef Watch watch = watching()
    cdef Py_ssize_t rows = values.shape[0], block, row
    for block in prange((rows + ROWS - 1) // ROWS, schedule="static", num_threads=threads):
        for row in range(block * ROWS, min(rows, (block + 1) * ROWS)):
            if stop(&watch):
                break
            quantile_row(
                &values[row, 0], q, &scratch[threadid(), 0], values.shape[1], &out[row, 0]
            )
    return over(&watch)


def row_quantiles(values, q, int threads=1):
    """Quantiles of every row, shape (rows, quantiles)."""
    table = np.ascontiguousarray(values, dtype=np.float64)
    shares = np.ascontiguousarray(q, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 1:
        raise ValueError(f"values must have shape (rows, n) with n at least 1, got {table.shape}")
    if shares.ndim != 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("q must have one dimension and lie in [0, 1]")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    out = np.empty((table.shape[0], shares.shape[0]))
    if out.size:
        quantile_loop(table, shares, np.empty((threads, table.shape[1])), out, threads)
    return out
