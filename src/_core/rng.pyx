"""Philox4x32-10 streams of uniforms and normals over units, steps and scenarios."""

import numpy as np

from _core.streams import stream_key
from _core.student import END, HALF, TERMS, curve

from cython.parallel cimport prange
from libc.math cimport fma, sqrt
from libc.stdint cimport uint32_t, uint64_t

from _core.interrupts cimport Watch, over, stop, watching
from _core.vmath cimport EXP_WIDE_POLY, exp_main, horner, norm_ppf_many

cdef extern from "wide.h":
    int lanes "residual_auction_lanes"() noexcept nogil
    void wide_uniforms(
        uint64_t, uint64_t, uint32_t, Py_ssize_t, Py_ssize_t, double*
    ) noexcept nogil

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_pair_uniforms(
        uint64_t, uint64_t, uint32_t, Py_ssize_t, Py_ssize_t, double *);
    RESIDUAL_AUCTION_CLONES static void residual_auction_student_chunk(
        const double *, double, double *, Py_ssize_t);
    """

cdef enum Kind:
    UNIFORM
    NORMAL
    STUDENT

cdef int CURVE_TERMS = TERMS
cdef double CURVE_HALF = HALF
cdef double CURVE_SCALE = 2.0 * (END + HALF) / END

cdef enum:
    CHUNK = 512
    BLOCK = 4096
    # With fewer draws for each, another thread saves less than waiting for it may cost.
    GRAIN = 2 * BLOCK


cdef void pair_uniforms "residual_auction_pair_uniforms"(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t pair, Py_ssize_t pairs, double* out
) noexcept nogil:
    cdef Py_ssize_t i
    cdef Words words
    for i in range(pairs):
        words = philox_scalar(
            <uint32_t>(pair + i), step, <uint32_t>unit, <uint32_t>(unit >> 32),
            <uint32_t>key, <uint32_t>(key >> 32),
        )
        out[2 * i] = open_uniform(words.w0, words.w1)
        out[2 * i + 1] = open_uniform(words.w2, words.w3)


cdef void fill_uniforms(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t first, Py_ssize_t count, double* out
) noexcept nogil:
    if lanes():
        wide_uniforms(key, unit, step, first // 2, count // 2, out)
    else:
        pair_uniforms(key, unit, step, first // 2, count // 2, out)
    if count % 2:
        out[count - 1] = uniform_scalar(key, unit, step, first + count - 1)


cdef void fill_normals(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t first, Py_ssize_t count, double* out
) noexcept nogil:
    cdef double u[CHUNK]
    cdef Py_ssize_t chunk, done, size
    for chunk in range((count + CHUNK - 1) // CHUNK):
        done = chunk * CHUNK
        size = min(<Py_ssize_t>CHUNK, count - done)
        fill_uniforms(key, unit, step, first + done, size, u)
        norm_ppf_many(u, out + done, size)


cdef void student_chunk "residual_auction_student_chunk"(
    const double* ratios, double dof, double* z, Py_ssize_t count
) noexcept nogil:
    """At most CHUNK normals made Student variables in place, see `_core.student`."""
    cdef double[CHUNK] place
    cdef double[CHUNK] now
    cdef double[CHUNK] last
    cdef double square, next, ratio, y, growth
    cdef Py_ssize_t i, k
    for i in range(count):
        square = z[i] * z[i]
        place[i] = fma(square / (square + CURVE_HALF), CURVE_SCALE, -1.0)
        now[i] = last[i] = 0.0
    for k in range(CURVE_TERMS - 1, 0, -1):
        for i in range(count):
            next = fma(2.0 * place[i], now[i], ratios[k] - last[i])
            last[i] = now[i]
            now[i] = next
    for i in range(count):
        ratio = fma(place[i], now[i], ratios[0] - last[i])
        # t**2 = dof (exp(y) - 1)
        y = z[i] * z[i] * ratio / dof
        growth = horner(EXP_WIDE_POLY, 9, y)
        growth = fma(y, growth, 1.0) if y < 0.34 else (exp_main(y) - 1.0) / y
        z[i] = z[i] * sqrt(ratio * growth)


cdef int philox_loop(
    const uint32_t[:, ::1] counter, const uint32_t[:, ::1] key, uint32_t[:, ::1] out
) except -1 nogil:
    cdef Py_ssize_t i, k
    cdef Words words
    cdef Watch watch = watching()
    for i in range(counter.shape[0]):
        if i % BLOCK == 0 and stop(&watch):
            break
        k = i if key.shape[0] > 1 else 0
        words = philox_scalar(
            counter[i, 0], counter[i, 1], counter[i, 2], counter[i, 3], key[k, 0], key[k, 1]
        )
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = words.w0, words.w1, words.w2, words.w3
    return over(&watch)


cdef void make_students(
    const double* ratios, double dof, double* z, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t chunk
    for chunk in range((count + CHUNK - 1) // CHUNK):
        student_chunk(ratios, dof, z + chunk * CHUNK,
                      min(<Py_ssize_t>CHUNK, count - chunk * CHUNK))


cdef int draw_loop(
    uint64_t key, const uint64_t[::1] units, double[:, :, ::1] out, Kind kind,
    const double[::1] ratios, double dof, int threads
) except -1 nogil:
    cdef Watch watch = watching()
    cdef Py_ssize_t steps = out.shape[1], n = out.shape[2]
    cdef Py_ssize_t blocks = (n + BLOCK - 1) // BLOCK
    cdef Py_ssize_t task, row, first, size
    cdef int team = <int>max(<Py_ssize_t>1, min(
        <Py_ssize_t>threads, units.shape[0] * steps * n // GRAIN))
    cdef double* into
    for task in prange(units.shape[0] * steps * blocks, schedule="static", num_threads=team):
        if stop(&watch):
            continue
        row = task // blocks
        first = task % blocks * BLOCK
        size = min(<Py_ssize_t>BLOCK, n - first)
        into = &out[row // steps, row % steps, first]
        if kind == UNIFORM:
            fill_uniforms(key, units[row // steps], <uint32_t>(row % steps), first, size, into)
        else:
            fill_normals(key, units[row // steps], <uint32_t>(row % steps), first, size, into)
            if kind == STUDENT:
                make_students(&ratios[0], dof, into, size)
    return over(&watch)


cdef object draw(
    seed, stream, units, Py_ssize_t steps, Py_ssize_t n, Kind kind, double dof, int threads
):
    cdef uint64_t key = stream_key(seed, stream)
    if steps < 0 or n < 0 or threads < 1:
        raise ValueError(
            f"steps and n must be at least 0, threads at least 1, got {steps}, {n}, {threads}"
        )
    keys = np.ascontiguousarray(units, dtype=np.uint64)
    if keys.ndim != 1:
        raise ValueError(f"units must have one dimension, got {keys.ndim}")
    ratios = curve(dof) if kind == STUDENT else np.zeros(1)
    out = np.empty((keys.shape[0], steps, n))
    draw_loop(key, keys, out, kind, ratios, dof, threads)
    return out


def philox4x32(counter, key):
    """Ten rounds of Philox4x32 at each counter."""
    counters = np.ascontiguousarray(counter, dtype=np.uint32)
    keys = np.ascontiguousarray(np.atleast_2d(key), dtype=np.uint32)
    if counters.ndim != 2 or counters.shape[1] != 4:
        raise ValueError(f"counter must have shape (n, 4), got {counters.shape}")
    if keys.shape not in ((1, 2), (counters.shape[0], 2)):
        raise ValueError(f"key must have shape (2,) or (n, 2), got {np.shape(key)}")
    out = np.empty_like(counters)
    philox_loop(counters, keys, out)
    return out


def uniforms(seed, stream, units, Py_ssize_t steps, Py_ssize_t n, int threads=1):
    """Uniform draws in the open interval (0, 1), shape (units, steps, n)."""
    return draw(seed, stream, units, steps, n, UNIFORM, 0.0, threads)


def normals(seed, stream, units, Py_ssize_t steps, Py_ssize_t n, int threads=1):
    """Standard normal draws, shape (units, steps, n)."""
    return draw(seed, stream, units, steps, n, NORMAL, 0.0, threads)


def students(
    seed, stream, units, Py_ssize_t steps, Py_ssize_t n, double dof, int threads=1
):
    """Student draws, shape (units, steps, n)."""
    return draw(seed, stream, units, steps, n, STUDENT, dof, threads)
