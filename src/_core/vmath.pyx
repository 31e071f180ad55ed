"""Exponential, logarithm, normal distribution function and quantile over arrays."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport fabs

from _core.interrupts cimport Watch, over, stop, watching

cdef extern from "wide.h":
    ctypedef void (*rare_function "residual_auction_rare")(
        const double*, double*, const int*, int
    ) noexcept nogil
    int lanes "residual_auction_lanes"() noexcept nogil
    void wide_exp_many(const double*, double*, Py_ssize_t, rare_function) noexcept nogil
    void wide_log_many(const double*, double*, Py_ssize_t, rare_function) noexcept nogil
    void wide_ppf_many(const double*, double*, Py_ssize_t, rare_function) noexcept nogil

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_exp_chunk(
        const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_log_chunk(
        const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_cdf_chunk(
        const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_ppf_chunk(
        const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES RESIDUAL_AUCTION_FLAT static void residual_auction_ppf_places(
        const double *, double *, const int *, int);
    """

cdef enum:
    BLOCK = 4096
    # With fewer values for each, another thread saves less than waiting for it may cost.
    FAST_GRAIN = 16 * BLOCK
    SLOW_GRAIN = 4 * BLOCK

ctypedef void (*many_function)(const double*, double*, Py_ssize_t) noexcept nogil


# Each chunk is worked out without a branch, then the rare arguments over again.
cdef void exp_chunk "residual_auction_exp_chunk"(
    const double* x, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = exp_main(x[i])
    for i in range(count):
        if not fabs(x[i]) <= 708.0:
            out[i] = exp_scalar(x[i])


cdef void log_chunk "residual_auction_log_chunk"(
    const double* x, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = log_main(x[i])
    for i in range(count):
        if not 2.2250738585072014e-308 <= x[i] <= 1.7976931348623157e308:
            out[i] = log_rare(x[i])


cdef void cdf_chunk "residual_auction_cdf_chunk"(
    const double* x, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double tail
    for i in range(count):
        tail = tail_near(fabs(x[i]))
        out[i] = 1.0 - tail if x[i] > 0.0 else tail
    for i in range(count):
        if not fabs(x[i]) <= 5.656854249492380195:
            out[i] = norm_cdf_scalar(x[i])


cdef void ppf_chunk "residual_auction_ppf_chunk"(
    const double* p, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = ppf_main(p[i])
    for i in range(count):
        if not both_tails(p[i]) >= 0.004086771438464067:
            out[i] = norm_ppf_scalar(p[i])


cdef void exp_places(
    const double* x, double* out, const int* places, int count
) noexcept nogil:
    cdef int i
    for i in range(count):
        out[places[i]] = exp_scalar(x[places[i]])


cdef void log_places(
    const double* x, double* out, const int* places, int count
) noexcept nogil:
    cdef int i
    for i in range(count):
        out[places[i]] = log_rare(x[places[i]])


# Two draws in a thousand come here. All that this calls is compiled into it: a function of its
# own would have to do without the instruction for the dozens of fused steps.
cdef void ppf_places "residual_auction_ppf_places"(
    const double* p, double* out, const int* places, int count
) noexcept nogil:
    cdef int i
    for i in range(count):
        out[places[i]] = norm_ppf_scalar(p[places[i]])


cdef void exp_many(const double* x, double* out, Py_ssize_t count) noexcept nogil:
    if lanes():
        wide_exp_many(x, out, count, exp_places)
    else:
        exp_chunk(x, out, count)


cdef void log_many(const double* x, double* out, Py_ssize_t count) noexcept nogil:
    if lanes():
        wide_log_many(x, out, count, log_places)
    else:
        log_chunk(x, out, count)


cdef void norm_cdf_many(const double* x, double* out, Py_ssize_t count) noexcept nogil:
    cdf_chunk(x, out, count)


cdef void norm_ppf_many(const double* p, double* out, Py_ssize_t count) noexcept nogil:
    if lanes():
        wide_ppf_many(p, out, count, ppf_places)
    else:
        ppf_chunk(p, out, count)


cdef int apply_loop(
    const double[::1] x, double[::1] out, many_function many, int threads, int grain
) except -1 nogil:
    cdef Py_ssize_t n = x.shape[0], block
    cdef int team = <int>max(<Py_ssize_t>1, min(<Py_ssize_t>threads, n // grain))
    cdef Watch watch = watching()
    for block in prange((n + BLOCK - 1) // BLOCK, schedule="static", num_threads=team):
        if not stop(&watch):
            many(&x[block * BLOCK], &out[block * BLOCK], min(<Py_ssize_t>BLOCK, n - block * BLOCK))
    return over(&watch)


cdef object apply(x, many_function many, int threads, out, int grain):
    cdef const double[::1] source
    cdef double[::1] into
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    values = np.asarray(x, dtype=np.float64, order="C")
    shape = values.shape
    if out is None:
        out = np.empty(shape)
    elif not (isinstance(out, np.ndarray) and out.dtype == np.float64 and out.shape == shape
              and out.flags.c_contiguous and out.flags.writeable):
        raise ValueError(f"out must be a writeable contiguous float64 array of shape {shape}")
    source, into = values.reshape(-1), out.reshape(-1)
    if source.shape[0] == 0:
        return out
    # Rare arguments are read once more when results have been written.
    if &source[0] < &into[0] + into.shape[0] and &into[0] < &source[0] + source.shape[0]:
        source = values.reshape(-1).copy()
    apply_loop(source, into, many, threads, grain)
    return out


def exp(x, int threads=1, out=None):
    """Exponential of every element."""
    return apply(x, exp_many, threads, out, FAST_GRAIN)


def log(x, int threads=1, out=None):
    """Natural logarithm of every element."""
    return apply(x, log_many, threads, out, FAST_GRAIN)


def norm_cdf(x, int threads=1, out=None):
    """Standard normal distribution function of every element."""
    return apply(x, norm_cdf_many, threads, out, SLOW_GRAIN)


def norm_ppf(p, int threads=1, out=None):
    """Standard normal quantile of every element."""
    return apply(p, norm_ppf_many, threads, out, SLOW_GRAIN)
