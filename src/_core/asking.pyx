# cython: language_level=3
"""The best reserves of a few runs: a climb over one run after the other."""

from libc.math cimport fabs

from _core.bids cimport CELLS
from _core.climbing cimport COARSE, MAX_RUNS, Belief, Row, Run, best_of_range, nearest, top_near
from _core.fees cimport flat
from _core.ladder cimport CELLS_A_RUNG, close_run, disbelieve, offer, open_run, scaled
from _core.tiers cimport best_of_tiers
from _core.vmath cimport exp_scalar

cdef enum:
    SWEEPS = 60             # passes over the runs, at most

# Passes end where neither the last one nor, by how they shrink, all to come move a log reserve
# by more than this: the optimum is flat, and such a move earns less than a millionth of the value.
cdef double SETTLED = 1e-3

# Passes that shrink by less than this promise too little to be foretold.
cdef double STEADY = 0.95


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
    cdef double ahead, step = row.step_discount * row.step_cost
    cdef double fallback = row.fallback * exp_scalar(runs * row.step_log_value)
    cdef double[MAX_RUNS] place
    cdef double[MAX_RUNS] scale
    cdef double[MAX_RUNS] moved
    cdef double[MAX_RUNS] moved_before
    cdef bint simple = row.sale.tiers == 1 and flat(&row.unsold)
    cdef Run run
    run.share = 1.0 - row.sale.rate[0]
    run.fee = row.sale.fixed[0]
    run.unsold_rate = 0.0
    run.believed = 0.0
    run.cell_down = exp_scalar(-cell)
    run.shift = CELLS // 2 - CELLS_A_RUNG * at.below_top
    # as far as this lot's own ladder needs: the table goes on for the longest of a call
    run.lowest = -(CELLS + 2 * CELLS_A_RUNG * rungs) - run.shift
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
        scaled(at.value, fallback, at.worth, rungs)
        for k in range(runs - 1, -1, -1):
            run.belief = at.belief + k * rungs if k > 0 else at.prior
            run.scale = scale[k]
            before = place[k]
            if simple:
                open_run(
                    run.belief, at.value, at.worth, row.step_discount, row.unsold.fixed[0] + step,
                    run.share * run.scale, at.onward, at.onward_belief, at.value_belief, rungs,
                )
                start = best_of_range(at, row, &run, spacing) if sweep == 0 else nearest(before)
                place[k] = top_near(at, row, &run, start)
            else:
                place[k] = best_of_tiers(
                    at, row, run, k * row.step_log_value, spacing, before, sweep == 0
                )
            moved_before[k] = moved[k]
            moved[k] = place[k] - before
            move = max(move, fabs(moved[k]) * cell)
            offer(
                at.table, place[k] + run.shift, at.value, rungs, at.first + k * rungs,
                at.money + k * rungs,
            )
            if simple:
                reserve = run.scale * exp_scalar(row.log_value + place[k] * cell)
                close_run(
                    at.first + k * rungs, at.money + k * rungs, at.onward, reserve, run.scale,
                    run.share, run.fee, at.worth, rungs,
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
