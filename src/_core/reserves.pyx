# cython: language_level=3
"""Reserve policies: what to ask run by run, and what that earns.

The reserve of every run is fixed before the market and the unit's own shock are known. It
maximises the expected net proceeds, a no-sale being worth what the later runs and the
fallback bring; where the value is known this is the reserve r with
r - (1 - F(r)) / f(r) = (W - c0 + c) / (1 - phi) (Riley and Samuelson 1981).
"""

import numpy as np

from cython.parallel cimport prange, threadid
from libc.math cimport fabs, fmax, sqrt

from _core.bids cimport Lot, look_up, prepare
from _core.vmath cimport exp_scalar, log_positive

from _core.bids import check_positive

cdef enum:
    COARSE = 13             # reserves tried over the whole range
    FINE = 9                # reserves tried around the best of them
    SWEEPS = 12             # passes of coordinate ascent over the runs, at most
    MAX_RUNS = 8
    MAX_NODES = 128
    MAX_BASIS = 32
    COMPONENTS = 8

# A pass that moves no log reserve by more than this is the last: the optimum is flat, and
# such a move earns less than a millionth of the value.
cdef double SETTLED = 1e-3


cdef struct Row:
    double log_value
    double unit_scale
    double factor_scale
    double fee_rate
    double fee_sale
    double fee_no_sale
    double step_log_value
    double step_discount
    double step_cost
    double fallback
    double floor_price


cdef struct Beliefs:
    double[MAX_NODES] log_value
    double[MAX_NODES] value
    double[MAX_NODES] belief
    double[MAX_NODES] onward


# What a thread keeps of the row before: a lot that is offered at several shares of its best
# reserves, one row after the other, has them chosen once.
cdef struct Kept:
    bint known
    Lot lot
    Row row
    double[MAX_RUNS] log_reserve


cdef struct Policy:
    double[MAX_RUNS + 1] log_reserve
    double[MAX_RUNS + 1] reserve
    double[MAX_RUNS + 1] step       # factor on the value by the time of the run


cdef struct Outcome:
    double net
    double[COMPONENTS] component


cdef inline double offered_worth(
    const Lot* lot, const Row* row, double log_reserve, double reserve, double log_value,
    double value, double onward
) noexcept nogil:
    """Net worth of offering a lot of known value at a reserve, given what a no-sale is worth."""
    cdef double first, above
    look_up(lot, log_reserve - log_value, &first, &above)
    return (
        (1.0 - row.fee_rate) * (reserve * first + value * above)
        - row.fee_sale * first
        + (1.0 - first) * onward
    )


cdef inline double onward_worth(const Row* row, double next_worth) noexcept nogil:
    return -row.fee_no_sale + row.step_discount * (next_worth - row.step_cost)


cdef double expected_worth(
    const Lot* lot, const Row* row, double log_reserve, const Beliefs* at, Py_ssize_t nodes
) noexcept nogil:
    cdef Py_ssize_t u
    cdef double total = 0.0
    cdef double reserve = exp_scalar(log_reserve)
    for u in range(nodes):
        total += at.belief[u] * offered_worth(
            lot, row, log_reserve, reserve, at.log_value[u], at.value[u], at.onward[u]
        )
    return total


cdef double best_of(
    const Lot* lot, const Row* row, double centre, double width, Py_ssize_t candidates,
    const Beliefs* at, Py_ssize_t nodes
) noexcept nogil:
    """Best log reserve of an even grid, refined by the parabola through its neighbours."""
    cdef Py_ssize_t j, best = 0
    cdef double[COARSE] worth
    cdef double spacing = 2.0 * width / (candidates - 1)
    cdef double left, right, shift = 0.0
    for j in range(candidates):
        worth[j] = expected_worth(lot, row, centre - width + j * spacing, at, nodes)
        if worth[j] > worth[best]:
            best = j
    if 0 < best < candidates - 1:
        left = worth[best - 1] - worth[best]
        right = worth[best + 1] - worth[best]
        if left + right < 0.0:
            shift = 0.5 * (left - right) / (left + right)
    return centre - width + (best + shift) * spacing


