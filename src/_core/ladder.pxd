# Lots along a ladder of values: see ladder.pyx.

from _core.bids cimport Lot

cdef enum:
    CELLS_A_RUNG = 2        # cells of a lot's table from one rung to the next
    LANES = 8               # sums run in so many lanes; rungs come in multiples of it
    POINTS = 6              # of the interpolation between rungs
    BLOCK = 32              # shifts of `slide` come in multiples of it


# The functions of one lot at the points of its table, even and odd ones apart, so that from one
# rung to the next is one step. Beyond both ends stand `pad` points more.
cdef struct Table:
    double arrival
    double spread
    double cell             # in logs
    double everyone         # chance that two come at all
    double least            # int P2 d(b/V) over all prices
    double accept_level     # of sellers who haggle
    double accept_slope
    double only             # chance that just one does
    double low_price        # at the lowest point filled in, over V
    double fall             # factor of a price from one point to the one below
    Py_ssize_t low          # lowest point filled in
    Py_ssize_t pad
    double* first[2]        # P1
    double* first_slope[2]  # its derivative in t
    double* above[2]        # int_t^inf P2 d(b/V)
    double* above_slope[2]
    double* alone[2]        # chance of exactly one bidder above


cdef Py_ssize_t table_room(Py_ssize_t pad) noexcept nogil

cdef void place_table(Table* table, double* memory, Py_ssize_t pad) noexcept nogil

cdef void tabulate(Table* table, const Lot* lot) noexcept nogil

cdef void offer(
    Table* table, double position, const double* value, Py_ssize_t rungs,
    double* first, double* money
) noexcept nogil

cdef void climb(
    double highest, double step, double* value, Py_ssize_t rungs
) noexcept nogil

cdef Py_ssize_t points_between(double position, double* weight) noexcept nogil

cdef void stand(
    const double* shock, const double* weight, Py_ssize_t nodes, double top, double scale,
    double* shares
) noexcept nogil

cdef double marginal(
    Table* table, Py_ssize_t position, const double* belief, const double* onward,
    double by_alone, double by_slope, Py_ssize_t rungs
) noexcept nogil

cdef double gain(
    Table* table, Py_ssize_t position, const double* belief, const double* onward,
    const double* value, double by_first, Py_ssize_t rungs
) noexcept nogil

cdef double unsold_share(
    Table* table, Py_ssize_t position, const double* belief, Py_ssize_t rungs
) noexcept nogil

cdef void open_run(
    const double* belief, const double* value, const double* later, double discount, double cost,
    double share, double* onward, double* onward_belief, double* value_belief, Py_ssize_t rungs
) noexcept nogil

cdef void close_run(
    const double* first, const double* money, const double* onward, double reserve, double scale,
    double share, double fee, double* worth, Py_ssize_t rungs
) noexcept nogil

cdef void disbelieve(
    const double* belief, const double* first, double* after, Py_ssize_t rungs
) noexcept nogil

cdef void follow_run(
    const double* first, const double* money, const double* mean, double reserve, double scale,
    double share, double fee, double cost, double discount, double* alive, double* net,
    double* sums, Py_ssize_t rungs
) noexcept nogil

cdef void slide(
    const double* weight, Py_ssize_t count, const double* values, double* out, Py_ssize_t shifts
) noexcept nogil

cdef void scaled(
    const double* values, double factor, double* out, Py_ssize_t rungs
) noexcept nogil

cdef void fall_back(
    const double* value, const double* mean, const double* alive, double share, double least,
    double most, double discount, double* net, double* sums, Py_ssize_t rungs
) noexcept nogil

cdef double total_of(const double* values, Py_ssize_t rungs) noexcept nogil

cdef void combine(
    const double* weight, const double* rows, Py_ssize_t count, Py_ssize_t columns, double* out
) noexcept nogil
