# cython: language_level=3
"""Reserves where fees come in tiers: by the price of a sale, by the reserve of a no-sale.

Between two thresholds a reserve is charged like any other, and has a top of its own. What the
tiers above it take off does not hang on the reserve: with d the jump of the fee at a threshold
b and s the rise of its rate, it is the sum of d P2(b) + s times the integral of P2 above b. At
a threshold the worth may jump, so that the best reserve of a tier may be the threshold itself,
which still belongs to it.
"""

from libc.math cimport INFINITY, floor

from _core.climbing cimport Belief, Row, Run, gain_at, nearest, top_near
from _core.fees cimport jump
from _core.ladder cimport Table, close_run, offer, open_run
from _core.vmath cimport exp_scalar, log_positive


cdef void dearer_from(
    Table* rival, double position, const double* value, double rise, double rate,
    double* second, double* beyond, double* dearer, Py_ssize_t rungs
) noexcept nogil:
    """Add what a threshold takes off above it: a rise of the fee at it, and one of its rate."""
    cdef Py_ssize_t i
    offer(rival, position, value, rungs, second, beyond)
    for i in range(rungs):
        dearer[i] += rise * second[i] + rate * beyond[i]


cdef double place_of(
    const Belief* at, const Row* row, double price, double step_log_value
) noexcept nogil:
    """Where a price lies among the reserves."""
    if price <= 0.0:
        return -INFINITY
    return (log_positive(price) - row.log_value - step_log_value) / at.table.cell


cdef Py_ssize_t best_of_few(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t spacing
) noexcept nogil:
    """Best of an even grid over the places that may be asked."""
    cdef Py_ssize_t step = max(1, min(spacing, (run.highest - run.lowest) // 4))
    cdef Py_ssize_t place = run.lowest + (run.highest - run.lowest) % step // 2, best = place
    cdef double worth, most = -INFINITY
    while place <= run.highest:
        worth = gain_at(at, row, run, place)
        if worth > most:
            most = worth
            best = place
        place += step
    return best


cdef double earned(
    const Belief* at, const Row* row, const Run* run, double place
) noexcept nogil:
    """Work out the worth of a reserve on all rungs, and return its mean under the belief."""
    cdef Py_ssize_t i
    cdef double reserve = run.scale * exp_scalar(row.log_value + place * at.table.cell)
    cdef double charged = run.unsold_rate * reserve, total = 0.0
    offer(at.table, place + run.shift, at.value, at.rungs, at.second, at.beyond)
    close_run(
        at.second, at.beyond, at.onward, reserve, run.scale, run.share, run.fee, at.tried, at.rungs
    )
    for i in range(at.rungs):
        at.tried[i] -= at.dearer[i] + charged * (1.0 - at.second[i])
        total += run.belief[i] * at.tried[i]
    return total


cdef double best_of_tiers(
    const Belief* at, const Row* row, Run run, double step_log_value, Py_ssize_t spacing,
    double before, bint anywhere
) noexcept nogil:
    """Place of the best reserve of a run over all tiers; leaves its worth on every rung.

    Tiers are gone through downwards. Those far off all likely values are passed over, but for
    the one in which the reserve was before.
    """
    cdef Py_ssize_t q = row.sale.tiers - 1, p = row.unsold.tiers - 1, i
    cdef Py_ssize_t lowest = run.lowest, highest = run.highest, rungs = at.rungs
    cdef double threshold, low, high = highest, place, worth
    cdef double most = -INFINITY, best = before
    cdef double far = max(spacing * 6.0, 1.0), bottom, top
    bottom = max(min(-far, before - 1.0), <double> lowest)
    top = min(max(far, before + 1.0), <double> highest)
    run.believed = 0.0
    for i in range(rungs):
        at.dearer[i] = 0.0
        run.believed += run.belief[i]
    while True:
        threshold = max(row.sale.above[q], row.unsold.above[p])
        low = place_of(at, row, threshold, step_log_value)
        if low < top and high >= bottom:
            run.share = 1.0 - row.sale.rate[q]
            run.fee = row.sale.fixed[q]
            run.unsold_rate = row.unsold.rate[p]
            open_run(
                run.belief, at.value, at.worth, row.step_discount,
                row.unsold.fixed[p] + row.step_discount * row.step_cost, run.share * run.scale,
                at.onward, at.onward_belief, at.value_belief, rungs,
            )
            run.lowest = max(<Py_ssize_t> floor(max(low, bottom - 1.0)) + 1, lowest)
            run.highest = min(<Py_ssize_t> floor(min(high, top + 1.0)), highest)
            place = high
            if run.lowest <= run.highest:
                if anywhere:
                    i = best_of_few(at, row, &run, spacing)
                else:
                    i = min(max(nearest(before), run.lowest), run.highest)
                place = top_near(at, row, &run, i)
                if place == run.highest and high < top:
                    place = high
            worth = earned(at, row, &run, place)
            if worth > most:
                most = worth
                best = place
                for i in range(rungs):
                    at.kept[i] = at.tried[i]
        if threshold <= 0.0:
            break
        if q > 0 and row.sale.above[q] == threshold:
            dearer_from(
                at.rival, low + run.shift, at.value, jump(&row.sale, q),
                run.scale * (row.sale.rate[q] - row.sale.rate[q - 1]), at.second, at.beyond,
                at.dearer, rungs,
            )
            q -= 1
        if p > 0 and row.unsold.above[p] == threshold:
            p -= 1
        high = low
    for i in range(rungs):
        at.worth[i] = at.kept[i]
    return best