cdef void continue_back(
    const Lot* lot, const Row* row, const double* log_reserve, const double* log_value,
    const double* value, Py_ssize_t from_run, Py_ssize_t runs, Py_ssize_t nodes, double* onward
) noexcept nogil:
    """Worth of a no-sale in run ``from_run``, per node, under the reserves of the later runs."""
    cdef Py_ssize_t u, k
    cdef double worth
    cdef double[MAX_RUNS + 1] reserve
    cdef double[MAX_RUNS + 1] step
    for k in range(runs + 1):
        step[k] = exp_scalar(k * row.step_log_value)
        reserve[k] = exp_scalar(log_reserve[k]) if k < runs else 0.0
    for u in range(nodes):
        worth = row.fallback * value[u] * step[runs]
        for k in range(runs - 1, from_run, -1):
            worth = offered_worth(
                lot, row, log_reserve[k], reserve[k], log_value[u] + k * row.step_log_value,
                value[u] * step[k], onward_worth(row, worth),
            )
        onward[u] = onward_worth(row, worth)


cdef void choose_reserves(
    const Lot* lot, const Row* row, const double* shock, const double* weight,
    Py_ssize_t runs, Py_ssize_t nodes, double* log_reserve
) noexcept nogil:
    """Reserves of all runs by coordinate ascent: each pass can only raise the expected worth.

    After a no-sale the unit is likely to be worth less; the belief of a later run is
    therefore the prior times the chance of no sale in the runs before it.
    """
    cdef Py_ssize_t sweep, k, u, j
    cdef double[MAX_NODES] log_value
    cdef double[MAX_NODES] value
    cdef Beliefs at
    cdef double scale = sqrt(row.unit_scale * row.unit_scale + row.factor_scale * row.factor_scale)
    cdef double width = 2.5 * (scale + lot.spread)
    cdef double first, above, centre, before, move
    for u in range(nodes):
        log_value[u] = row.log_value + scale * shock[u]
        value[u] = exp_scalar(log_value[u])
    for k in range(runs):
        log_reserve[k] = row.log_value + k * row.step_log_value
    for sweep in range(SWEEPS):
        move = 0.0
        for k in range(runs - 1, -1, -1):
            for u in range(nodes):
                at.belief[u] = weight[u]
                for j in range(k):
                    look_up(
                        lot, log_reserve[j] - log_value[u] - j * row.step_log_value,
                        &first, &above,
                    )
                    at.belief[u] *= 1.0 - first
                at.log_value[u] = log_value[u] + k * row.step_log_value
                at.value[u] = value[u] * exp_scalar(k * row.step_log_value)
            continue_back(lot, row, log_reserve, log_value, value, k, runs, nodes, at.onward)
            before = log_reserve[k]
            centre = before
            if sweep == 0:
                centre = best_of(lot, row, centre, width, COARSE, &at, nodes)
            log_reserve[k] = best_of(lot, row, centre, width / (COARSE - 1), FINE, &at, nodes)
            move = fmax(move, fabs(log_reserve[k] - before))
        if move < SETTLED:
            break


cdef void follow(
    const Lot* lot, const Row* row, const Policy* policy, double log_value, double value_now,
    double log_floor, Py_ssize_t runs, Outcome* outcome, double* sold, double* reach
) noexcept nogil:
    """Carry one unit of known value through the policy and account for every component."""
    cdef Py_ssize_t k
    cdef double alive = 1.0, discount = 1.0, first, above, price, value, reserve, insured
    cdef double fallback, floor_first, floor_above
    for k in range(COMPONENTS):
        outcome.component[k] = 0.0
    for k in range(runs):
        value = value_now * policy.step[k]
        reserve = policy.reserve[k]
        look_up(
            lot, policy.log_reserve[k] - log_value - k * row.step_log_value, &first, &above
        )
        price = reserve * first + value * above
        reach[k] = alive
        sold[k] = alive * first
        outcome.component[0] += alive * price
        outcome.component[1] += alive * discount * price
        outcome.component[4] += alive * discount * first
        outcome.component[5] += alive * discount * (1.0 - first)
        if row.floor_price > reserve:
            look_up(
                lot, log_floor - log_value - k * row.step_log_value, &floor_first, &floor_above
            )
            insured = (row.floor_price - reserve) * first - value * (above - floor_above)
            outcome.component[7] += alive * discount * insured
        alive *= 1.0 - first
        discount *= row.step_discount
        outcome.component[6] += alive * discount
    fallback = row.fallback * value_now * policy.step[runs]
    outcome.component[2] = alive * fallback
    outcome.component[3] = alive * discount * fallback
    if row.floor_price > fallback:
        outcome.component[7] += alive * discount * (row.floor_price - fallback)
    outcome.net = (
        (1.0 - row.fee_rate) * outcome.component[1]
        + outcome.component[3]
        - row.fee_sale * outcome.component[4]
        - row.fee_no_sale * outcome.component[5]
        - row.step_cost * outcome.component[6]
        + outcome.component[7]
    )


