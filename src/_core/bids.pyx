# cython: language_level=3
"""Auctions with Poisson bidders: chance of a sale and expected price.

With N ~ Poisson(lambda) bidders whose values are V exp(sigma eps), u(b) is the
expected number of bidders above b. The highest value exceeds b with chance
P1 = 1 - exp(-u), the second-highest with P2 = 1 - exp(-u)(1 + u), and a lot
offered at reserve r earns r P1(r) + int_r^inf P2(b) db (Myerson 1981; Poisson
arrivals as in Levin and Smith 1994). Everything scales with V, so a lot needs
one table over t = ln(b / V) / sigma.
"""

import numpy as np

from cython.parallel cimport prange, threadid
from _core.interrupts cimport Watch, over, stop, watching
from _core.vmath cimport exp_many, exp_scalar, norm_cdf_scalar

cdef extern from "clones.h":
    ctypedef const double* residual_in "residual_auction_in"
    ctypedef double* residual_out "residual_auction_out"

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_lot_exponents(
        double, double, residual_auction_out);
    RESIDUAL_AUCTION_CLONES static void residual_auction_lot_points(
        double, double, residual_auction_in, residual_auction_in, residual_auction_out,
        residual_auction_out, residual_auction_out, residual_auction_out);
    RESIDUAL_AUCTION_CLONES static void residual_auction_lot_middles(
        double, double, residual_auction_in, residual_auction_in, residual_auction_out);
    """

cdef double INV_SQRT_2PI = 0.3989422804014327

SPAN = 6.5
STEP = 2.0 * SPAN / CELLS

# Upper normal tail at the middles of the cells and the density at the grid points: the same
# for every row, as is the tail at the grid points.
cdef double[CELLS] TAIL_MIDDLE
cdef double[TABLE] DENSITY

cdef void fill_normal_tables() noexcept:
    cdef Py_ssize_t i
    cdef double t
    for i in range(TABLE):
        t = -SPAN + i * STEP
        TAIL[i] = norm_cdf_scalar(-t)
        DENSITY[i] = INV_SQRT_2PI * exp_scalar(-0.5 * t * t)
    for i in range(CELLS):
        TAIL_MIDDLE[i] = norm_cdf_scalar(SPAN - (i + 0.5) * STEP)

fill_normal_tables()


cdef void exponents_loop "residual_auction_lot_exponents"(
    double arrival, double spread, residual_out x
) noexcept nogil:
    """ln of the chance of nobody above, and of the price: at the points, then at the middles."""
    cdef Py_ssize_t i
    for i in range(TABLE):
        x[i] = -(arrival * TAIL[i])
        x[TABLE + i] = spread * (-SPAN + i * STEP)
    for i in range(CELLS):
        x[2 * TABLE + i] = -(arrival * TAIL_MIDDLE[i])
        x[2 * TABLE + CELLS + i] = spread * (-SPAN + (i + 0.5) * STEP)


cdef void points_loop "residual_auction_lot_points"(
    double arrival, double spread, residual_in nobody, residual_in price, residual_out first,
    residual_out first_slope, residual_out alone, residual_out above_slope
) noexcept nogil:
    """P1 with its slope, the chance of exactly one, and the slope of the integral of P2."""
    cdef Py_ssize_t i
    cdef double u
    for i in range(TABLE):
        u = arrival * TAIL[i]
        first[i] = 1.0 - nobody[i]
        first_slope[i] = -arrival * DENSITY[i] * nobody[i]
        alone[i] = u * nobody[i]
        above_slope[i] = -(1.0 - nobody[i] * (1.0 + u)) * price[i] * spread


cdef void middles_loop "residual_auction_lot_middles"(
    double arrival, double spread, residual_in nobody, residual_in price, residual_out slope
) noexcept nogil:
    """Slope of the integral of P2 at the middles of the cells."""
    cdef Py_ssize_t i
    for i in range(CELLS):
        slope[i] = (
            (nobody[i] * (1.0 + arrival * TAIL_MIDDLE[i]) - 1.0) * price[i] * spread
        )


cdef void prepare(Lot* lot, double arrival, double spread) noexcept nogil:
    """Tabulate P1 and the integral of P2 for one pair (arrival, spread)."""
    cdef Py_ssize_t i
    cdef double total = 0.0
    cdef double[2 * TABLE + 2 * CELLS] exponent
    cdef double[2 * TABLE + 2 * CELLS] made
    cdef double[CELLS] middle
    lot.arrival = arrival
    lot.spread = spread
    lot.per_cell = 1.0 / (spread * STEP)
    exponents_loop(arrival, spread, exponent)
    exp_many(exponent, made, 2 * TABLE + 2 * CELLS)
    points_loop(
        arrival, spread, made, made + TABLE, lot.first, lot.first_slope, lot.alone,
        lot.above_slope)
    middles_loop(arrival, spread, made + 2 * TABLE, made + 2 * TABLE + CELLS, middle)
    lot.above[CELLS] = 0.0
    for i in range(CELLS - 1, -1, -1):
        # Simpson's rule; the integrand is minus the slope of the integral
        total -= STEP / 6.0 * (lot.above_slope[i] + 4.0 * middle[i] + lot.above_slope[i + 1])
        lot.above[i] = total


def check_positive(str name, const double[::1] values):
    array = np.asarray(values)
    wrong = ~(np.isfinite(array) & (array > 0.0))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"{name} must be finite and positive; row {at} is {array[at]}")


def sale(
    const double[::1] log_ratio, const double[::1] arrival, const double[::1] spread,
    int threads=1,
):
    """Chance of a sale and expected price; see the stub for the documentation."""
    cdef Py_ssize_t n = log_ratio.shape[0], i
    if arrival.shape[0] != n or spread.shape[0] != n:
        raise ValueError("log_ratio, arrival and spread must have one length")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    check_positive("arrival", arrival)
    check_positive("spread", spread)
    chance = np.empty(n)
    revenue = np.empty(n)
    scratch = np.empty((threads, sizeof(Lot)), dtype=np.uint8)
    cdef double[::1] chance_view = chance
    cdef double[::1] revenue_view = revenue
    cdef unsigned char[:, ::1] memory = scratch
    cdef Watch watch = watching()
    with nogil:
        for i in prange(n, schedule="static", num_threads=threads):
            if stop(&watch):
                continue
            sale_one(
                <Lot*> &memory[threadid(), 0], log_ratio[i], arrival[i], spread[i],
                &chance_view[i], &revenue_view[i],
            )
        over(&watch)
    return chance, revenue


cdef void sale_one(
    Lot* lot, double log_ratio, double arrival, double spread, double* chance, double* revenue
) noexcept nogil:
    cdef double above
    prepare(lot, arrival, spread)
    look_up(lot, log_ratio, chance, &above)
    revenue[0] = exp_scalar(log_ratio) * chance[0] + above
