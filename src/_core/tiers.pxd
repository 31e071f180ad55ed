# Reserves where fees come in tiers: see tiers.pyx.

from _core.climbing cimport Belief, Row, Run
from _core.ladder cimport Table

cdef void dearer_from(
    Table* rival, double position, const double* value, double rise, double rate,
    double* second, double* beyond, double* dearer, Py_ssize_t rungs
) noexcept nogil

cdef double best_of_tiers(
    const Belief* at, const Row* row, Run run, double step_log_value, Py_ssize_t spacing,
    double before, bint anywhere
) noexcept nogil