cdef void evaluate(
    const Lot* lot, const Row* row, const Policy* policy, const double* shock,
    const double* weight, double half_width, const double* mean_weight, const double* node,
    const double* interpolation, Py_ssize_t runs, Py_ssize_t nodes, Py_ssize_t basis,
    double* coefficient, double* component, double* sold, double* reach
) noexcept nogil:
    """Integrate over the unit's shock at each market node; turn nodes into coefficients."""
    cdef Py_ssize_t k, u, c, r
    cdef Outcome outcome
    cdef double[MAX_BASIS] net
    cdef double[MAX_RUNS] sold_here
    cdef double[MAX_RUNS] reach_here
    cdef double log_value, total, share, market
    cdef double log_floor = log_positive(row.floor_price) if row.floor_price > 0.0 else 0.0
    cdef double[MAX_NODES] value
    for u in range(nodes):
        value[u] = exp_scalar(row.log_value + row.unit_scale * shock[u])
    for c in range(COMPONENTS):
        component[c] = 0.0
    for k in range(runs):
        sold[k] = 0.0
        reach[k] = 0.0
    for r in range(basis):
        net[r] = 0.0
        market = exp_scalar(half_width * node[r])
        for u in range(nodes):
            log_value = row.log_value + row.unit_scale * shock[u] + half_width * node[r]
            follow(
                lot, row, policy, log_value, value[u] * market, log_floor, runs, &outcome,
                sold_here, reach_here,
            )
            net[r] += weight[u] * outcome.net
            share = weight[u] * mean_weight[r]
            for c in range(COMPONENTS):
                component[c] += share * outcome.component[c]
            for k in range(runs):
                sold[k] += share * sold_here[k]
                reach[k] += share * reach_here[k]
    for c in range(basis):
        total = 0.0
        for r in range(basis):
            total += interpolation[c * basis + r] * net[r]
        coefficient[c] = total


def auction_policy(
    const double[::1] log_value, const double[::1] unit_scale, const double[::1] factor_scale,
    const double[::1] spread, const double[::1] arrival, const double[::1] fee_rate,
    const double[::1] fee_sale, const double[::1] fee_no_sale,
    const double[::1] step_log_value, const double[::1] step_discount,
    const double[::1] step_cost, const double[::1] fallback, const double[::1] tilt,
    const double[::1] floor_price, const Py_ssize_t[::1] group,
    const double[::1] half_width, const double[:, ::1] mean_weight,
    const double[::1] node, const double[:, ::1] interpolation,
    const double[::1] shock, const double[::1] weight, int runs, int threads=1,
):
    """Reserve policy and its proceeds, row by row; see the stub for the documentation."""
    cdef Py_ssize_t m = log_value.shape[0], i
    cdef Py_ssize_t basis = node.shape[0], nodes = shock.shape[0], groups = half_width.shape[0]
    for name, column in (
        ("unit_scale", unit_scale), ("factor_scale", factor_scale), ("spread", spread),
        ("arrival", arrival), ("fee_rate", fee_rate), ("fee_sale", fee_sale),
        ("fee_no_sale", fee_no_sale), ("step_log_value", step_log_value),
        ("step_discount", step_discount), ("step_cost", step_cost), ("fallback", fallback),
        ("tilt", tilt), ("floor_price", floor_price), ("group", group),
    ):
        if column.shape[0] != m:
            raise ValueError(f"{name} has {column.shape[0]} rows, log_value has {m}")
    if not 1 <= runs <= MAX_RUNS:
        raise ValueError(f"runs must be between 1 and {MAX_RUNS}, not {runs}")
    if not 1 <= nodes <= MAX_NODES or weight.shape[0] != nodes:
        raise ValueError(f"shock and weight need one length between 1 and {MAX_NODES}")
    if not 1 <= basis <= MAX_BASIS:
        raise ValueError(f"node must have between 1 and {MAX_BASIS} entries, not {basis}")
    if interpolation.shape[0] != basis or interpolation.shape[1] != basis:
        raise ValueError(f"interpolation must be {basis} x {basis}")
    if mean_weight.shape[0] != groups or mean_weight.shape[1] != basis:
        raise ValueError(f"mean_weight must be {groups} x {basis}")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    for i in range(m):
        if not 0 <= group[i] < groups:
            raise ValueError(f"group of row {i} is {group[i]}, outside 0..{groups - 1}")
    check_positive("spread", spread)
    check_positive("arrival", arrival)
    check_positive("tilt", tilt)

    reserve = np.empty((m, runs))
    coefficient = np.empty((m, basis))
    component = np.empty((m, COMPONENTS))
    sold = np.empty((m, runs))
    reach = np.empty((m, runs))
    scratch = np.zeros((threads, sizeof(Kept)), dtype=np.uint8)
    cdef double[:, ::1] reserve_view = reserve
    cdef double[:, ::1] coefficient_view = coefficient
    cdef double[:, ::1] component_view = component
    cdef double[:, ::1] sold_view = sold
    cdef double[:, ::1] reach_view = reach
    cdef unsigned char[:, ::1] memory = scratch
    if m == 0:
        return reserve, coefficient, component, sold, reach
    with nogil:
        for i in prange(m, schedule="dynamic", chunksize=64, num_threads=threads):
            policy_one(
                <Kept*> &memory[threadid(), 0], log_value[i], unit_scale[i], factor_scale[i],
                spread[i], arrival[i], fee_rate[i], fee_sale[i], fee_no_sale[i],
                step_log_value[i], step_discount[i], step_cost[i], fallback[i], tilt[i],
                floor_price[i], half_width[group[i]], &mean_weight[group[i], 0], &node[0],
                &interpolation[0, 0], &shock[0], &weight[0], runs, nodes, basis,
                &reserve_view[i, 0], &coefficient_view[i, 0], &component_view[i, 0],
                &sold_view[i, 0], &reach_view[i, 0],
            )
    return reserve, coefficient, component, sold, reach


