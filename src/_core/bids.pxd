# Poisson bidders: the table of one lot and its look-up, for kernels that price lots in place.

from _core.vmath cimport exp_scalar

cdef enum:
    CELLS = 128             # cells of the table over t = ln(b / V) / sigma
    TABLE = CELLS + 1

cdef double SPAN            # the table covers t in [-SPAN, SPAN]
cdef double STEP

cdef double[TABLE] TAIL     # upper normal tail at the grid points


cdef struct Lot:
    double arrival
    double spread
    double per_cell             # cells of the table per unit of ln(b / V)
    double[TABLE] first         # P1 at the grid points
    double[TABLE] first_slope   # dP1/dt
    double[TABLE] above         # int_t^inf P2 d(b/V)
    double[TABLE] above_slope   # its derivative in t
    double[TABLE] alone         # chance of exactly one bidder above


cdef void prepare(Lot* lot, double arrival, double spread) noexcept nogil


cdef inline double hermite(
    const double* value, const double* slope, Py_ssize_t i, double f
) noexcept nogil:
    cdef double g = 1.0 - f
    return (
        g * g * (1.0 + 2.0 * f) * value[i]
        + f * f * (3.0 - 2.0 * f) * value[i + 1]
        + STEP * f * g * (g * slope[i] - f * slope[i + 1])
    )


cdef inline void look_up(
    const Lot* lot, double log_ratio, double* first, double* above
) noexcept nogil:
    """P1 and the integral of P2 above a price b, given ln(b / V); prices in units of V."""
    cdef double position = log_ratio * lot.per_cell + 0.5 * CELLS
    cdef Py_ssize_t i
    cdef double edge, second, u
    if position <= 0.0:
        first[0] = lot.first[0]
        u = lot.arrival
        second = 1.0 - exp_scalar(-u) * (1.0 + u)
        edge = exp_scalar(-SPAN * lot.spread)
        above[0] = lot.above[0] + second * (edge - exp_scalar(log_ratio))
    elif position >= CELLS:
        first[0] = 0.0
        above[0] = 0.0
    else:
        i = <Py_ssize_t> position
        first[0] = hermite(lot.first, lot.first_slope, i, position - i)
        above[0] = hermite(lot.above, lot.above_slope, i, position - i)
