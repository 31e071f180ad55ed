# cython: language_level=3
"""The best reserves of a few runs: a climb over one run after the other.

Within a run the expected worth has a derivative in closed form. It is taken at points of the
lot's table only, where nothing is interpolated, and its root found between two of them.
"""

from libc.math cimport fabs

from _core.bids cimport CELLS
from _core.ladder cimport (
    CELLS_A_RUNG, close_run, disbelieve, gain, marginal, offer, open_run, scaled,
)
from _core.vmath cimport exp_scalar

cdef enum:
    COARSE = 13             # reserves tried over the whole range at first
    LEAP = 8                # cells that a step goes at most
    SWEEPS = 60             # passes over the runs, at most

# Passes end where neither the last one nor, by how they shrink, all to come move a log reserve
# by more than this: the optimum is flat, and such a move earns less than a millionth of the value.
cdef double SETTLED = 1e-3

# Passes that shrink by less than this promise too little to be foretold.
cdef double STEADY = 0.95


# One run while the others stand still.
cdef struct Run:
    const double* belief
    double scale            # factor on the value by the time of the run
    double cell_down        # factor on a price a cell below another
    Py_ssize_t shift        # from a place to where it lies in the table for the highest rung
    Py_ssize_t lowest       # places of the reserves that may be asked
    Py_ssize_t highest


cdef inline Py_ssize_t nearest(double x) noexcept nogil:
    return <Py_ssize_t> (x + 0.5 if x >= 0.0 else x - 0.5)