cdef inline bint alike(
    const Kept* kept, const Row* row, double arrival, double spread
) noexcept nogil:
    """Whether the reserves of the row before are those of this one."""
    return (
        kept.known
        and kept.lot.arrival == arrival
        and kept.lot.spread == spread
        and kept.row.log_value == row.log_value
        and kept.row.unit_scale == row.unit_scale
        and kept.row.factor_scale == row.factor_scale
        and kept.row.fee_rate == row.fee_rate
        and kept.row.fee_sale == row.fee_sale
        and kept.row.fee_no_sale == row.fee_no_sale
        and kept.row.step_log_value == row.step_log_value
        and kept.row.step_discount == row.step_discount
        and kept.row.step_cost == row.step_cost
        and kept.row.fallback == row.fallback
    )


cdef void policy_one(
    Kept* kept, double log_value, double unit_scale, double factor_scale, double spread,
    double arrival, double fee_rate, double fee_sale, double fee_no_sale,
    double step_log_value, double step_discount, double step_cost, double fallback,
    double tilt, double floor_price, double half_width, const double* mean_weight,
    const double* node, const double* interpolation, const double* shock,
    const double* weight, Py_ssize_t runs, Py_ssize_t nodes, Py_ssize_t basis,
    double* reserve, double* coefficient, double* component, double* sold, double* reach
) noexcept nogil:
    cdef Row row
    cdef Policy policy
    cdef Py_ssize_t k
    row.log_value = log_value
    row.unit_scale = unit_scale
    row.factor_scale = factor_scale
    row.fee_rate = fee_rate
    row.fee_sale = fee_sale
    row.fee_no_sale = fee_no_sale
    row.step_log_value = step_log_value
    row.step_discount = step_discount
    row.step_cost = step_cost
    row.fallback = fallback
    row.floor_price = floor_price
    if not alike(kept, &row, arrival, spread):
        prepare(&kept.lot, arrival, spread)
        choose_reserves(&kept.lot, &row, shock, weight, runs, nodes, kept.log_reserve)
        kept.row = row
        kept.known = True
    for k in range(runs):
        policy.log_reserve[k] = kept.log_reserve[k] + log_positive(tilt)
        policy.reserve[k] = exp_scalar(policy.log_reserve[k])
        policy.step[k] = exp_scalar(k * step_log_value)
        reserve[k] = policy.reserve[k]
    policy.step[runs] = exp_scalar(runs * step_log_value)
    evaluate(
        &kept.lot, &row, &policy, shock, weight, half_width, mean_weight, node, interpolation,
        runs, nodes, basis, coefficient, component, sold, reach,
    )
