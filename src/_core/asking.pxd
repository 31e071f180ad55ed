# What to ask in each run: see asking.pyx.

from _core.climbing cimport Belief, Row

cdef void choose_reserves(
    const Belief* at, const Row* row, Py_ssize_t runs, double* log_reserve
) noexcept nogil
