# cython: language_level=3
"""Reserve policies: what to ask run by run, and what that earns.

The reserve of every run is fixed before the market and the unit's own shock are known. It
maximises the expected net proceeds, a no-sale being worth what the later runs and the
fallback bring; where the value is known this is the reserve r with
r - (1 - F(r)) / f(r) = (W - c0 + c) / (1 - phi) (Riley and Samuelson 1981). A lot is worked
out along a ladder of values; nodes of the shock and of the market stand between its rungs.
"""

import numpy as np

from cython.parallel cimport prange, threadid
from libc.math cimport ceil, fabs, fmin

from _core.asking cimport choose_reserves
from _core.bids cimport CELLS, STEP, TAIL, Lot, prepare
from _core.climbing cimport MAX_RUNS, Belief, Row
from _core.fees cimport Schedule, count_tiers, fee_of, jump, tier_of
from _core.haggling cimport haggle
from _core.interrupts cimport Watch, over, stop as stopped, watching
from _core.ladder cimport (
    BLOCK, CELLS_A_RUNG, LANES, POINTS, Table, climb, combine, fall_back, follow_run, offer,
    place_table, points_between, scaled, slide, stand, table_room, tabulate, total_of,
)
from _core.tiers cimport dearer_from
from _core.vmath cimport exp_scalar, log_positive

from _core.policy_checks import check_asked, check_codes, check_fees, check_rows

cdef enum:
    MAX_NODES = 4096
    MAX_BASIS = 32
    COMPONENTS = 10
    MARGIN = 3              # rungs that the interpolation takes on each side
    MAX_RUNGS = 65536


# A reserve so near to a threshold of the fees is meant to be one.
cdef double SAME_PRICE = 1e-9

# Rungs at an end of the ladder that weigh less do not count when reserves are chosen.
cdef double UNLIKELY = 1e-9

# Level of the odds below which no bid under a reserve is ever taken.
cdef double UNHEARD = -40.0


# What holds for all rows of a call.
cdef struct Frame:
    const double* shock             # shapes x nodes
    const double* weight
    const double* move              # groups x moves, equally likely
    const double* move_weight
    const double* node
    const double* from_nodes        # nodes x coefficients
    Py_ssize_t runs
    Py_ssize_t nodes
    Py_ssize_t basis
    Py_ssize_t moves
    Py_ssize_t rungs                # of the longest ladder
    Py_ssize_t pad
    double farthest
    const double* lowest            # shocks farthest out on both sides of 0, by shape
    const double* highest


# A thread's room, and what it keeps of the row before: a lot that is offered at several shares
# of its best reserves, one row after the other, has them chosen once, and lots of one unit
# share its weights.
cdef struct Bench:
    bint known
    bint chosen             # whether the reserves are the best ones, not given ones
    Row row
    Table table
    Table rival             # of the second highest bidder, whoever haggles
    double[MAX_RUNS] log_reserve
    Py_ssize_t rungs        # of the ladder of this lot
    Py_ssize_t top          # rung of the median
    Py_ssize_t reach        # rungs that the market moves a unit at most
    Py_ssize_t unit_top     # rung of the median among the unit's weights
    Py_ssize_t unit_rungs
    Py_ssize_t[MAX_BASIS] between   # where the market's nodes stand, and their weights
    double[MAX_BASIS * POINTS] share
    double whole            # sum of the weights
    double* step            # factors on the value from one rung to the next ones down
    double* value
    double* unit            # weights of the unit's shock alone
    double* mean            # those of shock and market
    double* prior           # the same as reserves are chosen with
    double* market          # weights of the market's nodes, which may be negative, backwards
    double* likely          # those of its moves, backwards
    double* market_net      # mean net at each of them
    double* alive
    double* net
    double* first
    double* money
    double* look_first      # room for a look at other prices
    double* look_money
    double* dearer          # what the tiers above that of a reserve take off
    double* runs            # room for choosing


