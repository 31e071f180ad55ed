"""Smoothed choices: shares that move smoothly with prices, with slopes, and a Newton step."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport exp, log, sqrt
from libc.stdint cimport int64_t

from _core.interrupts cimport Watch, over, stop, watching

cdef Py_ssize_t PARTS = 64
cdef Py_ssize_t CELLS = 4_000_000
cdef Py_ssize_t LOOK = 256     # choosers between two looks for signals

# Options with a smaller share do not count in the slope of use: many are near the prices at which
# choosers were gathered, each costs as much as one that counts, and a step hardly feels them.
cdef double UNLIKELY = 1e-5


cdef double soft_one(
    Py_ssize_t begin, Py_ssize_t end, const double[::1] base, const int64_t[::1] pointer,
    const int64_t[::1] row, const double[::1] amount, const double[::1] price,
    double temperature, double[::1] share
) noexcept nogil:
    """Fill the shares of one chooser and return its smoothed worth."""
    cdef double top, total = 0.0
    cdef Py_ssize_t c, k
    for c in range(begin, end):
        share[c] = base[c]
        for k in range(pointer[c], pointer[c + 1]):
            share[c] -= amount[k] * price[row[k]]
    top = share[begin]
    for c in range(begin + 1, end):
        if share[c] > top:
            top = share[c]
    for c in range(begin, end):
        share[c] = exp((share[c] - top) / temperature)
        total += share[c]
    for c in range(begin, end):
        share[c] /= total
    return top + temperature * log(total)


cdef void slopes_one(
    Py_ssize_t begin, Py_ssize_t end, const int64_t[::1] pointer, const int64_t[::1] row,
    const double[::1] amount, const double[::1] share, double size, double temperature,
    double[::1] mean, int64_t[::1] touched, int64_t[::1] marked, double[::1] gradient,
    double[:, ::1] curve
) noexcept nogil:
    cdef Py_ssize_t c, k, j, count = 0
    cdef int64_t here, there
    cdef double scale = size / temperature, part
    for c in range(begin, end):
        if share[c] < UNLIKELY:
            for k in range(pointer[c], pointer[c + 1]):
                gradient[row[k]] += size * share[c] * amount[k]
            continue
        for k in range(pointer[c], pointer[c + 1]):
            if not marked[row[k]]:
                touched[count] = row[k]
                count = count + 1
                marked[row[k]] = 1
            mean[row[k]] += share[c] * amount[k]
            part = scale * share[c] * amount[k]
            for j in range(pointer[c], k + 1):
                curve[row[k], row[j]] += part * amount[j]
    for k in range(count):
        gradient[touched[k]] += size * mean[touched[k]]
        for j in range(k + 1):
            here, there = max(touched[k], touched[j]), min(touched[k], touched[j])
            curve[here, there] -= scale * mean[here] * mean[there]
    for k in range(count):
        mean[touched[k]] = 0.0
        marked[touched[k]] = 0


cdef int soft_loop(
    const int64_t[::1] start, const double[::1] size, const double[::1] base,
    const int64_t[::1] pointer, const int64_t[::1] row, const double[::1] amount,
    const double[::1] price, double temperature, double[::1] share, double[::1] value,
    double[:, ::1] gradient, double[:, :, ::1] curve, double[:, ::1] mean,
    int64_t[:, ::1] touched, int64_t[:, ::1] marked, Py_ssize_t length, bint slopes, int threads
) except -1 nogil:
    cdef Py_ssize_t part, v
    cdef Watch watch = watching()
    for part in prange(value.shape[0], schedule="dynamic", num_threads=threads):
        for v in range(part * length, min(size.shape[0], (part + 1) * length)):
            if v % LOOK == 0 and stop(&watch):
                break
            value[part] += size[v] * soft_one(
                start[v], start[v + 1], base, pointer, row, amount, price, temperature, share)
            if slopes:
                slopes_one(
                    start[v], start[v + 1], pointer, row, amount, share, size[v], temperature,
                    mean[part], touched[part], marked[part], gradient[part], curve[part])
    return over(&watch)


def soft_choices(
    const int64_t[::1] start, const double[::1] size, const double[::1] base,
    const int64_t[::1] pointer, const int64_t[::1] row, const double[::1] amount,
    const double[::1] price, double temperature, bint slopes=True, int threads=1
):
    """Smoothed worth of all choosers, their shares, use, and the slope of use in prices."""
    width = price.shape[0]
    choosers = size.shape[0]
    most = max(1, min(PARTS, CELLS // max(1, width * width)))
    length = max(256, (choosers + most - 1) // most)
    parts = max(1, (choosers + length - 1) // length)
    share = np.empty(base.shape[0])
    value = np.zeros(parts)
    shape = (parts, width) if slopes else (1, 0)
    gradient, mean = np.zeros(shape), np.zeros(shape)
    curve = np.zeros((parts, width, width) if slopes else (1, 0, 0))
    touched, marked = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    soft_loop(
        start, size, base, pointer, row, amount, price, temperature, share, value, gradient,
        curve, mean, touched, marked, length, slopes, threads)
    lower = curve.sum(axis=0)
    return (
        float(value.sum()), share, gradient.sum(axis=0),
        lower + lower.T - np.diag(np.diag(lower)))


cdef int factorise(double[:, ::1] matrix, double least) except -1 nogil:
    """Put the lower Cholesky factor in place; pivots below `least` are taken as infinite."""
    cdef Py_ssize_t i, j, k
    cdef double total
    cdef Watch watch = watching()
    for j in range(matrix.shape[0]):
        if stop(&watch):
            break
        for i in range(j, matrix.shape[0]):
            total = matrix[i, j]
            for k in range(j):
                total = total - matrix[i, k] * matrix[j, k]
            if i == j:
                matrix[j, j] = sqrt(total) if total > least else 1e150
            else:
                matrix[i, j] = total / matrix[j, j]
    return over(&watch)


def solve_positive(matrix, right):
    """Solution of a positive semidefinite system; directions without curvature get nothing."""
    factor = np.array(matrix, dtype=np.float64, order="C")
    out = np.array(right, dtype=np.float64, order="C")
    cdef double[:, ::1] lower = factor
    cdef double[::1] x = out
    cdef Py_ssize_t i, k, n = x.shape[0]
    factorise(lower, 1e-14 * float(np.abs(np.diag(factor)).max(initial=0.0)))
    for i in range(n):
        for k in range(i):
            x[i] -= lower[i, k] * x[k]
        x[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= lower[k, i] * x[k]
        x[i] /= lower[i, i]
    return out
