"""Values of units over dates in joint scenarios, reduced as they are made and never kept."""

import numpy as np

from _core.streams import stream_key
from _core.vmath import exp

from cython.parallel cimport prange, threadid
from libc.math cimport floor, sqrt
from libc.stdint cimport int64_t, uint64_t

from _core.interrupts cimport Watch, over, stop, watching
from _core.rng cimport fill_uniforms
from _core.vmath cimport exp_many, log_main

cdef extern from "clones.h":
    ctypedef const double* source "residual_auction_in"
    ctypedef double* target "residual_auction_out"

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_tabled(
        residual_auction_in, residual_auction_in, int, double, double, residual_auction_out,
        Py_ssize_t);
    """

cdef extern from "value_rows.h":
    ctypedef struct Row "residual_auction_row":
        double first
        double sum
        double square
        double below
        double least
        double most
    int VALUE_BINS
    void value_row "residual_auction_value_row"(
        const double*, const double*, double, double, Py_ssize_t, double*, double*, double*, Row*
    ) noexcept nogil
    void value_bins "residual_auction_value_bins"(
        const double*, double, double, Py_ssize_t, int*
    ) noexcept nogil

# Units that one part sums over scenarios; parts are added in order.
cdef Py_ssize_t PARTS = 16
cdef Py_ssize_t FEWEST = 64
# Draws made at once where shocks alone are asked for.
cdef Py_ssize_t DRAWN = 1024
# An exponent beyond which products of two exponentials leave the doubles.
cdef double FARTHEST = 300.0


cdef struct Shock:
    const double* table
    Py_ssize_t last
    double low
    double high
    double step
    double lower_rate
    double upper_rate
    double lowest
    double highest


cdef void tabled_loop "residual_auction_tabled"(
    source u, source table, int last, double low, double step, target out, Py_ssize_t count
) noexcept nogil:
    """Quantiles, linear between tabled ones."""
    cdef Py_ssize_t i
    cdef double place
    cdef int cell
    for i in range(count):
        place = (u[i] - low) / step
        place = place if place > 0.0 else 0.0
        cell = <int>place if place < last else last - 1
        cell = cell if cell < last else last - 1
        out[i] = table[cell] + (place - cell) * (table[cell + 1] - table[cell])


cdef void shocks_at(
    const Shock* of, const double* u, double* out, Py_ssize_t count
) noexcept nogil:
    """Quantiles: linear between tabled ones, exponential tails outside."""
    cdef Py_ssize_t i
    tabled_loop(u, of.table, <int>of.last, of.low, of.step, out, count)
    for i in range(count):
        if u[i] < of.low:
            out[i] = max(of.table[0] + of.lower_rate * log_main(u[i] / of.low), of.lowest)
        elif u[i] > of.high:
            out[i] = min(
                of.table[of.last] - of.upper_rate * log_main((1.0 - u[i]) / (1.0 - of.high)),
                of.highest)


cdef void own_values(
    uint64_t key, uint64_t unit, const Shock* shock, double scale, Py_ssize_t n, double* drawn,
    double* own
) noexcept nogil:
    """Factor of a unit's own shock on its value in every scenario."""
    cdef Py_ssize_t i
    fill_uniforms(key, unit, 0, 0, n, drawn)
    shocks_at(shock, drawn, own, n)
    for i in range(n):
        drawn[i] = scale * own[i]
    exp_many(drawn, own, n)


cdef void row_quantiles(
    const double* made, const Row* row, Py_ssize_t n, const double[::1] probability,
    int* bin, double* near, double* out
) noexcept nogil:
    """Quantiles between order statistics, which are sought in their bins alone."""
    cdef int count[256]
    # of each bin: whether it is looked at, and how many values of earlier bins are not
    cdef unsigned char asked[256]
    cdef Py_ssize_t skipped[256]
    cdef Py_ssize_t i, q, place, found = 0, rank, before, b, end
    cdef double at, value
    if not row.most > row.least:
        for q in range(probability.shape[0]):
            out[q] = row.least
        return
    value_bins(made, row.least, VALUE_BINS / (row.most - row.least), n, bin)
    for b in range(VALUE_BINS):
        count[b] = 0
        asked[b] = 0
    for i in range(n):
        count[bin[i]] += 1
    for q in range(probability.shape[0]):
        rank = min(<Py_ssize_t>floor(probability[q] * (n - 1)), n - 1)
        end = min(rank + 1, n - 1)
        before = 0
        for b in range(VALUE_BINS):
            if before > end:
                break
            if before + count[b] > rank:
                asked[b] = 1
            before = before + count[b]
    before = 0
    for b in range(VALUE_BINS):
        skipped[b] = before
        before = before + (0 if asked[b] else count[b])
    for i in range(n):
        if asked[bin[i]]:
            value = made[i]
            place = found
            while place > 0 and near[place - 1] > value:
                near[place] = near[place - 1]
                place = place - 1
            near[place] = value
            found = found + 1
    for q in range(probability.shape[0]):
        at = probability[q] * (n - 1)
        rank = min(<Py_ssize_t>floor(at), n - 1)
        before = 0
        b = 0
        while before + count[b] <= rank:
            before = before + count[b]
            b = b + 1
        place = rank - skipped[b]
        out[q] = near[place]
        if at > rank:
            out[q] = near[place] + (at - rank) * (near[place + 1] - near[place])


