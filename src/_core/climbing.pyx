# cython: language_level=3
"""One run's reserve while those of the other runs stand still: its worth, slope and top.

Within a run the expected worth has a derivative in closed form. It is taken at points of the
lot's table only, where nothing is interpolated, and its root found between two of them. With
r a reserve, n(r) what is left of it after the fees, k(r) what a no-sale costs and W what it is
worth, the derivative in r is n'(r) alone(r) + (n(r) + k(r) - W) P1'(r) - k'(r) (1 - P1(r)).
"""

from libc.math cimport fabs

from _core.ladder cimport CELLS_A_RUNG, gain, marginal, unsold_share
from _core.vmath cimport exp_scalar


cdef inline double price_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil:
    """The reserve at a place."""
    cdef Py_ssize_t below = CELLS_A_RUNG * at.below_top - place
    cdef double price
    if 0 <= below < CELLS_A_RUNG * at.rungs:
        # Even places are those of rungs, the others stand a cell below one.
        price = run.scale * at.value[below // CELLS_A_RUNG]
        if below & 1:
            price *= run.cell_down
    else:
        price = run.scale * exp_scalar(row.log_value + place * at.table.cell)
    return price


cdef inline double slope_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil:
    """Derivative of the expected worth in the reserve at a place, times the spread."""
    cdef double price = price_at(at, row, run, place), kept = run.share * price, charged
    if run.unsold_rate == 0.0:
        return marginal(
            at.table, place + run.shift, run.belief, at.onward_belief, at.table.spread * kept,
            kept - run.fee, at.rungs,
        )
    charged = run.unsold_rate * price
    return marginal(
        at.table, place + run.shift, run.belief, at.onward_belief, at.table.spread * kept,
        kept - run.fee + charged, at.rungs,
    ) - at.table.spread * charged * unsold_share(
        at.table, place + run.shift, run.belief, at.rungs
    )


cdef double gain_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil:
    """Expected worth of a reserve at a place, over that of not selling and not paying for it."""
    cdef double price = price_at(at, row, run, place), charged = run.unsold_rate * price
    return gain(
        at.table, place + run.shift, run.belief, at.onward_belief, at.value_belief,
        run.share * price - run.fee + charged, at.rungs,
    ) - charged * run.believed


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
