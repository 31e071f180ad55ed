# cython: language_level=3
"""Lots along a ladder of values: chances, prices and worths of one reserve at every rung.

The rungs of a ladder are values evenly spaced in logs, the highest first, a whole number of
cells of the lot's table apart. Whatever the reserve, all rungs then lie at one and the same
fraction between two points of the table, so that a lot along a ladder is a few sums of table
entries in a row: no rung is looked up. Sums run in lanes, which gives every machine the same
bits.
"""

from libc.math cimport floor

from _core.bids cimport CELLS, SPAN, STEP, Lot
from _core.vmath cimport exp_scalar

cdef extern from "clones.h":
    ctypedef const double* source "residual_auction_in"
    ctypedef double* target "residual_auction_out"

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_climb(
        double, double, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_between(
        residual_auction_in, Py_ssize_t, double, double, residual_auction_out,
        residual_auction_out);
    RESIDUAL_AUCTION_CLONES static void residual_auction_hermite(
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        double, residual_auction_in, residual_auction_out, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_scale(
        residual_auction_in, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static double residual_auction_marginal(
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        double, double, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static double residual_auction_gain(
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        residual_auction_in, double, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static double residual_auction_unsold(
        residual_auction_in, residual_auction_in, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_open(
        residual_auction_in, residual_auction_in, residual_auction_in, double, double, double,
        residual_auction_out, residual_auction_out, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_close(
        residual_auction_in, residual_auction_in, residual_auction_in, double, double, double,
        double, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_disbelieve(
        residual_auction_in, residual_auction_in, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_follow(
        residual_auction_in, residual_auction_in, residual_auction_in, double, double, double,
        double, double, double, residual_auction_out, residual_auction_out,
        residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_slide(
        residual_auction_in, Py_ssize_t, residual_auction_in, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_leave(
        residual_auction_in, residual_auction_in, residual_auction_in, double, double, double,
        double, residual_auction_out, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_combine(
        residual_auction_in, residual_auction_in, Py_ssize_t, Py_ssize_t, residual_auction_out);
    """


cdef enum:
    DEEPER = 64             # points that a table is filled in at once below its end
    NODES = 32              # nodes of a quadrature whose weights are worked out at once


cdef Py_ssize_t half_size(Py_ssize_t pad) noexcept nogil:
    return CELLS // 2 + pad + 1


cdef Py_ssize_t table_room(Py_ssize_t pad) noexcept nogil:
    """Doubles that a table of so many points beyond its ends takes."""
    return 10 * half_size(pad)


cdef void place_table(Table* table, double* memory, Py_ssize_t pad) noexcept nogil:
    """Lay a table into memory of its room; `pad` is even."""
    cdef Py_ssize_t half, size = half_size(pad)
    table.pad = pad
    table.arrival = 0.0
    for half in range(2):
        table.first[half] = memory + size * half
        table.first_slope[half] = memory + size * (2 + half)
        table.above[half] = memory + size * (4 + half)
        table.above_slope[half] = memory + size * (6 + half)
        table.alone[half] = memory + size * (8 + half)


cdef void tabulate(Table* table, const Lot* lot) noexcept nogil:
    """Fill a table with the functions of a lot.

    Below the table everyone bids more, so that the integral of P2 grows with what the price
    falls by, see `deepen`; above it no one does, and nothing was ever filled in.
    """
    cdef Py_ssize_t i, place, half
    cdef double alone = exp_scalar(-lot.arrival)
    table.arrival = lot.arrival
    table.spread = lot.spread
    table.cell = lot.spread * STEP
    table.everyone = 1.0 - alone * (1.0 + lot.arrival)
    table.only = alone * lot.arrival
    table.low_price = exp_scalar(-SPAN * lot.spread)
    table.fall = exp_scalar(-table.cell)
    table.low = 0
    table.least = lot.above[0] + table.everyone * table.low_price
    for i in range(CELLS + 1):
        half, place = i & 1, (i + table.pad) >> 1
        table.first[half][place] = lot.first[i]
        table.first_slope[half][place] = lot.first_slope[i]
        table.above[half][place] = lot.above[i]
        table.above_slope[half][place] = lot.above_slope[i]
        table.alone[half][place] = lot.alone[i]


cdef void deepen(Table* table, Py_ssize_t point) noexcept nogil:
    """Fill a table further down, some points beyond one that is asked for."""
    cdef Py_ssize_t i, place, half, least = max(point - DEEPER, -table.pad)
    cdef double all = table.first[0][table.pad >> 1]
    for i in range(table.low - 1, least - 1, -1):
        half, place = i & 1, (i + table.pad) >> 1
        table.low_price *= table.fall
        table.first[half][place] = all
        table.first_slope[half][place] = 0.0
        table.above[half][place] = table.least - table.everyone * table.low_price
        table.above_slope[half][place] = -table.everyone * table.low_price * table.spread
        table.alone[half][place] = table.only
    table.low = least


cdef void hermite_loop "residual_auction_hermite"(
    source first_left, source first_right, source first_slope_left, source first_slope_right,
    source above_left, source above_right, source above_slope_left, source above_slope_right,
    double f, source value, target first, target money, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double g = 1.0 - f
    cdef double left = g * g * (1.0 + 2.0 * f), right = f * f * (3.0 - 2.0 * f)
    cdef double slope_left = STEP * f * g * g, slope_right = -STEP * f * f * g
    for i in range(rungs):
        first[i] = (
            (left * first_left[i] + right * first_right[i])
            + (slope_left * first_slope_left[i] + slope_right * first_slope_right[i])
        )
        money[i] = value[i] * (
            (left * above_left[i] + right * above_right[i])
            + (slope_left * above_slope_left[i] + slope_right * above_slope_right[i])
        )


cdef void scale_loop "residual_auction_scale"(
    source value, target out, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rungs):
        out[i] *= value[i]


cdef void offer(
    Table* table, double position, const double* value, Py_ssize_t rungs,
    double* first, double* money
) noexcept nogil:
    """P1, and V times the integral of P2, above a reserve at every rung.

    `position` is where the highest rung lies in the table, in cells.
    """
    cdef Py_ssize_t i, odd, place, here, there
    cdef double reserve
    if position >= CELLS:
        for i in range(rungs):
            first[i] = 0.0
            money[i] = 0.0
    elif position < -table.pad:
        # So low that the whole ladder lies below the table.
        reserve = value[0] * exp_scalar(table.cell * (position - CELLS // 2))
        for i in range(rungs):
            first[i] = table.first[0][table.pad >> 1]
            money[i] = table.least * value[i] - table.everyone * reserve
    else:
        i = <Py_ssize_t> floor(position)
        if i < table.low:
            deepen(table, i)
        odd, place = i & 1, (i + table.pad) >> 1
        here, there = odd, 1 - odd
        hermite_loop(
            table.first[here] + place, table.first[there] + place + odd,
            table.first_slope[here] + place, table.first_slope[there] + place + odd,
            table.above[here] + place, table.above[there] + place + odd,
            table.above_slope[here] + place, table.above_slope[there] + place + odd,
            position - i, value, first, money, rungs,
        )


cdef void climb_loop "residual_auction_climb"(
    double highest, double step, target value, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rungs):
        value[i] = exp_scalar(highest - i * step)


cdef void climb(
    double highest, double step, double* value, Py_ssize_t rungs
) noexcept nogil:
    """Values of the rungs, from the log value of the highest."""
    climb_loop(highest, step, value, rungs)


cdef Py_ssize_t points_between(double position, double* weight) noexcept nogil:
    """First of the six rungs around a position, and Lagrange's weights of all six."""
    cdef double whole = floor(position), x = position - whole
    cdef double a = x + 2.0, b = x + 1.0, d = x - 1.0, e = x - 2.0, f = x - 3.0
    cdef double low = a * b * x, high = d * e * f
    weight[0] = b * x * high * (-1.0 / 120.0)
    weight[1] = a * x * high * (1.0 / 24.0)
    weight[2] = a * b * high * (-1.0 / 12.0)
    weight[3] = low * e * f * (1.0 / 12.0)
    weight[4] = low * d * f * (-1.0 / 24.0)
    weight[5] = low * d * e * (1.0 / 120.0)
    return <Py_ssize_t> whole - 2


cdef void between_loop "residual_auction_between"(
    source shock, Py_ssize_t nodes, double top, double scale, target first, target weight
) noexcept nogil:
    # `points_between` for many positions, the weights of each rung in a row of NODES
    cdef Py_ssize_t u
    cdef double position, whole, x, a, b, d, e, f, low, high
    for u in range(nodes):
        position = top - scale * shock[u]
        whole = floor(position)
        x = position - whole
        a, b, d, e, f = x + 2.0, x + 1.0, x - 1.0, x - 2.0, x - 3.0
        low, high = a * b * x, d * e * f
        first[u] = whole - 2.0
        weight[u] = b * x * high * (-1.0 / 120.0)
        weight[NODES + u] = a * x * high * (1.0 / 24.0)
        weight[2 * NODES + u] = a * b * high * (-1.0 / 12.0)
        weight[3 * NODES + u] = low * e * f * (1.0 / 12.0)
        weight[4 * NODES + u] = low * d * f * (-1.0 / 24.0)
        weight[5 * NODES + u] = low * d * e * (1.0 / 120.0)


cdef void stand(
    const double* shock, const double* weight, Py_ssize_t nodes, double top, double scale,
    double* shares
) noexcept nogil:
    """Add the weights of a quadrature to the rungs around its nodes.

    A function known at the rungs is then integrated as if it were interpolated at the nodes;
    a shock of 0 stands at rung `top`, and one of 1 `scale` rungs above it.
    """
    cdef Py_ssize_t block, u, p, start
    cdef double[NODES] first
    cdef double[POINTS * NODES] points
    for block in range((nodes + NODES - 1) // NODES):
        between_loop(
            shock + block * NODES, min(nodes - block * NODES, <Py_ssize_t> NODES), top, scale,
            first, points,
        )
        for u in range(min(nodes - block * NODES, <Py_ssize_t> NODES)):
            start = <Py_ssize_t> first[u]
            for p in range(POINTS):
                shares[start + p] += weight[block * NODES + u] * points[p * NODES + u]


cdef inline double joined(const double* lanes) noexcept nogil:
    return (
        ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
        + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    )


cdef double marginal_loop "residual_auction_marginal"(
    source belief, source onward, source alone, source slope, double by_alone, double by_slope,
    Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef double[LANES] total
    for j in range(LANES):
        total[j] = 0.0
    for i in range(rungs // LANES):
        for j in range(LANES):
            total[j] += (
                by_alone * belief[i * LANES + j] * alone[i * LANES + j]
                + (by_slope * belief[i * LANES + j] - onward[i * LANES + j]) * slope[i * LANES + j]
            )
    return joined(total)


cdef double marginal(
    Table* table, Py_ssize_t position, const double* belief, const double* onward,
    double by_alone, double by_slope, Py_ssize_t rungs
) noexcept nogil:
    """Sum of by_alone B alone + (by_slope B - O) dP1/dt at a point of the table.

    With B the belief, O that times the worth of a no-sale, by_alone the reserve's proceeds
    times the spread and by_slope the proceeds less the fee of a sale, it is the derivative of
    the expected worth in t.
    """
    cdef Py_ssize_t half = position & 1, place = (position + table.pad) >> 1
    if position < table.low:
        deepen(table, position)
    return marginal_loop(
        belief, onward, table.alone[half] + place, table.first_slope[half] + place, by_alone,
        by_slope, rungs,
    )


cdef double gain_loop "residual_auction_gain"(
    source belief, source onward, source value, source first, source above, double by_first,
    Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef double[LANES] total
    for j in range(LANES):
        total[j] = 0.0
    for i in range(rungs // LANES):
        for j in range(LANES):
            total[j] += (
                (by_first * belief[i * LANES + j] - onward[i * LANES + j]) * first[i * LANES + j]
                + value[i * LANES + j] * above[i * LANES + j]
            )
    return joined(total)


cdef double gain(
    Table* table, Py_ssize_t position, const double* belief, const double* onward,
    const double* value, double by_first, Py_ssize_t rungs
) noexcept nogil:
    """Expected worth of offering at a point of the table, over that of not selling."""
    cdef Py_ssize_t half = position & 1, place = (position + table.pad) >> 1
    if position < table.low:
        deepen(table, position)
    return gain_loop(
        belief, onward, value, table.first[half] + place, table.above[half] + place, by_first,
        rungs,
    )


cdef double unsold_loop "residual_auction_unsold"(
    source belief, source first, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef double[LANES] total
    for j in range(LANES):
        total[j] = 0.0
    for i in range(rungs // LANES):
        for j in range(LANES):
            total[j] += belief[i * LANES + j] * (1.0 - first[i * LANES + j])
    return joined(total)


cdef double unsold_share(
    Table* table, Py_ssize_t position, const double* belief, Py_ssize_t rungs
) noexcept nogil:
    """Sum of B (1 - P1) at a point of the table."""
    cdef Py_ssize_t half = position & 1, place = (position + table.pad) >> 1
    if position < table.low:
        deepen(table, position)
    return unsold_loop(belief, table.first[half] + place, rungs)


cdef void open_loop "residual_auction_open"(
    source belief, source value, source later, double discount, double cost, double share,
    target onward, target onward_belief, target value_belief, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rungs):
        onward[i] = discount * later[i] - cost
        onward_belief[i] = belief[i] * (discount * later[i] - cost)
        value_belief[i] = share * belief[i] * value[i]


cdef void open_run(
    const double* belief, const double* value, const double* later, double discount, double cost,
    double share, double* onward, double* onward_belief, double* value_belief, Py_ssize_t rungs
) noexcept nogil:
    """Worth of a no-sale, from that of the next run; both it and the value times the belief."""
    open_loop(
        belief, value, later, discount, cost, share, onward, onward_belief, value_belief, rungs
    )


cdef void close_loop "residual_auction_close"(
    source first, source money, source onward, double reserve, double scale, double share,
    double fee, target worth, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rungs):
        worth[i] = (
            share * (reserve * first[i] + scale * money[i]) - fee * first[i]
            + (1.0 - first[i]) * onward[i]
        )


cdef void close_run(
    const double* first, const double* money, const double* onward, double reserve, double scale,
    double share, double fee, double* worth, Py_ssize_t rungs
) noexcept nogil:
    """Worth of being offered in a run."""
    close_loop(first, money, onward, reserve, scale, share, fee, worth, rungs)


cdef void disbelieve_loop "residual_auction_disbelieve"(
    source belief, source first, target after, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rungs):
        after[i] = belief[i] * (1.0 - first[i])


cdef void disbelieve(
    const double* belief, const double* first, double* after, Py_ssize_t rungs
) noexcept nogil:
    """Belief after a no-sale, not normed."""
    disbelieve_loop(belief, first, after, rungs)


cdef void follow_loop "residual_auction_follow"(
    source first, source money, source mean, double reserve, double scale, double share,
    double fee, double cost, double discount, target alive, target net, target lanes,
    Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef double price, sold, left
    for j in range(2 * LANES):
        lanes[j] = 0.0
    for i in range(rungs // LANES):
        for j in range(LANES):
            k = i * LANES + j
            price = alive[k] * (reserve * first[k] + scale * money[k])
            sold = alive[k] * first[k]
            left = alive[k] - sold
            net[k] += discount * (share * price - fee * sold - cost * left)
            alive[k] = left
            lanes[j] += mean[k] * price
            lanes[LANES + j] += mean[k] * sold


cdef void follow_run(
    const double* first, const double* money, const double* mean, double reserve, double scale,
    double share, double fee, double cost, double discount, double* alive, double* net,
    double* sums, Py_ssize_t rungs
) noexcept nogil:
    """Carry every rung through a run: who is left, what came in, and both means.

    Into `sums` go the means of the price, nothing where unsold, and of the sales.
    """
    cdef double[2 * LANES] lanes
    follow_loop(
        first, money, mean, reserve, scale, share, fee, cost, discount, alive, net, lanes, rungs
    )
    sums[0] = joined(lanes)
    sums[1] = joined(lanes + LANES)


cdef void slide_loop "residual_auction_slide"(
    source weight, Py_ssize_t count, source values, target out, Py_ssize_t blocks
) noexcept nogil:
    cdef Py_ssize_t b, i, j
    cdef double[BLOCK] total
    for b in range(blocks):
        for j in range(BLOCK):
            total[j] = 0.0
        for i in range(count):
            for j in range(BLOCK):
                total[j] += weight[i] * values[b * BLOCK + i + j]
        for j in range(BLOCK):
            out[b * BLOCK + j] = total[j]


cdef void slide(
    const double* weight, Py_ssize_t count, const double* values, double* out, Py_ssize_t shifts
) noexcept nogil:
    """Sums of values under weights, once for each shift of the values.

    Shifts are rounded up to a whole number of blocks, for which `out` and `values` have room.
    """
    slide_loop(weight, count, values, out, (shifts + BLOCK - 1) // BLOCK)


cdef void scaled(
    const double* values, double factor, double* out, Py_ssize_t rungs
) noexcept nogil:
    """A multiple of values."""
    cdef Py_ssize_t i
    for i in range(rungs):
        out[i] = factor
    scale_loop(values, out, rungs)


cdef void leave_loop "residual_auction_leave"(
    source value, source mean, source alive, double share, double least, double most,
    double discount, target net, target lanes, Py_ssize_t rungs
) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef double worth, insured
    for j in range(2 * LANES):
        lanes[j] = 0.0
    for i in range(rungs // LANES):
        for j in range(LANES):
            k = i * LANES + j
            worth = share * value[k]
            insured = least - worth if least > worth else 0.0
            insured = insured if insured < most else most
            net[k] += discount * alive[k] * (worth + insured)
            lanes[j] += mean[k] * alive[k] * worth
            lanes[LANES + j] += mean[k] * alive[k] * insured


cdef void fall_back(
    const double* value, const double* mean, const double* alive, double share, double least,
    double most, double discount, double* net, double* sums, Py_ssize_t rungs
) noexcept nogil:
    """Add what units bring that no run sold, a share of their value but no less than so much.

    A guarantee makes that good up to `most`. Into `sums` go the means of the first and of what the
    guarantee adds, neither discounted.
    """
    cdef double[2 * LANES] lanes
    leave_loop(value, mean, alive, share, least, most, discount, net, lanes, rungs)
    sums[0] = joined(lanes)
    sums[1] = joined(lanes + LANES)


cdef double total_of(const double* values, Py_ssize_t rungs) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef double[LANES] total
    for j in range(LANES):
        total[j] = 0.0
    for i in range(rungs // LANES):
        for j in range(LANES):
            total[j] += values[i * LANES + j]
    return joined(total)


cdef void combine_loop "residual_auction_combine"(
    source weight, source rows, Py_ssize_t count, Py_ssize_t columns, target out
) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(count):
        for j in range(columns):
            out[j] += weight[i] * rows[i * columns + j]


cdef void combine(
    const double* weight, const double* rows, Py_ssize_t count, Py_ssize_t columns, double* out
) noexcept nogil:
    """Sum of rows under weights."""
    cdef Py_ssize_t j
    for j in range(columns):
        out[j] = 0.0
    combine_loop(weight, rows, count, columns, out)
