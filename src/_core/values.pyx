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


cdef inline double shock_at(const Shock* of, double u) noexcept nogil:
    """Quantile: linear between tabled ones, exponential tails outside."""
    cdef double place, part
    cdef Py_ssize_t i
    if u < of.low:
        return max(of.table[0] + of.lower_rate * log_main(u / of.low), of.lowest)
    if u > of.high:
        return min(
            of.table[of.last] - of.upper_rate * log_main((1.0 - u) / (1.0 - of.high)), of.highest)
    place = (u - of.low) / of.step
    i = min(<Py_ssize_t>place, of.last - 1)
    part = place - <double>i
    return of.table[i] + part * (of.table[i + 1] - of.table[i])


cdef void own_values(
    uint64_t key, uint64_t unit, const Shock* shock, double scale, Py_ssize_t n, double* drawn,
    double* own
) noexcept nogil:
    """Factor of a unit's own shock on its value in every scenario."""
    cdef Py_ssize_t i
    fill_uniforms(key, unit, 0, 0, n, drawn)
    for i in range(n):
        drawn[i] = scale * shock_at(shock, drawn[i])
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
    if table.ndim != 2 or table.shape[1] < 2 or end.shape != (table.shape[0], 6):
        raise ValueError("tables must hold two quantiles at least, and ends six numbers, a form")
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
    if not (np.isfinite(table).all() and np.isfinite(end).all() and np.isfinite(limit).all()):
        raise ValueError("tables, ends and bar must be finite")
    if not ((0.0 < end[:, 0]) & (end[:, 0] < end[:, 1]) & (end[:, 1] < 1.0)).all():
        raise ValueError("ends must begin with two chances, 0 < low < high < 1")
    farthest = max(np.abs(table).max(), np.abs(end[:, 4:]).max())
    for name, size in (
        ("log_value", np.abs(level)), ("factor", np.abs(moved)), ("scale", farthest * stretch)
    ):
        if not (size <= FARTHEST).all():
            raise ValueError(f"{name} moves a value by more than exp({FARTHEST:g}), or is NaN")
    if not (stretch >= 0.0).all():
        raise ValueError("scale must not be negative")
    cdef uint64_t key = stream_key(seed, stream)
    cdef Py_ssize_t n = moved.shape[2], i
    count, dates = level.shape
    several = max(1, min(PARTS, count // FEWEST))
    edge = np.arange(several + 1, dtype=np.int64) * count // several
    cdef const double[:, ::1] tabled = table, ending = end
    shocks = np.zeros((len(table), sizeof(Shock)), dtype=np.uint8)
    cdef unsigned char[:, ::1] shocks_view = shocks
    cdef Shock* shock = <Shock*> &shocks_view[0, 0]
    for i in range(tabled.shape[0]):
        shock[i].table = &tabled[i, 0]
        shock[i].last = tabled.shape[1] - 1
        shock[i].low, shock[i].high = ending[i, 0], ending[i, 1]
        shock[i].step = (ending[i, 1] - ending[i, 0]) / <double>shock[i].last
        shock[i].lower_rate, shock[i].upper_rate = ending[i, 2], ending[i, 3]
        shock[i].lowest, shock[i].highest = ending[i, 4], ending[i, 5]
    mean, sd = np.empty((count, dates)), np.empty((count, dates))
    below = np.empty((count if barred else 0, dates))
    quantile = np.empty((count, dates, chances.size))
    shape = (several, dates, n) if barred else (several, 0, 0)
    under, lost = np.zeros(shape), np.zeros(shape)
    value_loop(
        key, units, exp(level, threads=threads), stretch, kinds, shock, markets,
        exp(moved, threads=threads), limit, chances, edge, np.empty((threads, 3, n)),
        np.empty((threads, n), dtype=np.intc), mean, sd, below, quantile, under, lost, threads,
    )
    if not barred:
        return mean, sd, below, quantile, np.zeros((dates, n)), np.zeros((dates, n))
    return mean, sd, below, quantile, under.sum(axis=0), lost.sum(axis=0)