cdef void unit_rows(
    Py_ssize_t v, const double[:, ::1] start, const double[:, ::1] market,
    const double[:, ::1] bar, const double[::1] probability, const double* own, double* made,
    double* near, int* bin, double[:, ::1] mean, double[:, ::1] sd, double[:, ::1] below,
    double[:, :, ::1] quantile, double[:, ::1] under, double[:, ::1] lost
) noexcept nogil:
    """Reduce the paths of a unit, whose factors of its own shock are known."""
    cdef Py_ssize_t d, q, n = market.shape[1]
    cdef bint barred = bar.shape[0] > 0, ranked = probability.shape[0] > 0
    cdef double worth, mid
    cdef Row row
    for d in range(start.shape[1]):
        worth = start[v, d]
        value_row(
            &market[d, 0], own, bar[v, d] / worth if barred else 0.0, worth, n,
            made if ranked else NULL, &under[d, 0] if barred else NULL,
            &lost[d, 0] if barred else NULL, &row)
        mid = row.sum / n
        mean[v, d] = worth * (row.first + mid)
        sd[v, d] = worth * sqrt(max(row.square / n - mid * mid, 0.0))
        if barred:
            below[v, d] = row.below / n
        if ranked:
            row_quantiles(made, &row, n, probability, bin, near, &quantile[v, d, 0])
            for q in range(probability.shape[0]):
                quantile[v, d, q] = worth * quantile[v, d, q]


cdef int value_loop(
    uint64_t key, const uint64_t[::1] keys, const double[:, ::1] start, const double[::1] scale,
    const int64_t[::1] form, const Shock* shocks, const int64_t[::1] group,
    const double[:, :, ::1] market, const double[:, ::1] bar, const double[::1] probability,
    const int64_t[::1] edge, double[:, :, ::1] scratch, int[:, ::1] bin, double[:, ::1] mean,
    double[:, ::1] sd, double[:, ::1] below, double[:, :, ::1] quantile,
    double[:, :, ::1] under, double[:, :, ::1] lost, int threads
) except -1 nogil:
    cdef Watch watch = watching()
    cdef Py_ssize_t part, v
    cdef double* room
    cdef Py_ssize_t n = market.shape[2]
    for part in prange(edge.shape[0] - 1, schedule="dynamic", num_threads=threads):
        room = &scratch[threadid(), 0, 0]
        for v in range(edge[part], edge[part + 1]):
            if stop(&watch):
                break
            own_values(key, keys[v], &shocks[form[v]], scale[v], n, room, room + n)
            unit_rows(v, start, market[group[v]], bar, probability, room + n, room,
                      room + 2 * n, &bin[threadid(), 0], mean, sd, below, quantile,
                      under[part], lost[part])
    return over(&watch)


cdef object shocks_of(table, end):
    """Forms of shocks as bytes; they point into the tables, which have to outlive them."""
    cdef Py_ssize_t i
    if table.ndim != 2 or table.shape[1] < 2 or end.shape != (table.shape[0], 6):
        raise ValueError("tables must hold two quantiles at least, and ends six numbers, a form")
    if not (np.isfinite(table).all() and np.isfinite(end).all()):
        raise ValueError("tables and ends must be finite")
    if not ((0.0 < end[:, 0]) & (end[:, 0] < end[:, 1]) & (end[:, 1] < 1.0)).all():
        raise ValueError("ends must begin with two chances, 0 < low < high < 1")
    cdef const double[:, ::1] tabled = table, ending = end
    shocks = np.zeros((len(table), sizeof(Shock)), dtype=np.uint8)
    cdef unsigned char[:, ::1] view = shocks
    cdef Shock* shock
    for i in range(tabled.shape[0]):
        shock = <Shock*> &view[i, 0]
        shock.table = &tabled[i, 0]
        shock.last = tabled.shape[1] - 1
        shock.low, shock.high = ending[i, 0], ending[i, 1]
        shock.step = (ending[i, 1] - ending[i, 0]) / <double>shock.last
        shock.lower_rate, shock.upper_rate = ending[i, 2], ending[i, 3]
        shock.lowest, shock.highest = ending[i, 4], ending[i, 5]
    return shocks