cdef Py_ssize_t bench_room(const Frame* frame) noexcept nogil:
    """Doubles that a thread needs."""
    return 2 * table_room(frame.pad) + (26 + 3 * frame.runs) * (frame.rungs + BLOCK)


cdef void settle(Bench* bench, const Frame* frame, double* memory) noexcept nogil:
    """Part a thread's memory."""
    cdef Py_ssize_t size = frame.rungs + BLOCK
    place_table(&bench.table, memory, frame.pad)
    memory += table_room(frame.pad)
    place_table(&bench.rival, memory, frame.pad)
    memory += table_room(frame.pad)
    bench.known = False
    bench.value = memory
    bench.mean = memory + size
    bench.prior = memory + 2 * size
    bench.market = memory + 3 * size
    bench.likely = memory + 4 * size
    # The weights of the unit stand between zeros, over which they slide.
    bench.unit = memory + 6 * size
    bench.alive = memory + 8 * size
    bench.net = memory + 9 * size
    bench.market_net = memory + 10 * size
    bench.first = memory + 11 * size
    bench.money = memory + 12 * size
    bench.look_first = memory + 13 * size
    bench.look_money = memory + 14 * size
    bench.dearer = memory + 15 * size
    bench.step = memory + 16 * size
    bench.runs = memory + 17 * size


cdef inline Py_ssize_t whole_lanes(Py_ssize_t rungs) noexcept nogil:
    return (rungs + LANES - 1) // LANES * LANES


