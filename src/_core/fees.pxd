# Schedules of fees, which charge by the tier that a price falls into.

# Of a price p in tier j, above[j] < p <= above[j + 1], the fee is fixed[j] + rate[j] p.
cdef struct Schedule:
    Py_ssize_t tiers
    const double* above     # ascending, the first 0
    const double* fixed
    const double* rate


cdef inline Py_ssize_t tier_of(const Schedule* schedule, double price) noexcept nogil:
    cdef Py_ssize_t j = schedule.tiers - 1
    while j > 0 and price <= schedule.above[j]:
        j -= 1
    return j


cdef inline double fee_of(const Schedule* schedule, double price) noexcept nogil:
    cdef Py_ssize_t j = tier_of(schedule, price)
    return schedule.fixed[j] + schedule.rate[j] * price


cdef inline double jump(const Schedule* schedule, Py_ssize_t j) noexcept nogil:
    """What the fee rises by where tier j begins."""
    return (
        (schedule.fixed[j] - schedule.fixed[j - 1])
        + (schedule.rate[j] - schedule.rate[j - 1]) * schedule.above[j]
    )


cdef inline bint flat(const Schedule* schedule) noexcept nogil:
    """Whether all prices are charged alike, and nothing in proportion to them."""
    return schedule.tiers == 1 and schedule.rate[0] == 0.0


cdef Py_ssize_t count_tiers(const double* above, Py_ssize_t columns) noexcept nogil
