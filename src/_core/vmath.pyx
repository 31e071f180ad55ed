"""Normal distribution function and quantile over arrays."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport copysign, fabs

cdef extern from "clones.h":
    pass

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_cdf_chunk(
        const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_ppf_chunk(
        const double *, double *, Py_ssize_t);
    """

cdef enum:
    CHUNK = 512
    BLOCK = 4096


cdef void cdf_chunk "residual_auction_cdf_chunk"(
    const double* x, double* out, Py_ssize_t count
) noexcept nogil:
    """Centre and near tail without a branch, then the rare arguments over again."""
    cdef Py_ssize_t i
    cdef double tail, centre
    for i in range(count):
        centre = cdf_central(x[i])
        tail = cdf_near_tail(fabs(x[i]))
        tail = 1.0 - tail if x[i] > 0.0 else tail
        out[i] = centre if fabs(x[i]) <= 0.67448975 else tail
    for i in range(count):
        if not fabs(x[i]) <= 5.656854249492380195:
            out[i] = norm_cdf_scalar(x[i])


cdef void ppf_chunk "residual_auction_ppf_chunk"(
    const double* p, double* out, Py_ssize_t count
) noexcept nogil:
    """At most CHUNK quantiles: all as central ones, then the tails over again."""
    cdef double tail[CHUNK]
    cdef int where[CHUNK]
    cdef double near, rest
    cdef Py_ssize_t i, tails = 0
    for i in range(count):
        out[i] = ppf_central(p[i] - 0.5)
    # No branch depends on which tail it is: it would be mispredicted.
    for i in range(count):
        rest = 1.0 - p[i]
        where[tails] = <int>i
        tail[tails] = p[i] if p[i] < rest else rest
        tails += <Py_ssize_t>(not fabs(p[i] - 0.5) <= 0.425)
    for i in range(tails):
        tail[i] = ppf_near_tail(tail[i])
    for i in range(tails):
        near = p[where[i]]
        rest = 1.0 - near
        out[where[i]] = copysign(tail[i], near - 0.5)
        # Beyond exp(-25), where another polynomial holds, or outside (0, 1).
        if not (near if near < rest else rest) >= 1.3887943864964021e-11:
            out[where[i]] = norm_ppf_scalar(near)


cdef void norm_cdf_many(const double* x, double* out, Py_ssize_t count) noexcept nogil:
    cdf_chunk(x, out, count)


cdef void norm_ppf_many(const double* p, double* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t chunk
    for chunk in range((count + CHUNK - 1) // CHUNK):
        ppf_chunk(p + chunk * CHUNK, out + chunk * CHUNK,
                  min(<Py_ssize_t>CHUNK, count - chunk * CHUNK))


cdef void cdf_loop(const double[::1] x, double[::1] out, int threads) noexcept nogil:
    cdef Py_ssize_t n = x.shape[0], block
    for block in prange((n + BLOCK - 1) // BLOCK, schedule="static", num_threads=threads):
        norm_cdf_many(&x[block * BLOCK], &out[block * BLOCK],
                      min(<Py_ssize_t>BLOCK, n - block * BLOCK))


cdef void ppf_loop(const double[::1] p, double[::1] out, int threads) noexcept nogil:
    cdef Py_ssize_t n = p.shape[0], block
    for block in prange((n + BLOCK - 1) // BLOCK, schedule="static", num_threads=threads):
        norm_ppf_many(&p[block * BLOCK], &out[block * BLOCK],
                      min(<Py_ssize_t>BLOCK, n - block * BLOCK))


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