cdef inline void clear(double* values, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        values[i] = 0.0


cdef void measure(
    Bench* bench, const Frame* frame, const Row* row, double half_width, double spread
) noexcept nogil:
    """How many rungs the ladder needs, and which stands for the median."""
    cdef double rung = CELLS_A_RUNG * STEP * spread
    cdef double lowest = frame.lowest[row.shape], highest = frame.highest[row.shape]
    bench.reach = <Py_ssize_t> ceil(half_width / rung) + MARGIN
    bench.unit_top = <Py_ssize_t> ceil(row.unit_scale * highest / rung) + MARGIN
    bench.unit_rungs = bench.unit_top + <Py_ssize_t> ceil(-row.unit_scale * lowest / rung) + (
        MARGIN + 1)
    bench.top = bench.unit_top + bench.reach
    bench.rungs = whole_lanes(bench.unit_rungs + 2 * bench.reach)


cdef void set_up(
    Bench* bench, const Frame* frame, const Row* row, double half_width,
    const double* mean_weight, double arrival, double spread
) noexcept nogil:
    """Ladder and weights of a lot."""
    cdef double rung = CELLS_A_RUNG * STEP * spread
    cdef const double* shock = frame.shock + row.shape * frame.nodes
    cdef Py_ssize_t r, p
    cdef bint same_ladder = bench.known and bench.table.spread == spread
    cdef bint same_unit = (
        same_ladder
        and bench.row.unit_scale == row.unit_scale and bench.row.shape == row.shape
    )
    cdef bint same_market = same_unit and bench.row.group == row.group
    measure(bench, frame, row, half_width, spread)
    draw_up(bench, row, arrival, spread)
    if not same_ladder:
        climb(0.0, rung, bench.step, frame.rungs)
    scaled(
        bench.step, exp_scalar(row.log_value + bench.top * rung), bench.value, bench.rungs
    )
    if not same_unit:
        clear(bench.unit, frame.rungs)
        stand(
            shock, frame.weight, frame.nodes, bench.unit_top, row.unit_scale / rung, bench.unit
        )
    if not same_market:
        clear(bench.market, 2 * bench.reach + 1)
        for r in range(frame.basis):
            bench.between[r] = points_between(
                bench.reach - half_width / rung * frame.node[r], bench.share + r * POINTS
            )
            for p in range(POINTS):
                bench.market[2 * bench.reach - bench.between[r] - p] += (
                    mean_weight[r] * bench.share[r * POINTS + p]
                )
        clear(bench.likely, 2 * bench.reach + 1)
        stand(
            frame.move + row.group * frame.moves, frame.move_weight, frame.moves, bench.reach,
            -1.0 / rung, bench.likely,
        )
    mingle(bench, bench.market, bench.mean)
    bench.whole = total_of(bench.mean, bench.rungs)


cdef void draw_up(
    Bench* bench, const Row* row, double arrival, double spread
) noexcept nogil:
    """The tables of a lot, where they are not those of the row before."""
    cdef Lot lot
    cdef Py_ssize_t i
    cdef bint rival = row.sale.tiers > 1 and (
        bench.rival.arrival != arrival or bench.rival.spread != spread
    )
    cdef bint own = (
        bench.table.arrival != arrival or bench.table.spread != spread
        or bench.table.accept_level != row.accept_level
        or bench.table.accept_slope != row.accept_slope
    )
    if not own and not rival:
        return
    prepare(&lot, arrival, spread)
    if own:
        if row.accept_level > UNHEARD:
            haggle(&lot, row.accept_level, row.accept_slope)
        tabulate(&bench.table, &lot)
        bench.table.accept_level = row.accept_level
        bench.table.accept_slope = row.accept_slope
    if rival:
        prepare(&lot, arrival, spread)
        for i in range(CELLS + 1):
            lot.first[i] -= lot.alone[i]
            # the derivative of P2 is that of P1 times the mean number of bidders above
            lot.first_slope[i] *= lot.arrival * TAIL[i]
        tabulate(&bench.rival, &lot)


cdef void mingle(Bench* bench, const double* market, double* weights) noexcept nogil:
    """Weights of the unit's shock and the market together; those of the market backwards."""
    slide(
        market, 2 * bench.reach + 1, bench.unit - 2 * bench.reach, weights, bench.rungs
    )


cdef void ask(
    Bench* bench, const Frame* frame, const Row* row, double half_width
) noexcept nogil:
    """Choose the reserves, on the rungs where the unit is likely to stand."""
    cdef Belief at
    cdef Py_ssize_t size = frame.rungs + BLOCK, runs = frame.runs
    cdef Py_ssize_t start = 0, stop = bench.rungs
    mingle(bench, bench.likely, bench.prior)
    while fabs(bench.prior[start]) < UNLIKELY:
        start += 1
    while fabs(bench.prior[stop - 1]) < UNLIKELY:
        stop -= 1
    at.rungs = whole_lanes(stop - start)
    start = min(start, bench.rungs - at.rungs)
    at.table = &bench.table
    at.rival = &bench.rival
    at.below_top = bench.top - start
    at.value = bench.value + start
    at.prior = bench.prior + start
    # no farther than the ladder goes
    at.width = fmin(2.5, frame.farthest) * row.unit_scale + 2.5 * bench.table.spread + half_width
    at.first = bench.runs
    at.money = at.first + runs * size
    at.belief = at.money + runs * size
    at.onward = at.belief + runs * size
    at.onward_belief = at.onward + size
    at.value_belief = at.onward_belief + size
    at.worth = at.value_belief + size
    at.dearer = at.worth + size
    at.tried = at.dearer + size
    at.kept = at.tried + size
    at.second = at.kept + size
    at.beyond = at.second + size
    choose_reserves(&at, row, runs, bench.log_reserve)


cdef double insure(
    Bench* bench, double guaranteed, double sign, double reserve, double log_price, double scale,
    double discount
) noexcept nogil:
    """Add to the net what sales in a run fall short of a price, or take it off by the sign.

    Returns its mean. A guarantee with a largest pay-out is the difference of two without one.
    """
    cdef Py_ssize_t i
    cdef double paid, total = 0.0
    offer(
        &bench.table,
        (log_positive(guaranteed) - log_price) / bench.table.cell
        + (CELLS // 2 - CELLS_A_RUNG * bench.top),
        bench.value, bench.rungs, bench.look_first, bench.look_money,
    )
    for i in range(bench.rungs):
        paid = sign * discount * bench.alive[i] * (
            (guaranteed - reserve) * bench.first[i]
            - scale * (bench.money[i] - bench.look_money[i])
        )
        bench.net[i] += paid
        total += bench.mean[i] * paid
    return total


cdef double at_threshold(const Row* row, double reserve) noexcept nogil:
    """A reserve, or the threshold that it was meant to be."""
    cdef Py_ssize_t j
    for j in range(1, row.sale.tiers):
        if fabs(reserve - row.sale.above[j]) <= SAME_PRICE * reserve:
            return row.sale.above[j]
    for j in range(1, row.unsold.tiers):
        if fabs(reserve - row.unsold.above[j]) <= SAME_PRICE * reserve:
            return row.unsold.above[j]
    return reserve


cdef double charge_dearer(
    Bench* bench, const Row* row, Py_ssize_t tier, double log_price, double scale,
    double discount
) noexcept nogil:
    """Take what the tiers above that of the reserve cost off the net, and return its mean."""
    cdef Py_ssize_t i, j
    cdef double paid, total = 0.0
    if tier == row.sale.tiers - 1:
        return 0.0
    for i in range(bench.rungs):
        bench.dearer[i] = 0.0
    for j in range(tier + 1, row.sale.tiers):
        dearer_from(
            &bench.rival,
            (log_positive(row.sale.above[j]) - log_price) / bench.table.cell
            + (CELLS // 2 - CELLS_A_RUNG * bench.top),
            bench.value, jump(&row.sale, j),
            scale * (row.sale.rate[j] - row.sale.rate[j - 1]), bench.look_first,
            bench.look_money, bench.dearer, bench.rungs,
        )
    for i in range(bench.rungs):
        paid = discount * bench.alive[i] * bench.dearer[i]
        bench.net[i] -= paid
        total += bench.mean[i] * paid
    return total


cdef void follow(
    Bench* bench, const Frame* frame, const Row* row, double tilt, double* reserve,
    double* component, double* sold, double* reach
) noexcept nogil:
    """Carry every rung through the policy: its net, and the means of every component."""
    cdef Py_ssize_t k, i, q
    cdef double log_price, scale, charged, discount = 1.0, log_tilt = log_positive(tilt)
    cdef double dearer, used_up = row.floor_price - row.largest_payout
    cdef double[2] sums
    for k in range(COMPONENTS):
        component[k] = 0.0
    for i in range(bench.rungs):
        bench.alive[i] = 1.0
        bench.net[i] = 0.0
    reach[0] = bench.whole
    for k in range(frame.runs):
        log_price = row.log_value + k * row.step_log_value
        scale = exp_scalar(k * row.step_log_value)
        reserve[k] = at_threshold(row, exp_scalar(bench.log_reserve[k] + log_tilt))
        q = tier_of(&row.sale, reserve[k])
        charged = fee_of(&row.unsold, reserve[k])
        offer(
            &bench.table,
            (bench.log_reserve[k] + log_tilt - log_price) / bench.table.cell
            + (CELLS // 2 - CELLS_A_RUNG * bench.top),
            bench.value, bench.rungs, bench.first, bench.money,
        )
        if row.floor_price > reserve[k]:
            component[7] += insure(
                bench, row.floor_price, 1.0, reserve[k], log_price, scale, discount
            )
        if used_up > reserve[k]:
            component[7] += insure(bench, used_up, -1.0, reserve[k], log_price, scale, discount)
        dearer = charge_dearer(bench, row, q, log_price, scale, discount)
        follow_run(
            bench.first, bench.money, bench.mean, reserve[k], scale, 1.0 - row.sale.rate[q],
            row.sale.fixed[q], charged + row.step_discount * row.step_cost, discount,
            bench.alive, bench.net, sums, bench.rungs,
        )
        sold[k] = sums[1]
        component[8] += dearer + discount * (
            (row.sale.rate[q] - row.sale.rate[0]) * sums[0]
            + (row.sale.fixed[q] - row.sale.fixed[0]) * sums[1]
        )
        component[9] += discount * (charged - row.unsold.fixed[0]) * (reach[k] - sold[k])
        component[0] += sums[0]
        component[1] += discount * sums[0]
        component[4] += discount * sold[k]
        component[5] += discount * (reach[k] - sold[k])
        discount *= row.step_discount
        component[6] += discount * (reach[k] - sold[k])
        if k + 1 < frame.runs:
            reach[k + 1] = reach[k] - sold[k]
    fall_back(
        bench.value, bench.mean, bench.alive,
        row.fallback * exp_scalar(frame.runs * row.step_log_value), row.floor_price,
        row.largest_payout, discount, bench.net, sums, bench.rungs,
    )
    component[2] = sums[0]
    component[3] = discount * sums[0]
    component[7] += discount * sums[1]


cdef void interpolate(Bench* bench, const Frame* frame, double* coefficient) noexcept nogil:
    """Integrate over the unit's shock at the market's nodes; turn nodes into coefficients."""
    cdef Py_ssize_t r, p
    cdef double[MAX_BASIS] net
    slide(bench.unit, bench.unit_rungs, bench.net, bench.market_net, 2 * bench.reach + 1)
    for r in range(frame.basis):
        net[r] = 0.0
        for p in range(POINTS):
            net[r] += bench.share[r * POINTS + p] * bench.market_net[bench.between[r] + p]
    combine(net, frame.from_nodes, frame.basis, frame.basis, coefficient)


def auction_policy(
    const double[::1] log_value, const double[::1] unit_scale,
    const double[::1] spread, const double[::1] arrival,
    const double[::1] step_log_value, const double[::1] step_discount,
    const double[::1] step_cost, const double[::1] fallback, const double[::1] tilt,
    const double[::1] floor_price, const double[::1] largest_payout,
    const double[::1] accept_level,
    const double[::1] accept_slope, const Py_ssize_t[::1] fees,
    const double[:, ::1] sale_above, const double[:, ::1] sale_fixed,
    const double[:, ::1] sale_rate, const double[:, ::1] unsold_above,
    const double[:, ::1] unsold_fixed, const double[:, ::1] unsold_rate,
    const Py_ssize_t[::1] group, const double[::1] half_width, const double[:, ::1] mean_weight,
    const double[:, ::1] move, const double[::1] node, const double[:, ::1] interpolation,
    const double[:, ::1] shock, const double[::1] weight, const Py_ssize_t[::1] shape,
    int runs, const double[:, ::1] asked=None, int threads=1,
):
    """Reserve policy and its proceeds, row by row; see the stub for the documentation."""
    cdef Py_ssize_t m = log_value.shape[0], i
    cdef Py_ssize_t basis = node.shape[0], nodes = shock.shape[1], groups = half_width.shape[0]
    if not 1 <= runs <= MAX_RUNS:
        raise ValueError(f"runs must be between 1 and {MAX_RUNS}, not {runs}")
    if not 1 <= nodes <= MAX_NODES or weight.shape[0] != nodes:
        raise ValueError(f"shock and weight need one length between 1 and {MAX_NODES}")
    if not 1 <= basis <= MAX_BASIS:
        raise ValueError(f"node must have between 1 and {MAX_BASIS} entries, not {basis}")
    if interpolation.shape[0] != basis or interpolation.shape[1] != basis:
        raise ValueError(f"interpolation must be {basis} x {basis}")
    if move.shape[0] != groups or move.shape[1] < 1:
        raise ValueError(f"move must be {groups} rows of one column or more")
    if not (np.abs(move) <= np.asarray(half_width)[:, None]).all():
        raise ValueError("move must lie within half_width")
    if mean_weight.shape[0] != groups or mean_weight.shape[1] != basis:
        raise ValueError(f"mean_weight must be {groups} x {basis}")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    check_fees(
        tuple(map(np.asarray, (sale_above, sale_fixed, sale_rate))),
        tuple(map(np.asarray, (unsold_above, unsold_fixed, unsold_rate))),
    )
    check_rows(
        {
            name: np.asarray(column)
            for name, column in (
                ("log_value", log_value), ("unit_scale", unit_scale), ("spread", spread),
                ("arrival", arrival), ("step_log_value", step_log_value),
                ("step_discount", step_discount), ("step_cost", step_cost),
                ("fallback", fallback), ("tilt", tilt), ("floor_price", floor_price),
                ("largest_payout", largest_payout),
                ("accept_level", accept_level), ("accept_slope", accept_slope),
            )
        },
        runs,
    )
    check_codes(
        {
            "fees": (np.asarray(fees), sale_above.shape[0]),
            "group": (np.asarray(group), groups),
            "shape": (np.asarray(shape), shock.shape[0]),
        },
        m,
    )
    if asked is not None:
        check_asked(np.asarray(asked), m, runs)
    if not np.isfinite(shock).all() or not np.isfinite(weight).all():
        raise ValueError("shock and weight must be finite")
    if not np.asarray(weight).sum() > 0.0:
        raise ValueError("weight must sum to more than 0")

    reserve = np.empty((m, runs))
    coefficient = np.empty((m, basis))
    component = np.empty((m, COMPONENTS))
    sold = np.empty((m, runs))
    reach = np.empty((m, runs))
    if m == 0:
        return reserve, coefficient, component, sold, reach
    cdef Frame frame
    frame.shock = &shock[0, 0]
    frame.weight = &weight[0]
    cdef double[::1] move_weight = np.full(move.shape[1], 1.0 / move.shape[1])
    frame.move = &move[0, 0]
    frame.move_weight = &move_weight[0]
    frame.moves = move.shape[1]
    frame.node = &node[0]
    cdef double[:, ::1] from_nodes = np.ascontiguousarray(np.asarray(interpolation).T)
    frame.from_nodes = &from_nodes[0, 0]
    frame.runs = runs
    frame.nodes = nodes
    frame.basis = basis
    frame.farthest = float(np.abs(shock).max())
    cdef double[::1] lowest = np.minimum(np.asarray(shock).min(axis=1), 0.0)
    cdef double[::1] highest = np.maximum(np.asarray(shock).max(axis=1), 0.0)
    frame.lowest = &lowest[0]
    frame.highest = &highest[0]
    frame.rungs = longest_ladder(
        unit_scale, spread, np.asarray(half_width)[np.asarray(group)], frame.farthest
    )
    # A reserve far below or above all values still lies within the table.
    frame.pad = CELLS + 2 * CELLS_A_RUNG * frame.rungs
    schedules = np.zeros((2, sale_above.shape[0], sizeof(Schedule)), dtype=np.uint8)
    cdef unsigned char[:, :, ::1] schedule_view = schedules
    cdef Schedule* sale = <Schedule*> &schedule_view[0, 0, 0]
    cdef Schedule* unsold = <Schedule*> &schedule_view[1, 0, 0]
    for i in range(sale_above.shape[0]):
        sale[i].tiers = count_tiers(&sale_above[i, 0], sale_above.shape[1])
        sale[i].above = &sale_above[i, 0]
        sale[i].fixed = &sale_fixed[i, 0]
        sale[i].rate = &sale_rate[i, 0]
        unsold[i].tiers = count_tiers(&unsold_above[i, 0], unsold_above.shape[1])
        unsold[i].above = &unsold_above[i, 0]
        unsold[i].fixed = &unsold_fixed[i, 0]
        unsold[i].rate = &unsold_rate[i, 0]
    benches = np.zeros((threads, sizeof(Bench)), dtype=np.uint8)
    room = np.zeros((threads, bench_room(&frame)))
    cdef unsigned char[:, ::1] bench_view = benches
    cdef double[:, ::1] room_view = room
    cdef double[:, ::1] reserve_view = reserve
    cdef double[:, ::1] coefficient_view = coefficient
    cdef double[:, ::1] component_view = component
    cdef double[:, ::1] sold_view = sold
    cdef double[:, ::1] reach_view = reach
    for i in range(threads):
        settle(<Bench*> &bench_view[i, 0], &frame, &room_view[i, 0])
    cdef Watch watch = watching()
    with nogil:
        for i in prange(m, schedule="dynamic", chunksize=64, num_threads=threads):
            if stopped(&watch):
                continue
            policy_one(
                <Bench*> &bench_view[threadid(), 0], &frame, log_value[i], unit_scale[i],
                spread[i], arrival[i], step_log_value[i], step_discount[i], step_cost[i],
                fallback[i], tilt[i], floor_price[i], largest_payout[i], accept_level[i],
                accept_slope[i], fees[i], &sale[fees[i]], &unsold[fees[i]], group[i], shape[i],
                half_width[group[i]], &mean_weight[group[i], 0],
                &asked[i, 0] if asked is not None else NULL, &reserve_view[i, 0],
                &coefficient_view[i, 0], &component_view[i, 0], &sold_view[i, 0],
                &reach_view[i, 0],
            )
        over(&watch)
    return reserve, coefficient, component, sold, reach


def longest_ladder(unit_scale, spread, half_width, double farthest):
    """Rungs of the longest ladder, by shocks that lie no farther out than told."""
    rung = CELLS_A_RUNG * STEP * np.asarray(spread)
    unit = np.asarray(unit_scale)
    longest = 2.0 * ((unit * farthest + half_width) / rung + 2 * MARGIN + 2)
    row = int(longest.argmax())
    if not longest[row] < MAX_RUNGS:
        raise ValueError(
            f"spread must not be tiny beside what the unit and the market may do; row {row} is "
            f"{spread[row]}"
        )
    return whole_lanes(int(longest[row]))


cdef inline bint alike(
    const Bench* bench, const Row* row, double arrival, double spread
) noexcept nogil:
    """Whether the reserves of the row before are those of this one."""
    return (
        bench.known
        and bench.table.arrival == arrival
        and bench.table.spread == spread
        and bench.row.group == row.group
        and bench.row.shape == row.shape
        and bench.row.log_value == row.log_value
        and bench.row.unit_scale == row.unit_scale
        and bench.row.fees == row.fees
        and bench.row.accept_level == row.accept_level
        and bench.row.accept_slope == row.accept_slope
        and bench.row.step_log_value == row.step_log_value
        and bench.row.step_discount == row.step_discount
        and bench.row.step_cost == row.step_cost
        and bench.row.fallback == row.fallback
    )


cdef void policy_one(
    Bench* bench, const Frame* frame, double log_value, double unit_scale,
    double spread, double arrival, double step_log_value, double step_discount,
    double step_cost, double fallback, double tilt, double floor_price, double largest_payout,
    double accept_level, double accept_slope, Py_ssize_t fees, const Schedule* sale,
    const Schedule* unsold, Py_ssize_t group, Py_ssize_t shape, double half_width,
    const double* mean_weight, const double* asked, double* reserve, double* coefficient,
    double* component, double* sold, double* reach
) noexcept nogil:
    cdef Row row
    cdef Py_ssize_t k
    cdef bint given = asked != NULL and asked[0] == asked[0]
    row.log_value = log_value
    row.unit_scale = unit_scale
    row.step_log_value = step_log_value
    row.step_discount = step_discount
    row.step_cost = step_cost
    row.fallback = fallback
    row.floor_price = floor_price
    row.largest_payout = largest_payout
    row.accept_level = accept_level
    row.accept_slope = accept_slope
    row.fees = fees
    row.sale = sale[0]
    row.unsold = unsold[0]
    row.group = group
    row.shape = shape
    if not alike(bench, &row, arrival, spread):
        set_up(bench, frame, &row, half_width, mean_weight, arrival, spread)
        bench.row = row
        bench.known = True
        bench.chosen = False
    if given:
        bench.chosen = False
        for k in range(frame.runs):
            bench.log_reserve[k] = log_positive(asked[k])
        tilt = 1.0
    elif not bench.chosen:
        ask(bench, frame, &row, half_width)
        bench.chosen = True
    follow(bench, frame, &row, tilt, reserve, component, sold, reach)
    if given:
        # as they were told, to the last bit
        for k in range(frame.runs):
            reserve[k] = asked[k]
    interpolate(bench, frame, coefficient)
