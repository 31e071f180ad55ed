# One run's reserve while those of the other runs stand still: see climbing.pyx.

from _core.fees cimport Schedule
from _core.ladder cimport Table

cdef enum:
    MAX_RUNS = 8
    COARSE = 13             # reserves tried over the whole range at first
    LEAP = 8                # cells that a step goes at most


# Everything that one lot's reserves depend on but the bidders.
cdef struct Row:
    double log_value
    double unit_scale
    double step_log_value
    double step_discount
    double step_cost
    double fallback
    double floor_price
    double largest_payout
    Py_ssize_t shape
    Py_ssize_t group
    Py_ssize_t fees         # which schedules these are
    double accept_level     # of the odds that a bid at the reserve is taken
    double accept_slope
    Schedule sale           # by the price
    Schedule unsold         # by the reserve


# The part of a ladder on which a unit is believed to stand, and room for its runs.
cdef struct Belief:
    Table* table
    Table* rival      # of the second highest bidder; where fees come in tiers
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
    double* dearer          # what the tiers above one take off the worth
    double* tried           # worth of a reserve tried, and of the best so far
    double* kept
    double* second          # room for a look into a table
    double* beyond


# One run while the others stand still.
cdef struct Run:
    const double* belief
    double scale            # factor on the value by the time of the run
    double share            # of the price that is left after the fees, and what they take off
    double fee
    double unsold_rate      # share of the reserve that a no-sale costs
    double believed         # sum of the belief
    double cell_down        # factor on a price a cell below another
    Py_ssize_t shift        # from a place to where it lies in the table for the highest rung
    Py_ssize_t lowest       # places of the reserves that may be asked
    Py_ssize_t highest


cdef inline Py_ssize_t nearest(double x) noexcept nogil:
    return <Py_ssize_t> (x + 0.5 if x >= 0.0 else x - 0.5)


cdef double gain_at(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t place
) noexcept nogil

cdef Py_ssize_t best_of_range(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t spacing
) noexcept nogil

cdef double top_near(
    const Belief* at, const Row* row, const Run* run, Py_ssize_t start
) noexcept nogil
