"""Normal distribution function and quantile over arrays."""

import numpy as np

from cython.parallel cimport prange

cdef Py_ssize_t BLOCK = 4096


cdef void cdf_block(const double* x, double* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = norm_cdf_scalar(x[i])


cdef void ppf_block(const double* p, double* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = norm_ppf_scalar(p[i])


cdef void cdf_loop(const double[::1] x, double[::1] out, int threads) noexcept nogil:
    cdef Py_ssize_t n = x.shape[0], block
    for block in prange((n + BLOCK - 1) // BLOCK, schedule="static", num_threads=threads):
        cdf_block(&x[block * BLOCK], &out[block * BLOCK], min(BLOCK, n - block * BLOCK))


cdef void ppf_loop(const double[::1] p, double[::1] out, int threads) noexcept nogil:
    cdef Py_ssize_t n = p.shape[0], block
    for block in prange((n + BLOCK - 1) // BLOCK, schedule="static", num_threads=threads):
        ppf_block(&p[block * BLOCK], &out[block * BLOCK], min(BLOCK, n - block * BLOCK))


cdef object apply(x, bint quantile, int threads):
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    values = np.ascontiguousarray(x, dtype=np.float64)
    out = np.empty(np.shape(x))
    if quantile:
        ppf_loop(values.reshape(-1), out.reshape(-1), threads)
    else:
        cdf_loop(values.reshape(-1), out.reshape(-1), threads)
    return out


def norm_cdf(x, int threads=1):
    """Standard normal distribution function of every element."""
    return apply(x, False, threads)


def norm_ppf(p, int threads=1):
    """Standard normal quantile of every element."""
    return apply(p, True, threads)
