# What to ask in each run: see asking.pyx.

from _core.ladder cimport Table

cdef enum:
    MAX_RUNS = 8

# Everything that one lot's reserves depend on but the bidders.
cdef struct Row:
    double log_value
    double unit_scale
    double fee_rate
    double fee_sale
    double fee_no_sale
    double step_log_value
    double step_discount
    double step_cost
    double fallback
    double floor_price
    Py_ssize_t shape
    Py_ssize_t group


# The part of a ladder on which a unit is believed to stand, and room for its runs.
cdef struct Belief:
    const Table* table
    Py_ssize_t rungs
    Py_ssize_t below_top    # rungs from the highest to that of the median
    double width            # of the range of log reserves around the median, on each side
    const double* value
    double* prior
    double* first           # runs x rungs, as the next two
    double* money
    double* belief
    double* onward
    double* onward_belief
    double* value_belief
    double* worth


cdef void choose_reserves(
    const Belief* at, const Row* row, Py_ssize_t runs, double* log_reserve
) noexcept nogil
