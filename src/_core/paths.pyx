"""Correlated autoregressive factor paths with heavy-tailed increments."""

import numpy as np

from _core.streams import stream_key

from cython.parallel cimport prange, threadid
from libc.math cimport sqrt
from libc.stdint cimport uint32_t, uint64_t

from _core.interrupts cimport Watch, over, stop, watching
from _core.rng cimport fill_normals
from _core.vmath cimport norm_ppf_many

cdef extern from "clones.h":
    pass

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_add_product(
        double, const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_add_square(
        const double *, double *, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_next_level(
        double, double, const double *, const double *, const double *, double *, Py_ssize_t);
    """

cdef enum:
    BLOCK = 512

# The normals behind the chi-square draws are units of their own, beyond those of the factors.
cdef uint64_t MIXING_UNIT = <uint64_t>1 << 32


cdef void add_product "residual_auction_add_product"(
    double weight, const double* z, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] += weight * z[i]


cdef void add_square "residual_auction_add_square"(
    const double* z, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] += z[i] * z[i]


cdef void next_level "residual_auction_next_level"(
    double persistence, double volatility, const double* increment, const double* mix,
    const double* level, double* out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = persistence * level[i] + volatility * mix[i] * increment[i]


cdef void draw_normals(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t first, Py_ssize_t count,
    bint antithetic, double* out
) noexcept nogil:
    """Normals of a block; of an antithetic pair (2k, 2k + 1), draw k and its mirror image."""
    cdef double half[BLOCK]
    cdef Py_ssize_t i
    if not antithetic:
        fill_normals(key, unit, step, first, count, out)
        return
    fill_normals(key, unit, step, first // 2, (count + 1) // 2, half)
    for i in range(count):
        out[i] = -half[i // 2] if i % 2 else half[i // 2]


cdef void draw_mixing(
    uint64_t key, uint32_t step, Py_ssize_t first, Py_ssize_t count, int dof, bint antithetic,
    double* mix
) noexcept nogil:
    """Square root of the inverse-gamma mixture of mean 1; an antithetic pair shares it."""
    cdef double z[BLOCK]
    cdef Py_ssize_t i
    cdef int j
    for i in range(count):
        mix[i] = 0.0 if dof > 0 else 1.0
    if dof == 0:
        return
    for j in range(dof):
        draw_normals(key, MIXING_UNIT + j, step, first, count, antithetic, z)
        add_square(z, mix, count)
    for i in range(count):
        mix[i] = sqrt((dof - 2) / mix[i])


cdef void path_block(
    uint64_t key, const double[:, ::1] loadings, const double[:, ::1] volatility,
    const double[::1] persistence, int dof, bint antithetic, const double[:, :, ::1] points,
    Py_ssize_t first, Py_ssize_t count, double* z, double[:, :, ::1] out, Watch* watch
) noexcept nogil:
    cdef double mix[BLOCK]
    cdef double increment[BLOCK]
    cdef double start[BLOCK]
    cdef Py_ssize_t factors = loadings.shape[0], d, f, g, i
    for i in range(count):
        start[i] = 0.0
    for d in range(volatility.shape[1]):
        if stop(watch):
            return
        draw_mixing(key, <uint32_t>d, first, count, dof, antithetic, mix)
        for f in range(factors):
            if points.shape[0] > 0:
                norm_ppf_many(&points[f, d, first], z + f * BLOCK, count)
            else:
                draw_normals(key, f, <uint32_t>d, first, count, antithetic, z + f * BLOCK)
            for i in range(count):
                increment[i] = 0.0
            for g in range(f + 1):
                add_product(loadings[f, g], z + g * BLOCK, increment, count)
            next_level(persistence[f], volatility[f, d], increment, mix,
                       &out[f, d - 1, first] if d > 0 else start, &out[f, d, first], count)


cdef int path_loop(
    uint64_t key, const double[:, ::1] loadings, const double[:, ::1] volatility,
    const double[::1] persistence, int dof, bint antithetic, const double[:, :, ::1] points,
    double[:, ::1] scratch, double[:, :, ::1] out, int threads
) except -1 nogil:
    cdef Watch watch = watching()
    cdef Py_ssize_t n = out.shape[2], block
    for block in prange((n + BLOCK - 1) // BLOCK, schedule="static", num_threads=threads):
        path_block(key, loadings, volatility, persistence, dof, antithetic, points,
                   block * BLOCK, min(<Py_ssize_t>BLOCK, n - block * BLOCK),
                   &scratch[threadid(), 0], out, &watch)
    return over(&watch)


def factor_paths(
    seed, stream, loadings, volatility, persistence, double dof, Py_ssize_t n,
    bint antithetic=True, int threads=1, points=None,
):
    """Joint paths of autoregressive factors, shape (factors, dates, n)."""
    cdef uint64_t key = stream_key(seed, stream)
    lower = np.ascontiguousarray(loadings, dtype=np.float64)
    scale = np.ascontiguousarray(volatility, dtype=np.float64)
    kept = np.ascontiguousarray(persistence, dtype=np.float64)
    if lower.ndim != 2 or lower.shape[0] != lower.shape[1] or np.triu(lower, 1).any():
        raise ValueError("loadings must be a square lower triangular matrix")
    if scale.ndim != 2 or scale.shape[0] != lower.shape[0] or kept.shape != lower.shape[:1]:
        raise ValueError(
            f"volatility {scale.shape} and persistence {kept.shape} must have one row for each "
            f"of the {lower.shape[0]} factors"
        )
    if not (dof == np.inf or (3 <= dof <= 1000 and dof == int(dof))):
        raise ValueError(f"dof must be a whole number from 3 to 1000 or infinite, got {dof}")
    if n < 0 or threads < 1:
        raise ValueError(f"n must be at least 0 and threads at least 1, got {n} and {threads}")
    out = np.empty((lower.shape[0], scale.shape[1], n))
    given = np.ascontiguousarray(np.empty((0, 0, 0)) if points is None else points, np.float64)
    if points is not None and (given.shape != out.shape or antithetic):
        raise ValueError(
            f"points must have shape {out.shape} and no mirror images, got {given.shape}"
            f"{' with antithetic' if antithetic else ''}"
        )
    if out.size:
        scratch = np.empty((threads, lower.shape[0] * BLOCK))
        path_loop(key, lower, scale, kept, 0 if dof == np.inf else int(dof), antithetic,
                  given, scratch, out, threads)
    return out
