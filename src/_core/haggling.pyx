# cython: language_level=3
"""Sellers who haggle: a bid below the reserve is taken with a chance that falls with its share.

Where the highest value lies below the reserve r, bidding ends at the second highest x, and the
seller takes it with chance a(x / r) = 1 / (1 + exp(-(level + slope ln(x / r)))). With u(b) the
mean number of bidders above b this adds to the sale chance, and with a factor x to the price,

    S(r) = int a(x / r) |u'(x)| exp(-u(x)) (u(x) - u(r)) dx over x < r,

the chance that the second highest lies at x and the highest between x and r. A lot's functions
are changed so that all that is made of them counts these sales too: P1 becomes the chance of
any sale, and r P1 plus the integral stays the mean price.
"""

from libc.math cimport exp

from _core.bids cimport CELLS, SPAN, STEP, TABLE, TAIL, Lot
from _core.vmath cimport exp_scalar, norm_cdf_scalar

cdef extern from "clones.h":
    ctypedef const double* source "residual_auction_in"
    ctypedef double* target "residual_auction_out"

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_taken(
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        residual_auction_in, residual_auction_out, Py_ssize_t);
    """

cdef enum:
    HALVES = 2 * CELLS      # half cells of the table
    LANES = 8
    ROOM = HALVES + LANES

cdef double INV_SQRT_2PI = 0.3989422804014327

# Upper normal tail and density at the half cells' ends, under Simpson's weights.
cdef double[HALVES] HALF_TAIL
cdef double[HALVES] DENSITY


cdef void fill_half_cells() noexcept:
    cdef Py_ssize_t h
    cdef double t
    for h in range(HALVES):
        t = -SPAN + 0.5 * h * STEP
        HALF_TAIL[h] = norm_cdf_scalar(-t)
        DENSITY[h] = (4.0 if h & 1 else 2.0) * STEP / 6.0 * INV_SQRT_2PI * exp(-0.5 * t * t)


fill_half_cells()


cdef void taken_loop "residual_auction_taken"(
    source chance, source mass, source mass_above, source money, source money_above,
    target sums, Py_ssize_t steps
) noexcept nogil:
    """Four sums of products with the chances, in lanes."""
    cdef Py_ssize_t h, j
    cdef double[4 * LANES] total
    for j in range(4 * LANES):
        total[j] = 0.0
    for h in range(steps):
        for j in range(LANES):
            total[j] += chance[h * LANES + j] * mass[h * LANES + j]
            total[LANES + j] += chance[h * LANES + j] * mass_above[h * LANES + j]
            total[2 * LANES + j] += chance[h * LANES + j] * money[h * LANES + j]
            total[3 * LANES + j] += chance[h * LANES + j] * money_above[h * LANES + j]
    for h in range(4):
        sums[h] = 0.0
        for j in range(LANES):
            sums[h] += total[h * LANES + j]


cdef void slopes(const double* values, double* slope) noexcept nogil:
    """Derivatives in t of a smooth function at the points of the table."""
    cdef Py_ssize_t i
    slope[0] = 0.0
    slope[1] = (values[2] - values[0]) / (2.0 * STEP)
    for i in range(2, CELLS - 1):
        slope[i] = (
            8.0 * (values[i + 1] - values[i - 1]) - (values[i + 2] - values[i - 2])
        ) / (12.0 * STEP)
    slope[CELLS - 1] = (values[CELLS] - values[CELLS - 2]) / (2.0 * STEP)
    slope[CELLS] = (values[CELLS] - values[CELLS - 1]) / STEP


cdef void haggle(Lot* lot, double level, double slope) noexcept nogil:
    """Add the bids that a seller takes below the reserve to a lot's functions."""
    cdef Py_ssize_t h, i, offset
    cdef double u, price, half = 0.5 * STEP * lot.spread
    cdef double[2 * ROOM] chance    # of bids so many half cells below the reserve, backwards
    cdef double[ROOM] mass
    cdef double[ROOM] mass_above
    cdef double[ROOM] money
    cdef double[ROOM] money_above
    cdef double[4] sums
    cdef double[TABLE] sold
    cdef double[TABLE] income
    cdef double[TABLE] sold_slope
    cdef double[TABLE] income_slope
    for h in range(2 * ROOM):
        chance[h] = 0.0
    for h in range(ROOM):
        mass[h] = mass_above[h] = money[h] = money_above[h] = 0.0
    for h in range(HALVES):
        chance[h] = 1.0 / (1.0 + exp_scalar(-(level - slope * half * (HALVES - h))))
        u = lot.arrival * HALF_TAIL[h]
        price = exp_scalar(lot.spread * (-SPAN + 0.5 * h * STEP))
        mass[h] = lot.arrival * DENSITY[h] * exp_scalar(-u)
        mass_above[h] = u * mass[h]
        money[h] = price * mass[h]
        money_above[h] = u * money[h]
    for i in range(TABLE):
        offset = HALVES - 2 * i
        # What lies above the reserve meets chances of nought.
        taken_loop(
            chance + offset, mass, mass_above, money, money_above, sums,
            (2 * i + LANES - 1) // LANES,
        )
        u = lot.arrival * TAIL[i]
        sold[i] = sums[1] - u * sums[0]
        income[i] = sums[3] - u * sums[2]
    slopes(sold, sold_slope)
    slopes(income, income_slope)
    for i in range(TABLE):
        price = exp_scalar(lot.spread * (-SPAN + i * STEP))
        lot.first[i] += sold[i]
        lot.first_slope[i] += sold_slope[i]
        lot.above[i] += income[i] - price * sold[i]
        lot.above_slope[i] += (
            income_slope[i] - price * sold_slope[i] - lot.spread * price * sold[i]
        )
        lot.alone[i] += (income_slope[i] / price - sold_slope[i]) / lot.spread