cdef inline double kept_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil:
    """What is left of the reserve at a place after the share of the fees."""
    cdef Py_ssize_t below = CELLS_A_RUNG * at.below_top - place
    cdef double price
    if 0 <= below < CELLS_A_RUNG * at.rungs:
        # Even places are those of rungs, the others stand a cell below one.
        price = run.scale * at.value[below // CELLS_A_RUNG]
        if below & 1:
            price *= run.cell_down
    else:
        price = run.scale * exp_scalar(row.log_value + place * at.table.cell)
    return (1.0 - row.fee_rate) * price


cdef inline double slope_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil:
    """Derivative of the expected worth in the reserve at a place, times the spread."""
    cdef double kept = kept_at(at, row, run, place)
    return marginal(
        at.table, place + run.shift, run.belief, at.onward_belief, at.table.spread * kept,
        kept - row.fee_sale, at.rungs,
    )


cdef inline double gain_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil:
    """Expected worth of a reserve at a place, over that of not selling."""
    return gain(
        at.table, place + run.shift, run.belief, at.onward_belief, at.value_belief,
        kept_at(at, row, run, place) - row.fee_sale, at.rungs,
    )


cdef Py_ssize_t best_of_range(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t spacing
) noexcept nogil:
    """Place near the best one, of an even grid that goes on while it rises at an end."""
    cdef Py_ssize_t j, ahead, place, best = 0
    cdef double[COARSE] worth
    cdef double last, left, right
    for j in range(COARSE):
        worth[j] = gain_at(at, row, run, (j - COARSE // 2) * spacing)
        if worth[j] > worth[best]:
            best = j
    place = (best - COARSE // 2) * spacing
    if 0 < best < COARSE - 1:
        left = worth[best - 1] - worth[best]
        right = worth[best + 1] - worth[best]
        if left + right < 0.0:
            place += nearest(0.5 * (left - right) / (left + right) * spacing)
        return place
    ahead = spacing if best > 0 else -spacing
    last = worth[best]
    while run.lowest <= place + ahead <= run.highest:
        right = gain_at(at, row, run, place + ahead)
        if right <= last:
            break
        last = right
        place += ahead
    return place


cdef inline Py_ssize_t leap(double nearer, double farther, Py_ssize_t apart) noexcept nogil:
    """Places to go on from two slopes of one sign, by the line through them."""
    cdef double guess = LEAP
    if fabs(nearer) < fabs(farther):
        guess = fabs(nearer) / (fabs(farther) - fabs(nearer)) * apart + 0.5
    return <Py_ssize_t> (guess if 1.0 < guess < LEAP else (1.0 if guess <= 1.0 else LEAP))


cdef double top_near(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t start
) noexcept nogil:
    """Place where the slope turns from rising to falling, next to a start."""
    cdef Py_ssize_t left = start, right = start, middle, ahead
    cdef double at_left = slope_at(at, row, run, start), at_right = at_left, at_middle
    if at_left > 0.0:
        ahead = 1
        while at_right > 0.0:
            if right >= run.highest:
                return right
            if right > left:
                ahead = leap(at_right, at_left, right - left)
            left, at_left = right, at_right
            right = min(right + ahead, run.highest)
            at_right = slope_at(at, row, run, right)
    else:
        ahead = 1
        while at_left <= 0.0:
            if left <= run.lowest:
                return left
            if right > left:
                ahead = leap(at_left, at_right, right - left)
            right, at_right = left, at_left
            left = max(left - ahead, run.lowest)
            at_left = slope_at(at, row, run, left)
    while right - left > 1:
        middle = left + nearest(at_left / (at_left - at_right) * (right - left))
        middle = max(left + 1, min(middle, right - 1))
        at_middle = slope_at(at, row, run, middle)
        if at_middle > 0.0:
            left, at_left = middle, at_middle
        else:
            right, at_right = middle, at_middle
    return left + at_left / (at_left - at_right)


cdef double still_to_go(
    const double* moved, const double* moved_before, Py_ssize_t runs
) noexcept nogil:
    """How many times the last pass the following ones will move, if all shrink alike (Aitken)."""
    cdef Py_ssize_t k
    cdef double both = 0.0, before = 0.0
    for k in range(runs):
        both += moved[k] * moved_before[k]
        before += moved_before[k] * moved_before[k]
    return both / (before - both) if 0.0 < both < STEADY * before else 0.0


cdef void choose_reserves(
    const Belief* at, const Row* row, Py_ssize_t runs, double* log_reserve
) noexcept nogil:
    """Log reserves of all runs; each step can only raise the expected worth.

    After a no-sale the unit is likely to be worth less; the belief of a later run is
    therefore the prior times the chance of no sale in the runs before it.
    """
    cdef Py_ssize_t sweep, k, rungs = at.rungs
    cdef Py_ssize_t spacing, start, plain = 0
    cdef double cell = at.table.cell, before, move, reserve
    cdef double cost = row.fee_no_sale + row.step_discount * row.step_cost
    cdef double ahead
    cdef double[MAX_RUNS] place
    cdef double[MAX_RUNS] scale
    cdef double[MAX_RUNS] moved
    cdef double[MAX_RUNS] moved_before
    cdef Run run
    run.cell_down = exp_scalar(-cell)
    run.shift = CELLS // 2 - CELLS_A_RUNG * at.below_top
    run.lowest = -at.table.pad - run.shift
    run.highest = CELLS - run.shift
    spacing = max(
        nearest(2.0 * at.width / (COARSE - 1) / cell), <Py_ssize_t> 1
    )
    for k in range(runs):
        # About where reserves end up, so that the first beliefs are not far off.
        place[k] = nearest((0.5 - 0.75 * k) * row.unit_scale / cell)
        scale[k] = exp_scalar(k * row.step_log_value)
        offer(
            at.table, place[k] + run.shift, at.value, rungs, at.first + k * rungs,
            at.money + k * rungs,
        )
    for sweep in range(SWEEPS):
        move = 0.0
        for k in range(runs - 1):
            disbelieve(
                at.belief + k * rungs if k > 0 else at.prior, at.first + k * rungs,
                at.belief + (k + 1) * rungs, rungs,
            )
        scaled(at.value, row.fallback * exp_scalar(runs * row.step_log_value), at.worth, rungs)
        for k in range(runs - 1, -1, -1):
            run.belief = at.belief + k * rungs if k > 0 else at.prior
            run.scale = scale[k]
            open_run(
                run.belief, at.value, at.worth, row.step_discount, cost,
                (1.0 - row.fee_rate) * run.scale, at.onward, at.onward_belief, at.value_belief,
                rungs,
            )
            before = place[k]
            start = best_of_range(at, row, &run, spacing) if sweep == 0 else nearest(before)
            place[k] = top_near(at, row, &run, start)
            moved_before[k] = moved[k]
            moved[k] = place[k] - before
            move = max(move, fabs(moved[k]) * cell)
            offer(
                at.table, place[k] + run.shift, at.value, rungs, at.first + k * rungs,
                at.money + k * rungs,
            )
            reserve = run.scale * exp_scalar(row.log_value + place[k] * cell)
            close_run(
                at.first + k * rungs, at.money + k * rungs, at.onward, reserve, run.scale,
                1.0 - row.fee_rate, row.fee_sale, at.worth, rungs,
            )
        plain += 1
        ahead = still_to_go(moved, moved_before, runs) if plain > 1 else 0.0
        if move * max(ahead, 1.0) < SETTLED:
            break
        if ahead > 0.0 and plain > 2:
            # Two passes in a row, the second of which was not the first after a leap.
            plain = 1
            for k in range(runs):
                place[k] = min(
                    max(place[k] + ahead * moved[k], <double> run.lowest), <double> run.highest
                )
                offer(
                    at.table, place[k] + run.shift, at.value, rungs, at.first + k * rungs,
                    at.money + k * rungs,
                )
    for k in range(runs):
        log_reserve[k] = row.log_value + k * row.step_log_value + place[k] * cell