cdef int shock_loop(
    uint64_t key, const uint64_t[::1] keys, const int64_t[::1] form, const Shock* shocks,
    double[:, ::1] drawn, double[:, ::1] out, int threads
) except -1 nogil:
    cdef Watch watch = watching()
    cdef Py_ssize_t v, chunk, first, size, n = out.shape[1]
    cdef double* room
    for v in prange(out.shape[0], schedule="static", num_threads=threads):
        if stop(&watch):
            continue
        room = &drawn[threadid(), 0]
        for chunk in range((n + DRAWN - 1) // DRAWN):
            first = chunk * DRAWN
            size = min(DRAWN, n - first)
            fill_uniforms(key, keys[v], 0, first, size, room)
            shocks_at(&shocks[form[v]], room, &out[v, first], size)
    return over(&watch)


def unit_shocks(seed, stream, keys, form, tables, ends, Py_ssize_t n, int threads=1):
    units = np.ascontiguousarray(keys, dtype=np.uint64)
    kinds = np.ascontiguousarray(form, dtype=np.int64)
    table, end = (np.ascontiguousarray(one, dtype=np.float64) for one in (tables, ends))
    if units.ndim != 1 or kinds.shape != units.shape:
        raise ValueError("keys and form must have an entry for each unit")
    shocks = shocks_of(table, end)
    if ((kinds < 0) | (kinds >= len(table))).any():
        raise ValueError(f"form must lie in [0, {len(table)})")
    if n < 0 or threads < 1:
        raise ValueError(f"n must be at least 0, threads at least 1, got {n}, {threads}")
    cdef unsigned char[:, ::1] view = shocks
    out = np.empty((len(units), n))
    if out.size:
        shock_loop(
            stream_key(seed, stream), units, kinds, <Shock*> &view[0, 0],
            np.empty((threads, DRAWN)), out, threads)
    return out


def value_paths(
    seed, stream, keys, log_value, scale, form, tables, ends, group, factor, bar=None,
    probabilities=(), int threads=1,
):
    level = np.ascontiguousarray(log_value, dtype=np.float64)
    units = np.ascontiguousarray(keys, dtype=np.uint64)
    stretch = np.ascontiguousarray(scale, dtype=np.float64)
    kinds, markets = (np.ascontiguousarray(one, dtype=np.int64) for one in (form, group))
    table = np.ascontiguousarray(tables, dtype=np.float64)
    end = np.ascontiguousarray(ends, dtype=np.float64)
    moved = np.ascontiguousarray(factor, dtype=np.float64)
    chances = np.ascontiguousarray(probabilities, dtype=np.float64)
    barred = bar is not None
    limit = np.ascontiguousarray(bar if barred else np.empty((0, 0)), dtype=np.float64)
    if level.ndim != 2 or any(
        one.shape != level.shape[:1] for one in (units, stretch, kinds, markets)
    ):
        raise ValueError("log_value must have a row, and the others an entry, for each unit")
    shocks = shocks_of(table, end)
    if moved.ndim != 3 or moved.shape[1] != level.shape[1] or moved.shape[2] < 1:
        raise ValueError("factor must have a path over the dates for each group")
    if barred and limit.shape != level.shape:
        raise ValueError("bar must have the shape of log_value")
    if chances.ndim != 1 or not ((chances >= 0.0) & (chances <= 1.0)).all():
        raise ValueError("probabilities must lie in [0, 1]")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    for name, codes, count in (("form", kinds, len(table)), ("group", markets, len(moved))):
        if ((codes < 0) | (codes >= count)).any():
            raise ValueError(f"{name} must lie in [0, {count})")
    if not np.isfinite(limit).all():
        raise ValueError("bar must be finite")
    farthest = max(np.abs(table).max(), np.abs(end[:, 4:]).max())
    for name, size in (
        ("log_value", np.abs(level)), ("factor", np.abs(moved)), ("scale", farthest * stretch)
    ):
        if not (size <= FARTHEST).all():
            raise ValueError(f"{name} moves a value by more than exp({FARTHEST:g}), or is NaN")
    if not (stretch >= 0.0).all():
        raise ValueError("scale must not be negative")
    cdef uint64_t key = stream_key(seed, stream)
    cdef Py_ssize_t n = moved.shape[2]
    count, dates = level.shape
    several = max(1, min(PARTS, count // FEWEST))
    edge = np.arange(several + 1, dtype=np.int64) * count // several
    cdef unsigned char[:, ::1] shocks_view = shocks
    mean, sd = np.empty((count, dates)), np.empty((count, dates))
    below = np.empty((count if barred else 0, dates))
    quantile = np.empty((count, dates, chances.size))
    shape = (several, dates, n) if barred else (several, 0, 0)
    under, lost = np.zeros(shape), np.zeros(shape)
    value_loop(
        key, units, exp(level, threads=threads), stretch, kinds, <Shock*> &shocks_view[0, 0],
        markets, exp(moved, threads=threads), limit, chances, edge, np.empty((threads, 3, n)),
        np.empty((threads, n), dtype=np.intc), mean, sd, below, quantile, under, lost, threads,
    )
    if not barred:
        return mean, sd, below, quantile, np.zeros((dates, n)), np.zeros((dates, n))
    return mean, sd, below, quantile, under.sum(axis=0), lost.sum(axis=0)
